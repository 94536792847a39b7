//! What goes into the engine and what comes out of it, as data.
//!
//! `S` is SQLite's text, `P` PostgreSQL's; a refusal is its code. The texts were read once by a person; what they do is
//! proved on real servers by the non-interference suites.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use expect_test::{Expect, expect};
use tenancy_core::{
    Catalog, CrossTenant, KeyType, Operator, Table, TenantId, Tenants,
    sql::{Dialect, Scoper},
};

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["tid", "id", "name", "qty"])
                .unique(["tid", "id"])
                .unique(["tid", "name"]),
        )
        .table(
            Table::tenant("notes")
                .columns(["id", "body", "tid"])
                .unique(["id"]),
        )
        .tenant_tables(["orders"])
        .mixed_tables(["tags"])
        .shared_tables(["brands"])
        .denied_tables(["secrets"])
        .build()
        .unwrap()
}

fn check(sql: &str, expected: Expect) {
    let scoped = |dialect| match Scoper::new(catalog(), dialect).scope(sql) {
        Ok(scoped) => scoped.text().to_owned(),
        Err(refusal) => format!("refused: {}", refusal.code()),
    };
    // PostgreSQL's guard repeats the test; it is looked at once, below.
    let guard = r#" AND CASE WHEN "items"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL"#;
    let postgres = scoped(Dialect::Postgres).replace(guard, " AND …");
    expected.assert_eq(&format!("S {}\nP {postgres}", scoped(Dialect::Sqlite)));
}

#[test]
fn tables_and_aliases() {
    check(
        r#####"SELECT * FROM items"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" AS items WHERE items."tid" = ?1
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items"#]],
    );
    check(
        r#####"SELECT * FROM items i"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" i WHERE i."tid" = ?1
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) i"#]],
    );
    check(
        r#####"SELECT * FROM items AS i WHERE i.id = 1"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" AS i WHERE i."tid" = ?1 AND (i.id = 1)
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS i WHERE i.id = 1"#]],
    );
    check(
        r#####"SELECT ITEMS.name FROM Items"#####,
        expect![[r#"
            S SELECT ITEMS.name FROM "main"."items" AS Items WHERE Items."tid" = ?1
            P SELECT ITEMS.name FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS Items"#]],
    );
    check(
        r#####"SELECT * FROM "items""#####,
        expect![[r#"
            S SELECT * FROM "main"."items" AS "items" WHERE "items"."tid" = ?1
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS "items""#]],
    );
    check(
        r#####"SELECT * FROM main.items"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" AS items WHERE items."tid" = ?1
            P refused: unknown_table"#]],
    );
    check(
        r#####"SELECT * FROM public.items"#####,
        expect![[r#"
        S refused: unknown_table
        P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items"#]],
    );
    check(
        r#####"SELECT * FROM tags"#####,
        expect![[r#"
            S SELECT * FROM "main"."tags" AS tags WHERE (tags."tid" = ?1 OR tags."tid" IS NULL)
            P SELECT * FROM (SELECT * FROM "public"."tags" WHERE ("tags"."tid" = CAST($1 AS bigint) OR "tags"."tid" IS NULL) AND CASE WHEN ("tags"."tid" = CAST($1 AS bigint) OR "tags"."tid" IS NULL) THEN true END IS NOT NULL) AS tags"#]],
    );
    check(
        r#####"SELECT * FROM brands b"#####,
        expect![[r#"
        S SELECT * FROM "main"."brands" b
        P SELECT * FROM "public"."brands" b"#]],
    );
}

#[test]
fn joins() {
    check(
        r#####"SELECT * FROM items JOIN brands ON true"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" AS items JOIN "main"."brands" ON true WHERE items."tid" = ?1
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items JOIN "public"."brands" ON true"#]],
    );
    check(
        r#####"SELECT * FROM items i LEFT JOIN items j ON i.id = j.id"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" i LEFT JOIN "main"."items" j ON j."tid" = ?1 AND (i.id = j.id) WHERE i."tid" = ?1
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) i LEFT JOIN (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) j ON i.id = j.id"#]],
    );
    check(
        r#####"SELECT * FROM (items RIGHT JOIN brands ON true)"#####,
        expect![[r#"
            S SELECT * FROM ((SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items RIGHT JOIN "main"."brands" ON true)
            P SELECT * FROM ((SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items RIGHT JOIN "public"."brands" ON true)"#]],
    );
    check(
        r#####"SELECT * FROM items NATURAL FULL JOIN items AS j"#####,
        expect![[r#"
            S SELECT * FROM (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items NATURAL FULL JOIN (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS j
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items NATURAL FULL JOIN (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS j"#]],
    );
    check(
        r#####"SELECT * FROM items i, brands b"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" i, "main"."brands" b WHERE i."tid" = ?1
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) i, "public"."brands" b"#]],
    );
    check(
        r#####"SELECT * FROM items i CROSS JOIN LATERAL (SELECT * FROM items j WHERE j.id = i.id) l"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" i CROSS JOIN LATERAL (SELECT * FROM "main"."items" j WHERE j."tid" = ?1 AND (j.id = i.id)) l WHERE i."tid" = ?1
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) i CROSS JOIN LATERAL (SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) j WHERE j.id = i.id) l"#]],
    );
}

#[test]
fn subqueries() {
    check(
        r#####"SELECT (SELECT max(qty) FROM items) AS m"#####,
        expect![[r#"
            S SELECT (SELECT max(qty) FROM "main"."items" AS items WHERE items."tid" = ?1) AS m
            P SELECT (SELECT pg_catalog.max(qty) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items) AS m"#]],
    );
    check(
        r#####"SELECT 1 WHERE EXISTS (SELECT 1 FROM items) AND 1 IN (SELECT id FROM items)"#####,
        expect![[r#"
            S SELECT 1 WHERE EXISTS (SELECT 1 FROM "main"."items" AS items WHERE items."tid" = ?1) AND 1 IN (SELECT id FROM "main"."items" AS items WHERE items."tid" = ?1)
            P SELECT 1 WHERE EXISTS (SELECT 1 FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items) AND 1 IN (SELECT id FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items)"#]],
    );
    check(
        r#####"SELECT * FROM (SELECT name FROM items) x"#####,
        expect![[r#"
            S SELECT * FROM (SELECT name FROM "main"."items" AS items WHERE items."tid" = ?1) x
            P SELECT * FROM (SELECT name FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items) x"#]],
    );
    check(
        r#####"SELECT 1 ORDER BY (SELECT count(*) FROM items)"#####,
        expect![[r#"
            S SELECT 1 ORDER BY (SELECT count(*) FROM "main"."items" AS items WHERE items."tid" = ?1)
            P SELECT 1 ORDER BY (SELECT pg_catalog.count(*) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items)"#]],
    );
    check(
        r#####"SELECT 1 FROM brands GROUP BY id HAVING count(*) > (SELECT count(*) FROM items)"#####,
        expect![[r#"
            S SELECT 1 FROM "main"."brands" GROUP BY id HAVING count(*) > (SELECT count(*) FROM "main"."items" AS items WHERE items."tid" = ?1)
            P SELECT 1 FROM "public"."brands" GROUP BY id HAVING pg_catalog.count(*) > (SELECT pg_catalog.count(*) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items)"#]],
    );
}

#[test]
fn common_table_expressions() {
    check(
        r#####"WITH x AS (SELECT * FROM items) SELECT * FROM x"#####,
        expect![[r#"
            S WITH _tq1 AS (SELECT * FROM "main"."items" AS items WHERE items."tid" = ?1) SELECT * FROM _tq1 AS x
            P WITH _tq1 AS (SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items) SELECT * FROM _tq1 AS x"#]],
    );
    check(
        r#####"WITH items AS (SELECT * FROM items WHERE qty > 1) SELECT * FROM items"#####,
        expect![[r#"
            S WITH _tq1 AS (SELECT * FROM _tq1 AS items WHERE qty > 1) SELECT * FROM _tq1 AS items
            P WITH _tq1 AS (SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items WHERE qty > 1) SELECT * FROM _tq1 AS items"#]],
    );
    check(
        r#####"WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b AS c JOIN a ON true"#####,
        expect![[r#"
            S WITH _tq1 AS (SELECT 1), _tq2 AS (SELECT * FROM _tq1 AS a) SELECT * FROM _tq2 AS c JOIN _tq1 AS a ON true
            P WITH _tq1 AS (SELECT 1), _tq2 AS (SELECT * FROM _tq1 AS a) SELECT * FROM _tq2 AS c JOIN _tq1 AS a ON true"#]],
    );
    check(
        r#####"WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r, items"#####,
        expect![[r#"
            S WITH RECURSIVE _tq1(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM _tq1 AS r WHERE n < 3) SELECT * FROM _tq1 AS r, "main"."items" AS items WHERE items."tid" = ?1
            P WITH RECURSIVE _tq1(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM _tq1 AS r WHERE n < 3) SELECT * FROM _tq1 AS r, (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items"#]],
    );
    check(
        r#####"SELECT * FROM (WITH items AS (SELECT 1 AS id) SELECT * FROM items) x JOIN items ON true"#####,
        expect![[r#"
            S SELECT * FROM (WITH _tq1 AS (SELECT 1 AS id) SELECT * FROM _tq1 AS items) x JOIN "main"."items" AS items ON true WHERE items."tid" = ?1
            P SELECT * FROM (WITH _tq1 AS (SELECT 1 AS id) SELECT * FROM _tq1 AS items) x JOIN (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items ON true"#]],
    );
    check(
        r#####"WITH x AS (SELECT id FROM items) DELETE FROM items WHERE id IN (SELECT id FROM x)"#####,
        expect![[r#"
            S WITH _tq1 AS (SELECT id FROM "main"."items" AS items WHERE items."tid" = ?1) DELETE FROM "main"."items" WHERE "items"."tid" = ?1 AND (id IN (SELECT id FROM _tq1 AS x))
            P WITH _tq1 AS (SELECT id FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items) DELETE FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND … AND (id IN (SELECT id FROM _tq1 AS x))"#]],
    );
}

#[test]
fn set_operations_and_values() {
    check(
        r#####"SELECT name FROM items UNION ALL SELECT name FROM brands EXCEPT VALUES ('x')"#####,
        expect![[r#"
            S SELECT name FROM "main"."items" AS items WHERE items."tid" = ?1 UNION ALL SELECT name FROM "main"."brands" EXCEPT VALUES ('x')
            P SELECT name FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items UNION ALL SELECT name FROM "public"."brands" EXCEPT VALUES ('x')"#]],
    );
    check(
        r#####"VALUES (1, (SELECT count(*) FROM items))"#####,
        expect![[r#"
            S VALUES (1, (SELECT count(*) FROM "main"."items" AS items WHERE items."tid" = ?1))
            P VALUES (1, (SELECT pg_catalog.count(*) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items))"#]],
    );
}

#[test]
fn windows_and_functions() {
    check(
        r#####"SELECT sum(qty) OVER w, row_number() OVER (PARTITION BY name ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM items WINDOW w AS (ORDER BY id)"#####,
        expect![[r#"
            S SELECT sum(qty) OVER w, row_number() OVER (PARTITION BY name ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM "main"."items" AS items WHERE items."tid" = ?1 WINDOW w AS (ORDER BY id)
            P SELECT pg_catalog.sum(qty) OVER w, pg_catalog.row_number() OVER (PARTITION BY name ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items WINDOW w AS (ORDER BY id)"#]],
    );
    check(
        r#####"SELECT count(*) FILTER (WHERE qty > 1), coalesce(lower(name), 'x') FROM items GROUP BY name"#####,
        expect![[r#"
            S SELECT count(*) FILTER (WHERE qty > 1), coalesce(lower(name), 'x') FROM "main"."items" AS items WHERE items."tid" = ?1 GROUP BY name
            P SELECT pg_catalog.count(*) FILTER (WHERE qty > 1), coalesce(pg_catalog.lower(name), 'x') FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items GROUP BY name"#]],
    );
}

#[test]
fn placeholders_and_comments() {
    check(
        r#####"SELECT * FROM items WHERE id = $2 AND qty = $1"#####,
        expect![[r#"
            S SELECT * FROM "main"."items" AS items WHERE items."tid" = ?3 AND (id = ?2 AND qty = ?1)
            P SELECT * FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($3 AS bigint) AND CASE WHEN "items"."tid" = CAST($3 AS bigint) THEN true END IS NOT NULL) AS items WHERE id = $2 AND qty = $1"#]],
    );
    check(
        r#####"SELECT ?, ?5, ? FROM items"#####,
        expect![[r#"
            S SELECT ?1 AS "?", ?5, ?6 AS "?" FROM "main"."items" AS items WHERE items."tid" = ?7
            P refused: syntax"#]],
    );
    check(
        r#####"SELECT /* one */ 1 -- two
 FROM items /* three */"#####,
        expect![[r#"
            S SELECT   1 

             FROM "main"."items" AS items WHERE items."tid" = ?1  
            P SELECT   1 

             FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items  "#]],
    );
}

#[test]
fn inserts() {
    check(
        r#####"INSERT INTO items (id, name) VALUES (1, 'a'), (2, lower('B')) RETURNING *"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (id, name, "tid") VALUES (1, 'a', ?1), (2, lower('B'), ?1) RETURNING *
            P INSERT INTO "public"."items" (id, name, "tid") VALUES (1, 'a', CAST($1 AS bigint)), (2, pg_catalog.lower('B'), CAST($1 AS bigint)) RETURNING *"#]],
    );
    check(
        r#####"INSERT INTO items VALUES (1, 2, 'a', 3)"#####,
        expect![[r#"
        S INSERT INTO "main"."items" ("tid", "id", "name", "qty") VALUES (?1, 2, 'a', 3)
        P INSERT INTO "public"."items" ("tid", "id", "name", "qty") VALUES (CAST($1 AS bigint), 2, 'a', 3)"#]],
    );
    check(
        r#####"INSERT INTO items VALUES (1, 2)"#####,
        expect![[r#"
        S refused: arity
        P INSERT INTO "public"."items" ("tid", "id") VALUES (CAST($1 AS bigint), 2)"#]],
    );
    check(
        r#####"INSERT INTO notes VALUES (1, 'a')"#####,
        expect![[r#"
        S refused: arity
        P INSERT INTO "public"."notes" ("id", "body", "tid") VALUES (1, 'a', CAST($1 AS bigint))"#]],
    );
    check(
        r#####"INSERT INTO items (tid, id) VALUES ((SELECT 1 FROM items), 2)"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (tid, id) VALUES (?1, 2)
            P INSERT INTO "public"."items" (tid, id) VALUES (CAST($1 AS bigint), 2)"#]],
    );
    check(
        r#####"INSERT INTO items (id, name) SELECT id, name FROM items WHERE id IS DISTINCT FROM 3 ORDER BY 1"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (id, name, "tid") SELECT id, name, ?1 FROM "main"."items" AS items WHERE items."tid" = ?1 AND (id IS DISTINCT FROM 3) ORDER BY 1
            P INSERT INTO "public"."items" (id, name, "tid") SELECT id, name, CAST($1 AS bigint) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items WHERE id IS DISTINCT FROM 3 ORDER BY 1"#]],
    );
    check(
        r#####"INSERT INTO items (id, tid) SELECT DISTINCT id IS DISTINCT FROM 1, 7 FROM items UNION SELECT 1, 2"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (id, tid) SELECT DISTINCT id IS DISTINCT FROM 1, ?1 FROM "main"."items" AS items WHERE items."tid" = ?1 UNION SELECT 1, ?1
            P INSERT INTO "public"."items" (id, tid) SELECT DISTINCT id IS DISTINCT FROM 1, CAST($1 AS bigint) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items UNION SELECT 1, CAST($1 AS bigint)"#]],
    );
    check(
        r#####"INSERT INTO items (id, name) SELECT * FROM brands"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (id, name, "tid") SELECT *, ?1 FROM "main"."brands"
            P INSERT INTO "public"."items" (id, name, "tid") SELECT *, CAST($1 AS bigint) FROM "public"."brands""#]],
    );
    check(
        r#####"INSERT INTO items DEFAULT VALUES"#####,
        expect![[r#"
        S INSERT INTO "main"."items" ("tid") VALUES (?1)
        P INSERT INTO "public"."items" ("tid") VALUES (CAST($1 AS bigint))"#]],
    );
    check(
        r#####"WITH x AS (SELECT 1 AS id) INSERT INTO items (id) SELECT id FROM x"#####,
        expect![[r#"
            S WITH _tq1 AS (SELECT 1 AS id) INSERT INTO "main"."items" (id, "tid") SELECT id, ?1 FROM _tq1 AS x
            P WITH _tq1 AS (SELECT 1 AS id) INSERT INTO "public"."items" (id, "tid") SELECT id, CAST($1 AS bigint) FROM _tq1 AS x"#]],
    );
}

#[test]
fn upserts() {
    check(
        r#####"INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO NOTHING"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (id, "tid") VALUES (1, ?1) ON CONFLICT ("tid", id) DO NOTHING
            P INSERT INTO "public"."items" (id, "tid") VALUES (1, CAST($1 AS bigint)) ON CONFLICT ("tid", id) DO NOTHING"#]],
    );
    check(
        r#####"INSERT INTO items (id) VALUES (1) ON CONFLICT (tid, id) DO UPDATE SET qty = (SELECT max(qty) FROM items), name = excluded.name WHERE items.qty > 0"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (id, "tid") VALUES (1, ?1) ON CONFLICT (tid, id) DO UPDATE SET qty = (SELECT max(qty) FROM "main"."items" AS items WHERE items."tid" = ?1), name = excluded.name WHERE items.qty > 0
            P INSERT INTO "public"."items" (id, "tid") VALUES (1, CAST($1 AS bigint)) ON CONFLICT (tid, id) DO UPDATE SET qty = (SELECT pg_catalog.max(qty) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items), name = excluded.name WHERE items.qty > 0"#]],
    );
    check(
        r#####"INSERT INTO items (id) VALUES (1) ON CONFLICT DO NOTHING"#####,
        expect![[r#"
            S INSERT INTO "main"."items" (id, "tid") VALUES (1, ?1) ON CONFLICT DO NOTHING
            P INSERT INTO "public"."items" (id, "tid") VALUES (1, CAST($1 AS bigint)) ON CONFLICT DO NOTHING"#]],
    );
    check(
        r#####"INSERT OR REPLACE INTO items (id) VALUES (1)"#####,
        expect![[r#"
            S INSERT OR REPLACE INTO "main"."items" (id, "tid") VALUES (1, ?1)
            P refused: construct"#]],
    );
    check(
        r#####"REPLACE INTO items (id) VALUES (1)"#####,
        expect![[r#"
        S REPLACE INTO "main"."items" (id, "tid") VALUES (1, ?1)
        P refused: syntax"#]],
    );
}

#[test]
fn updates_and_deletes() {
    check(
        r#####"UPDATE items SET name = 'x'"#####,
        expect![[r#"
        S UPDATE "main"."items" SET name = 'x' WHERE "items"."tid" = ?1
        P UPDATE "public"."items" SET name = 'x' WHERE "items"."tid" = CAST($1 AS bigint) AND …"#]],
    );
    check(
        r#####"UPDATE items SET name = 'x' RETURNING id;"#####,
        expect![[r#"
            S UPDATE "main"."items" SET name = 'x' WHERE "items"."tid" = ?1 RETURNING id;
            P UPDATE "public"."items" SET name = 'x' WHERE "items"."tid" = CAST($1 AS bigint) AND … RETURNING id;"#]],
    );
    check(
        r#####"UPDATE items AS i SET qty = i.qty + 1 WHERE id = 1 OR id = 2 RETURNING id"#####,
        expect![[r#"
            S UPDATE "main"."items" AS i SET qty = i.qty + 1 WHERE i."tid" = ?1 AND (id = 1 OR id = 2) RETURNING id
            P UPDATE "public"."items" AS i SET qty = i.qty + 1 WHERE i."tid" = CAST($1 AS bigint) AND CASE WHEN i."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL AND (id = 1 OR id = 2) RETURNING id"#]],
    );
    check(
        r#####"UPDATE items SET qty = b.id FROM brands b WHERE b.id = items.id"#####,
        expect![[r#"
            S UPDATE "main"."items" SET qty = b.id FROM "main"."brands" b WHERE "items"."tid" = ?1 AND (b.id = items.id)
            P UPDATE "public"."items" SET qty = b.id FROM "public"."brands" b WHERE "items"."tid" = CAST($1 AS bigint) AND … AND (b.id = items.id)"#]],
    );
    check(
        r#####"DELETE FROM items"#####,
        expect![[r#"
        S DELETE FROM "main"."items" WHERE "items"."tid" = ?1
        P DELETE FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …"#]],
    );
    check(
        r#####"DELETE FROM items WHERE id IN (SELECT id FROM items) OR true RETURNING *"#####,
        expect![[r#"
            S DELETE FROM "main"."items" WHERE "items"."tid" = ?1 AND (id IN (SELECT id FROM "main"."items" AS items WHERE items."tid" = ?1) OR true) RETURNING *
            P DELETE FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND … AND (id IN (SELECT id FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items) OR true) RETURNING *"#]],
    );
    check(
        r#####"DELETE FROM items WHERE lower('A') = name"#####,
        expect![[r#"
            S DELETE FROM "main"."items" WHERE "items"."tid" = ?1 AND (lower('A') = name)
            P DELETE FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND … AND (pg_catalog.lower('A') = name)"#]],
    );
    check(
        r#####"DELETE FROM tags"#####,
        expect![[r#"
        S DELETE FROM "main"."tags" WHERE "tags"."tid" = ?1
        P DELETE FROM "public"."tags" WHERE "tags"."tid" = CAST($1 AS bigint) AND CASE WHEN "tags"."tid" = CAST($1 AS bigint) THEN true END IS NOT NULL"#]],
    );
}

#[test]
fn literals_survive() {
    check(
        r#####"SELECT '\'' UNION SELECT secret FROM items --'"#####,
        expect![[r#"
            S SELECT '\'' UNION SELECT secret FROM items --'
            P SELECT '\'' UNION SELECT secret FROM items --'"#]],
    );
    check(
        r#####"SELECT 'it''''s', - -1, "name", 'ünï' FROM items WHERE name = 'ü' AND id = 1"#####,
        expect![[r#"
            S SELECT 'it''''s', - -1, "name", 'ünï' FROM "main"."items" AS items WHERE items."tid" = ?1 AND (name = 'ü' AND id = 1)
            P SELECT 'it''''s', - -1, "name", 'ünï' FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items WHERE name = 'ü' AND id = 1"#]],
    );
}

#[test]
fn the_guard_of_postgres_stands_behind_the_test() {
    let scoper = Scoper::new(catalog(), Dialect::Postgres);
    let scoped = scoper.scope("SELECT name FROM items WHERE id = $1").unwrap();
    expect![[r#"SELECT name FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($2 AS bigint) AND CASE WHEN "items"."tid" = CAST($2 AS bigint) THEN true END IS NOT NULL) AS items WHERE id = $1"#]].assert_eq(scoped.text());
    assert_eq!(
        (scoped.binds(), scoped.tenant_bind(), scoped.is_write()),
        (1, Some(2), false)
    );
    assert_eq!(
        (scoped.reads(), scoped.writes()),
        (&["items".to_owned()][..], &[][..])
    );
}

#[test]
fn a_statement_without_tenant_rows_takes_no_tenant() {
    let scoped = Scoper::new(catalog(), Dialect::Sqlite)
        .scope("SELECT * FROM brands WHERE id = ?")
        .unwrap();
    assert_eq!((scoped.binds(), scoped.tenant_bind()), (1, None));
}

/// Scoping what was scoped changes nothing but the bind's number, and is no way around it.
#[test]
fn scoped_text_is_scoped_again() {
    let scoper = Scoper::new(catalog(), Dialect::Sqlite);
    let once = scoper.scope("SELECT id FROM items").unwrap();
    let twice = scoper.scope(once.text()).unwrap();
    expect![[r#"SELECT id FROM "main"."items" AS items WHERE items."tid" = ?2 AND (items."tid" = ?1)"#]]
        .assert_eq(twice.text());
}

#[test]
fn ordinary_spellings_are_understood() {
    check(
        "SELECT id AS desc, name AS \"from\" FROM items WHERE qty>-1 AND qty<>+1",
        expect![[r#"
            S SELECT id AS desc, name AS "from" FROM "main"."items" AS items WHERE items."tid" = ?1 AND (qty>-1 AND qty<>+1)
            P SELECT id AS desc, name AS "from" FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = CAST($1 AS bigint) AND …) AS items WHERE qty> -1 AND qty<> +1"#]],
    );
}

#[test]
fn a_replaced_value_takes_its_own_edits_with_it() {
    check(
        "INSERT INTO items (tid, id) VALUES (lower('A'), 1), ((SELECT 1 FROM items), lower('B'))",
        expect![[r#"
            S INSERT INTO "main"."items" (tid, id) VALUES (?1, 1), (?1, lower('B'))
            P INSERT INTO "public"."items" (tid, id) VALUES (CAST($1 AS bigint), 1), (CAST($1 AS bigint), pg_catalog.lower('B'))"#]],
    );
}

#[test]
fn a_crossing_over_some_tenants_is_fenced_on_postgres() {
    let operator = Operator::new("olga").unwrap();
    let some = Tenants::Only(vec![TenantId::bigint(1).unwrap()]);
    let crossing = CrossTenant::read(&operator, some, "a test").unwrap();
    let scoper = Scoper::new(catalog(), Dialect::Postgres);
    let scoped = scoper.scope_across("SELECT id FROM items", &crossing).unwrap();
    expect![[r#"SELECT id FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = ANY(CAST($1 AS bigint[])) AND CASE WHEN "items"."tid" = ANY(CAST($1 AS bigint[])) THEN true END IS NOT NULL OFFSET 0) AS items"#]].assert_eq(scoped.text());
}

#[test]
fn a_text_is_scoped_once() {
    let scoper = Scoper::new(catalog(), Dialect::Sqlite);
    let first = scoper.scope("SELECT id FROM items").unwrap();
    assert!(std::sync::Arc::ptr_eq(
        &first,
        &scoper.scope("SELECT id FROM items").unwrap()
    ));
}

#[test]
fn a_conflict_target_gets_the_key_though_the_catalogue_lists_no_keys() {
    check(
        r#####"INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET total = 1"#####,
        expect![[r#"
            S INSERT INTO "main"."orders" (id, "tid") VALUES (1, ?1) ON CONFLICT ("tid", id) DO UPDATE SET total = 1
            P INSERT INTO "public"."orders" (id, "tid") VALUES (1, CAST($1 AS bigint)) ON CONFLICT ("tid", id) DO UPDATE SET total = 1"#]],
    );
}

#[test]
fn the_first_rows_only() {
    check(
        r#####"SELECT id FROM brands ORDER BY id FETCH FIRST 3 ROWS ONLY"#####,
        expect![[r#"
            S SELECT id FROM "main"."brands" ORDER BY id FETCH FIRST 3 ROWS ONLY
            P SELECT id FROM "public"."brands" ORDER BY id FETCH FIRST 3 ROWS ONLY"#]],
    );
}
