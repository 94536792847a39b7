//! Why a query did not run, or what the database said to it, without a word about anybody's rows.

use std::fmt;

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use tenancy_core::{Catalog, KeyType, Table, sql::Refusal};

/// Why scoped execution was refused before a query reached the database.
///
/// It travels inside a [`diesel::result::Error`]; see [`ErrorExt::tenancy`]. No message names a tenant, a row or a value.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Error(pub(crate) Kind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error("the query was refused: {0}")]
    Refused(#[source] Refusal),
    #[error("the query cannot be rendered")]
    Render(#[source] DieselError),
    #[error("the engine is one for another database than the query")]
    Dialect,
    #[error(
        "the catalogue's tenant key is {catalog} and the tenant's id is {tenant}: admit with ids of one type"
    )]
    KeyType { catalog: KeyType, tenant: KeyType },
    #[error(
        "text that is not a query cannot be scoped: run migrations and scripts on a connection of the owner's, and begin \
         transactions with `Connection::transaction`"
    )]
    Raw,
    #[error("the connection has an open transaction of somebody else's")]
    Busy,
}

impl Kind {
    pub(crate) fn into_diesel(self) -> DieselError {
        DieselError::QueryBuilderError(Box::new(Error(self)))
    }
}

impl Error {
    /// Why the engine refused the query, if it did.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.0 {
            Kind::Refused(refusal) => Some(refusal),
            Kind::Render(_) | Kind::Dialect | Kind::KeyType { .. } | Kind::Raw | Kind::Busy => None,
        }
    }

    /// The scoping engine did not let the query through.
    pub fn is_refused(&self) -> bool {
        self.refusal().is_some()
    }

    /// The tenant's id is of another type than the catalogue's key.
    pub fn is_key_type(&self) -> bool {
        matches!(self.0, Kind::KeyType { .. })
    }

    /// Text was to be run as it is.
    pub fn is_raw(&self) -> bool {
        matches!(self.0, Kind::Raw)
    }

    /// The pool gave a connection that is in the middle of a transaction.
    pub fn is_busy(&self) -> bool {
        matches!(self.0, Kind::Busy)
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for diesel::result::Error {}
}

/// Questions to ask a [`diesel::result::Error`] that came from scoped execution.
///
/// ```
/// use tenancy_diesel::ErrorExt;
///
/// fn status(error: &diesel::result::Error) -> u16 {
///     match error {
///         diesel::result::Error::NotFound => 404,
///         e if e.is_refused() => 500, // the program asked for what no tenant may have
///         _ => 503,
///     }
/// }
/// assert_eq!(status(&diesel::result::Error::NotFound), 404);
/// ```
pub trait ErrorExt: sealed::Sealed {
    /// What the tenancy crates refused, if it was they.
    fn tenancy(&self) -> Option<&Error>;

    /// Whether the scoping engine did not let the query through.
    fn is_refused(&self) -> bool {
        self.tenancy().is_some_and(Error::is_refused)
    }

    /// Which rule did not let it through.
    fn refusal(&self) -> Option<&Refusal> {
        self.tenancy()?.refusal()
    }
}

impl ErrorExt for DieselError {
    fn tenancy(&self) -> Option<&Error> {
        match self {
            DieselError::QueryBuilderError(inner) => inner.downcast_ref(),
            _ => None,
        }
    }
}

/// The same error, with what the database says cut down to what says nothing about anybody's rows.
pub(crate) fn opaque(error: DieselError, catalog: &Catalog) -> DieselError {
    match error {
        DieselError::DatabaseError(kind, said) => {
            let said = Opaque::new(&kind, &*said, catalog);
            DieselError::DatabaseError(kind, Box::new(said))
        }
        DieselError::RollbackErrorOnCommit {
            rollback_error,
            commit_error,
        } => DieselError::RollbackErrorOnCommit {
            rollback_error: Box::new(opaque(*rollback_error, catalog)),
            commit_error: Box::new(opaque(*commit_error, catalog)),
        },
        // diesel's own: of the query and of the program's types.
        other => other,
    }
}

/// What is left of a database's error.
#[derive(Debug)]
struct Opaque {
    message: &'static str,
    table: Option<String>,
    constraint: Option<String>,
}

impl Opaque {
    fn new(
        kind: &DatabaseErrorKind,
        said: &(dyn DatabaseErrorInformation + Send + Sync),
        catalog: &Catalog,
    ) -> Self {
        let (message, violates) = match kind {
            DatabaseErrorKind::UniqueViolation => ("a unique key was violated", true),
            DatabaseErrorKind::ForeignKeyViolation => ("a foreign key was violated", true),
            DatabaseErrorKind::NotNullViolation => ("a value is missing", true),
            DatabaseErrorKind::CheckViolation => ("a check was violated", true),
            DatabaseErrorKind::ExclusionViolation => ("an exclusion constraint was violated", true),
            DatabaseErrorKind::RestrictViolation => ("a row is still referred to", true),
            _ => ("the database did not execute the statement", false),
        };
        // A trigger can put what it likes in these fields of its own errors, and a partition can be named after a tenant:
        // names are kept of violations only, and only of tables that the catalogue names.
        let table = said
            .table_name()
            .filter(|table| violates && catalog.table(table).is_some());
        let hidden = table
            .and_then(|table| catalog.table(table))
            .filter(|table| table.hides_key())
            .and_then(Table::key);
        let constraint = table
            .and_then(|_| said.constraint_name())
            .filter(|constraint| hidden.is_none_or(|key| !constraint.contains(key)));
        Self {
            message,
            table: table.map(str::to_owned),
            constraint: constraint.map(str::to_owned),
        }
    }
}

impl DatabaseErrorInformation for Opaque {
    fn message(&self) -> &str {
        self.message
    }

    fn details(&self) -> Option<&str> {
        None
    }

    fn hint(&self) -> Option<&str> {
        None
    }

    fn table_name(&self) -> Option<&str> {
        self.table.as_deref()
    }

    fn column_name(&self) -> Option<&str> {
        None
    }

    fn constraint_name(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    fn statement_position(&self) -> Option<i32> {
        None
    }
}

impl fmt::Display for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message)
    }
}
