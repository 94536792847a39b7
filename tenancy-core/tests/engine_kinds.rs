//! Each kind of ownership as text: what goes into the engine, and what comes out.
//!
//! `S` is SQLite's text, `P` PostgreSQL's; a refusal is its code. What the texts do is proved on real servers by the
//! non-interference suites.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use expect_test::{Expect, expect};
use tenancy_core::{
    Catalog, CrossTenant, KeyType, Operator, Party, Table, Tenants,
    sql::{Dialect, Scoper},
};

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["id", "name"])
                .primary(["tid", "id"])
                .unique(["tid", "id"])
                .unique(["tid", "name"]),
        )
        .tenant_tables(["orders"])
        .mixed_tables(["pages"])
        .table(
            Table::via("lines", "orders", [("order_id", "id")])
                .columns(["order_id", "no", "text"])
                .unique(["order_id", "no"]),
        )
        .table(Table::via(
            "parts",
            "lines",
            [("l_order", "order_id"), ("l_no", "no")],
        ))
        .table(Table::via("remarks", "pages", [("page_id", "id")]).unique(["id"]))
        .table(
            Table::party(
                "deals",
                [
                    Party::new("buyer").inserts().updates(["qty", "note"]).deletes(),
                    Party::new("seller").updates(["status", "note"]),
                ],
            )
            .unique(["buyer", "no"])
            .unique(["id"]),
        )
        .table(Table::party(
            "visits",
            [
                Party::new("host"),
                Party::new("guest"),
                Party::new("agent").deletes(),
            ],
        ))
        .table(Table::via("offers", "deals", [("deal_id", "id")]))
        .table(Table::tenant("totals").as_view())
        .table(Table::view(
            "late",
            "WITH o AS (SELECT * FROM orders) SELECT o.id FROM o WHERE o.due < 5;",
        ))
        .table(Table::view("later", "SELECT * FROM late JOIN brands USING (id)"))
        .table(Table::view("broken", "SELECT * FROM people"))
        .table(Table::view("ring", "SELECT * FROM ring"))
        .allow_functions(["slugify", "app.price", "lower"])
        .allow_types(["status", "app.money_eur"])
        .shared_tables(["brands"])
        .build()
        .unwrap()
}

fn scope(dialect: Dialect, sql: &str) -> String {
    match Scoper::new(catalog(), dialect).scope(sql) {
        Ok(scoped) => scoped.text().to_owned(),
        Err(refusal) => format!("refused: {}", refusal.code()),
    }
}

fn check(sql: &str, expected: Expect) {
    // PostgreSQL's guard repeats the test.
    let guard = r#" AND CASE WHEN "items"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL"#;
    let postgres = scope(Dialect::Postgres, sql).replace(guard, " AND …");
    expected.assert_eq(&format!("S {}\nP {postgres}", scope(Dialect::Sqlite, sql)));
}

#[test]
fn a_hidden_key_is_in_no_slice() {
    check(
        "SELECT * FROM items i NATURAL JOIN brands",
        expect![[r#"
        S SELECT * FROM (SELECT "items"."id", "items"."name" FROM "main"."items" WHERE "items"."tid" = ?1) i NATURAL JOIN "main"."brands"
        P SELECT * FROM (SELECT "items"."id", "items"."name" FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) i NATURAL JOIN "public"."brands""#]],
    );
    check(
        "INSERT INTO items VALUES (1, 'a')",
        expect![[r#"
        S INSERT INTO "main"."items" ("id", "name", "tid") VALUES (1, 'a', ?1)
        P INSERT INTO "public"."items" ("id", "name", "tid") VALUES (1, 'a', CAST($1 AS bigint))"#]],
    );
    check(
        "INSERT INTO items VALUES (7, 1, 'a')",
        expect![[r#"
        S refused: arity
        P refused: arity"#]],
    );
    check(
        "INSERT INTO items (id) VALUES (1) RETURNING *",
        expect![[r#"
            S INSERT INTO "main"."items" (id, "tid") VALUES (1, ?1) RETURNING `id` AS "id", `name` AS "name"
            P INSERT INTO "public"."items" (id, "tid") VALUES (1, CAST($1 AS bigint)) RETURNING "items"."id" AS "id", "items"."name" AS "name""#]],
    );
    check(
        "INSERT INTO items AS i (id) VALUES (1) RETURNING i.*, 1",
        expect![[r#"
            S INSERT INTO "main"."items" AS i (id, "tid") VALUES (1, ?1) RETURNING `id` AS "id", `name` AS "name", 1
            P INSERT INTO "public"."items" AS i (id, "tid") VALUES (1, CAST($1 AS bigint)) RETURNING i."id" AS "id", i."name" AS "name", 1"#]],
    );
    check(
        "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO NOTHING",
        expect![[r#"
            S INSERT INTO "main"."items" (id, "tid") VALUES (1, ?1) ON CONFLICT ("tid", id) DO NOTHING
            P INSERT INTO "public"."items" (id, "tid") VALUES (1, CAST($1 AS bigint)) ON CONFLICT ("tid", id) DO NOTHING"#]],
    );
    check(
        "DELETE FROM items RETURNING *",
        expect![[r#"
            S DELETE FROM "main"."items" WHERE "items"."tid" = ?1 RETURNING `id` AS "id", `name` AS "name"
            P DELETE FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND … RETURNING "items"."id" AS "id", "items"."name" AS "name""#]],
    );
    check(
        "UPDATE items AS \"I\" SET name = '' WHERE id = 1 RETURNING *",
        expect![[r#"
            S UPDATE "main"."items" AS "I" SET name = '' WHERE "I"."tid" = ?1 AND (id = 1) RETURNING `id` AS "id", `name` AS "name"
            P UPDATE "public"."items" AS "I" SET name = '' WHERE "I"."tid" = CAST($1 AS bigint) AND CASE WHEN "I"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL AND (id = 1) RETURNING "I"."id" AS "id", "I"."name" AS "name""#]],
    );
    check(
        "UPDATE items SET name = '' FROM brands b WHERE items.id = b.id RETURNING *",
        expect![[r#"
            S UPDATE "main"."items" SET name = '' FROM "main"."brands" b WHERE "items"."tid" = ?1 AND (items.id = b.id) RETURNING `id` AS "id", `name` AS "name"
            P UPDATE "public"."items" SET name = '' FROM "public"."brands" b WHERE "items"."tid" = CAST($1 AS bigint) AND … AND (items.id = b.id) RETURNING "items"."id" AS "id", "items"."name" AS "name", b.*"#]],
    );
}

#[test]
fn a_hidden_key_is_no_column() {
    for sql in [
        "SELECT tid FROM items",
        "SELECT i.TID FROM items i",
        "SELECT id FROM items ORDER BY tid",
        "SELECT id FROM items WHERE id IN (SELECT tid FROM items)",
        "SELECT 1 FROM items JOIN items j USING (tid)",
        "INSERT INTO items (tid, id) VALUES (1, 2)",
        "INSERT INTO items (id) VALUES (2) RETURNING tid",
        "INSERT INTO items (id) VALUES (2) ON CONFLICT (tid, id) DO NOTHING",
        "INSERT INTO items (id) VALUES (2) ON CONFLICT (id) DO UPDATE SET name = excluded.tid",
        "INSERT INTO items (id) VALUES (2) ON CONFLICT (id) DO UPDATE SET tid = 3",
        "UPDATE items SET tid = 3",
        "UPDATE items SET name = tid",
        "UPDATE items SET name = '' WHERE items.tid = 3",
        "UPDATE items SET name = (SELECT tid FROM brands)",
        "DELETE FROM items i WHERE i.tid = 3",
        "SELECT id, name, tid FROM items GROUP BY id",
        "SELECT i.id, i.tid FROM items i GROUP BY i.id",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: hidden_key", "{sql}");
        }
    }
    // A whole row of the table that is written is written out without the key; SQLite has no such rows.
    for sql in [
        "UPDATE items SET name = '' RETURNING items",
        "DELETE FROM items i RETURNING i",
    ] {
        assert_eq!(scope(Dialect::Sqlite, sql), "refused: hidden_key", "{sql}");
        let scoped = scope(Dialect::Postgres, sql);
        assert!(scoped.ends_with(")::record"), "{scoped}");
    }
    // A whole row of a table that stays in place has the key in it.
    let row = "SELECT i.id, i.name, row_to_json(i) FROM items i GROUP BY i.id";
    assert_eq!(scope(Dialect::Postgres, row), "refused: hidden_key");
    // Where something else has such a column, the server decides which one is meant.
    for sql in [
        "SELECT o.tid FROM items i JOIN orders o ON o.id = i.id",
        "SELECT tid FROM items JOIN orders ON true",
        "SELECT tid FROM (SELECT 1 AS tid) x, items",
        "SELECT id AS tid FROM items",
        "UPDATE items SET name = '' WHERE id IN (SELECT o.tid FROM orders o)",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert!(!scope(dialect, sql).starts_with("refused"), "{sql}");
        }
    }
}

#[test]
fn an_operator_sees_the_hidden_key() {
    let crossing = CrossTenant::read(&Operator::new("olga").unwrap(), Tenants::All, "a test").unwrap();
    let scoper = Scoper::new(catalog(), Dialect::Sqlite);
    assert!(
        scoper
            .scope_across("SELECT tid, count(*) FROM items GROUP BY tid", &crossing)
            .is_ok()
    );
}

#[test]
fn a_child_is_its_parents() {
    check(
        "SELECT text FROM lines l WHERE no = $1",
        expect![[r#"
        S SELECT text FROM (SELECT * FROM "main"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?2)) l WHERE no = ?1
        P SELECT text FROM (SELECT * FROM "public"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($2 AS bigint) AND CASE WHEN "orders"."tid" = CAST($2 AS bigint) THEN true END IS NOT NULL) OFFSET 0) l WHERE no = $1"#]],
    );
    check(
        "SELECT * FROM lines WHERE json_extract(text, '$.a') = 1",
        expect![[r#"
            S SELECT * FROM (SELECT * FROM "main"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?1) LIMIT -1) AS lines WHERE json_extract(text, '$.a') = 1
            P refused: function"#]],
    );
    check(
        "SELECT * FROM parts",
        expect![[r#"
        S SELECT * FROM (SELECT * FROM "main"."parts" WHERE ("parts"."l_no", "parts"."l_order") IN (SELECT "lines"."no", "lines"."order_id" FROM "main"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?1))) AS parts
        P SELECT * FROM (SELECT * FROM "public"."parts" WHERE ("parts"."l_no", "parts"."l_order") IN (SELECT "lines"."no", "lines"."order_id" FROM "public"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL)) OFFSET 0) AS parts"#]],
    );
    check(
        "SELECT * FROM remarks",
        expect![[r#"
        S SELECT * FROM (SELECT * FROM "main"."remarks" WHERE "remarks"."page_id" IN (SELECT "pages"."id" FROM "main"."pages" WHERE ("pages"."tid" = ?1 OR "pages"."tid" IS NULL))) AS remarks
        P SELECT * FROM (SELECT * FROM "public"."remarks" WHERE "remarks"."page_id" IN (SELECT "pages"."id" FROM "public"."pages" WHERE ("pages"."tid" = CAST($1 AS bigint) OR "pages"."tid" IS NULL) AND CASE WHEN ("pages"."tid" = CAST($1 AS bigint) OR "pages"."tid" IS NULL) THEN true END IS NOT NULL) OFFSET 0) AS remarks"#]],
    );
    check(
        "UPDATE lines AS orders SET text = 'a' WHERE no = 1",
        expect![[r#"
            S UPDATE "main"."lines" AS orders SET text = 'a' WHERE orders."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?1) AND (no = 1)
            P UPDATE "public"."lines" AS orders SET text = 'a' WHERE orders."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AND CASE WHEN orders."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) THEN (no = 1) ELSE false END"#]],
    );
    check(
        "DELETE FROM lines",
        expect![[r#"
        S DELETE FROM "main"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?1)
        P DELETE FROM "public"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL)"#]],
    );
    check(
        "DELETE FROM remarks WHERE upper(text) = 'A'",
        expect![[r#"
        S DELETE FROM "main"."remarks" WHERE "remarks"."page_id" IN (SELECT "pages"."id" FROM "main"."pages" WHERE "pages"."tid" = ?1) AND (upper(text) = 'A')
        P DELETE FROM "public"."remarks" WHERE "remarks"."page_id" IN (SELECT "pages"."id" FROM "public"."pages" WHERE "pages"."tid" = CAST($1 AS bigint) AND CASE WHEN "pages"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AND CASE WHEN "remarks"."page_id" IN (SELECT "pages"."id" FROM "public"."pages" WHERE "pages"."tid" = CAST($1 AS bigint) AND CASE WHEN "pages"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) THEN (pg_catalog.upper(text) = 'A') ELSE false END"#]],
    );
}

#[test]
fn a_child_is_put_under_a_parent_of_the_tenants_own() {
    check(
        "INSERT INTO lines (no, order_id) VALUES (1, 5), (2, (SELECT max(id) FROM orders))",
        expect![[r#"
            S INSERT INTO "main"."lines" (no, order_id) VALUES (1, (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "main"."orders" WHERE "orders"."tid" = ?1) AS _tqp WHERE _tqp._tqr0 = (5))), (2, (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "main"."orders" WHERE "orders"."tid" = ?1) AS _tqp WHERE _tqp._tqr0 = ((SELECT max(id) FROM "main"."orders" AS orders WHERE orders."tid" = ?1))))
            P INSERT INTO "public"."lines" (no, order_id) VALUES (1, (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS _tqp WHERE _tqp._tqr0 = (5))), (2, (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS _tqp WHERE _tqp._tqr0 = ((SELECT pg_catalog.max(id) FROM (SELECT * FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS orders))))"#]],
    );
    check(
        "INSERT INTO lines SELECT id AS order_id, 1 FROM orders o",
        expect![[r#"
            S INSERT INTO "main"."lines" SELECT (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "main"."orders" WHERE "orders"."tid" = ?1) AS _tqp WHERE _tqp._tqr0 = (id)) AS order_id, 1 FROM "main"."orders" o WHERE o."tid" = ?1
            P INSERT INTO "public"."lines" SELECT (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS _tqp WHERE _tqp._tqr0 = (id)) AS order_id, 1 FROM (SELECT * FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) o"#]],
    );
    check(
        "INSERT INTO parts (l_no, l_order) VALUES ($1, $2)",
        expect![[r#"
            S INSERT INTO "main"."parts" (l_no, l_order) VALUES ((SELECT _tqp._tqr0 FROM (SELECT "lines"."no" AS _tqr0, "lines"."order_id" AS _tqr1 FROM "main"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?3)) AS _tqp WHERE _tqp._tqr0 = (?1) AND _tqp._tqr1 = (?2)), (SELECT _tqp._tqr1 FROM (SELECT "lines"."no" AS _tqr0, "lines"."order_id" AS _tqr1 FROM "main"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?3)) AS _tqp WHERE _tqp._tqr0 = (?1) AND _tqp._tqr1 = (?2)))
            P INSERT INTO "public"."parts" (l_no, l_order) VALUES ((SELECT _tqp._tqr0 FROM (SELECT "lines"."no" AS _tqr0, "lines"."order_id" AS _tqr1 FROM "public"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($3 AS bigint) AND CASE WHEN "orders"."tid" = CAST($3 AS bigint) THEN true END IS NOT NULL)) AS _tqp WHERE _tqp._tqr0 = ($1) AND _tqp._tqr1 = ($2)), (SELECT _tqp._tqr1 FROM (SELECT "lines"."no" AS _tqr0, "lines"."order_id" AS _tqr1 FROM "public"."lines" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($3 AS bigint) AND CASE WHEN "orders"."tid" = CAST($3 AS bigint) THEN true END IS NOT NULL)) AS _tqp WHERE _tqp._tqr0 = ($1) AND _tqp._tqr1 = ($2)))"#]],
    );
    check(
        "INSERT INTO lines (order_id, no) VALUES (1, 2) ON CONFLICT (order_id, no) DO UPDATE SET text = 'x', order_id = excluded.order_id + 1 WHERE lines.no > 1",
        expect![[r#"
            S INSERT INTO "main"."lines" (order_id, no) VALUES ((SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "main"."orders" WHERE "orders"."tid" = ?1) AS _tqp WHERE _tqp._tqr0 = (1)), 2) ON CONFLICT (order_id, no) DO UPDATE SET text = 'x', order_id = (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "main"."orders" WHERE "orders"."tid" = ?1) AS _tqp WHERE _tqp._tqr0 = (excluded.order_id + 1)) WHERE lines.no > 1
            P INSERT INTO "public"."lines" (order_id, no) VALUES ((SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS _tqp WHERE _tqp._tqr0 = (1)), 2) ON CONFLICT (order_id, no) DO UPDATE SET text = 'x', order_id = (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS _tqp WHERE _tqp._tqr0 = (excluded.order_id + 1)) WHERE lines.no > 1"#]],
    );
    check(
        "UPDATE lines SET no = 1, order_id = id + 1 WHERE true RETURNING no",
        expect![[r#"
            S UPDATE "main"."lines" SET no = 1, order_id = (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "main"."orders" WHERE "orders"."tid" = ?1) AS _tqp WHERE _tqp._tqr0 = (id + 1)) WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?1) AND (true) RETURNING no
            P UPDATE "public"."lines" SET no = 1, order_id = (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS _tqp WHERE _tqp._tqr0 = (id + 1)) WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AND CASE WHEN "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) THEN (true) ELSE false END RETURNING no"#]],
    );
    check(
        "UPDATE lines SET order_id = no IS DISTINCT FROM 3 FROM brands WHERE brands.id = no",
        expect![[r#"
            S UPDATE "main"."lines" SET order_id = (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "main"."orders" WHERE "orders"."tid" = ?1) AS _tqp WHERE _tqp._tqr0 = (no IS DISTINCT FROM 3)) FROM "main"."brands" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "main"."orders" WHERE "orders"."tid" = ?1) AND (brands.id = no)
            P UPDATE "public"."lines" SET order_id = (SELECT _tqp._tqr0 FROM (SELECT "orders"."id" AS _tqr0 FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS _tqp WHERE _tqp._tqr0 = (no IS DISTINCT FROM 3)) FROM "public"."brands" WHERE "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AND CASE WHEN "lines"."order_id" IN (SELECT "orders"."id" FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) THEN (brands.id = no) ELSE false END"#]],
    );
    for sql in [
        "INSERT INTO lines (no) VALUES (1)",
        "INSERT INTO lines DEFAULT VALUES",
        "INSERT INTO lines (order_id) VALUES (DEFAULT)",
        "INSERT INTO lines SELECT row_number() OVER (), 1, 2 FROM orders",
        "INSERT INTO parts (l_no, l_order) VALUES ((SELECT 1), 2)",
        "UPDATE parts SET l_no = 1",
        "UPDATE lines SET (order_id, no) = (1, 2)",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: parent_key", "{sql}");
        }
    }
    for sql in [
        "INSERT INTO lines (order_id, no) SELECT max(id) + 1, 2 FROM orders",
        "REPLACE INTO lines (order_id) VALUES (1)",
        "INSERT OR IGNORE INTO lines (order_id) VALUES (1)",
    ] {
        assert_eq!(scope(Dialect::Sqlite, sql), "refused: parent_key", "{sql}");
    }
    for sql in [
        "INSERT INTO remarks (id, page_id) VALUES (1, 2) ON CONFLICT (id) DO NOTHING",
        "INSERT INTO remarks (id, page_id) VALUES (1, 2) ON CONFLICT DO NOTHING",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: conflict_key", "{sql}");
        }
    }
}

#[test]
fn parties_read_all_and_write_what_is_theirs() {
    check(
        "SELECT * FROM deals d",
        expect![[r#"
        S SELECT * FROM (SELECT * FROM "main"."deals" WHERE ("deals"."buyer" = ?1 OR "deals"."seller" = ?1)) d
        P SELECT * FROM (SELECT * FROM "public"."deals" WHERE ("deals"."buyer" = CAST($1 AS bigint) OR "deals"."seller" = CAST($1 AS bigint)) AND CASE WHEN CAST($1 AS bigint) = ANY(ARRAY["deals"."buyer", "deals"."seller"]) THEN true END IS NOT NULL) d"#]],
    );
    check(
        "SELECT * FROM visits",
        expect![[r#"
        S SELECT * FROM (SELECT * FROM "main"."visits" WHERE ("visits"."agent" = ?1 OR "visits"."guest" = ?1 OR "visits"."host" = ?1)) AS visits
        P SELECT * FROM (SELECT * FROM "public"."visits" WHERE ("visits"."agent" = CAST($1 AS bigint) OR "visits"."guest" = CAST($1 AS bigint) OR "visits"."host" = CAST($1 AS bigint)) OFFSET 0) AS visits"#]],
    );
    check(
        "SELECT * FROM offers",
        expect![[r#"
        S SELECT * FROM (SELECT * FROM "main"."offers" WHERE "offers"."deal_id" IN (SELECT "deals"."id" FROM "main"."deals" WHERE ("deals"."buyer" = ?1 OR "deals"."seller" = ?1))) AS offers
        P SELECT * FROM (SELECT * FROM "public"."offers" WHERE "offers"."deal_id" IN (SELECT "deals"."id" FROM "public"."deals" WHERE ("deals"."buyer" = CAST($1 AS bigint) OR "deals"."seller" = CAST($1 AS bigint)) AND CASE WHEN CAST($1 AS bigint) = ANY(ARRAY["deals"."buyer", "deals"."seller"]) THEN true END IS NOT NULL) OFFSET 0) AS offers"#]],
    );
    check(
        "UPDATE deals SET qty = 1 WHERE no = 2",
        expect![[r#"
        S UPDATE "main"."deals" SET qty = 1 WHERE "deals"."buyer" = ?1 AND (no = 2)
        P UPDATE "public"."deals" SET qty = 1 WHERE "deals"."buyer" = CAST($1 AS bigint) AND CASE WHEN "deals"."buyer" = CAST($1 AS bigint) THEN true END IS NOT NULL AND (no = 2)"#]],
    );
    check(
        "UPDATE deals SET status = 'a'",
        expect![[r#"
        S UPDATE "main"."deals" SET status = 'a' WHERE "deals"."seller" = ?1
        P UPDATE "public"."deals" SET status = 'a' WHERE "deals"."seller" = CAST($1 AS bigint) AND CASE WHEN "deals"."seller" = CAST($1 AS bigint) THEN true END IS NOT NULL"#]],
    );
    check(
        "UPDATE deals SET note = 'a' WHERE no = 1",
        expect![[r#"
        S UPDATE "main"."deals" SET note = 'a' WHERE ("deals"."buyer" = ?1 OR "deals"."seller" = ?1) AND (no = 1)
        P UPDATE "public"."deals" SET note = 'a' WHERE ("deals"."buyer" = CAST($1 AS bigint) OR "deals"."seller" = CAST($1 AS bigint)) AND CASE WHEN CAST($1 AS bigint) = ANY(ARRAY["deals"."buyer", "deals"."seller"]) THEN true END IS NOT NULL AND (no = 1)"#]],
    );
    check(
        "DELETE FROM deals WHERE no = 1",
        expect![[r#"
        S DELETE FROM "main"."deals" WHERE "deals"."buyer" = ?1 AND (no = 1)
        P DELETE FROM "public"."deals" WHERE "deals"."buyer" = CAST($1 AS bigint) AND CASE WHEN "deals"."buyer" = CAST($1 AS bigint) THEN true END IS NOT NULL AND (no = 1)"#]],
    );
    check(
        "INSERT INTO deals (seller, buyer, qty) VALUES (1, 2, 3)",
        expect![[r#"
            S INSERT INTO "main"."deals" (seller, buyer, qty) VALUES (1, ?1, 3)
            P INSERT INTO "public"."deals" (seller, buyer, qty) VALUES (1, CAST($1 AS bigint), 3)"#]],
    );
    check(
        "INSERT INTO deals (no, seller) VALUES (1, 2) ON CONFLICT (no) DO UPDATE SET qty = 3",
        expect![[r#"
            S INSERT INTO "main"."deals" (no, seller, "buyer") VALUES (1, 2, ?1) ON CONFLICT ("buyer", no) DO UPDATE SET qty = 3
            P INSERT INTO "public"."deals" (no, seller, "buyer") VALUES (1, 2, CAST($1 AS bigint)) ON CONFLICT ("buyer", no) DO UPDATE SET qty = 3"#]],
    );
    for sql in [
        "UPDATE deals SET qty = 1, status = 'a'",
        "UPDATE deals SET other = 1",
        "UPDATE visits SET note = 'a'",
        "INSERT INTO visits (guest) VALUES (1)",
        "INSERT INTO offers (deal_id) VALUES (1)",
        "DELETE FROM offers",
        "INSERT INTO deals (no) VALUES (1) ON CONFLICT (no) DO UPDATE SET status = 'b'",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: party_write", "{sql}");
        }
    }
    for sql in [
        "UPDATE deals SET seller = 3",
        "UPDATE deals SET (qty, buyer) = (1, 3)",
        "INSERT INTO deals (no) VALUES (1) ON CONFLICT (no) DO UPDATE SET seller = 3",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: key_assigned", "{sql}");
        }
    }
}

#[test]
fn views_are_read_where_they_were_defined() {
    check(
        "WITH o AS (SELECT 1), orders AS (SELECT 2) SELECT late.id FROM late, o WHERE id > $1",
        expect![[r#"
            S WITH _tq1 AS (SELECT 1), _tq2 AS (SELECT 2) SELECT late.id FROM (WITH _tq1 AS (SELECT * FROM "main"."orders" AS orders WHERE orders."tid" = ?2) SELECT o.id FROM _tq1 AS o WHERE o.due < 5) AS late, _tq1 AS o WHERE id > ?1
            P WITH _tq1 AS (SELECT 1), _tq2 AS (SELECT 2) SELECT late.id FROM (WITH _tq1 AS (SELECT * FROM (SELECT * FROM "public"."orders" WHERE "orders"."tid" = CAST($2 AS bigint) AND CASE WHEN "orders"."tid" = CAST($2 AS bigint) THEN true END IS NOT NULL) AS orders) SELECT o.id FROM _tq1 AS o WHERE o.due < 5) AS late, _tq1 AS o WHERE id > $1"#]],
    );
    check(
        "SELECT * FROM later AS l",
        expect![[r#"
            S SELECT * FROM (SELECT * FROM (WITH _tq1 AS (SELECT * FROM "main"."orders" AS orders WHERE orders."tid" = ?1) SELECT o.id FROM _tq1 AS o WHERE o.due < 5) AS late JOIN "main"."brands" USING (id)) AS l
            P SELECT * FROM (SELECT * FROM (WITH _tq1 AS (SELECT * FROM (SELECT * FROM "public"."orders" WHERE "orders"."tid" = CAST($1 AS bigint) AND CASE WHEN "orders"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS orders) SELECT o.id FROM _tq1 AS o WHERE o.due < 5) AS late JOIN "public"."brands" USING (id)) AS l"#]],
    );
    check(
        "SELECT * FROM totals",
        expect![[r#"
        S SELECT * FROM (SELECT * FROM "main"."totals" WHERE "totals"."tid" = ?1) AS totals
        P SELECT * FROM (SELECT * FROM "public"."totals" WHERE "totals"."tid" = CAST($1 AS bigint) AND CASE WHEN "totals"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL) AS totals"#]],
    );
    for sql in [
        "INSERT INTO totals (a) VALUES (1)",
        "DELETE FROM late",
        "UPDATE totals SET a = 1",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: view_write", "{sql}");
        }
    }
    for sql in ["SELECT * FROM broken", "SELECT * FROM ring"] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: view_body", "{sql}");
        }
    }
    let error = Scoper::new(catalog(), Dialect::Sqlite).check_views().unwrap_err();
    assert_eq!(
        error.to_string(),
        "catalogue: view \"broken\": unknown_table at byte 14: the catalogue does not name this table; add it with its kind"
    );
}

#[test]
fn functions_and_types_of_the_applications_own() {
    check(
        "SELECT slugify(name), Public.SLUGIFY(name), app.price(1), lower(name) FROM brands",
        expect![[r#"
            S refused: function
            P SELECT "public"."slugify"(name), "public"."slugify"(name), "app"."price"(1), pg_catalog.lower(name) FROM "public"."brands""#]],
    );
    check(
        "SELECT id::status, CAST($1 AS app.money_eur), '{}'::status[] FROM brands",
        expect![[r#"
            S refused: type
            P SELECT id::"public"."status", CAST($1 AS "app"."money_eur"), '{}'::"public"."status"[] FROM "public"."brands""#]],
    );
    check(
        "SELECT price(1)",
        expect![[r#"
        S refused: function
        P refused: function"#]],
    );
    check(
        "SELECT other.slugify(1)",
        expect![[r#"
        S refused: function
        P refused: function"#]],
    );
    check(
        "SELECT 1::app.status",
        expect![[r#"
        S refused: type
        P refused: type"#]],
    );
    check(
        "SELECT * FROM slugify('a')",
        expect![[r#"
        S refused: function
        P refused: function"#]],
    );
}

#[test]
fn a_child_can_be_given_a_key() {
    let migrations = |table: &str| {
        let of = |dialect| catalog().key_migration(table, dialect);
        [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql]
            .map(|dialect| of(dialect).unwrap_or("none\n".to_owned()))
            .join("\n")
    };
    expect![[r#"
        ALTER TABLE "main"."lines" ADD COLUMN "tid" bigint;
        UPDATE "main"."lines" AS c SET "tid" = (SELECT p."tid" FROM "main"."orders" AS p WHERE p."id" = c."order_id");
        CREATE INDEX "main"."lines_tid_index" ON "lines" ("tid", "order_id");
        CREATE TRIGGER "main"."lines_tid_insert" BEFORE INSERT ON "lines" WHEN NOT EXISTS (SELECT 1 FROM "orders" AS p WHERE p."tid" IS NEW."tid" AND p."id" = NEW."order_id") BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;
        CREATE TRIGGER "main"."lines_tid_update" BEFORE UPDATE OF "tid", "order_id" ON "lines" WHEN NOT EXISTS (SELECT 1 FROM "orders" AS p WHERE p."tid" IS NEW."tid" AND p."id" = NEW."order_id") BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;

        ALTER TABLE "public"."lines" ADD COLUMN "tid" bigint;
        UPDATE "public"."lines" AS c SET "tid" = p."tid" FROM "public"."orders" AS p WHERE p."id" = c."order_id";
        ALTER TABLE "public"."lines" ALTER COLUMN "tid" SET NOT NULL;
        ALTER TABLE "public"."orders" ADD UNIQUE ("tid", "id");
        ALTER TABLE "public"."lines" ADD FOREIGN KEY ("tid", "order_id") REFERENCES "public"."orders" ("tid", "id");
        CREATE INDEX ON "public"."lines" ("tid", "order_id");

        ALTER TABLE `lines` ADD COLUMN `tid` bigint;
        UPDATE `lines` AS c JOIN `orders` AS p ON p.`id` = c.`order_id` SET c.`tid` = p.`tid`;
        ALTER TABLE `lines` MODIFY COLUMN `tid` bigint NOT NULL;
        ALTER TABLE `orders` ADD UNIQUE (`tid`, `id`);
        ALTER TABLE `lines` ADD FOREIGN KEY (`tid`, `order_id`) REFERENCES `orders` (`tid`, `id`);
    "#]].assert_eq(&migrations("lines"));
    expect![[r#"
        ALTER TABLE "main"."remarks" ADD COLUMN "tid" bigint;
        UPDATE "main"."remarks" AS c SET "tid" = (SELECT p."tid" FROM "main"."pages" AS p WHERE p."id" = c."page_id");
        CREATE INDEX "main"."remarks_tid_index" ON "remarks" ("tid", "page_id");
        CREATE TRIGGER "main"."remarks_tid_insert" BEFORE INSERT ON "remarks" WHEN NOT EXISTS (SELECT 1 FROM "pages" AS p WHERE p."tid" IS NEW."tid" AND p."id" = NEW."page_id") BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;
        CREATE TRIGGER "main"."remarks_tid_update" BEFORE UPDATE OF "tid", "page_id" ON "remarks" WHEN NOT EXISTS (SELECT 1 FROM "pages" AS p WHERE p."tid" IS NEW."tid" AND p."id" = NEW."page_id") BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;

        ALTER TABLE "public"."remarks" ADD COLUMN "tid" bigint;
        UPDATE "public"."remarks" AS c SET "tid" = p."tid" FROM "public"."pages" AS p WHERE p."id" = c."page_id";
        ALTER TABLE "public"."pages" ADD UNIQUE ("tid", "id");
        ALTER TABLE "public"."remarks" ADD FOREIGN KEY ("tid", "page_id") REFERENCES "public"."pages" ("tid", "id");
        CREATE INDEX ON "public"."remarks" ("tid", "page_id");

        ALTER TABLE `remarks` ADD COLUMN `tid` bigint;
        UPDATE `remarks` AS c JOIN `pages` AS p ON p.`id` = c.`page_id` SET c.`tid` = p.`tid`;
        ALTER TABLE `remarks` MODIFY COLUMN `tid` bigint;
        ALTER TABLE `pages` ADD UNIQUE (`tid`, `id`);
        ALTER TABLE `remarks` ADD FOREIGN KEY (`tid`, `page_id`) REFERENCES `pages` (`tid`, `id`);
    "#]].assert_eq(&migrations("remarks"));
    assert_eq!(migrations("offers"), "none\n\nnone\n\nnone\n");
    // Its parent's own comes first.
    assert!(
        migrations("parts").contains(
            catalog()
                .key_migration("lines", Dialect::Postgres)
                .unwrap()
                .as_str()
        )
    );
}
