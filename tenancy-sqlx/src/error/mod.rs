//! Why a statement did not run, or what the database said to it, without a word about anybody's rows.
//!
//! Scoped execution speaks sqlx's own [`sqlx::Error`], so that functions that take an `impl Executor` need no change.
//! What the tenancy crates refused is an [`Error`] inside of it; [`refusal`] and [`ErrorExt`] take it out again.

mod database;

use std::fmt;

use tenancy_core::{KeyType, sql::Refusal};

pub use database::ScopedDatabaseError;
pub(crate) use database::opaque;

/// Why scoped execution was refused before, or instead of, a statement.
///
/// It travels inside a [`sqlx::Error`]; see [`ErrorExt::tenancy`]. No message names a tenant, a row or a value.
///
/// ```
/// use tenancy_sqlx::ErrorExt;
///
/// fn status(error: &sqlx::Error) -> u16 {
///     match error {
///         sqlx::Error::RowNotFound => 404,
///         e if e.is_unique_violation() => 409,
///         e if e.is_refused() => 500, // the program asked for what no tenant may have
///         _ => 503,
///     }
/// }
/// assert_eq!(status(&sqlx::Error::RowNotFound), 404);
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Error(Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("{0}")]
    Refused(Refusal),
    #[error(
        "the statement names {named} values to bind and {bound} were bound: bind each of them once and no more"
    )]
    BindCount { named: usize, bound: usize },
    #[error(
        "the catalogue's tenant key is {catalog} and the tenant's id is {tenant}: admit with ids of one type"
    )]
    KeyType { catalog: KeyType, tenant: KeyType },
    #[error(
        "a prepared statement cannot be scoped: execute the text, sqlx keeps its prepared form for the next time"
    )]
    Prepared,
    #[error(
        "a connection of this pool has settings that the scoping engine does not know, or an open transaction: \
         connect with `TenantDb::connect`, or set standard_conforming_strings to on and client_encoding to UTF8 \
         (PostgreSQL), sql_mode to PIPES_AS_CONCAT and STRICT_TRANS_TABLES and the character set to utf8mb4 (MySQL)"
    )]
    Connection,
    #[error(
        "nobody said whether this database keeps tenants apart by itself: put up its row security (`tenancy rls`) and give the \
         key to `TenantDb::wall`, or say `Wall::engine_only()`"
    )]
    NoWall,
    #[error("the wall of this database {0}")]
    Wall(&'static str),
    #[error(
        "this database shows an operator nothing: give it a pool of the operators' role with `TenantDb::operators`"
    )]
    NoOperators,
    #[cfg_attr(
        not(feature = "sqlite"),
        allow(dead_code, reason = "other databases put none up for each connection")
    )]
    #[error("the wall of a SQLite connection could not be put up, so the connection is not used")]
    SqliteWall,
    #[error("this transaction is read-only")]
    ReadOnly,
    #[error(
        "the transaction is over: a statement of it failed in a way that rolled it back, or was interrupted"
    )]
    TransactionLost,
    #[error("a crossing needs an audit log: give the database one with `TenantDb::audit`")]
    NoAudit,
    #[error("the audit record could not be written, so nothing was read")]
    AuditFailed,
    #[error("the scoping engine and this adapter disagree about a statement")]
    Disagreement,
}

impl Kind {
    #[cfg(feature = "postgres")]
    pub(crate) fn into_error(self) -> Error {
        Error(self)
    }

    pub(crate) fn into_sqlx(self) -> sqlx::Error {
        sqlx::Error::Configuration(Box::new(Error(self)))
    }
}

impl Error {
    /// The scoping engine did not let the statement through.
    pub fn is_refused(&self) -> bool {
        matches!(self.0, Kind::Refused(_))
    }

    /// Which rule did not let it through.
    pub fn refusal(&self) -> Option<&Refusal> {
        if let Kind::Refused(refusal) = &self.0 {
            Some(refusal)
        } else {
            None
        }
    }

    /// More or fewer values were bound than the statement names.
    pub fn is_bind_count(&self) -> bool {
        matches!(self.0, Kind::BindCount { .. })
    }

    /// The tenant's id is of another type than the catalogue's key.
    pub fn is_key_type(&self) -> bool {
        matches!(self.0, Kind::KeyType { .. })
    }

    /// A statement was to be prepared or described, and not executed.
    pub fn is_prepared(&self) -> bool {
        matches!(self.0, Kind::Prepared)
    }

    /// The pool gave a connection that is not as the engine needs it.
    pub fn is_connection(&self) -> bool {
        matches!(self.0, Kind::Connection | Kind::SqliteWall)
    }

    /// The database's own wall could not be told whose turn it is, or nobody said whether there is one.
    pub fn is_wall(&self) -> bool {
        matches!(self.0, Kind::NoWall | Kind::Wall(_) | Kind::NoOperators)
    }

    /// A write in a read-only transaction.
    pub fn is_read_only(&self) -> bool {
        matches!(self.0, Kind::ReadOnly)
    }

    /// The transaction is no longer there, and its work is undone.
    pub fn is_transaction_lost(&self) -> bool {
        matches!(self.0, Kind::TransactionLost)
    }

    /// A crossing was not, or could not be, recorded in the audit log.
    pub fn is_audit(&self) -> bool {
        matches!(self.0, Kind::NoAudit | Kind::AuditFailed)
    }
}

/// The engine's refusal in an error of scoped execution, if that is what it is.
///
/// ```
/// assert!(tenancy_sqlx::refusal(&sqlx::Error::RowNotFound).is_none());
/// ```
pub fn refusal(error: &sqlx::Error) -> Option<&Refusal> {
    tenancy(error)?.refusal()
}

fn tenancy(error: &sqlx::Error) -> Option<&Error> {
    if let sqlx::Error::Configuration(inner) = error {
        inner.downcast_ref()
    } else {
        None
    }
}

fn database(error: &sqlx::Error) -> Option<&ScopedDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for sqlx::Error {}
}

/// Questions to ask a [`sqlx::Error`] that came from scoped execution.
pub trait ErrorExt: sealed::Sealed + fmt::Debug {
    /// What the tenancy crates refused, if it was they.
    fn tenancy(&self) -> Option<&Error>;

    /// Whether the scoping engine did not let the statement through.
    fn is_refused(&self) -> bool {
        self.tenancy().is_some_and(Error::is_refused)
    }

    /// Whether a unique or primary key was violated.
    fn is_unique_violation(&self) -> bool;

    /// Whether a foreign key was violated.
    fn is_foreign_key_violation(&self) -> bool;

    /// Whether a check constraint was violated.
    fn is_check_violation(&self) -> bool;

    /// Whether the same transaction, tried again from its beginning, may succeed: the database was busy, or could
    /// not serialize it, or found a deadlock.
    fn is_retryable(&self) -> bool;
}

impl ErrorExt for sqlx::Error {
    fn tenancy(&self) -> Option<&Error> {
        tenancy(self)
    }

    fn is_unique_violation(&self) -> bool {
        self.as_database_error()
            .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    fn is_foreign_key_violation(&self) -> bool {
        self.as_database_error()
            .is_some_and(sqlx::error::DatabaseError::is_foreign_key_violation)
    }

    fn is_check_violation(&self) -> bool {
        self.as_database_error()
            .is_some_and(sqlx::error::DatabaseError::is_check_violation)
    }

    fn is_retryable(&self) -> bool {
        database(self).is_some_and(ScopedDatabaseError::is_retryable)
    }
}
