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
    Catalog, CrossTenant, KeyType, Operator, Table, Tenants,
    sql::{Dialect, Scoper},
};

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["id", "name"])
                .unique(["tid", "id"])
                .unique(["tid", "name"]),
        )
        .tenant_tables(["orders"])
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
    let guard = r#" AND CASE WHEN "items"."tid" = CAST($1 AS bigint) THEN true ELSE false END"#;
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
        S INSERT INTO "main"."items" (id, "tid") VALUES (1, ?1) RETURNING "items"."id" AS "id", "items"."name" AS "name"
        P INSERT INTO "public"."items" (id, "tid") VALUES (1, CAST($1 AS bigint)) RETURNING "items"."id" AS "id", "items"."name" AS "name""#]],
    );
    check(
        "INSERT INTO items AS i (id) VALUES (1) RETURNING i.*, 1",
        expect![[r#"
            S refused: syntax
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
        S DELETE FROM "main"."items" WHERE "items"."tid" = ?1 RETURNING "items"."id" AS "id", "items"."name" AS "name"
        P DELETE FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND … RETURNING "items"."id" AS "id", "items"."name" AS "name""#]],
    );
    check(
        "UPDATE items AS \"I\" SET name = '' WHERE id = 1 RETURNING *",
        expect![[r#"
            S UPDATE "main"."items" AS "I" SET name = '' WHERE "I"."tid" = ?1 AND (id = 1) RETURNING "I"."id" AS "id", "I"."name" AS "name"
            P UPDATE "public"."items" AS "I" SET name = '' WHERE "I"."tid" = CAST($1 AS bigint) AND CASE WHEN "I"."tid" = CAST($1 AS bigint) THEN true ELSE false END AND (id = 1) RETURNING "I"."id" AS "id", "I"."name" AS "name""#]],
    );
    check(
        "UPDATE items SET name = '' FROM brands b WHERE items.id = b.id RETURNING *",
        expect![[r#"
            S UPDATE "main"."items" SET name = '' FROM "main"."brands" b WHERE "items"."tid" = ?1 AND (items.id = b.id) RETURNING "items"."id" AS "id", "items"."name" AS "name"
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
        "UPDATE items SET name = '' RETURNING items",
        "DELETE FROM items i WHERE i.tid = 3",
        "DELETE FROM items i RETURNING i",
    ] {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            assert_eq!(scope(dialect, sql), "refused: hidden_key", "{sql}");
        }
    }
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
