//! The filter never reaches part of the statement.

use crate::pair::{Refused, Same, check, pairs, scoper};

#[tokio::test]
async fn l01_a_join_from_a_shared_table() {
    check(&[
        (Same, "SELECT services.name, service_texts.body FROM services INNER JOIN service_texts ON service_texts.service_id = services.id"),
        (Same, "SELECT services.* FROM services JOIN service_texts t ON t.service_id = services.id"),
    ])
    .await;
}

#[tokio::test]
async fn l02_a_write_whose_subquery_has_a_limit() {
    check(&[
        (
            Same,
            "UPDATE orders SET note = 'x' WHERE id IN (SELECT id FROM orders ORDER BY id DESC LIMIT 1)",
        ),
        (
            Same,
            "DELETE FROM order_lines WHERE id IN (SELECT id FROM order_lines ORDER BY qty DESC LIMIT 1)",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l03_a_write_of_everything() {
    check(&[
        (Same, "UPDATE orders SET note = 'x'"),
        (Same, "DELETE FROM order_lines"),
    ])
    .await;
}

#[tokio::test]
async fn l04_a_write_with_a_join() {
    check(&[
        (Same, "UPDATE order_lines SET qty = 0 FROM orders WHERE orders.id = order_lines.order_id"),
        (Same, "UPDATE order_lines SET qty = o.service_id FROM orders o JOIN services s ON s.id = o.service_id WHERE o.id = order_id"),
    ])
    .await;
}

#[tokio::test]
async fn l05_a_join_on_keys_that_both_tenants_have() {
    check(&[
        (Same, "SELECT o.note, l.qty FROM orders o JOIN order_lines l ON l.order_id = o.id"),
        (Same, "SELECT o.note, s.name FROM orders o JOIN service_texts t ON t.service_id = o.service_id JOIN services s ON s.id = t.service_id"),
    ])
    .await;
}

#[tokio::test]
async fn l06_a_new_row_without_its_tenant_and_a_joined_subquery() {
    check(&[
        (Same, "SELECT t.note FROM services s JOIN (SELECT note, service_id FROM orders) t ON t.service_id = s.id"),
        (Same, "INSERT INTO settings (store_id, id, name, value) SELECT 2, o.id + 100, o.note, 'x' FROM orders o"),
    ])
    .await;
}

#[tokio::test]
async fn l07_related_rows_of_a_cascade() {
    check(&[
        (Same, "SELECT * FROM order_lines WHERE order_id IN (1, 7)"),
        (
            Same,
            "DELETE FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE service_id = 1)",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l08_rows_of_a_derived_entity() {
    check(&[
        (Same, "SELECT id, value FROM settings WHERE name = 'feature'"),
        (
            Same,
            "SELECT s.value FROM settings s JOIN orders base ON base.id = s.id",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l09_whether_a_row_exists() {
    check(&[
        (
            Same,
            "SELECT EXISTS (SELECT 1 FROM orders WHERE note LIKE '%only') AS there",
        ),
        (
            Same,
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM orders WHERE id = 7)",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l10_whether_a_value_is_taken() {
    check(&[
        (Same, "SELECT count(*) FROM settings WHERE name = 'feature'"),
        (
            Same,
            "SELECT count(*) AS aggregate FROM orders WHERE id = 7 AND note LIKE '%only'",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l11_one_row_by_its_key() {
    check(&[
        (Same, "SELECT * FROM orders WHERE id = 7"),
        (Same, "SELECT note FROM orders WHERE id IN (7) LIMIT 1"),
    ])
    .await;
}

#[tokio::test]
async fn l12_a_write_by_key() {
    check(&[
        (Same, "UPDATE orders SET note = 'x' WHERE id = 7"),
        (Same, "DELETE FROM order_lines WHERE id = 7"),
        (Same, "INSERT INTO orders (store_id, id, note) VALUES (2, 7, 'x') ON CONFLICT (store_id, id) DO UPDATE SET note = excluded.note"),
    ])
    .await;
}

#[tokio::test]
async fn l13_rows_of_rows_that_were_read_before() {
    check(&[
        (Same, "SELECT l.order_id, l.qty FROM order_lines l WHERE l.order_id IN (1, 2, 7) ORDER BY l.order_id, l.qty"),
        (Same, "SELECT o.id, (SELECT max(l.qty) FROM order_lines l WHERE l.order_id = o.id) AS most FROM orders o"),
    ])
    .await;
}

#[tokio::test]
async fn l14_an_answer_of_one_bit() {
    check(&[
        (
            Same,
            "SELECT count(*) > 0 FROM orders WHERE NOT (note <> 'T2-only')",
        ),
        (
            Same,
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM settings WHERE value LIKE 'T2%') THEN 1 ELSE 0 END AS there",
        ),
    ])
    .await;
    for pair in pairs().await {
        let refused = scoper(pair.dialect)
            .scope("EXPLAIN SELECT * FROM orders")
            .unwrap_err();
        assert_eq!(refused.code(), "statement_kind");
    }
}

#[tokio::test]
async fn l15_what_hangs_on_a_shared_row() {
    check(&[
        (Same, "SELECT s.id, count(o.id) FROM services s LEFT JOIN orders o ON o.service_id = s.id GROUP BY s.id"),
        (Same, "SELECT s.name, (SELECT max(o.note) FROM orders o WHERE o.service_id = s.id) AS last FROM services s"),
        (Same, "SELECT o.note FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.qty > 100"),
    ])
    .await;
}

#[tokio::test]
async fn l16_a_table_that_was_forgotten() {
    check(&[
        (Refused("unknown_table"), "SELECT * FROM devices"),
        (
            Refused("unknown_table"),
            "SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM devices d WHERE d.store_id = 2)",
        ),
        (Refused("unknown_table"), "DELETE FROM devices"),
    ])
    .await;
}

#[tokio::test]
async fn l17_a_statement_written_by_hand() {
    check(&[
        (Same, "SELECT /* tenant filter off */ note -- raw\nFROM orders"),
        (
            Same,
            "SELECT 1 AS one, o.* FROM (SELECT * FROM (SELECT note FROM orders) a) o",
        ),
        (Same, "SELECT note FROM orders WHERE 1 = 2 OR 1 = 1"),
        (Same, "SELECT note FROM orders WHERE store_id = 2 OR store_id = 1"),
    ])
    .await;
}
