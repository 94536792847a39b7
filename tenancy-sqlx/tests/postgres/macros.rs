//! sqlx's checked macros: checked against the whole database when they are compiled, scoped when they run.
//!
//! What the check found is kept in `.sqlx`, so that nobody needs a database to compile these tests; `tests/README.md`
//! says how it is made anew.

use super::support::World;

#[derive(Debug, PartialEq)]
struct Item {
    sku: String,
    qty: i64,
}

#[tokio::test]
async fn query_macros() {
    let Some(world) = World::open().await else { return };
    let mut one = world.tenant(1);

    let rows = sqlx::query!("SELECT id, sku FROM items WHERE qty >= $1 ORDER BY id", 3)
        .fetch_all(&mut one)
        .await
        .unwrap();
    assert_eq!(
        rows.iter()
            .map(|row| (row.id, row.sku.as_str()))
            .collect::<Vec<_>>(),
        [(1, "A-1"), (2, "A-2")]
    );

    // The text differs from SQLite's, because what the check found is kept by text.
    let items = sqlx::query_as!(Item, "SELECT i.sku, i.qty FROM items AS i ORDER BY i.sku")
        .fetch_all(&one)
        .await
        .unwrap();
    let item = |sku: &str, qty| Item {
        sku: sku.to_owned(),
        qty,
    };
    assert_eq!(items, [item("A-1", 3), item("A-2", 4)]);

    let mut tx = one.begin().await.unwrap();
    let done = sqlx::query!(
        "INSERT INTO items (tenant_id, id, sku, note, qty) VALUES (1, $1, $2, $3, $4)",
        5,
        "A-5",
        "n",
        1
    )
    .execute(&mut tx)
    .await
    .unwrap();
    assert_eq!(done.rows_affected(), 1);
    let count = sqlx::query_scalar!("SELECT count(*) AS \"count!\" FROM items")
        .fetch_one(&mut tx)
        .await
        .unwrap();
    assert_eq!(count, 3);
    tx.commit().await.unwrap();
    assert_eq!(world.rows_of(2).await.len(), 2);
    world.close().await;
}
