//! Whatever sqlx can be asked, it answers with one tenant's rows.

use futures_util::{StreamExt, TryStreamExt};
use sqlx::{Either, Executor, QueryBuilder, Row};
use tenancy_sqlx::ScopedDb;

use super::{
    Db, q,
    support::{MARK, World},
};

/// A function of the application's, written for any executor.
async fn skus<'e>(executor: impl Executor<'e, Database = Db>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar("SELECT sku FROM items ORDER BY sku")
        .fetch_all(executor)
        .await
}

#[tokio::test]
async fn every_way_to_read_sees_the_slice() {
    let Some(world) = World::open().await else { return };
    let mut one = world.tenant(1);
    let two = world.tenant(2);

    // control: the others' rows are there
    assert_eq!(
        skus(&world.raw).await.unwrap(),
        ["A-1", "A-2", "SECRET-1", "SECRET-3"]
    );
    assert_eq!(skus(&two).await.unwrap(), ["SECRET-1", "SECRET-3"]);

    assert_eq!(skus(&one).await.unwrap(), ["A-1", "A-2"]);
    assert_eq!(skus(&mut one).await.unwrap(), ["A-1", "A-2"]);

    let rows: Vec<(i64, i64)> = sqlx::query_as("SELECT tenant_id, id FROM items ORDER BY id")
        .fetch_all(&mut one)
        .await
        .unwrap();
    assert_eq!(rows, [(1, 1), (1, 2)]);
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM items")
        .fetch_one(&one)
        .await
        .unwrap();
    assert_eq!(count, 2);
    let other = sqlx::query(q("SELECT id FROM items WHERE sku = $1"))
        .bind("SECRET-1")
        .fetch_optional(&one)
        .await
        .unwrap();
    assert!(other.is_none());
    assert!(matches!(
        sqlx::query("SELECT id FROM items WHERE tenant_id = 2")
            .fetch_one(&one)
            .await,
        Err(sqlx::Error::RowNotFound)
    ));

    // text without arguments
    assert_eq!((&one).fetch_all("SELECT * FROM items").await.unwrap().len(), 2);
    assert_eq!(
        sqlx::raw_sql("SELECT * FROM items")
            .fetch_all(&one)
            .await
            .unwrap()
            .len(),
        2
    );

    // streams
    let streamed: Vec<String> = sqlx::query("SELECT sku FROM items ORDER BY sku")
        .fetch(&mut one)
        .map_ok(|row| row.get(0))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(streamed, ["A-1", "A-2"]);
    #[allow(deprecated, reason = "it exists, so it is scoped")]
    let steps: Vec<_> = sqlx::query("SELECT sku FROM items")
        .fetch_many(&one)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        steps
            .iter()
            .filter(|step| matches!(step, Either::Right(_)))
            .count(),
        2
    );

    // a builder
    let mut builder = QueryBuilder::<Db>::new("SELECT note FROM items WHERE qty > ");
    builder.push_bind(0_i64).push(" ORDER BY id");
    let notes: Vec<String> = builder.build_query_scalar().fetch_all(&one).await.unwrap();
    assert_eq!(notes, ["alpha", "beta"]);

    // shared rows are everybody's
    let names: Vec<(String, i64)> =
        sqlx::query_as("SELECT p.name, i.qty FROM products p JOIN items i ON i.id = p.id ORDER BY p.name")
            .fetch_all(&one)
            .await
            .unwrap();
    assert_eq!(names, [("Coffee".to_owned(), 4), ("Tea".to_owned(), 3)]);
    world.close().await;
}

#[tokio::test]
async fn writes_stay_in_the_slice() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let before = world.rows_of(2).await;
    assert_eq!(before.len(), 2, "control: the others' rows are there");

    let done = sqlx::query("UPDATE items SET qty = qty + 1")
        .execute(&one)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 2);
    let done = sqlx::query(q("DELETE FROM items WHERE id = $1"))
        .bind(3_i64)
        .execute(&one)
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 0);
    let id: i64 = sqlx::query_scalar(q(
        "INSERT INTO items (id, sku, note, qty) VALUES ($1, $2, $3, $4) RETURNING id",
    ))
    .bind(3_i64)
    .bind("A-3")
    .bind("gamma")
    .bind(5_i64)
    .fetch_one(&one)
    .await
    .unwrap();
    assert_eq!(id, 3);
    // a key that the caller gives is not the one that is stored
    let given = sqlx::query("INSERT INTO items (tenant_id, id, sku, note, qty) VALUES (2, 9, 'A-9', 'x', 0)")
        .execute(&one)
        .await;
    drop(given);
    let done = sqlx::query("DELETE FROM items WHERE id IN (SELECT id FROM items)")
        .execute(&one)
        .await
        .unwrap();
    assert!(done.rows_affected() >= 3);

    assert_eq!(world.rows_of(2).await, before);
    assert_eq!(world.rows_of(1).await, []);
    world.close().await;
}

#[tokio::test]
async fn a_prepared_statement_serves_the_next_tenant_with_its_own_rows() {
    let Some(world) = World::open().await else { return };
    // The connection is the same one each time, and so is its prepared statement.
    for _ in 0..3 {
        assert_eq!(skus(&world.tenant(1)).await.unwrap(), ["A-1", "A-2"]);
        assert_eq!(skus(&world.tenant(2)).await.unwrap(), ["SECRET-1", "SECRET-3"]);
        assert_eq!(skus(&world.tenant(3)).await.unwrap(), Vec::<String>::new());
    }
    world.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_at_once_do_not_mix() {
    let Some(world) = World::open().await else { return };
    let tasks = (0..60).map(|n| {
        let db = world.tenant(1 + n % 2);
        tokio::spawn(async move { (n % 2, skus(&db).await.unwrap()) })
    });
    for task in tasks.collect::<Vec<_>>() {
        let (which, found) = task.await.unwrap();
        assert_eq!(found.len(), 2);
        assert!(
            found.iter().all(|sku| sku.contains(MARK) == (which == 1)),
            "{found:?}"
        );
    }
    world.close().await;
}

#[tokio::test]
async fn a_stream_that_is_dropped_gives_its_connection_back() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    for _ in 0..10 {
        let mut stream = sqlx::query("SELECT sku FROM items").fetch(&one);
        assert!(stream.next().await.is_some());
    }
    assert_eq!(skus(&one).await.unwrap().len(), 2);
    world.close().await;
}

#[test]
fn a_slice_can_be_kept_and_sent() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<ScopedDb<Db>>();
    fn sent<T: Send + 'static>() {}
    sent::<tenancy_sqlx::ScopedTransaction<Db>>();
}
