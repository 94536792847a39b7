//! The database: one pool that only the engine has, and a small one for what is no store's.

use std::sync::Arc;

use sqlx::pool::PoolOptions;
use sqlx::{Connection, Pool};
use tenancy_core::{KeyType, Scoped, TenantContext};
use tenancy_sqlx::{ScopedTransaction, SqlAudit, SqlDirectory, TenantDb, TransactionMode};

use super::{Db, Result, behind_wall};
use crate::repository::{RepositoryError, catalog};

/// How to connect.
type Options = <<Db as sqlx::Database>::Connection as Connection>::Options;

/// The repository on this database.
pub(in crate::repository) struct Database {
    /// What the stores' statements run on.
    pub(super) tenants: TenantDb<Db>,
    /// What the platform's own statements run on.
    pub(super) platform: Pool<Db>,
    pub(super) directory: Arc<SqlDirectory<Db>>,
}

impl Database {
    pub(super) async fn new(options: Options, pool: PoolOptions<Db>, platform: Pool<Db>) -> Result<Self> {
        let audit = SqlAudit::new(platform.clone());
        let tenants = TenantDb::connect_with(options, pool, catalog()?)
            .await
            .map_err(RepositoryError::open)?
            .audit(Arc::new(audit));
        let tenants = behind_wall(tenants);
        let directory = SqlDirectory::builder(platform.clone(), KeyType::BigInt)
            .table("stores")
            .build()
            .map_err(|_| RepositoryError::row("the name of a table"))?;
        Ok(Self {
            tenants,
            platform,
            directory: Arc::new(directory),
        })
    }

    /// A transaction that writes. It waits for its turn at its beginning, not at its first write, when it would be too
    /// late.
    pub(super) async fn write(&self, ctx: &TenantContext) -> Result<ScopedTransaction<Db>> {
        Ok(self
            .tenants
            .scoped(ctx)
            .begin_with(TransactionMode::Write)
            .await?)
    }
}
