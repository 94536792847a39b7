//! The databases that are supported, and what differs between them.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::{fmt, sync::Arc};

use futures_core::{future::BoxFuture, stream::BoxStream};
use sqlx::{Connection, Either, Execute, SqlStr, error::BoxDynError, pool::PoolConnection};
use tenancy_core::{
    Catalog, TenantId,
    sql::{Dialect, ScopedSql},
};

use crate::{
    Error, TransactionMode,
    scoped::{plan::Reach, turn::Carry},
    stores::Schema,
};

/// A database that scoped execution is available for: `sqlx::Sqlite`, `sqlx::Postgres` and `sqlx::MySql`, each behind
/// the feature of its name.
///
/// Sealed: how a tenant is bound, and what may be said of an error, is not for others to decide.
///
/// | tenant's id | PostgreSQL | SQLite | MySQL |
/// |---|---|---|---|
/// | `bigint` | `bigint` | `INTEGER` | `BIGINT` |
/// | `uuid` | `uuid` | `TEXT`, hyphenated and in lower case | `CHAR(36)`, likewise, or MariaDB's `UUID` |
/// | `text` | `text` | `TEXT` | `VARCHAR(63)` |
///
/// On MySQL the tenant stands in the text of each statement as a literal, because MySQL counts binds by their order.
/// MariaDB is what is tested.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no database that tenancy-sqlx supports",
    note = "use `sqlx::Sqlite`, `sqlx::Postgres` or `sqlx::MySql`, and switch on the feature `sqlite`, `postgres` or `mysql`"
)]
pub trait TenantDatabase: Driver + Schema {}

/// How to connect to a database.
pub(crate) type Options<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

/// What a statement gives: rows, and at its end how many it touched.
pub(crate) type Step<DB> = Either<<DB as sqlx::Database>::QueryResult, <DB as sqlx::Database>::Row>;

/// What differs between the databases. It is public for the compiler only.
pub trait Driver: sqlx::Database {
    /// The language that the engine reads and writes.
    const DIALECT: Dialect;

    /// Whether a read-only crossing is put into a transaction that the server itself keeps from writing.
    const READ_ONLY_TRANSACTIONS: bool;

    /// Whether a connection is closed when a `BEGIN` or `COMMIT` on it was interrupted.
    ///
    /// sqlx 0.9.0 hands a PostgreSQL connection back to the pool inside of the transaction that a cancelled `BEGIN`
    /// opened. SQLite's worker thread undoes a `BEGIN` that nobody waits for, and closing would lose a database in
    /// memory.
    const CLOSE_INTERRUPTED: bool;

    /// Whether a connection is closed when a statement on it was dropped before its first answer.
    ///
    /// sqlx 0.9.0 takes what a MySQL server answers to the preparation of such a statement for the answer to the next
    /// one, which may be another tenant's.
    const CLOSE_UNANSWERED: bool;

    /// Whether an error can end a transaction behind sqlx's back, so that the next statement would stand alone.
    const ERRORS_END_TRANSACTIONS: bool;

    /// Whether a transaction that tells the wall is as good as a question whether the connection is still there.
    const TELLS: bool = false;

    /// What stands behind the engine, and how it is told whose turn it is.
    type Wall: Clone + Default + Send + Sync + 'static;

    /// What lets one execution of a statement through the wall, for as long as it lives.
    type Pass: Clone + Default + fmt::Debug + Send + Sync + 'static;

    /// The wall for the connections of a pool that is this crate's own.
    fn wall(_catalog: &Catalog) -> Self::Wall {
        Self::Wall::default()
    }

    /// Whether there is a wall.
    fn has_wall(_wall: &Self::Wall) -> bool {
        false
    }

    /// Puts the wall up on a connection that is in no transaction, unless it stands.
    fn put_up<'e>(
        _wall: &'e Self::Wall,
        _conn: &'e mut Self::Connection,
    ) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Has one execution let through the wall. The values are all bound by then; what this adds comes behind them.
    fn enter(
        _wall: &Self::Wall,
        _reach: Reach<'_>,
        _scoped: &ScopedSql,
        _arguments: &mut Self::Arguments,
        text: Arc<str>,
    ) -> Result<(Arc<str>, Self::Pass), sqlx::Error> {
        Ok((text, Self::Pass::default()))
    }

    /// The statement that opens a transaction.
    fn begin(mode: TransactionMode) -> &'static str;

    /// How the wall is told.
    fn carry(_wall: &Self::Wall) -> Carry {
        Carry::Nothing
    }

    /// The text that opens a transaction as a tenant's, in one round trip.
    fn begin_as(_wall: &Self::Wall, mode: TransactionMode, _tenant: &TenantId) -> String {
        Self::begin(mode).to_owned()
    }

    /// Whether it is worth another try on another connection, where telling one its tenant failed.
    fn again<'e>(
        _wall: &'e Self::Wall,
        _conn: &'e mut Self::Connection,
        _error: &'e sqlx::Error,
    ) -> BoxFuture<'e, bool> {
        Box::pin(std::future::ready(false))
    }

    /// What to say of it in the end. `None`: what the database said.
    fn why_not(_error: &sqlx::Error) -> Option<Error> {
        None
    }

    /// Makes a connection a tenant's until it leaves.
    fn check_in<'e>(
        _wall: &'e Self::Wall,
        _conn: &'e mut Self::Connection,
        _options: &'e Options<Self>,
        _tenant: &'e TenantId,
    ) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Makes a connection nobody's.
    fn check_out(_conn: &mut Self::Connection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Sets what the engine relies on.
    fn pin(options: Options<Self>) -> Options<Self>;

    /// Whether a connection that the pool gave is as the engine needs it, and in no transaction. `own` says that the
    /// pool is used by this crate alone.
    fn is_clean(conn: &mut Self::Connection, own: bool) -> BoxFuture<'_, Result<bool, sqlx::Error>>;

    /// Makes the connection forget what a result would tell of the one who wrote on it before.
    fn forget(conn: &mut Self::Connection) -> BoxFuture<'_, Result<(), sqlx::Error>>;

    /// A statement's result, as far as it is the statement's own.
    fn own_result(result: Self::QueryResult, is_write: bool) -> Self::QueryResult;

    /// Whether a transaction that had an error is still there and can go on. Where it is not, the caller rolls back
    /// all the same.
    fn in_transaction(conn: &mut Self::Connection) -> BoxFuture<'_, Result<bool, sqlx::Error>>;

    /// Adds the tenant as the last value.
    fn bind_one(arguments: &mut Self::Arguments, tenant: &TenantId) -> Result<(), BoxDynError>;

    /// Adds several tenants as the last value.
    fn bind_many(arguments: &mut Self::Arguments, tenants: &[TenantId]) -> Result<(), BoxDynError>;

    /// Runs a statement.
    fn fetch_many<'e>(
        conn: &'e mut Self::Connection,
        statement: Statement<Self>,
    ) -> BoxStream<'e, Result<Step<Self>, sqlx::Error>>;

    /// Runs a statement for its first row.
    fn fetch_optional<'e>(
        conn: &'e mut Self::Connection,
        statement: Statement<Self>,
    ) -> BoxFuture<'e, Result<Option<Self::Row>, sqlx::Error>>;

    /// Runs text of this crate's own, without values.
    fn run<'e>(conn: &'e mut Self::Connection, text: SqlStr) -> BoxFuture<'e, Result<(), sqlx::Error>>;
}

/// A connection on loan from the pool.
pub(crate) type Loan<DB> = PoolConnection<DB>;

/// A connection on which a statement runs. Dropped before the first answer, it is closed where that is needed.
pub(crate) struct Asked<DB: Driver> {
    pub(crate) conn: Loan<DB>,
    pub(crate) answered: bool,
}

impl<DB: Driver> Asked<DB> {
    pub(crate) fn new(conn: Loan<DB>) -> Self {
        Self {
            conn,
            answered: false,
        }
    }
}

impl<DB: Driver> Drop for Asked<DB> {
    fn drop(&mut self) {
        if !self.answered && DB::CLOSE_UNANSWERED {
            self.conn.close_on_drop();
        }
    }
}

/// Whether this is the server's own answer, so that the connection is in step with it.
pub(crate) fn is_answer<T>(step: &Result<T, sqlx::Error>) -> bool {
    match step {
        Ok(_) | Err(sqlx::Error::Database(_)) => true,
        Err(_) => false,
    }
}

/// A statement as the engine wrote it, with the tenant bound.
///
/// It has no prepared form of its own: a statement that was prepared is one that was not scoped.
#[derive(Debug)]
pub struct Statement<DB: Driver> {
    pub(crate) sql: SqlStr,
    pub(crate) arguments: Option<DB::Arguments>,
    pub(crate) persistent: bool,
    /// Kept by who runs the statement, until it has run.
    #[cfg_attr(
        not(feature = "sqlite"),
        allow(dead_code, reason = "other databases need none")
    )]
    pub(crate) pass: DB::Pass,
}

impl<DB: Driver> Execute<'_, DB> for Statement<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        None
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        Ok(self.arguments.take())
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}
