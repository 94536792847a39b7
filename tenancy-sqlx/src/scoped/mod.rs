//! One tenant's slice of a database, to run statements on.

mod executor;
pub(crate) mod plan;
mod savepoint;
pub(crate) mod session;
mod transaction;
pub(crate) mod turn;
mod visit;

use std::fmt;

use sqlx::Either;
use tenancy_core::TenantContext;

pub use savepoint::ScopedSavepoint;
pub use transaction::{ScopedTransaction, TransactionMode};

use crate::{TenantDatabase, database::Step, db::Inner};
use turn::Turn;

/// One tenant's slice of a database: a sqlx [`Executor`](sqlx::Executor).
///
/// Made by [`db.scoped(&ctx)`](tenancy_core::Scoped::scoped). `&ScopedDb` and `&mut ScopedDb` are both executors; each
/// statement takes a connection of the pool for as long as it runs. There is no way from it to the pool, to a
/// connection or to another tenant.
///
/// It is as short-lived as the [`TenantContext`] it was made from: a socket or a job admits again.
///
/// ```
/// # use std::sync::Arc;
/// # use tenancy_core::{Catalog, KeyType, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
/// # use tenancy_sqlx::TenantDb;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// # sqlx::raw_sql("CREATE TABLE orders (store_id INTEGER NOT NULL, id INTEGER NOT NULL)").execute(&pool).await?;
/// # sqlx::raw_sql("INSERT INTO orders VALUES (1, 10), (2, 20)").execute(&pool).await?;
/// # let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// # let db = TenantDb::new(pool, catalog);
/// # let tenant = Tenant::builder(TenantId::bigint(1)?, "green-leaf".parse()?).status(TenantStatus::Active).build();
/// # let ctx = TenantContext::public(&Arc::new(tenant))?;
/// // the table holds an order of tenant 1 and one of tenant 2
/// let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM orders").fetch_all(&mut db.scoped(&ctx)).await?;
/// assert_eq!(ids, [10]);
/// # db.close().await;
/// # Ok(()) }
/// ```
///
/// # Errors
/// A statement fails with a [`sqlx::Error`]; [`ErrorExt`](crate::ErrorExt) tells a refusal of the engine, a wrong
/// number of bound values and a tenant's id of another type than the catalogue's from what the database said.
pub struct ScopedDb<DB: TenantDatabase> {
    inner: Inner<DB>,
    ctx: TenantContext,
}

impl<DB: TenantDatabase> ScopedDb<DB> {
    pub(crate) fn new(inner: Inner<DB>, ctx: &TenantContext) -> Self {
        Self {
            inner,
            ctx: ctx.clone(),
        }
    }

    #[cfg(all(test, feature = "postgres"))]
    pub(crate) fn inner(&self) -> Inner<DB> {
        self.inner.clone()
    }

    pub(crate) fn turn(&self) -> Turn {
        Turn::Tenant(self.ctx.clone())
    }
}

impl<DB: TenantDatabase> Clone for ScopedDb<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            ctx: self.ctx.clone(),
        }
    }
}

impl<DB: TenantDatabase> fmt::Debug for ScopedDb<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedDb")
            .field("tenant", self.ctx.tenant_id())
            .finish_non_exhaustive()
    }
}

/// What a statement gives, as far as it is the statement's own.
fn own<DB: TenantDatabase>(step: Step<DB>, is_write: bool) -> Step<DB> {
    match step {
        Either::Left(result) => Either::Left(DB::own_result(result, is_write)),
        Either::Right(row) => Either::Right(row),
    }
}
