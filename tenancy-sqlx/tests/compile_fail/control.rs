// Compiles: what the others get wrong, got right.
use sqlx::Sqlite;
use tenancy_core::{Scoped, TenantContext};
use tenancy_sqlx::{ScopedDb, TenantDb};

async fn right(db: &TenantDb<Sqlite>, ctx: &TenantContext) -> sqlx::Result<()> {
    let scoped: ScopedDb<Sqlite> = db.scoped(ctx);
    sqlx::query("SELECT 1").execute(&scoped).await?;
    let mut tx = scoped.begin().await?;
    sqlx::query("SELECT 1").execute(&mut tx).await?;
    tx.commit().await
}

fn main() {
    let _ = right;
}
