//! Writes that cross.

use tenancy_testkit::Dialect;

use crate::pair::{Refused, Same, check, pairs, scoper, speaks};

#[tokio::test]
async fn l18_an_upsert_whose_target_has_no_tenant() {
    let upsert = "INSERT INTO coupons (store_id, code, off) VALUES (1, 'SAVE', 99) ON CONFLICT";
    check(&[
        (
            Refused("conflict_key"),
            &format!("{upsert} (code) DO UPDATE SET off = excluded.off"),
        ),
        (Refused("conflict_key"), &format!("{upsert} DO NOTHING")),
    ])
    .await;
    let own = "INSERT INTO settings (id, name, value) VALUES (9, 'feature', 'mine') ON CONFLICT (name) DO UPDATE SET value = 'x'";
    for mut pair in pairs().await {
        if speaks(pair.dialect, own) {
            pair.closed(Same, own).await;
        }
    }
}

#[tokio::test]
async fn l19_many_new_rows_at_once() {
    check(&[
        (Same, "INSERT INTO settings (store_id, id, name, value) VALUES (1, 21, 'a', 'x'), (2, 22, 'b', 'y'), (2, 23, 'c', 'z')"),
        (Same, "INSERT INTO orders (store_id, id, note) SELECT 2, id + 50, 'x' FROM services"),
    ])
    .await;
    for mut pair in pairs().await {
        pair.closed(
            Same,
            "INSERT INTO settings (id, name, value) VALUES (21, 'a', 'x'), (22, 'b', 'y')",
        )
        .await;
        pair.closed(
            Same,
            "INSERT INTO orders (store_id, id, note) VALUES (NULL, 60, 'x')",
        )
        .await;
    }
}

#[tokio::test]
async fn l20_a_row_moved_to_another_tenant() {
    check(&[
        (
            Refused("key_assigned"),
            "UPDATE service_texts SET store_id = 2 WHERE id = 12",
        ),
        (
            Refused("key_assigned"),
            "UPDATE service_texts SET body = 'x', store_id = store_id + 1 WHERE id = 12",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l21_a_row_made_for_another_tenant() {
    check(&[
        (
            Same,
            "INSERT INTO orders (store_id, id, note) VALUES (2, 50, 'x')",
        ),
        (
            Refused("key_assigned"),
            "UPDATE service_texts SET (store_id, body) = (2, 'x') WHERE id = 12",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l22_aggregates() {
    check(&[
        (
            Same,
            "SELECT count(*), sum(qty), max(qty), min(qty) FROM order_lines",
        ),
        (
            Same,
            "SELECT service_id, count(*) FROM orders GROUP BY service_id HAVING count(*) > 0",
        ),
        (Same, "SELECT note, count(*) OVER () FROM orders"),
    ])
    .await;
}

/// A foreign key with the tenant's key sees the tenant's rows alone; one without sees all, and is the auditor's to report.
#[tokio::test]
async fn l23_what_row_security_does_not_see() {
    check(&[(
        Same,
        "INSERT INTO order_lines (store_id, id, order_id, qty) VALUES (2, 60, 7, 1)",
    )])
    .await;
    for mut pair in pairs().await {
        if pair.dialect == Dialect::Postgres {
            pair.control("TRUNCATE order_lines").await;
        }
        let rule = if pair.dialect == Dialect::Postgres {
            "statement_kind"
        } else {
            "syntax"
        };
        assert!(
            ["statement_kind", rule].contains(
                &scoper(pair.dialect)
                    .scope("TRUNCATE order_lines")
                    .unwrap_err()
                    .code()
            )
        );
    }
}
