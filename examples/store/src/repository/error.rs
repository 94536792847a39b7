//! What can go wrong with the database, without a word about anybody's rows.

use tenancy_core::{AuditError, DirectoryError};
use tenancy_sqlx::ErrorExt;

use crate::secrets::HashError;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RepositoryError(Kind);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error(
        "a database URL begins with sqlite: or postgres:, as in sqlite://store.db or postgres://user@host/name"
    )]
    Url,
    #[error("an SQLite file has no roles: --stores-url is for PostgreSQL")]
    OneRole,
    #[error("{0}")]
    Conflict(&'static str),
    #[error("the database could not be opened: {0}")]
    Open(sqlx::Error),
    #[error("the database could not be brought up to date: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error("{0}")]
    Role(&'static str),
    #[error("the database's own wall could not be put up: {0}")]
    Wall(String),
    #[error("the database failed: {0}")]
    Sqlx(#[from] sqlx::Error),
    #[error("the directory of stores failed: {0}")]
    Directory(#[from] DirectoryError),
    #[error("the audit log failed: {0}")]
    Audit(#[from] AuditError),
    #[error("the catalogue of tables is wrong: {0}")]
    Catalog(#[from] tenancy_core::CatalogError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error("what was looked at has changed meanwhile")]
    Stale,
    #[error("a row is not what it should be: {0}")]
    Row(&'static str),
}

impl RepositoryError {
    pub(super) fn url() -> Self {
        Self(Kind::Url)
    }

    pub(super) fn one_role() -> Self {
        Self(Kind::OneRole)
    }

    /// A role is missing or is not what it should be; a sentence with what to do.
    pub(super) fn role(what: &'static str) -> Self {
        Self(Kind::Role(what))
    }

    /// What is wrong with the wall, for who operates the platform.
    pub(super) fn wall(what: impl ToString) -> Self {
        Self(Kind::Wall(what.to_string()))
    }

    pub(super) fn open(error: sqlx::Error) -> Self {
        Self(Kind::Open(error))
    }

    /// Something is there already; `what` is a sentence about it.
    pub(super) fn conflict(what: &'static str) -> Self {
        Self(Kind::Conflict(what))
    }

    /// Somebody else was quicker: look again.
    pub(super) fn stale() -> Self {
        Self(Kind::Stale)
    }

    pub(super) fn row(what: &'static str) -> Self {
        Self(Kind::Row(what))
    }

    /// What is there already, if that is the reason.
    pub fn as_conflict(&self) -> Option<&'static str> {
        match &self.0 {
            Kind::Conflict(what) => Some(what),
            _ => None,
        }
    }

    /// Whether the same call, made again, may succeed.
    pub fn is_retryable(&self) -> bool {
        match &self.0 {
            Kind::Sqlx(error) => error.is_retryable() || matches!(error, sqlx::Error::PoolTimedOut),
            Kind::Stale => true,
            _ => false,
        }
    }

    /// Whether a key that must be unique was there already.
    pub(super) fn is_unique_violation(&self) -> bool {
        matches!(&self.0, Kind::Sqlx(error) if error.is_unique_violation())
    }
}

macro_rules! from {
    ($($error:ty),+) => {
        $(impl From<$error> for RepositoryError {
            fn from(error: $error) -> Self {
                Self(error.into())
            }
        })+
    };
}

from!(
    sqlx::Error,
    sqlx::migrate::MigrateError,
    DirectoryError,
    AuditError,
    tenancy_core::CatalogError,
    HashError
);
