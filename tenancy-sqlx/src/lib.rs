//! Ordinary [sqlx](https://docs.rs/sqlx) on a tenant's slice of a database.
//!
//! A [`TenantDb`] is the database of all tenants. `db.scoped(&ctx)` is one tenant's slice of it, a [`ScopedDb`], which
//! is a sqlx [`Executor`](sqlx::Executor): `query`, `query_as`, `query_scalar`, `query!`, `query_as!`, streams and
//! functions that take an `impl Executor` run on it as they are. Every statement goes through the scoping engine of
//! tenancy-core, which bounds it to the tenant's rows and the shared ones, or refuses it.
//!
#![doc = include_str!("../docs/example.md")]
//!
//! # What is where
//!
//! | | |
//! |---|---|
//! | [`TenantDb`] | the database of all tenants; holds the pool and gives it to nobody |
//! | [`ScopedDb`], [`ScopedTransaction`], [`ScopedSavepoint`] | one tenant's slice, to run statements on |
//! | [`CrossDb`] | an operator's view over several tenants, recorded before it is looked at |
//! | [`ErrorExt`], [`ScopedDatabaseError`] | what went wrong, without a word about anybody's rows |
//! | [`audit`](fn@audit), [`Audit`], [`Report`] | where a live schema would let one tenant reach another's rows |
//! | [`Wall`], [`SigningKey`], [`RowSecurity`] | what stands behind the engine on PostgreSQL, and how it is told whose turn it is |
//! | [`SqlDirectory`], [`SqlAudit`] | tenants and the audit log, in tables of the same database |
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `sqlite` | SQLite, bundled |
//! | `postgres` | PostgreSQL |
//! | `mysql` | MySQL and MariaDB; MariaDB is what is tested |
//! | `cli` | the command `tenancy`, with every database that there is |
//!
//! # What runs, and what does not
//!
//! - One statement at a time, with exactly as many values bound as it names. A text of several statements is refused,
//!   by `sqlx::raw_sql` too.
//! - `BEGIN`, `COMMIT` and their kind are refused as text: [`ScopedDb::begin`] opens a transaction.
//! - A statement is executed, never handed out prepared: `Executor::prepare` is refused. sqlx caches what was executed
//!   as it always does, and one tenant's execution shares the prepared statement with the next one's, because the
//!   tenant is bound and not written into it.
//! - Errors are sqlx's, with what the database said cut down to its code: see [`ScopedDatabaseError`].

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "cli"))]
mod audit;
#[cfg(feature = "cli")]
pub mod cli;
mod cross;
mod database;
mod db;
mod error;
mod scoped;
mod stores;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod wall;

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql", feature = "cli"))]
pub use audit::{
    Audit, AuditError, AuditRule, AuditedDatabase, AuditedProduct, Finding, Report, Severity, audit,
};
pub use cross::CrossDb;
pub use database::TenantDatabase;
pub use db::TenantDb;
pub use error::{Error, ErrorExt, ScopedDatabaseError, refusal};
pub use scoped::{ScopedDb, ScopedSavepoint, ScopedTransaction, TransactionMode};
pub use stores::{InvalidStore, SqlAudit, SqlDirectory, SqlDirectoryBuilder};
#[cfg(feature = "postgres")]
pub use wall::{InvalidSigningKey, RowSecurity, SigningKey, Wall};
