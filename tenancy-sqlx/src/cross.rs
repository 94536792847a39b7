//! [`CrossDb`]: an operator's view over several tenants.

use std::fmt;

use futures_core::{future::BoxFuture, stream::BoxStream};
use futures_util::TryStreamExt;
use sqlx::Execute;
use tenancy_core::{AuditEvent, CrossTenant};

use crate::{
    TenantDatabase, TransactionMode,
    database::Step,
    db::Inner,
    error::Kind,
    scoped::{
        plan::{Plan, Reach, plan},
        session::Session,
        turn::Turn,
    },
};

/// An operator's view of a database over several tenants: a sqlx [`Executor`](sqlx::Executor).
///
/// Made by [`db.across(&crossing)`](tenancy_core::Across::across).
///
/// # Cross-tenant
/// It reads, and if the [`CrossTenant`] says so writes, rows of all tenants that the crossing names. Every statement is
/// recorded by the database's [audit log](crate::TenantDb::audit) before it is sent: who, which tenants, why, which
/// relations, and the text of the statement without the values that are bound to it. Where the record cannot be written, or there is no audit log,
/// nothing is sent. A read-only crossing refuses writes, and on PostgreSQL runs in a transaction that the server
/// itself keeps from writing.
///
/// ```
/// # use std::sync::Arc;
/// # use tenancy_core::{Across, Catalog, CrossTenant, KeyType, MemoryAudit, Operator, Tenants};
/// # use tenancy_sqlx::TenantDb;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// # sqlx::raw_sql("CREATE TABLE orders (store_id INTEGER NOT NULL, total INTEGER NOT NULL)").execute(&pool).await?;
/// # sqlx::raw_sql("INSERT INTO orders VALUES (1, 10), (2, 20)").execute(&pool).await?;
/// # let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// let log = Arc::new(MemoryAudit::new());
/// let db = TenantDb::new(pool, catalog).audit(log.clone());
///
/// let olga = Operator::new("olga")?;
/// let crossing = CrossTenant::read(&olga, Tenants::All, "monthly report of sales")?;
/// let sales: i64 = sqlx::query_scalar("SELECT sum(total) FROM orders").fetch_one(&db.across(&crossing)).await?;
/// assert_eq!(sales, 30);
/// assert_eq!(log.events()[0].action, "crossing.read");
/// # db.close().await;
/// # Ok(()) }
/// ```
pub struct CrossDb<DB: TenantDatabase> {
    inner: Inner<DB>,
    crossing: CrossTenant,
}

impl<DB: TenantDatabase> CrossDb<DB> {
    pub(crate) fn new(inner: Inner<DB>, crossing: &CrossTenant) -> Self {
        Self {
            inner,
            crossing: crossing.clone(),
        }
    }

    pub(crate) fn fetch_many_recorded<'e, 'q: 'e, E>(
        &self,
        query: E,
    ) -> BoxStream<'e, Result<Step<DB>, sqlx::Error>>
    where
        E: 'q + Execute<'q, DB>,
    {
        let plan = plan(&self.inner, Reach::Across(&self.crossing), query);
        let cross = self.clone();
        Box::pin(async_stream::try_stream! {
            let plan = cross.recorded(plan).await?;
            if cross.in_transaction() {
                let mut session = Session::begin(&cross.inner, TransactionMode::ReadOnly, &Turn::Operator).await?;
                {
                    let mut steps = session.fetch_many(Ok(plan));
                    while let Some(step) = steps.try_next().await? {
                        yield step;
                    }
                }
                session.commit().await?;
            } else {
                let mut steps = cross.inner.fetch_many(Ok(plan), Turn::Operator);
                while let Some(step) = steps.try_next().await? {
                    yield step;
                }
            }
        })
    }

    pub(crate) fn fetch_optional_recorded<'e, 'q: 'e, E>(
        &self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, sqlx::Error>>
    where
        E: 'q + Execute<'q, DB>,
    {
        let plan = plan(&self.inner, Reach::Across(&self.crossing), query);
        let cross = self.clone();
        Box::pin(async move {
            let plan = cross.recorded(plan).await?;
            if !cross.in_transaction() {
                return cross.inner.fetch_optional(Ok(plan), Turn::Operator).await;
            }
            let mut session =
                Session::begin(&cross.inner, TransactionMode::ReadOnly, &Turn::Operator).await?;
            let row = session.fetch_optional(Ok(plan)).await?;
            session.commit().await?;
            Ok(row)
        })
    }

    fn in_transaction(&self) -> bool {
        self.crossing.is_read_only() && DB::READ_ONLY_TRANSACTIONS
    }

    /// Gives the plan back once it stands in the audit log, and not before.
    async fn recorded(&self, plan: Result<Plan<DB>, sqlx::Error>) -> Result<Plan<DB>, sqlx::Error> {
        let sink = self.inner.audit().ok_or_else(|| Kind::NoAudit.into_sqlx())?;
        let mut event = AuditEvent::crossing(&self.crossing);
        event = match &plan {
            Ok(plan) => event.detail(format!("{}; {}", self.crossing.id(), plan.note)),
            Err(error) => event.detail(format!("{}; refused: {error}", self.crossing.id())),
        };
        if plan.is_err() {
            event.action = "crossing.refused".to_owned();
        }
        if let Err(error) = sink.record(&event).await {
            tracing::error!(crossing = %self.crossing.id(), %error, "a crossing could not be recorded");
            return Err(Kind::AuditFailed.into_sqlx());
        }
        plan
    }
}

impl<DB: TenantDatabase> Clone for CrossDb<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            crossing: self.crossing.clone(),
        }
    }
}

impl<DB: TenantDatabase> fmt::Debug for CrossDb<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CrossDb")
            .field("crossing", &self.crossing.id())
            .finish_non_exhaustive()
    }
}
