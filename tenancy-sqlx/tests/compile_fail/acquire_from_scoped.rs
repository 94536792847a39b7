// A slice gives no connection.
use sqlx::{Acquire, Connection, Sqlite};
use tenancy_sqlx::{ScopedDb, ScopedSavepoint, ScopedTransaction};

async fn wrong(
    mut scoped: ScopedDb<Sqlite>,
    mut tx: ScopedTransaction<Sqlite>,
    mut savepoint: ScopedSavepoint<'_, Sqlite>,
) {
    let _ = (&scoped).acquire().await;
    let _ = (&mut scoped).acquire().await;
    let _ = (&mut tx).acquire().await;
    let _ = (&mut savepoint).acquire().await;
    let _ = tx.ping().await;
}

fn main() {}
