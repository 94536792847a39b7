// A slice is no pool, and leads to none.
use sqlx::{Pool, Sqlite, SqliteConnection};
use tenancy_sqlx::{ScopedDb, ScopedTransaction, TenantDb};

fn wrong(db: TenantDb<Sqlite>, scoped: ScopedDb<Sqlite>, mut tx: ScopedTransaction<Sqlite>) {
    let _: &Pool<Sqlite> = &*scoped;
    let _: &Pool<Sqlite> = &scoped;
    let _: &Pool<Sqlite> = scoped.as_ref();
    let _: Pool<Sqlite> = scoped.pool();
    let _: Pool<Sqlite> = db.pool();
    let _: &Pool<Sqlite> = &scoped.inner.pool;
    let _: &mut SqliteConnection = &mut *tx;
}

fn main() {}
