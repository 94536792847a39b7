//! diesel on SQLite: what an application writes answers, scoped on a database of all tenants, as it does on a database that holds
//! one tenant's rows and the shared ones.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod dsl;
mod statements;
mod turns;
mod world;
