//! PostgreSQL.

use std::sync::Arc;

use futures_core::{future::BoxFuture, stream::BoxStream};
use sqlx::{
    Arguments, Executor, PgConnection, Postgres, Row, SqlStr,
    error::BoxDynError,
    postgres::{PgArguments, PgConnectOptions, PgQueryResult, PgRow},
};
use tenancy_core::{KeyType, KeyValue, TenantId, sql::Dialect};
use uuid::Uuid;

use super::{Driver, Statement, Step, TenantDatabase};
use crate::{Error, TransactionMode, Wall, error::Kind, scoped::turn::Carry, wall::enter};

/// One round trip, by the simple protocol: there `now()`, the start of the transaction, is the start of this very
/// statement, unless an earlier one opened the transaction.
const CLEAN: &str = "SELECT current_setting('standard_conforming_strings') = 'on' \
     AND current_setting('client_encoding') = 'UTF8' AND pg_catalog.now() = pg_catalog.statement_timestamp()";

impl TenantDatabase for Postgres {}

impl Driver for Postgres {
    type Wall = Option<Arc<Wall>>;
    type Pass = ();

    const DIALECT: Dialect = Dialect::Postgres;
    const TELLS: bool = true;
    const READ_ONLY_TRANSACTIONS: bool = true;
    const CLOSE_INTERRUPTED: bool = true;
    // It counts the answers that are still to come.
    const CLOSE_UNANSWERED: bool = false;
    // A failed transaction stays, and refuses everything, until it is rolled back.
    const ERRORS_END_TRANSACTIONS: bool = false;

    fn begin(mode: TransactionMode) -> &'static str {
        match mode {
            TransactionMode::Default => "BEGIN",
            TransactionMode::ReadOnly => "BEGIN READ ONLY",
            TransactionMode::Write => "BEGIN READ WRITE",
            TransactionMode::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        }
    }

    fn carry(wall: &Option<Arc<Wall>>) -> Carry {
        match wall {
            None => Carry::Unsaid,
            Some(wall) if !wall.stands() => Carry::Nothing,
            Some(wall) if wall.is_per_checkout() => Carry::Checkout,
            Some(_) => Carry::Transaction,
        }
    }

    fn begin_as(wall: &Option<Arc<Wall>>, mode: TransactionMode, tenant: &TenantId) -> String {
        match wall {
            Some(wall) => wall.enter(Self::begin(mode), tenant),
            None => Self::begin(mode).to_owned(),
        }
    }

    fn again<'e>(
        wall: &'e Option<Arc<Wall>>,
        conn: &'e mut PgConnection,
        error: &'e sqlx::Error,
    ) -> BoxFuture<'e, bool> {
        Box::pin(async move {
            match wall {
                Some(wall) if wall.stands() => enter::again(wall, conn, error).await,
                Some(_) | None => false,
            }
        })
    }

    fn why_not(error: &sqlx::Error) -> Option<Error> {
        enter::why(error).map(Kind::into_error)
    }

    fn check_in<'e>(
        wall: &'e Option<Arc<Wall>>,
        conn: &'e mut PgConnection,
        options: &'e PgConnectOptions,
        tenant: &'e TenantId,
    ) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let Some(wall) = wall else { return Ok(()) };
            enter::undivided(wall, conn, options).await?;
            enter::enter_session(wall, conn, tenant).await
        })
    }

    fn check_out(conn: &mut PgConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(enter::leave(conn))
    }

    fn pin(options: PgConnectOptions) -> PgConnectOptions {
        // With the setting off, the server ends '\' elsewhere than the parser does. A start-up option outranks
        // what a role sets for itself. sqlx itself asks for UTF8.
        options.options([("standard_conforming_strings", "on")])
    }

    fn is_clean(conn: &mut PgConnection, own: bool) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            if own {
                return Ok(true);
            }
            let row = sqlx::raw_sql(CLEAN).fetch_one(conn).await;
            match row {
                Ok(row) => row.try_get(0),
                // 25P02: in a transaction that failed.
                Err(sqlx::Error::Database(_)) => Ok(false),
                Err(other) => Err(other),
            }
        })
    }

    fn forget(_: &mut PgConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        // A result counts the statement's own rows, and tells nothing else.
        Box::pin(std::future::ready(Ok(())))
    }

    fn own_result(result: PgQueryResult, _is_write: bool) -> PgQueryResult {
        result
    }

    fn in_transaction(conn: &mut PgConnection) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            match conn.execute("SELECT 1").await {
                Ok(_) => Ok(true),
                Err(sqlx::Error::Database(_)) => Ok(false),
                Err(other) => Err(other),
            }
        })
    }

    fn bind_one(arguments: &mut PgArguments, tenant: &TenantId) -> Result<(), BoxDynError> {
        match tenant.value() {
            KeyValue::BigInt(value) => Arguments::add(arguments, value),
            KeyValue::Uuid(bytes) => Arguments::add(arguments, Uuid::from_bytes(bytes)),
            KeyValue::Text(value) => Arguments::add(arguments, value),
        }
    }

    fn bind_many(arguments: &mut PgArguments, tenants: &[TenantId]) -> Result<(), BoxDynError> {
        let (mut numbers, mut uuids, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for tenant in tenants {
            match tenant.value() {
                KeyValue::BigInt(value) => numbers.push(value),
                KeyValue::Uuid(bytes) => uuids.push(Uuid::from_bytes(bytes)),
                KeyValue::Text(value) => texts.push(value),
            }
        }
        // All are of the catalogue's type: that was checked.
        match tenants.first().map(TenantId::key_type) {
            None | Some(KeyType::BigInt) => Arguments::add(arguments, numbers),
            Some(KeyType::Uuid) => Arguments::add(arguments, uuids),
            Some(KeyType::Text) => Arguments::add(arguments, texts),
        }
    }

    fn fetch_many<'e>(
        conn: &'e mut PgConnection,
        statement: Statement<Self>,
    ) -> BoxStream<'e, Result<Step<Self>, sqlx::Error>> {
        conn.fetch_many(statement)
    }

    fn fetch_optional<'e>(
        conn: &'e mut PgConnection,
        statement: Statement<Self>,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>> {
        conn.fetch_optional(statement)
    }

    fn run<'e>(conn: &'e mut PgConnection, text: SqlStr) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move { conn.execute(text).await.map(|_| ()) })
    }
}
