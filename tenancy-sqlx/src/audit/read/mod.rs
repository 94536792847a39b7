//! One file a database: what is in it, read once.

#[cfg(any(feature = "mysql", feature = "cli"))]
mod mariadb;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use futures_core::future::BoxFuture;
use tenancy_core::Catalog;

use super::{Audit, model::Snapshot};

/// A database that can be audited: `sqlx::Sqlite`, `sqlx::Postgres` and `sqlx::MySql`, each behind the feature of its name.
///
/// Sealed: what a database has to be asked is not for others to decide.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no database that the auditor knows",
    note = "use `sqlx::Sqlite`, `sqlx::Postgres` or `sqlx::MySql`, and switch on the feature `sqlite`, `postgres` or `mysql`"
)]
pub trait AuditedDatabase: Reader {}

impl<DB: Reader> AuditedDatabase for DB {}

/// It is public for the compiler only.
pub trait Reader: sqlx::Database {
    #[doc(hidden)]
    fn look<'c>(
        connection: &'c mut Self::Connection,
        ask: Ask<'c>,
    ) -> BoxFuture<'c, Result<Seen, sqlx::Error>>;
}

/// What the reader has to know.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) options: &'a Audit<'a>,
}

/// What the reader saw.
#[derive(Debug)]
pub struct Seen(pub(super) Snapshot);

/// Takes the rows of a part, or notes that it could not be read. Only a connection that is gone ends the audit.
#[cfg(any(feature = "postgres", feature = "sqlite", feature = "mysql", feature = "cli"))]
fn or_unread<T>(
    rows: Result<Vec<T>, sqlx::Error>,
    what: &str,
    unread: &mut Vec<(String, String)>,
) -> Result<Vec<T>, sqlx::Error> {
    match rows {
        Ok(rows) => Ok(rows),
        Err(sqlx::Error::Database(error)) => {
            unread.push((what.to_owned(), error.message().to_owned()));
            Ok(Vec::new())
        }
        Err(
            error @ (sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::ColumnNotFound(_)),
        ) => {
            unread.push((what.to_owned(), error.to_string()));
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}
