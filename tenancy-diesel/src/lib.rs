//! diesel on a tenant's slice: what a diesel query means once it is scoped.
//!
//! **This crate does not execute anything yet.** It holds the step that scoped connections will stand on: a query of
//! diesel's DSL is rendered for its backend and goes through the same engine as the text of the other adapters. What
//! comes out has one more bind, the tenant, and says which tables it reads and writes. Scoped connections and typed
//! scoping of tables are to come; until then an application on diesel can use [`scope_query`] in its tests, to know
//! that its queries will be accepted.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `postgres` | [`ScopedBackend`] for diesel's `Pg`, without a C library |

mod query;

pub use query::{Error, ScopedBackend, scope_query};
