//! A connection inside of a transaction, and what becomes of it when something is dropped halfway.

use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::StreamExt;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use sqlx_core::transaction::TransactionManager;

use super::{TransactionMode, own, plan::Plan, turn::Turn};
use crate::{
    TenantDatabase,
    database::{Loan, Step, is_answer},
    db::Inner,
    error::Kind,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `BEGIN` was sent, or is about to be; nobody knows what the server made of it.
    Beginning,
    Open,
    /// `COMMIT` or `ROLLBACK` was sent, or is about to be.
    Ending,
    /// The connection is in no transaction.
    Ended,
    /// The transaction is not what the caller believes: nothing runs any more, and dropping rolls back.
    Lost,
}

/// A connection with a transaction of its own.
///
/// Each state is entered before the await that it names, so that a future that is dropped there leaves the right one.
pub(crate) struct Session<DB: TenantDatabase> {
    conn: Loan<DB>,
    inner: Inner<DB>,
    state: State,
    read_only: bool,
    /// A statement failed or was dropped before its end.
    suspect: bool,
    /// A statement was sent, and nothing was heard of it yet.
    unanswered: bool,
    savepoints: u32,
    /// The outermost savepoint that was dropped, to roll back to before anything else runs.
    dropped: Option<u32>,
}

impl<DB: TenantDatabase> Session<DB> {
    /// Opens a transaction, which is from its first statement on of the one whose turn it is.
    pub(crate) async fn begin(
        inner: &Inner<DB>,
        mode: TransactionMode,
        turn: &Turn,
    ) -> Result<Self, sqlx::Error> {
        let mut tries = inner.tries();
        loop {
            let mut conn = inner
                .acquire(mode != TransactionMode::ReadOnly, turn, true)
                .await?;
            // What is put up inside of a transaction would be taken down with it.
            DB::put_up(inner.wall(), &mut conn)
                .await
                .map_err(|error| inner.opaque(error))?;
            let mut session = Self::beginning(inner, conn, mode);
            let begin = match turn.tenant() {
                Some(tenant) => AssertSqlSafe(DB::begin_as(inner.wall(), mode, tenant)).into_sql_str(),
                None => DB::begin(mode).into_sql_str(),
            };
            let Err(error) = DB::TransactionManager::begin(&mut session.conn, Some(begin)).await else {
                session.state = State::Open;
                return Ok(session);
            };
            tries -= 1;
            // Nothing has happened yet, and the connection is closed when the session is dropped.
            if tries == 0 || !DB::again(inner.wall(), &mut session.conn, &error).await {
                return Err(inner.not_entered(error));
            }
        }
    }

    fn beginning(inner: &Inner<DB>, conn: Loan<DB>, mode: TransactionMode) -> Self {
        Self {
            conn,
            inner: inner.clone(),
            state: State::Beginning,
            read_only: mode == TransactionMode::ReadOnly,
            suspect: false,
            unanswered: false,
            savepoints: 0,
            dropped: None,
        }
    }

    pub(crate) fn inner(&self) -> &Inner<DB> {
        &self.inner
    }

    /// Makes sure that the next statement runs in the transaction that the caller means.
    async fn ready(&mut self) -> Result<(), sqlx::Error> {
        if self.state != State::Open {
            return Err(Kind::TransactionLost.into_sqlx());
        }
        if self.unanswered && DB::CLOSE_UNANSWERED {
            self.state = State::Lost;
            return Err(Kind::TransactionLost.into_sqlx());
        }
        if let Some(savepoint) = self.dropped {
            self.state = State::Lost;
            self.run(&format!("ROLLBACK TO SAVEPOINT tenancy_{savepoint}"))
                .await?;
            self.dropped = None;
            // On PostgreSQL this heals a failed transaction; on SQLite it would have failed in a lost one.
            self.suspect = false;
            self.state = State::Open;
        }
        if self.suspect && DB::ERRORS_END_TRANSACTIONS {
            self.look().await?;
        }
        Ok(())
    }

    /// Asks whether the transaction is still there, after an error.
    async fn look(&mut self) -> Result<(), sqlx::Error> {
        self.state = State::Lost;
        if !DB::in_transaction(&mut self.conn)
            .await
            .map_err(|error| self.inner.opaque(error))?
        {
            return Err(Kind::TransactionLost.into_sqlx());
        }
        self.state = State::Open;
        self.suspect = false;
        Ok(())
    }

    async fn run(&mut self, text: &str) -> Result<(), sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned()).into_sql_str();
        DB::run(&mut self.conn, text)
            .await
            .map_err(|error| self.inner.opaque(error))
    }

    fn permit(&self, plan: &Plan<DB>) -> Result<(), sqlx::Error> {
        if plan.is_write && self.read_only {
            Err(Kind::ReadOnly.into_sqlx())
        } else {
            Ok(())
        }
    }

    pub(crate) fn fetch_many(
        &mut self,
        plan: Result<Plan<DB>, sqlx::Error>,
    ) -> BoxStream<'_, Result<Step<DB>, sqlx::Error>> {
        Box::pin(async_stream::try_stream! {
            let plan = plan?;
            self.permit(&plan)?;
            self.ready().await?;
            // Until its end is seen, nobody knows how it ended.
            self.suspect = true;
            self.unanswered = true;
            let mut steps = DB::fetch_many(&mut self.conn, plan.statement);
            while let Some(step) = steps.next().await {
                self.unanswered &= !is_answer(&step);
                yield own::<DB>(step.map_err(|error| self.inner.opaque(error))?, plan.is_write);
            }
            self.suspect = false;
        })
    }

    pub(crate) fn fetch_optional(
        &mut self,
        plan: Result<Plan<DB>, sqlx::Error>,
    ) -> BoxFuture<'_, Result<Option<DB::Row>, sqlx::Error>> {
        Box::pin(async move {
            let plan = plan?;
            self.permit(&plan)?;
            self.ready().await?;
            self.suspect = true;
            self.unanswered = true;
            let row = DB::fetch_optional(&mut self.conn, plan.statement).await;
            self.unanswered &= !is_answer(&row);
            let row = row.map_err(|error| self.inner.opaque(error))?;
            self.suspect = false;
            Ok(row)
        })
    }

    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.ready().await?;
        // PostgreSQL answers COMMIT of a failed transaction with a rollback, and no error.
        if self.suspect {
            self.look().await?;
        }
        self.state = State::Ending;
        if let Err(error) = DB::TransactionManager::commit(&mut self.conn).await {
            // It did not happen (a deferred constraint, a busy database): dropping rolls back.
            self.state = State::Lost;
            return Err(self.inner.opaque(error));
        }
        self.state = State::Ended;
        Ok(())
    }

    pub(crate) async fn rollback(mut self) -> Result<(), sqlx::Error> {
        if self.unanswered && DB::CLOSE_UNANSWERED {
            // The connection is closed, and the server rolls back.
            return Ok(());
        }
        self.state = State::Ending;
        if self.suspect && DB::ERRORS_END_TRANSACTIONS {
            // Where it is gone this leaves an empty one, so that there is something to roll back either way.
            DB::in_transaction(&mut self.conn)
                .await
                .map_err(|error| self.inner.opaque(error))?;
        }
        DB::TransactionManager::rollback(&mut self.conn)
            .await
            .map_err(|error| self.inner.opaque(error))?;
        self.state = State::Ended;
        Ok(())
    }

    /// Opens a savepoint. A future dropped here may leave one behind that nobody uses, which changes nothing.
    pub(crate) async fn savepoint(&mut self) -> Result<u32, sqlx::Error> {
        self.ready().await?;
        self.savepoints += 1;
        let savepoint = self.savepoints;
        self.suspect = true;
        self.run(&format!("SAVEPOINT tenancy_{savepoint}")).await?;
        self.suspect = false;
        Ok(savepoint)
    }

    /// Keeps what was done since the savepoint.
    pub(crate) async fn release(&mut self, savepoint: u32) -> Result<(), sqlx::Error> {
        self.ready().await?;
        self.suspect = true;
        self.run(&format!("RELEASE SAVEPOINT tenancy_{savepoint}"))
            .await?;
        self.suspect = false;
        Ok(())
    }

    /// Undoes what was done since the savepoint, now.
    pub(crate) async fn rollback_to(&mut self, savepoint: u32) -> Result<(), sqlx::Error> {
        self.drop_savepoint(savepoint);
        self.ready().await
    }

    /// Undoes what was done since the savepoint, before the next statement.
    pub(crate) fn drop_savepoint(&mut self, savepoint: u32) {
        self.dropped = Some(self.dropped.map_or(savepoint, |other| other.min(savepoint)));
    }
}

impl<DB: TenantDatabase> Drop for Session<DB> {
    fn drop(&mut self) {
        if self.unanswered && DB::CLOSE_UNANSWERED {
            self.conn.close_on_drop();
            return;
        }
        match self.state {
            State::Ended => {}
            State::Open => DB::TransactionManager::start_rollback(&mut self.conn),
            // SQLite's worker undoes a BEGIN that nobody waits for.
            State::Beginning if !DB::CLOSE_INTERRUPTED => {}
            // It also ignores a rollback that comes after a COMMIT that nobody waited for.
            State::Ending | State::Lost if !DB::CLOSE_INTERRUPTED => {
                DB::TransactionManager::start_rollback(&mut self.conn);
            }
            State::Beginning | State::Ending | State::Lost => self.conn.close_on_drop(),
        }
    }
}
