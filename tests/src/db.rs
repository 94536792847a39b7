//! One connection to one database of either kind, and the plain answers it gives.

use futures_util::TryStreamExt;
#[cfg(feature = "mysql")]
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
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
/// The kind of a fault that says that the connection is gone, and with it perhaps the server.
const LOST: &str = "lost";

impl Fault {
    /// Whether the harness stopped the statement because it took too long.
    pub fn is_timeout(&self) -> bool {
        self.kind == TIMED_OUT
    }

    /// Whether the connection was lost: the server fell over the statement, or over somebody else's.
    pub fn is_lost(&self) -> bool {
        self.kind == LOST
    }

    /// Whether MariaDB does not let a write over several tables read a view of the written one. Where the view's body takes
    /// the view's place there is none.
    pub fn is_of_a_view(&self) -> bool {
        self.text.contains("1443 (HY000)")
    }

    /// Whether MariaDB divided by a zero that is in none of the subject's rows: in front of an outer join that cannot match it takes
    /// a column of the row that is not there for 0, over a table.
    pub fn divides_by_no_row(&self) -> bool {
        self.text.contains("1365 (22012)")
    }

    /// Whether MariaDB does not find a column. With derived tables in derived tables it loses some that are there, unless it
    /// is told to leave those tables apart.
    pub fn is_lost_column(&self) -> bool {
        self.text.contains("1054 (42S22)")
    }

    /// Whether MariaDB failed by a known bug of its own. It gives no rows then, so nothing crosses.
    ///
    /// Seen on 10.11: a condition that is pushed into a grouped derived table over a common table expression finds its
    /// column ambiguous, though it is written with its table; and a common table expression that only an unused one
    /// inside of a derived table names is not found (there the server takes a table of that name, which after the
    /// renaming does not exist).
    pub fn is_server_bug(&self) -> bool {
        let ambiguous = self.text.contains("1052 (23000)") && self.text.contains("is ambiguous");
        let renamed = self.text.contains("1146 (42S02)") && self.text.contains("._tq");
        ambiguous || renamed
    }
}

impl From<sqlx::Error> for Fault {
    fn from(e: sqlx::Error) -> Self {
        let kind = match &e {
            // The limit of the harness on a statement's time, not an answer.
            // PostgreSQL's query_canceled, SQLite's SQLITE_INTERRUPT, MariaDB's ER_STATEMENT_TIMEOUT.
            sqlx::Error::Database(d) if matches!(d.code().as_deref(), Some("57014" | "9" | "70100")) => {
                TIMED_OUT.to_owned()
            }
            sqlx::Error::Database(d) => format!("{:?}", d.kind()),
            sqlx::Error::Io(_) => LOST.to_owned(),
            _ => "client".to_owned(),
        };
        let text = std::iter::once(e.to_string())
            .chain(details(&e))
            .collect::<Vec<_>>()
            .join("\n");
        Fault {
            kind,
            text: without_database(&text),
        }
    }
}

/// MariaDB names the database in some errors, and each of the databases that are compared has a name of its own.
fn without_database(text: &str) -> String {
    let mut pieces = text.split("tq_");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str("tq_");
        let name = |c: char| c.is_ascii_hexdigit() || c == '_';
        out.push_str(piece.trim_start_matches(name));
    }
    out
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
    /// MariaDB.
    #[cfg(feature = "mysql")]
    Mysql(MySqlConnection),
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

    /// A connection to MariaDB in which no statement runs for longer than a few seconds, in the mode that the engine
    /// relies on. Text is compared byte by byte, so that an answer is one and the same everywhere. MariaDB 10.11 falls over
    /// some conditions that it moves into derived tables, of no table at all even, so that it does not move them here.
    #[cfg(feature = "mysql")]
    pub async fn mysql(url: &str) -> Result<Database, sqlx::Error> {
        let options: MySqlConnectOptions = url.parse()?;
        let options = options.charset("utf8mb4").collation("utf8mb4_nopad_bin");
        let mut connection = MySqlConnection::connect_with(&options).await?;
        connection
            .execute(
                "SET max_statement_time = 10, sql_mode = 'PIPES_AS_CONCAT,STRICT_TRANS_TABLES,\
                 ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', \
                 optimizer_switch = 'index_condition_pushdown=off,condition_pushdown_for_derived=off'",
            )
            .await?;
        Ok(Database::Mysql(connection))
    }

    /// Runs several statements that bind nothing.
    pub async fn script(&mut self, sql: &str) -> Result<(), Fault> {
        if sql.trim().is_empty() {
            // An error to MariaDB.
            return Ok(());
        }
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(c) => sql.execute(c).await.map(|_| ())?,
            #[cfg(feature = "postgres")]
            Database::Postgres(c) => sql.execute(c).await.map(|_| ())?,
            #[cfg(feature = "mysql")]
            Database::Mysql(c) => sql.execute(c).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Runs one statement. It is prepared anew each time: the tables behind a text change between schemas.
    pub async fn run(&mut self, text: &str, binds: &[Value]) -> Result<Answer, Fault> {
        self.answer(text, binds, false).await
    }

    /// The same, with a statement that stays prepared on the connection, as an application's do.
    pub async fn run_kept(&mut self, text: &str, binds: &[Value]) -> Result<Answer, Fault> {
        self.answer(text, binds, true).await
    }

    /// Forgets the prepared statements: the tables behind them change.
    pub async fn forget(&mut self) -> Result<(), Fault> {
        match self {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(c) => c.clear_cached_statements().await?,
            #[cfg(feature = "postgres")]
            Database::Postgres(c) => c.clear_cached_statements().await?,
            #[cfg(feature = "mysql")]
            Database::Mysql(c) => c.clear_cached_statements().await?,
        }
        Ok(())
    }

    async fn answer(&mut self, text: &str, binds: &[Value], keep: bool) -> Result<Answer, Fault> {
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
                let mut stream = c.fetch_many(sqlx::query_with(text, arguments).persistent(keep));
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
                let mut stream = c.fetch_many(sqlx::query_with(text, arguments).persistent(keep));
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
            #[cfg(feature = "mysql")]
            Database::Mysql(c) => {
                let arguments = value::mysql_arguments(binds).map_err(sqlx::Error::Encode)?;
                let mut stream = c.fetch_many(sqlx::query_with(text, arguments).persistent(keep));
                while let Some(item) = stream.try_next().await? {
                    match item {
                        Either::Left(done) => answer.affected += done.rows_affected(),
                        Either::Right(row) => {
                            if answer.columns.is_empty() {
                                answer.columns = value::columns(&row);
                            }
                            answer.rows.push(value::mysql_row(&row)?);
                        }
                    }
                }
            }
        }
        Ok(answer)
    }
}
