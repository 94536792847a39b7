//! What a database says, cut down to what says nothing about anybody's rows.

use std::{borrow::Cow, error::Error as StdError, fmt, io};

use sqlx::error::{DatabaseError, ErrorKind};
use tenancy_core::{Catalog, Table};

use super::Error;

/// An error of the database, without its words.
///
/// A database quotes values: `Key (sku)=(B-7) already exists`, `invalid value "secr" for "YYYY"`. The value may be
/// another tenant's, so the message, detail, hint, position and context are dropped for good: they are neither in
/// the text nor in the source nor in the debug form. What is kept is the code (an SQLSTATE, or SQLite's extended
/// result code), the kind of violation, and the names of the constraint and of the table, if the database gives
/// them and the catalogue knows the table.
///
/// ```
/// # fn handle(error: sqlx::Error) {
/// if let Some(db) = error.as_database_error() {
///     let scoped = db.try_downcast_ref::<tenancy_sqlx::ScopedDatabaseError>();
///     assert!(scoped.is_some(), "every database error of a scoped statement is one");
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct ScopedDatabaseError {
    class: Class,
    code: Option<String>,
    constraint: Option<String>,
    table: Option<String>,
    retryable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Unique,
    ForeignKey,
    NotNull,
    Check,
    Exclusion,
    Other,
}

impl ScopedDatabaseError {
    fn new(error: &dyn DatabaseError, catalog: &Catalog) -> Self {
        let class = match error.kind() {
            ErrorKind::UniqueViolation => Class::Unique,
            ErrorKind::ForeignKeyViolation => Class::ForeignKey,
            ErrorKind::NotNullViolation => Class::NotNull,
            ErrorKind::CheckViolation => Class::Check,
            ErrorKind::ExclusionViolation => Class::Exclusion,
            _ => Class::Other,
        };
        // A trigger can put what it likes in these fields of its own errors, and a partition can be named after a
        // tenant: names are kept of violations only, and only of tables that the catalogue names.
        let table = match class {
            Class::Other => None,
            _ => error.table().filter(|table| catalog.table(table).is_some()),
        };
        // The server names a constraint after its columns, a hidden one too.
        let hidden = table
            .and_then(|table| catalog.table(table))
            .filter(|table| table.hides_key())
            .and_then(Table::key);
        let constraint = table
            .and_then(|_| error.constraint())
            .filter(|constraint| hidden.is_none_or(|key| !constraint.contains(key)));
        Self {
            class,
            code: error.code().filter(|code| is_code(code)).map(Cow::into_owned),
            constraint: constraint.map(str::to_owned),
            table: table.map(str::to_owned),
            retryable: is_busy_mysql(error),
        }
    }

    /// Whether the same transaction, tried again from its beginning, may succeed.
    pub fn is_retryable(&self) -> bool {
        if self.retryable {
            return true;
        }
        match self.code.as_deref() {
            // serialization failure, deadlock, lock not available
            Some("40001" | "40P01" | "55P03") => true,
            // SQLite: the low byte is the primary code; 5 is SQLITE_BUSY, 6 is SQLITE_LOCKED.
            Some(code) if code.len() < 5 => {
                code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
            }
            Some(_) | None => false,
        }
    }

    fn text(&self) -> &'static str {
        match self.class {
            Class::Unique => "a unique key was violated",
            Class::ForeignKey => "a foreign key was violated",
            Class::NotNull => "a value is missing",
            Class::Check => "a check was violated",
            Class::Exclusion => "an exclusion constraint was violated",
            Class::Other => "the database did not execute the statement",
        }
    }
}

/// MySQL gives a lock that could not be had the SQLSTATE of any error; its number says it.
#[cfg(feature = "mysql")]
fn is_busy_mysql(error: &dyn DatabaseError) -> bool {
    // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, and MariaDB's ER_CHECKREAD of a snapshot that is not the newest.
    error
        .try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()
        .is_some_and(|error| matches!(error.number(), 1205 | 1213 | 1020))
}

#[cfg(not(feature = "mysql"))]
fn is_busy_mysql(_: &dyn DatabaseError) -> bool {
    false
}

/// An SQLSTATE (five of `0-9A-Z`) or a result code (digits).
fn is_code(code: &str) -> bool {
    (1..=5).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

impl fmt::Display for ScopedDatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match &self.code {
            Some(code) => write!(f, " (code {code})"),
            None => Ok(()),
        }
    }
}

impl StdError for ScopedDatabaseError {}

impl DatabaseError for ScopedDatabaseError {
    fn message(&self) -> &str {
        self.text()
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        self.code.as_deref().map(Cow::Borrowed)
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn constraint(&self) -> Option<&str> {
        self.constraint.as_deref()
    }

    fn table(&self) -> Option<&str> {
        self.table.as_deref()
    }

    fn kind(&self) -> ErrorKind {
        match self.class {
            Class::Unique => ErrorKind::UniqueViolation,
            Class::ForeignKey => ErrorKind::ForeignKeyViolation,
            Class::NotNull => ErrorKind::NotNullViolation,
            Class::Check => ErrorKind::CheckViolation,
            Class::Exclusion => ErrorKind::ExclusionViolation,
            Class::Other => ErrorKind::Other,
        }
    }
}

/// Lets through what cannot carry a row's values, and nothing else. What is not named here becomes a bare "failed".
pub(crate) fn opaque(error: sqlx::Error, catalog: &Catalog) -> sqlx::Error {
    use sqlx::Error as E;
    match error {
        E::Database(inner) => {
            let scoped = ScopedDatabaseError::new(&*inner, catalog);
            tracing::debug!(
                code = scoped.code.as_deref(),
                table = scoped.table.as_deref(),
                constraint = scoped.constraint.as_deref(),
                "{}",
                scoped.text()
            );
            E::Database(Box::new(scoped))
        }
        E::Configuration(inner) if inner.is::<Error>() => E::Configuration(inner),
        // What the caller itself handed in, or a name that it wrote.
        E::Encode(inner) => E::Encode(inner),
        E::TypeNotFound { type_name } => E::TypeNotFound { type_name },
        E::ColumnIndexOutOfBounds { index, len } => E::ColumnIndexOutOfBounds { index, len },
        E::ColumnNotFound(name) => E::ColumnNotFound(name),
        // A row that was given out is the tenant's own.
        E::ColumnDecode { index, source } => E::ColumnDecode { index, source },
        E::RowNotFound => E::RowNotFound,
        E::PoolTimedOut => E::PoolTimedOut,
        E::PoolClosed => E::PoolClosed,
        E::WorkerCrashed => E::WorkerCrashed,
        E::BeginFailed => E::BeginFailed,
        E::InvalidSavePointStatement => E::InvalidSavePointStatement,
        E::Io(inner) => E::Io(io::Error::from(inner.kind())),
        E::Tls(_) => E::Tls("the connection could not be secured".into()),
        _ => E::Protocol("the database did not answer as expected".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a driver might say, with another tenant's value in every place.
    #[derive(Debug)]
    struct Talkative;

    impl fmt::Display for Talkative {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Key (sku)=(SECRET) already exists")
        }
    }
    impl StdError for Talkative {}
    impl DatabaseError for Talkative {
        fn message(&self) -> &str {
            "SECRET"
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some("SECRET".into())
        }
        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }
        fn constraint(&self) -> Option<&str> {
            Some("SECRET")
        }
        fn table(&self) -> Option<&str> {
            Some("SECRET")
        }
        fn kind(&self) -> ErrorKind {
            ErrorKind::UniqueViolation
        }
    }

    /// Everything that can be read off an error.
    fn everything(error: &sqlx::Error) -> String {
        let mut text = format!("{error} {error:?}");
        let mut source = error.source();
        while let Some(inner) = source {
            text.push_str(&format!(" {inner} {inner:?}"));
            source = inner.source();
        }
        if let Some(db) = error.as_database_error() {
            text.push_str(&format!(
                "{} {:?} {:?} {:?}",
                db.message(),
                db.code(),
                db.table(),
                db.constraint()
            ));
        }
        text
    }

    #[test]
    fn no_word_of_the_driver_gets_out() {
        let catalog = Catalog::builder()
            .tenant_key("tenant_id", tenancy_core::KeyType::BigInt)
            .tenant_tables(["items"])
            .build()
            .unwrap();
        let secret = || "SECRET".to_owned();
        let errors = [
            sqlx::Error::Database(Box::new(Talkative)),
            sqlx::Error::Protocol(secret()),
            sqlx::Error::Configuration(secret().into()),
            sqlx::Error::Tls(secret().into()),
            sqlx::Error::Decode(secret().into()),
            sqlx::Error::AnyDriverError(secret().into()),
            sqlx::Error::InvalidArgument(secret()),
            sqlx::Error::Io(io::Error::other(secret())),
        ];
        for error in errors {
            assert!(
                everything(&error).contains("SECRET"),
                "control: {error:?} carries it"
            );
            let mapped = opaque(error, &catalog);
            assert!(!everything(&mapped).contains("SECRET"), "{mapped:?}");
        }
    }
}
