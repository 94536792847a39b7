//! [`AuditError`]: why nothing was looked at.

use std::fmt;

/// Why an audit could not be done at all.
#[derive(Debug)]
pub struct AuditError(sqlx::Error);

impl AuditError {
    pub(crate) fn new(error: sqlx::Error) -> Self {
        Self(error)
    }

    /// The database could not be reached, or went away.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self.0,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
        )
    }

    /// What was given does not name a database.
    pub fn is_configuration(&self) -> bool {
        matches!(self.0, sqlx::Error::Configuration(_))
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database cannot be audited: {}", self.0)
    }
}

impl std::error::Error for AuditError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}
