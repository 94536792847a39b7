//! SQLite.

use futures_core::{future::BoxFuture, stream::BoxStream};
use sqlx::{
    Arguments, Connection, Executor, SqlSafeStr, SqlStr, Sqlite, SqliteConnection,
    error::BoxDynError,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteTransactionManager},
};
use sqlx_core::transaction::TransactionManager;
use tenancy_core::{KeyValue, TenantId, sql::Dialect};
use uuid::Uuid;

use super::{Driver, Statement, Step, TenantDatabase};
use crate::TransactionMode;

/// The rowid 0, which no table gives by itself, becomes the last one that was inserted on the connection.
const FORGET: &str = "CREATE TEMP TABLE IF NOT EXISTS tenancy_forget (n INTEGER PRIMARY KEY); \
     INSERT OR REPLACE INTO temp.tenancy_forget VALUES (0)";

impl TenantDatabase for Sqlite {}

impl Driver for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
    type Wall = ();
    const READ_ONLY_TRANSACTIONS: bool = false;
    const CLOSE_INTERRUPTED: bool = false;
    const CLOSE_UNANSWERED: bool = false;
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

    fn forget(conn: &mut SqliteConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        // An UPDATE, an upsert and an insert into a table WITHOUT ROWID leave the last rowid as it was, and the
        // result tells it all the same: a number that another tenant was given.
        Self::run(conn, FORGET.into_sql_str())
    }

    fn own_result(result: SqliteQueryResult, is_write: bool) -> SqliteQueryResult {
        // A SELECT counts no changes, and its result tells those of the last write on the connection.
        if is_write {
            result
        } else {
            SqliteQueryResult::default()
        }
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
