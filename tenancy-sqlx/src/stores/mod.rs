//! The directory and the audit log in tables of the application's own database.

mod audit;
mod directory;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use futures_core::future::BoxFuture;
use sqlx::{Pool, SqlStr};
use tenancy_core::{AuditEvent, KeyType};

pub use audit::SqlAudit;
pub use directory::{InvalidStore, SqlDirectory, SqlDirectoryBuilder};

/// The columns of a row, each as text.
pub(crate) type Texts = Vec<Option<String>>;

/// The tables of the stores, and how each database is asked. It is public for the compiler only.
pub trait Schema: sqlx::Database {
    /// The directory's tables, for a type of id.
    fn directory_tables(key_type: KeyType) -> &'static str;

    /// The audit log's table.
    const AUDIT_TABLE: &'static str;

    /// The type of text to cast to.
    const TEXT: &'static str = "TEXT";

    /// What names are quoted in.
    const QUOTE: char = '"';

    /// The place of a statement's only value.
    const FIRST_VALUE: &'static str = "$1";

    /// Rows, each column as text.
    fn texts<'e>(
        pool: &'e Pool<Self>,
        sql: SqlStr,
        arguments: Self::Arguments,
    ) -> BoxFuture<'e, Result<Vec<Texts>, sqlx::Error>>;

    /// One text as the only argument.
    fn text_argument(text: &str) -> Result<Self::Arguments, sqlx::Error>;

    /// Adds a record to the audit log.
    fn record<'e>(pool: &'e Pool<Self>, event: &'e AuditEvent) -> BoxFuture<'e, Result<(), sqlx::Error>>;
}
