//! [`ScopedTransaction`]: a transaction on one tenant's slice.

use std::fmt;

use tenancy_core::TenantContext;

use super::{ScopedDb, ScopedSavepoint, session::Session};
use crate::TenantDatabase;

/// How a transaction is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TransactionMode {
    /// As the database does by itself. On SQLite the transaction reads first, and its first write fails at once
    /// (`SQLITE_BUSY`) where somebody else has written since: use [`Write`](TransactionMode::Write) to write what
    /// depends on what was read.
    #[default]
    Default,
    /// Writes are refused, by this crate and on PostgreSQL by the server too.
    ReadOnly,
    /// For writing. SQLite takes its write lock now (`BEGIN IMMEDIATE`) and waits for it.
    Write,
    /// As if no other transaction ran at the same time. On PostgreSQL one may have to be
    /// [tried again](crate::ErrorExt::is_retryable); on SQLite it is the same as `Write`.
    Serializable,
}

impl<DB: TenantDatabase> ScopedDb<DB> {
    /// Opens a transaction.
    ///
    /// Cancel safe: a future that is dropped before its end leaves no transaction on a connection of the pool.
    ///
    /// # Errors
    /// No connection was to be had, or the database did not open the transaction.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use tenancy_core::{Catalog, KeyType, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
    /// # use tenancy_sqlx::TenantDb;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// # sqlx::raw_sql("CREATE TABLE orders (store_id INTEGER NOT NULL, id INTEGER NOT NULL)").execute(&pool).await?;
    /// # let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
    /// # let db = TenantDb::new(pool, catalog);
    /// # let tenant = Tenant::builder(TenantId::bigint(1)?, "green-leaf".parse()?).status(TenantStatus::Active).build();
    /// # let ctx = TenantContext::public(&Arc::new(tenant))?;
    /// let mut tx = db.scoped(&ctx).begin().await?;
    /// sqlx::query("INSERT INTO orders (id) VALUES (?)").bind(10).execute(&mut tx).await?;
    ///
    /// let mut savepoint = tx.begin().await?;
    /// sqlx::query("DELETE FROM orders").execute(&mut savepoint).await?;
    /// savepoint.rollback().await?;
    ///
    /// tx.commit().await?;
    /// let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM orders").fetch_one(&db.scoped(&ctx)).await?;
    /// assert_eq!(orders, 1);
    /// # db.close().await;
    /// # Ok(()) }
    /// ```
    pub async fn begin(&self) -> Result<ScopedTransaction<DB>, sqlx::Error> {
        self.begin_with(TransactionMode::Default).await
    }

    /// Opens a transaction in a given mode.
    ///
    /// # Errors
    /// As [`ScopedDb::begin`].
    pub async fn begin_with(&self, mode: TransactionMode) -> Result<ScopedTransaction<DB>, sqlx::Error> {
        let session = Session::begin(&self.inner, mode, &self.turn()).await?;
        Ok(ScopedTransaction {
            session,
            ctx: self.ctx.clone(),
        })
    }
}

/// A transaction on one tenant's slice: a sqlx [`Executor`](sqlx::Executor) by `&mut`.
///
/// Made by [`ScopedDb::begin`]. Dropped without [`commit`](ScopedTransaction::commit), it is rolled back. A statement,
/// or a stream of rows, may be dropped before its end, and the transaction goes on.
///
/// It has a connection of its own until it ends, and no way to it: `Acquire`, `Deref` and `Connection` are not
/// implemented.
pub struct ScopedTransaction<DB: TenantDatabase> {
    session: Session<DB>,
    ctx: TenantContext,
}

impl<DB: TenantDatabase> ScopedTransaction<DB> {
    pub(crate) fn parts(&mut self) -> (&mut Session<DB>, &TenantContext) {
        (&mut self.session, &self.ctx)
    }

    /// Opens a savepoint, which can be undone by itself.
    ///
    /// # Errors
    /// The transaction has failed, or is over.
    pub async fn begin(&mut self) -> Result<ScopedSavepoint<'_, DB>, sqlx::Error> {
        ScopedSavepoint::open(&mut self.session, &self.ctx).await
    }

    /// Keeps what the transaction did.
    ///
    /// # Errors
    /// It was not kept: a statement had failed, or a deferred constraint is violated, or the database is busy. A
    /// connection that breaks meanwhile leaves open whether it was.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        self.session.commit().await
    }

    /// Undoes what the transaction did. Dropping it does the same, a little later.
    ///
    /// # Errors
    /// The connection broke, which undoes it as well.
    pub async fn rollback(self) -> Result<(), sqlx::Error> {
        self.session.rollback().await
    }
}

impl<DB: TenantDatabase> fmt::Debug for ScopedTransaction<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedTransaction")
            .field("tenant", self.ctx.tenant_id())
            .finish_non_exhaustive()
    }
}
