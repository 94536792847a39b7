//! Transactions and savepoints on a slice.

use futures_util::StreamExt;
use tenancy_sqlx::{ErrorExt, ScopedTransaction, TransactionMode};

use super::{Db, q, support::World};

async fn put(tx: impl sqlx::Executor<'_, Database = Db>, id: i64) -> sqlx::Result<()> {
    sqlx::query(q(
        "INSERT INTO items (id, sku, note, qty) VALUES ($1, $2, 'n', 1)",
    ))
    .bind(id)
    .bind(format!("N-{id}"))
    .execute(tx)
    .await
    .map(|_| ())
}

async fn ids(tx: impl sqlx::Executor<'_, Database = Db>) -> Vec<i64> {
    sqlx::query_scalar("SELECT id FROM items ORDER BY id")
        .fetch_all(tx)
        .await
        .unwrap()
}

#[tokio::test]
async fn kept_undone_and_dropped() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);

    let mut tx = one.begin().await.unwrap();
    put(&mut tx, 10).await.unwrap();
    assert_eq!(ids(&mut tx).await, [1, 2, 10]);
    assert_eq!(ids(&one).await, [1, 2], "nobody else sees it yet");
    tx.commit().await.unwrap();
    assert_eq!(ids(&one).await, [1, 2, 10]);

    let mut tx = one.begin().await.unwrap();
    put(&mut tx, 11).await.unwrap();
    tx.rollback().await.unwrap();

    let mut tx = one.begin_with(TransactionMode::Write).await.unwrap();
    put(&mut tx, 12).await.unwrap();
    drop(tx);

    let mut tx = one.begin_with(TransactionMode::Serializable).await.unwrap();
    assert_eq!(ids(&mut tx).await, [1, 2, 10]);
    assert_eq!(
        sqlx::query("DELETE FROM items")
            .execute(&mut tx)
            .await
            .unwrap()
            .rows_affected(),
        3
    );
    tx.commit().await.unwrap();
    assert_eq!(world.rows_of(2).await.len(), 2, "the others' rows stay");
    world.close().await;
}

#[tokio::test]
async fn savepoints() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let mut tx = one.begin().await.unwrap();
    put(&mut tx, 10).await.unwrap();

    let mut kept = tx.begin().await.unwrap();
    put(&mut kept, 11).await.unwrap();
    let mut inner = kept.begin().await.unwrap();
    put(&mut inner, 12).await.unwrap();
    inner.rollback().await.unwrap();
    assert_eq!(ids(&mut kept).await, [1, 2, 10, 11]);
    kept.commit().await.unwrap();

    let mut dropped = tx.begin().await.unwrap();
    put(&mut dropped, 13).await.unwrap();
    let mut within = dropped.begin().await.unwrap();
    put(&mut within, 14).await.unwrap();
    drop(within);
    drop(dropped);
    assert_eq!(ids(&mut tx).await, [1, 2, 10, 11]);

    let mut last = tx.begin().await.unwrap();
    put(&mut last, 15).await.unwrap();
    drop(last);
    tx.commit().await.unwrap();
    assert_eq!(
        ids(&one).await,
        [1, 2, 10, 11],
        "a savepoint that was dropped is undone before the commit"
    );
    world.close().await;
}

#[tokio::test]
async fn a_failed_statement_can_be_undone_by_its_savepoint() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let mut tx = one.begin().await.unwrap();
    put(&mut tx, 10).await.unwrap();
    let mut part = tx.begin().await.unwrap();
    put(&mut part, 11).await.unwrap();
    assert!(put(&mut part, 10).await.unwrap_err().is_unique_violation());
    part.rollback().await.unwrap();
    put(&mut tx, 12).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(&one).await, [1, 2, 10, 12]);
    world.close().await;
}

#[tokio::test]
async fn streams_in_a_transaction_and_its_use_after_one_was_dropped() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let mut tx = one.begin().await.unwrap();
    for id in 10..300 {
        put(&mut tx, id).await.unwrap();
    }
    {
        let mut stream = sqlx::query("SELECT id FROM items").fetch(&mut tx);
        for _ in 0..3 {
            assert!(stream.next().await.unwrap().is_ok());
        }
    }
    put(&mut tx, 300).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ids(&one).await.len(), 293);
    world.close().await;
}

#[tokio::test]
async fn a_read_only_transaction_refuses_writes() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let mut tx = one.begin_with(TransactionMode::ReadOnly).await.unwrap();
    assert_eq!(ids(&mut tx).await, [1, 2]);
    let error = put(&mut tx, 10).await.unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_read_only),
        "{error:?}"
    );
    let error = sqlx::query("DELETE FROM items")
        .fetch_optional(&mut tx)
        .await
        .map(|_| ())
        .unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_read_only),
        "{error:?}"
    );
    tx.commit().await.unwrap();
    world.close().await;
}

#[tokio::test]
async fn a_transaction_can_be_kept_in_a_task() {
    let Some(world) = World::open().await else { return };
    let mut tx: ScopedTransaction<Db> = world.tenant(1).begin().await.unwrap();
    let ids = tokio::spawn(async move { ids(&mut tx).await }).await.unwrap();
    assert_eq!(ids, [1, 2]);
    world.close().await;
}
