// A slice gives no connection.
use sqlx::{Acquire, Connection, Sqlite};
use tenancy_sqlx::{ScopedDb, ScopedTransaction};

async fn generic<'c, A: Acquire<'c, Database = Sqlite>>(_: A) {}

async fn wrong(scoped: ScopedDb<Sqlite>, mut tx: ScopedTransaction<Sqlite>) {
    let _ = scoped.acquire().await;
    generic(&scoped).await;
    generic(&mut tx).await;
    let _ = tx.ping().await;
}

fn main() {}
