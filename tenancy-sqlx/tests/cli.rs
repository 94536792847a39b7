//! The command `tenancy`: the real binary, run as its users run it.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "cli/catalog.rs"]
mod catalog;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/rls.rs"]
mod rls;
#[path = "cli/scope.rs"]
mod scope;
#[path = "cli/support.rs"]
mod support;
