// The database of all tenants runs nothing: neither statements nor transactions.
use sqlx::Sqlite;
use tenancy_sqlx::TenantDb;

async fn wrong(db: TenantDb<Sqlite>) {
    let _ = sqlx::query("SELECT 1").execute(&db).await;
    let _ = db.begin().await;
}

fn main() {}
