//! Futures dropped halfway leave nothing behind.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tenancy_sqlx::{ScopedDb, TransactionMode};

use super::{Db, only, q, support::World};

/// Polls a future a number of times, with time in between for the database to answer, and drops it.
pub(crate) async fn cancelled<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    None
}

/// Two rows at once or none.
async fn pair(db: &ScopedDb<Db>, id: i64, mode: TransactionMode) -> sqlx::Result<()> {
    let mut tx = db.begin_with(mode).await?;
    for id in [id, id + 1] {
        sqlx::query(q(
            "INSERT INTO items (id, sku, note, qty) VALUES ($1, $2, 'n', 1)",
        ))
        .bind(id)
        .bind(format!("N-{id}"))
        .execute(&mut tx)
        .await?;
        // A savepoint that is cancelled must not end the transaction around it.
        let mut part = tx.begin().await?;
        sqlx::query(q("UPDATE items SET qty = qty + 1 WHERE id = $1"))
            .bind(id)
            .execute(&mut part)
            .await?;
        part.commit().await?;
    }
    tx.commit().await
}

#[tokio::test]
async fn a_begin_that_is_dropped_leaves_no_transaction() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let mut cut = 0;
    for n in 0..80 {
        let mode = if n % 2 == 0 {
            TransactionMode::Default
        } else {
            TransactionMode::Write
        };
        if cancelled(one.begin_with(mode), n / 2 % 8).await.is_none() {
            cut += 1;
            // At once: the next BEGIN on the same connection would end with a ROLLBACK that mends it.
            only::assert_no_open_transaction(&world).await;
        }
    }
    assert!(cut > 10, "some were cut off: {cut}");
    // and the pool still serves
    for _ in 0..6 {
        one.begin_with(TransactionMode::Write)
            .await
            .unwrap()
            .commit()
            .await
            .unwrap();
    }
    world.close().await;
}

#[tokio::test]
async fn work_that_is_dropped_is_done_whole_or_not_at_all() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let (mut cut, mut done) = (0, 0);
    for n in 0..150_usize {
        let id = 100 + 2 * i64::try_from(n).unwrap();
        // On a quiet machine the work is done after a few polls: half of it is cut off within those.
        let polls = (n * 7) % if n % 2 == 0 { 61 } else { 5 };
        match cancelled(pair(&one, id, TransactionMode::Write), polls).await {
            None => cut += 1,
            Some(result) => {
                result.unwrap();
                done += 1;
            }
        }
    }
    assert!(cut > 10 && done > 10, "{cut} cut off, {done} done");
    only::assert_no_open_transaction(&world).await;

    let rows: Vec<(i64, i64)> =
        sqlx::query_as("SELECT id, qty FROM items WHERE tenant_id = 1 AND id >= 100 ORDER BY id")
            .fetch_all(&world.raw)
            .await
            .unwrap();
    assert!(rows.len() >= 2 * done, "what was reported done is there");
    for pair in rows.chunks(2) {
        let [(first, 2), (second, 2)] = pair else {
            panic!("half a pair, or half of its work: {pair:?}")
        };
        assert_eq!((first % 2, *second), (0, first + 1), "half a pair");
    }
    world.close().await;
}

#[tokio::test]
async fn a_savepoint_that_is_dropped_halfway_does_not_end_the_transaction() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    for polls in 0..6 {
        let mut tx = one.begin_with(TransactionMode::Write).await.unwrap();
        sqlx::query("UPDATE items SET qty = qty + 1")
            .execute(&mut tx)
            .await
            .unwrap();
        drop(cancelled(tx.begin(), polls).await);
        sqlx::query("UPDATE items SET qty = qty + 1")
            .execute(&mut tx)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
    }
    let before: i64 = sqlx::query_scalar("SELECT qty FROM items WHERE id = 1")
        .fetch_one(&one)
        .await
        .unwrap();
    assert_eq!(before, 3, "nothing ran outside of the transaction");
    world.close().await;
}

#[tokio::test]
async fn a_commit_that_is_dropped_leaves_no_transaction() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    for polls in 0..40 {
        let mut tx = one.begin_with(TransactionMode::Write).await.unwrap();
        sqlx::query("UPDATE items SET qty = qty + 1")
            .execute(&mut tx)
            .await
            .unwrap();
        if polls % 2 == 0 {
            cancelled(tx.commit(), polls / 2 % 4).await;
        } else {
            cancelled(tx.rollback(), polls / 2 % 4).await;
        }
    }
    only::assert_no_open_transaction(&world).await;
    world.close().await;
}
