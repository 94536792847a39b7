//! One statement by itself, on a connection of the pool.

use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::StreamExt;

use super::{
    TransactionMode, own,
    plan::Plan,
    session::Session,
    turn::{Carry, Turn},
};
use crate::{
    TenantDatabase,
    database::{Asked, Step, is_answer},
    db::Inner,
    error::Kind,
};

type Planned<DB> = Result<Plan<DB>, sqlx::Error>;

impl<DB: TenantDatabase> Inner<DB> {
    /// Runs one statement.
    pub(crate) fn fetch_many(
        &self,
        plan: Planned<DB>,
        turn: Turn,
    ) -> BoxStream<'static, Result<Step<DB>, sqlx::Error>> {
        let inner = self.clone();
        Box::pin(async_stream::try_stream! {
            let plan = plan?;
            if inner.in_transaction(&turn)? {
                let leaves = plan.leaves;
                let mut session = Session::begin(&inner, TransactionMode::Default, &turn).await?;
                {
                    let mut steps = session.fetch_many(Ok(plan));
                    while let Some(step) = steps.next().await {
                        yield step?;
                    }
                }
                finish(session, leaves).await?;
                return;
            }
            let mut visit = Visit::begin(&inner, plan.is_write, &turn).await?;
            let asked = visit.asked()?;
            let mut steps = DB::fetch_many(&mut asked.conn, plan.statement);
            while let Some(step) = steps.next().await {
                asked.answered |= is_answer(&step);
                yield own::<DB>(step.map_err(|error| inner.opaque(error))?, plan.is_write);
            }
        })
    }

    /// Runs one statement for its first row.
    pub(crate) fn fetch_optional(
        &self,
        plan: Planned<DB>,
        turn: Turn,
    ) -> BoxFuture<'static, Result<Option<DB::Row>, sqlx::Error>> {
        let inner = self.clone();
        Box::pin(async move {
            let plan = plan?;
            if inner.in_transaction(&turn)? {
                let leaves = plan.leaves;
                let mut session = Session::begin(&inner, TransactionMode::Default, &turn).await?;
                let row = session.fetch_optional(Ok(plan)).await?;
                finish(session, leaves).await?;
                return Ok(row);
            }
            let mut visit = Visit::begin(&inner, plan.is_write, &turn).await?;
            let asked = visit.asked()?;
            let row = DB::fetch_optional(&mut asked.conn, plan.statement).await;
            asked.answered |= is_answer(&row);
            row.map_err(|error| inner.opaque(error))
        })
    }

    /// Whether a statement by itself needs a transaction around it, to say whose it is.
    fn in_transaction(&self, turn: &Turn) -> Result<bool, sqlx::Error> {
        let carry = self.carry()?;
        Ok(carry == Carry::Transaction && turn.tenant().is_some())
    }
}

/// Ends the transaction around a statement. Where nothing hangs on it nobody waits for the answer; it is committed all the
/// same, in case a view called what writes.
async fn finish<DB: TenantDatabase>(session: Session<DB>, leaves: bool) -> Result<(), sqlx::Error> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) if !leaves => {
            runtime.spawn(session.commit());
            Ok(())
        }
        Ok(_) | Err(_) => session.commit().await,
    }
}

/// A connection on which a statement runs by itself. It is nobody's when it goes back to the pool.
struct Visit<DB: TenantDatabase> {
    /// There until it is dropped.
    asked: Option<Asked<DB>>,
    /// The connection was told whose turn it is, or is about to be.
    told: bool,
}

impl<DB: TenantDatabase> Visit<DB> {
    async fn begin(inner: &Inner<DB>, writes: bool, turn: &Turn) -> Result<Self, sqlx::Error> {
        let told = inner.carry()? == Carry::Checkout;
        let Some(tenant) = turn.tenant().filter(|_| told) else {
            return Ok(Self {
                asked: Some(Asked::new(inner.acquire(writes, turn, false).await?)),
                told: false,
            });
        };
        let mut tries = inner.tries();
        loop {
            let mut visit = Self {
                asked: Some(Asked::new(inner.acquire(writes, turn, true).await?)),
                told: true,
            };
            let Asked { conn, .. } = visit.asked()?;
            let Err(error) = DB::check_in(inner.wall(), conn, &inner.options(), tenant).await else {
                return Ok(visit);
            };
            tries -= 1;
            let again = tries > 0 && DB::again(inner.wall(), conn, &error).await;
            // It may be in any state, and its next user would not be told.
            conn.close_on_drop();
            visit.told = false;
            if !again {
                return Err(inner.not_entered(error));
            }
        }
    }

    fn asked(&mut self) -> Result<&mut Asked<DB>, sqlx::Error> {
        self.asked.as_mut().ok_or_else(|| Kind::Disagreement.into_sqlx())
    }
}

impl<DB: TenantDatabase> Drop for Visit<DB> {
    fn drop(&mut self) {
        let Some(mut asked) = self.asked.take().filter(|_| self.told) else {
            return;
        };
        // It has to be asked of the server, which a drop cannot wait for.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if DB::check_out(&mut asked.conn).await.is_err() {
                        asked.conn.close_on_drop();
                    }
                });
            }
            Err(_) => asked.conn.close_on_drop(),
        }
    }
}
