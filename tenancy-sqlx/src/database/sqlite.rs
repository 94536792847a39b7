//! SQLite.

use std::sync::Arc;

use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::StreamExt;
use sqlx::{
    Arguments, Connection, Either, Executor, SqlSafeStr, SqlStr, Sqlite, SqliteConnection,
    error::BoxDynError,
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteTransactionManager},
};
use sqlx_core::transaction::TransactionManager;
use tenancy_core::{
    Catalog, KeyValue, TenantId, Tenants,
    sql::{Dialect, ScopedSql},
};
use uuid::Uuid;

use super::{Driver, Statement, Step, TenantDatabase};
use crate::{
    TransactionMode,
    error::Kind,
    scoped::plan::Reach,
    wall::sqlite::{Pass, SqliteWall, Whose},
};

/// The rowid 0, which no table gives by itself, becomes the last one that was inserted on the connection.
const FORGET: &str = "CREATE TEMP TABLE IF NOT EXISTS tenancy_forget (n INTEGER PRIMARY KEY); \
     INSERT OR REPLACE INTO temp.tenancy_forget VALUES (0)";

impl TenantDatabase for Sqlite {}

impl Driver for Sqlite {
    type Wall = Option<Arc<SqliteWall>>;
    type Pass = Option<Arc<Pass>>;

    fn wall(catalog: &Catalog) -> Self::Wall {
        Some(Arc::new(SqliteWall::new(catalog)))
    }

    fn has_wall(wall: &Self::Wall) -> bool {
        wall.is_some()
    }

    fn put_up<'e>(
        wall: &'e Self::Wall,
        conn: &'e mut SqliteConnection,
    ) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move {
            match wall {
                Some(wall) => wall.put_up(conn).await,
                None => Ok(()),
            }
        })
    }

    fn enter(
        wall: &Self::Wall,
        reach: Reach<'_>,
        scoped: &ScopedSql,
        arguments: &mut SqliteArguments,
        text: Arc<str>,
    ) -> Result<(Arc<str>, Self::Pass), sqlx::Error> {
        let Some(wall) = wall else {
            return Ok((text, None));
        };
        // Whose turn it is comes from who asks, and not from the value that the engine had bound.
        let whose = match reach {
            Reach::One(ctx) => Whose::One(ctx.admitted_to()),
            Reach::Across(crossing) => match crossing.tenants() {
                Tenants::Only(tenants) => Whose::Many(tenants),
                Tenants::All => Whose::All,
            },
        };
        let pass = wall.admit(whose, scoped.writes(), Arc::clone(&text));
        Arguments::add(arguments, pass.ticket()).map_err(sqlx::Error::Encode)?;
        let text = SqliteWall::entering(arguments.len(), &text);
        Ok((text.into(), Some(Arc::new(pass))))
    }

    const DIALECT: Dialect = Dialect::Sqlite;
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
        let Some(pass) = statement.pass.clone() else {
            return conn.fetch_many(statement);
        };
        Box::pin(async_stream::try_stream! {
            let mut attempts = Attempts::of(statement);
            while let Some(attempt) = attempts.next() {
                let failed = {
                    let mut steps = conn.fetch_many(attempt);
                    let (mut entered, mut given, mut failed) = (false, false, None);
                    while let Some(step) = steps.next().await {
                        match step {
                            // What the turn's own beginning gives.
                            Ok(Either::Left(_)) if !entered => entered = true,
                            Ok(step) => {
                                given = true;
                                yield step;
                            }
                            Err(error) if !given => failed = Some(error),
                            Err(error) => Err(error)?,
                        }
                    }
                    failed
                };
                match failed {
                    Some(error) => attempts.mend(&pass, conn, error).await?,
                    None => break,
                }
            }
        })
    }

    fn fetch_optional<'e>(
        conn: &'e mut SqliteConnection,
        statement: Statement<Self>,
    ) -> BoxFuture<'e, Result<Option<SqliteRow>, sqlx::Error>> {
        let Some(pass) = statement.pass.clone() else {
            return conn.fetch_optional(statement);
        };
        Box::pin(async move {
            let mut attempts = Attempts::of(statement);
            while let Some(attempt) = attempts.next() {
                // The turn's own beginning gives no row.
                match conn.fetch_optional(attempt).await {
                    Ok(row) => return Ok(row),
                    Err(error) => attempts.mend(&pass, conn, error).await?,
                }
            }
            Err(Kind::SqliteWall.into_sqlx())
        })
    }

    fn run<'e>(conn: &'e mut SqliteConnection, text: SqlStr) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move { conn.execute(text).await.map(|_| ()) })
    }
}

/// A statement that is tried again where it failed because the wall was not there, or not all of it: a new connection, a
/// new table. Nothing of it has run by then.
struct Attempts {
    statement: Option<Statement<Sqlite>>,
    again: Option<Statement<Sqlite>>,
}

impl Attempts {
    fn of(statement: Statement<Sqlite>) -> Self {
        let again = Statement {
            sql: statement.sql.clone(),
            arguments: statement.arguments.clone(),
            persistent: statement.persistent,
            pass: statement.pass.clone(),
        };
        Self {
            statement: Some(statement),
            again: Some(again),
        }
    }

    fn next(&mut self) -> Option<Statement<Sqlite>> {
        self.statement.take()
    }

    /// Puts up what is missing, for the next attempt; the error, where that is not the reason.
    async fn mend(
        &mut self,
        pass: &Pass,
        conn: &mut SqliteConnection,
        error: sqlx::Error,
    ) -> Result<(), sqlx::Error> {
        // Inside of a transaction nothing is put up: it would be taken down with it.
        if self.again.is_none() || conn.is_in_transaction() || !SqliteWall::is_missing(&error) {
            return Err(error);
        }
        pass.wall().put_up(conn).await?;
        self.statement = self.again.take();
        Ok(())
    }
}
