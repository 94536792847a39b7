//! A database of the run, spoken to in text: type numbers differ between databases, texts do not.

use futures_util::TryStreamExt;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Column, Connection, Either, Executor, Row, ValueRef};

/// What a statement answered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Option<String>>>,
    pub(crate) affected: u64,
}

impl Rows {
    pub(crate) fn without_key(mut self) -> Rows {
        while let Some(at) = self.columns.iter().position(|c| c == super::mirror::KEY) {
            self.columns.remove(at);
            for row in &mut self.rows {
                row.remove(at);
            }
        }
        self
    }
}

/// How it failed: SQLSTATE and message.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Failed {
    /// Whether it was only slow.
    pub(crate) fn is_slow(&self) -> bool {
        self.code == "57014"
    }
}

pub(crate) type Answer = Result<Rows, Failed>;

/// A connection of the script, in or out of a transaction.
pub(crate) struct Lane {
    connection: PgConnection,
    pub(crate) in_transaction: bool,
}

impl Lane {
    pub(crate) async fn open(options: &PgConnectOptions) -> Lane {
        let connection = PgConnection::connect_with(options).await.unwrap();
        let mut lane = Lane {
            connection,
            in_transaction: false,
        };
        lane.must("SET statement_timeout = '5s'; SET jit = off; SET client_min_messages = error")
            .await;
        lane
    }

    /// One statement by the simple protocol.
    pub(crate) async fn run(&mut self, sql: &str) -> Answer {
        let mut out = Rows::default();
        let mut stream = self
            .connection
            .fetch_many(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
        loop {
            match stream.try_next().await {
                Ok(None) => return Ok(out),
                Ok(Some(Either::Left(done))) => out.affected += done.rows_affected(),
                Ok(Some(Either::Right(row))) => {
                    if out.columns.is_empty() {
                        out.columns = row.columns().iter().map(|c| c.name().to_owned()).collect();
                    }
                    let cells = (0..row.len()).map(|i| {
                        let raw = row.try_get_raw(i).unwrap();
                        (!raw.is_null())
                            .then(|| String::from_utf8_lossy(raw.as_bytes().unwrap()).into_owned())
                    });
                    out.rows.push(cells.collect());
                }
                Err(e) => {
                    let code = match &e {
                        sqlx::Error::Database(d) => d.code().map(|c| c.into_owned()),
                        _ => None,
                    };
                    return Err(Failed {
                        code: code.unwrap_or_else(|| "client".to_owned()),
                        message: e.to_string(),
                    });
                }
            }
        }
    }

    /// A statement of the harness, which has to work.
    pub(crate) async fn must(&mut self, sql: &str) -> Rows {
        match self.run(sql).await {
            Ok(rows) => rows,
            Err(e) => panic!("{}: {sql}", e.message),
        }
    }

    /// The cells of a query of the harness.
    pub(crate) async fn table(&mut self, sql: &str) -> Vec<Vec<String>> {
        let rows = self.must(sql).await.rows;
        rows.into_iter()
            .map(|r| r.into_iter().map(Option::unwrap_or_default).collect())
            .collect()
    }

    /// Runs several statements as one: inside a transaction what fails undoes only itself, as psql's
    /// ON_ERROR_ROLLBACK has it. The answer is the last one's.
    pub(crate) async fn guarded(&mut self, statements: &[&str]) -> Answer {
        if self.in_transaction && self.run("SAVEPOINT regress_guard").await.is_err() {
            self.in_transaction = false;
        }
        let mut answer = Ok(Rows::default());
        for sql in statements {
            answer = self.run(sql).await;
            if answer.is_err() {
                break;
            }
        }
        if self.in_transaction {
            if answer.is_err() {
                self.must("ROLLBACK TO SAVEPOINT regress_guard").await;
            }
            self.must("RELEASE SAVEPOINT regress_guard").await;
        }
        answer
    }

    /// The rows of a query as COPY writes them.
    pub(crate) async fn copy_out(&mut self, query: &str) -> Result<Vec<u8>, sqlx::Error> {
        let mut stream = self
            .connection
            .copy_out_raw(&format!("COPY ({query}) TO STDOUT"))
            .await?;
        let mut data = Vec::new();
        while let Some(bytes) = stream.try_next().await? {
            data.extend_from_slice(&bytes);
        }
        Ok(data)
    }

    /// COPY into a table.
    pub(crate) async fn copy_in(&mut self, command: &str, data: &[u8]) -> Result<u64, sqlx::Error> {
        let mut copy = self.connection.copy_in_raw(command).await?;
        if let Err(e) = copy.send(data).await {
            let _ = copy.abort("regress").await;
            return Err(e);
        }
        copy.finish().await
    }
}
