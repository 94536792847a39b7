//! [`SqlAudit`]: the audit log in a table.

use std::fmt;

use async_trait::async_trait;
use sqlx::Pool;
use tenancy_core::{AuditError, AuditEvent, AuditSink};

use crate::TenantDatabase;

/// The audit log in the table `tenancy_audit`, to which records are added only.
///
/// The table is made by the application's own migrations, from [`SqlAudit::migration`]. It refuses UPDATE and DELETE
/// by trigger. It holds records of all tenants: leave it out of the catalogue, and no tenant can name it.
///
/// ```
/// use sqlx::Sqlite;
/// use tenancy_core::{Actor, AuditEvent, AuditSink};
/// use tenancy_sqlx::SqlAudit;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// sqlx::raw_sql(SqlAudit::<Sqlite>::migration()).execute(&pool).await?;
///
/// let log = SqlAudit::new(pool.clone());
/// log.record(&AuditEvent::new(Actor::user("42")?, "order.cancel").resource("order 7")).await?;
/// assert!(sqlx::query("DELETE FROM tenancy_audit").execute(&pool).await.is_err());
/// # pool.close().await;
/// # Ok(()) }
/// ```
pub struct SqlAudit<DB: TenantDatabase> {
    pool: Pool<DB>,
}

impl<DB: TenantDatabase> SqlAudit<DB> {
    /// The audit log in the database of `pool`.
    pub fn new(pool: Pool<DB>) -> Self {
        Self { pool }
    }

    /// The statements that make the table, for the application's migrations.
    pub fn migration() -> &'static str {
        DB::AUDIT_TABLE
    }
}

impl<DB: TenantDatabase> Clone for SqlAudit<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
        }
    }
}

impl<DB: TenantDatabase> fmt::Debug for SqlAudit<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlAudit").finish_non_exhaustive()
    }
}

#[async_trait]
impl<DB: TenantDatabase> AuditSink for SqlAudit<DB> {
    async fn record(&self, event: &AuditEvent) -> Result<(), AuditError> {
        DB::record(&self.pool, event).await.map_err(AuditError::new)
    }
}
