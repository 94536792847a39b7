//! SQLite.

use futures_core::{future::BoxFuture, stream::BoxStream};
use sqlx::{
    Arguments, Connection, Executor, SqlStr, Sqlite, SqliteConnection,
    error::BoxDynError,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow, SqliteTransactionManager},
};
use sqlx_core::transaction::TransactionManager;
use tenancy_core::{KeyValue, TenantId, sql::Dialect};
use uuid::Uuid;

use super::{Driver, Statement, Step, TenantDatabase};
use crate::TransactionMode;

impl TenantDatabase for Sqlite {}

impl Driver for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
    const READ_ONLY_TRANSACTIONS: bool = false;
    const CLOSE_INTERRUPTED: bool = false;
    // A full disk, a failed write, ON CONFLICT ROLLBACK in a table's definition, RAISE(ROLLBACK) in a trigger.
    const ERRORS_END_TRANSACTIONS: bool = true;

    fn begin(mode: TransactionMode) -> &'static str {
        match mode {
            TransactionMode::Default | TransactionMode::ReadOnly => "BEGIN",
            TransactionMode::Write | TransactionMode::Serializable => "BEGIN IMMEDIATE",
        }
    }

    fn pin(options: SqliteConnectOptions) -> SqliteConnectOptions {
        // Nothing that a statement can set changes how SQLite reads the text of another one.
        options.foreign_keys(true)
    }

    fn is_clean(conn: &mut SqliteConnection, _own: bool) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            if conn.is_in_transaction() {
                // sqlx still counts a transaction that SQLite ended by itself. One more, and both agree again.
                let _ = (&mut *conn).execute("BEGIN").await;
                let _ = SqliteTransactionManager::rollback(conn).await;
            }
            Ok(!conn.is_in_transaction())
        })
    }

    fn in_transaction(conn: &mut SqliteConnection) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            // BEGIN succeeds only where there is no transaction any more. The new one stays, for the rollback.
            match conn.execute("BEGIN").await {
                Ok(_) => Ok(false),
                Err(sqlx::Error::Database(_)) => Ok(true),
                Err(other) => Err(other),
            }
        })
    }

    fn bind_one(arguments: &mut SqliteArguments, tenant: &TenantId) -> Result<(), BoxDynError> {
        match tenant.value() {
            KeyValue::BigInt(value) => Arguments::add(arguments, value),
            KeyValue::Uuid(bytes) => {
                Arguments::add(arguments, Uuid::from_bytes(bytes).hyphenated().to_string())
            }
            KeyValue::Text(value) => Arguments::add(arguments, value.to_owned()),
        }
    }

    fn bind_many(arguments: &mut SqliteArguments, tenants: &[TenantId]) -> Result<(), BoxDynError> {
        // An array for json_each: its numbers compare with integers, its strings with text.
        let list: Vec<serde_json::Value> = tenants
            .iter()
            .map(|tenant| match tenant.value() {
                KeyValue::BigInt(value) => value.into(),
                KeyValue::Uuid(bytes) => Uuid::from_bytes(bytes).hyphenated().to_string().into(),
                KeyValue::Text(value) => value.into(),
            })
            .collect();
        Arguments::add(arguments, serde_json::Value::from(list).to_string())
    }

    fn fetch_many<'e>(
        conn: &'e mut SqliteConnection,
        statement: Statement<Self>,
    ) -> BoxStream<'e, Result<Step<Self>, sqlx::Error>> {
        conn.fetch_many(statement)
    }

    fn fetch_optional<'e>(
        conn: &'e mut SqliteConnection,
        statement: Statement<Self>,
    ) -> BoxFuture<'e, Result<Option<SqliteRow>, sqlx::Error>> {
        conn.fetch_optional(statement)
    }

    fn run<'e>(conn: &'e mut SqliteConnection, text: SqlStr) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move { conn.execute(text).await.map(|_| ()) })
    }
}
