//! What a tenant reaches behind the wall, table by table.

use crate::world::{SEEN, World, is_refused};

#[tokio::test]
async fn each_table_shows_the_tenant_its_rows() {
    let Some(mut world) = World::walled("the wall's slices").await else {
        return;
    };
    // The control: there is more to be seen.
    let everything = world.all("SELECT * FROM orders").await;
    assert_eq!(everything.len(), 6);

    // Nobody's turn: nobody's rows.
    for (table, _) in SEEN {
        let seen = world.rows(&format!("SELECT * FROM {table}")).await;
        match table {
            "secrets" => assert!(is_refused(&seen), "{seen:?}"),
            "brands" => assert_eq!(seen.unwrap().len(), 1),
            "prices" => assert_eq!(seen.unwrap(), ["(,1,1)"]),
            _ => assert_eq!(seen.unwrap(), [""; 0], "{table}"),
        }
    }

    world.turn(1).await;
    for (table, own) in SEEN.into_iter().filter(|(table, _)| *table != "secrets") {
        let seen = world.rows(&format!("SELECT * FROM {table}")).await.unwrap();
        let meant = world.all(&format!("SELECT * FROM {table} WHERE {own}")).await;
        assert_eq!(seen, meant, "{table}");
        assert!(!seen.is_empty(), "{table}");
    }
    assert!(is_refused(&world.rows("SELECT * FROM secrets").await));
    assert!(is_refused(&world.rows("SELECT * FROM events_2024").await));
}

#[tokio::test]
async fn writes_reach_the_tenants_rows_alone() {
    let Some(mut world) = World::walled("the wall's writes").await else {
        return;
    };
    let theirs = "SELECT 'o', store_id, id, total::text FROM orders WHERE store_id = 2 \
         UNION ALL SELECT 'e', store_id, id, at::text FROM events WHERE store_id = 2 \
         UNION ALL SELECT 'p', store_id, id, amount::text FROM prices WHERE store_id IS DISTINCT FROM 1 \
         UNION ALL SELECT 'i', parcel_gid, gid, sku FROM parcel_items WHERE parcel_gid = 21 \
         UNION ALL SELECT 'n', 0, item_gid, note FROM item_notes WHERE item_gid = 210 \
         UNION ALL SELECT 'd', buyer_id, seller_id, quantity::text || status FROM deals WHERE 1 NOT IN (buyer_id, seller_id) \
         UNION ALL SELECT 'b', id, 0, name FROM brands";
    let before = world.all(theirs).await;
    assert!(before.len() > 10, "{before:?}");
    world.turn(1).await;

    // Each with how many rows it touches, where it is not refused.
    for (sql, touched) in [
        ("UPDATE orders SET total = 0", Some(3)),
        ("UPDATE orders SET store_id = 2", None),
        ("INSERT INTO orders (store_id, total) VALUES (1, 9)", Some(1)),
        ("INSERT INTO orders (store_id, total) VALUES (2, 9)", None),
        (
            "INSERT INTO orders (store_id, id, total) VALUES (2, 1, 9) ON CONFLICT (store_id, id) DO UPDATE SET total = 9",
            None,
        ),
        ("INSERT INTO events VALUES (1, 9, '2024-06-01')", Some(1)),
        ("INSERT INTO events VALUES (2, 9, '2024-06-01')", None),
        ("UPDATE prices SET amount = 0", Some(1)),
        ("INSERT INTO prices VALUES (NULL, 9, 9)", None),
        ("DELETE FROM prices", Some(1)),
        ("UPDATE parcel_items SET sku = 'mine'", Some(1)),
        ("INSERT INTO parcel_items VALUES (111, 11, 'mine')", Some(1)),
        ("INSERT INTO parcel_items VALUES (211, 21, 'theirs')", None),
        ("UPDATE parcel_items SET parcel_gid = 21", None),
        ("INSERT INTO item_notes VALUES (111, 'mine')", Some(1)),
        ("INSERT INTO item_notes VALUES (210, 'theirs')", None),
        ("DELETE FROM item_notes", Some(2)),
        ("UPDATE deals SET quantity = 0", Some(2)),
        ("UPDATE deals SET id = 0", None),
        ("UPDATE deals SET buyer_id = 2", None),
        ("INSERT INTO deals VALUES (1, 2, 9, 9, 'new')", Some(1)),
        ("INSERT INTO deals VALUES (2, 1, 9, 9, 'new')", None),
        ("DELETE FROM deals", Some(2)),
        ("UPDATE brands SET name = 'mine'", None),
        ("INSERT INTO brands VALUES (2, 'mine')", None),
        ("DELETE FROM brands", None),
        ("DELETE FROM secrets", None),
        ("DELETE FROM events_2024", None),
        ("TRUNCATE orders", None),
        ("DELETE FROM events", Some(3)),
        ("DELETE FROM orders", Some(4)),
        ("SELECT * FROM brands FOR UPDATE", None),
    ] {
        let done = world.run(sql).await;
        match touched {
            Some(touched) => assert_eq!(done.unwrap(), touched, "{sql}"),
            None => assert!(is_refused(&done), "{sql}: {done:?}"),
        }
    }
    assert_eq!(world.all(theirs).await, before);
}

#[tokio::test]
async fn the_tenant_is_asked_once_a_statement_and_its_index_is_used() {
    let Some(mut world) = World::walled("the wall's plans").await else {
        return;
    };
    let more = "INSERT INTO orders (store_id, id, total) SELECT s, i, i FROM generate_series(3, 200) s, generate_series(1, 50) i";
    // As the operator: the policies hold the owner too.
    let operator = format!(
        "SET ROLE {}_operator; {more}; RESET ROLE; ANALYZE orders",
        world.database.app()
    );
    world.own(&operator).await.unwrap();
    world.turn(7).await;
    let plan = world
        .rows("SELECT * FROM (SELECT total FROM orders WHERE id BETWEEN 3 AND 4) q")
        .await
        .unwrap();
    assert_eq!(plan.len(), 2);
    let explain = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF, BUFFERS OFF) SELECT total FROM orders WHERE id BETWEEN 3 AND 4";
    let plan = sqlx::raw_sql(explain).fetch_all(&mut world.app).await.unwrap();
    let plan: Vec<String> = plan.iter().map(|row| sqlx::Row::get(row, 0)).collect();
    // What PostgreSQL 17 and 18 write otherwise: the value of an InitPlan, and rows with decimals.
    let plan = plan
        .join("\n")
        .replace("(InitPlan 1).col1", "$0")
        .replace("rows=1.00 ", "rows=1 ");
    assert!(plan.contains("Index Cond: ((store_id = $0) AND"), "{plan}");
    assert_eq!(plan.matches("InitPlan 1").count(), 1, "{plan}");
    assert_eq!(
        plan.matches("Result (actual rows=1 loops=1)").count(),
        1,
        "{plan}"
    );
}
