//! One connection to one database of either kind, and the plain answers it gives.

use futures_util::TryStreamExt;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnection;
#[cfg(feature = "sqlite")]
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, Either, Executor};

use crate::value::{self, Value};

/// What a statement answered.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The names of the columns, when there was a row.
    pub columns: Vec<String>,
    /// The rows in the order they came.
    pub rows: Vec<Vec<Value>>,
    /// How many rows were written.
    pub affected: u64,
}

/// How a statement failed: the kind is compared, the text is searched for markers.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The kind of database error.
    pub kind: String,
    /// All that the database said.
    pub text: String,
}

/// The kind of a fault that says nothing but that the machine was slow.
const TIMED_OUT: &str = "timed out";

impl Fault {
    /// Whether the harness stopped the statement because it took too long.
    pub fn is_timeout(&self) -> bool {
        self.kind == TIMED_OUT
    }
}

impl From<sqlx::Error> for Fault {
    fn from(e: sqlx::Error) -> Self {
        let kind = match &e {
            // The limit of the harness on a statement's time, not an answer.
            // PostgreSQL's query_canceled, SQLite's SQLITE_INTERRUPT.
            sqlx::Error::Database(d) if matches!(d.code().as_deref(), Some("57014" | "9")) => {
                TIMED_OUT.to_owned()
            }
            sqlx::Error::Database(d) => format!("{:?}", d.kind()),
            _ => "client".to_owned(),
        };
        let text = std::iter::once(e.to_string())
            .chain(details(&e))
            .collect::<Vec<_>>()
            .join("\n");
        Fault { kind, text }
    }
}

/// What PostgreSQL says besides its message.
#[cfg(feature = "postgres")]
fn details(error: &sqlx::Error) -> Vec<String> {
    let pg = match error {
        sqlx::Error::Database(d) => d.try_downcast_ref::<sqlx::postgres::PgDatabaseError>(),
        _ => None,
    };
    pg.map_or_else(Vec::new, |pg| {
        [pg.detail(), pg.hint()]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect()
    })
}

#[cfg(not(feature = "postgres"))]
fn details(_: &sqlx::Error) -> Vec<String> {
    Vec::new()
}

/// A connection of either kind.
#[derive(Debug)]
pub enum Database {
    /// SQLite.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteConnection),
    /// PostgreSQL.
    #[cfg(feature = "postgres")]
    Postgres(PgConnection),
}

impl Database {
    /// A new, empty SQLite database in memory.
    #[cfg(feature = "sqlite")]
    pub async fn sqlite() -> Result<Database, sqlx::Error> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        Ok(Database::Sqlite(SqliteConnection::connect_with(&options).await?))
    }

    /// A connection to PostgreSQL in which no statement runs for longer than a few seconds.
    #[cfg(feature = "postgres")]
    pub async fn postgres(url: &str) -> Result<Database, sqlx::Error> {
        let mut connection = PgConnection::connect(url).await?;
        // Compiling a plan takes longer than any of these statements runs.
        connection
            .execute("SET statement_timeout = '10s'; SET jit = off")
            .await?;
        Ok(Database::Postgres(connection))
    }

    /// Runs several statements that bind nothing.
    pub async fn script(&mut self, sql: &str) -> Result<(), Fault> {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(c) => sql.execute(c).await.map(|_| ())?,
            #[cfg(feature = "postgres")]
            Database::Postgres(c) => sql.execute(c).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Runs one statement. It is prepared anew each time: the tables behind a text change between schemas.
    pub async fn run(&mut self, text: &str, binds: &[Value]) -> Result<Answer, Fault> {
        let mut answer = Answer::default();
        let text = AssertSqlSafe(text.to_owned());
        match self {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(c) => {
                let arguments = value::sqlite_arguments(binds).map_err(sqlx::Error::Encode)?;
                // A join that chance made may run for hours; SQLite asks from time to time whether to go on.
                let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
                let go_on = move || std::time::Instant::now() < until;
                c.lock_handle().await?.set_progress_handler(100_000, go_on);
                let mut stream = c.fetch_many(sqlx::query_with(text, arguments).persistent(false));
                while let Some(item) = stream.try_next().await? {
                    match item {
                        Either::Left(done) => answer.affected += done.rows_affected(),
                        Either::Right(row) => {
                            if answer.columns.is_empty() {
                                answer.columns = value::columns(&row);
                            }
                            answer.rows.push(value::sqlite_row(&row)?);
                        }
                    }
                }
            }
            #[cfg(feature = "postgres")]
            Database::Postgres(c) => {
                let arguments = value::postgres_arguments(binds).map_err(sqlx::Error::Encode)?;
                let mut stream = c.fetch_many(sqlx::query_with(text, arguments).persistent(false));
                while let Some(item) = stream.try_next().await? {
                    match item {
                        Either::Left(done) => answer.affected += done.rows_affected(),
                        Either::Right(row) => {
                            if answer.columns.is_empty() {
                                answer.columns = value::columns(&row);
                            }
                            answer.rows.push(value::postgres_row(&row)?);
                        }
                    }
                }
            }
        }
        Ok(answer)
    }
}
