//! The database: one pool that only the engine has, and a small one for what is no store's.

use std::sync::Arc;

use sqlx::Pool;
use tenancy_core::{KeyType, Scoped, TenantContext};
use tenancy_sqlx::{ScopedTransaction, SqlAudit, SqlDirectory, TenantDb, TransactionMode};

use super::{Db, Result};
use crate::repository::RepositoryError;

/// The repository on this database.
pub(in crate::repository) struct Database {
    /// What the stores' statements run on.
    pub(super) tenants: TenantDb<Db>,
    /// What the platform's own statements run on.
    pub(super) platform: Pool<Db>,
    pub(super) directory: Arc<SqlDirectory<Db>>,
}

impl Database {
    pub(super) fn new(tenants: TenantDb<Db>, platform: Pool<Db>) -> Result<Self> {
        let tenants = tenants.audit(Arc::new(SqlAudit::new(platform.clone())));
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
