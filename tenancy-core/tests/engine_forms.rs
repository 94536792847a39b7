//! The forms in which a tenant's table stands in a statement, and the names by which its columns are written.
//!
//! What the texts do is proved on real servers by the non-interference suites.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use expect_test::{Expect, expect};
use tenancy_core::{
    Catalog, KeyType, Table,
    sql::{Dialect, Scoper},
};

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["tid", "id", "name", "qty"])
                .unique(["tid", "id"])
                .primary(["tid", "id"]),
        )
        .table(Table::tenant("hidden").columns(["id", "name"]))
        .table(Table::tenant("numbered").columns(["tid", "oid"]))
        .tenant_tables(["orders"])
        .mixed_tables(["tags"])
        .shared_tables(["brands"])
        .build()
        .unwrap()
}

fn scoped(dialect: Dialect, sql: &str) -> String {
    let text = match Scoper::new(catalog(), dialect).scope(sql) {
        Ok(scoped) => scoped.text().to_owned(),
        Err(refusal) => format!("refused: {} at {:?}", refusal.code(), refusal.position()),
    };
    // PostgreSQL's test, and its guard that repeats it.
    let mut short = String::new();
    for piece in text.replace("CAST($1 AS bigint)", "$k").split(" AND CASE WHEN ") {
        match piece.split_once(" THEN true END IS NOT NULL") {
            Some((_, rest)) if !short.is_empty() => short.push_str(&format!(" AND …{rest}")),
            _ => short.push_str(piece),
        }
    }
    short
}

fn postgres(sql: &str, expected: Expect) {
    expected.assert_eq(&scoped(Dialect::Postgres, sql));
}

fn sqlite(sql: &str, expected: Expect) {
    expected.assert_eq(&scoped(Dialect::Sqlite, sql));
}

#[test]
fn a_table_stays_where_its_primary_key_is_grouped_by() {
    // The key joins the grouping.
    postgres(
        "SELECT i.id, i.name, count(o.id) FROM items i LEFT JOIN orders o ON o.item = i.id GROUP BY i.id",
        expect![[
            r#"SELECT i.id, i.name, pg_catalog.count(o.id) FROM ("public"."items" i JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON i."tid" = $k AND …) LEFT JOIN (SELECT * FROM "public"."orders" WHERE "orders"."tid" = $k AND …) o ON o.item = i.id GROUP BY i.id, i."tid""#
        ]],
    );
    postgres(
        "SELECT id, name FROM items GROUP BY 1 HAVING count(*) > 1",
        expect![[
            r#"SELECT id, name FROM ("public"."items" AS items JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON items."tid" = $k AND …) GROUP BY 1, items."tid" HAVING pg_catalog.count(*) > 1"#
        ]],
    );
    postgres(
        "SELECT i.id AS no, i.name FROM items AS i GROUP BY no ORDER BY i.qty",
        expect![[
            r#"SELECT i.id AS no, i.name FROM ("public"."items" AS i JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON i."tid" = $k AND …) GROUP BY no, i."tid" ORDER BY i.qty"#
        ]],
    );
    postgres(
        "SELECT i.* FROM items i (tid, id, name, qty) GROUP BY i.id",
        expect![[
            r#"SELECT i.* FROM ("public"."items" i (tid, id, name, qty) JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON i."tid" = $k AND …) GROUP BY i.id, i."tid""#
        ]],
    );
    // What is not known is left to the server.
    postgres(
        "SELECT o.no, o.total FROM orders o GROUP BY o.no",
        expect![[
            r#"SELECT o.no, o.total FROM ("public"."orders" o JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON o."tid" = $k AND …) GROUP BY o.no, o."tid""#
        ]],
    );
    // On the nullable side only where the primary key is known to be covered.
    postgres(
        "SELECT i.id, i.name FROM orders o LEFT JOIN items i ON true GROUP BY i.id",
        expect![[
            r#"SELECT i.id, i.name FROM (SELECT * FROM "public"."orders" WHERE "orders"."tid" = $k AND …) o LEFT JOIN ("public"."items" i JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON i."tid" = $k AND …) ON true GROUP BY i.id, i."tid""#
        ]],
    );
    postgres(
        "SELECT o.no, o.total FROM items i LEFT JOIN orders o ON true GROUP BY o.no",
        expect![[
            r#"SELECT o.no, o.total FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = $k AND …) i LEFT JOIN ("public"."orders" o JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON o."tid" = $k AND …) ON true GROUP BY o.no"#
        ]],
    );
    // Never with grouping sets, and not where nothing else is shown.
    postgres(
        "SELECT id, name FROM items GROUP BY ROLLUP (id)",
        expect![[
            r#"SELECT id, name FROM ("public"."items" AS items JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON items."tid" = $k AND …) GROUP BY ROLLUP (id)"#
        ]],
    );
    postgres(
        "SELECT id, sum(qty) FROM items GROUP BY id",
        expect![[
            r#"SELECT id, pg_catalog.sum(qty) FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = $k AND …) AS items GROUP BY id"#
        ]],
    );
    postgres(
        "SELECT t.id, t.name FROM tags t GROUP BY t.id",
        expect![[
            r#"SELECT t.id, t.name FROM ("public"."tags" t JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON (t."tid" = $k OR t."tid" IS NULL) AND …) GROUP BY t.id"#
        ]],
    );
}

#[test]
fn a_field_is_a_column_that_its_source_has() {
    for refused in [
        "SELECT items.whole FROM items",
        "SELECT i.whole FROM items i",
        "SELECT (SELECT i.whole) FROM items i",
        "SELECT x.whole FROM (SELECT * FROM items) x",
        "SELECT x.whole FROM (SELECT id AS a FROM items) x",
        "WITH c AS (SELECT * FROM items) SELECT c.whole FROM c",
        "WITH RECURSIVE c AS (SELECT * FROM items UNION SELECT c.whole, 1, '', 1 FROM c) SELECT 1 FROM c",
        "SELECT g.current_setting FROM unnest(ARRAY['a']) g",
        "SELECT nobody.id FROM items",
        "UPDATE items SET name = items.whole",
        "DELETE FROM items RETURNING items.whole",
        "INSERT INTO items (id) VALUES (1) ON CONFLICT (tid, id) DO UPDATE SET name = excluded.whole",
        "SELECT (SELECT 1 FROM items g, (SELECT g.current_setting) x) FROM unnest(ARRAY['a']) g",
    ] {
        let text = scoped(Dialect::Postgres, refused);
        assert!(text.starts_with("refused: field"), "{refused}\n{text}");
    }
    for accepted in [
        "SELECT i.name, i.tid FROM items i ORDER BY i.qty",
        "SELECT o.anything FROM orders o",
        "SELECT x.a, x.n, x.max, x.name FROM (SELECT i.id AS a, count(*) n, max(qty), i.name FROM items i GROUP BY 1, 4) x",
        "SELECT x.a, x.name FROM items x (k, a)",
        "WITH c AS (SELECT * FROM items) SELECT c.name FROM c JOIN items i ON i.id = c.id",
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT c.n + 1 FROM c WHERE c.n < 5) SELECT c.n FROM c",
        "WITH RECURSIVE c AS (SELECT id AS n FROM items UNION ALL SELECT c.n + 1 FROM c WHERE c.n < 5) SELECT c.n FROM c",
        "SELECT v.column1 FROM (VALUES (1, 2)) v",
        "SELECT v.b FROM (VALUES (1, 2)) v (a, b)",
        "SELECT g.g, g.ordinality FROM generate_series(1, 3) WITH ORDINALITY g",
        "SELECT j.id FROM (items i JOIN brands b USING (id)) j",
        "SELECT o.id FROM orders o UNION SELECT i.id FROM items i ORDER BY 1",
        "SELECT i.name FROM items i WHERE EXISTS (SELECT 1 FROM orders o WHERE o.item = i.id)",
        "SELECT l.name FROM orders o CROSS JOIN LATERAL (SELECT i.name FROM items i WHERE i.id = o.item) l",
        "UPDATE items i SET qty = i.qty + o.total FROM orders o WHERE o.item = i.id RETURNING i.name, o.total",
        "DELETE FROM items i USING orders o WHERE o.item = i.id RETURNING i.name",
        "INSERT INTO items (id) VALUES (1) ON CONFLICT (tid, id) DO UPDATE SET name = excluded.name WHERE items.qty > 0",
    ] {
        let text = scoped(Dialect::Postgres, accepted);
        assert!(!text.starts_with("refused"), "{accepted}\n{text}");
    }
}

#[test]
fn a_schema_is_taken_off_columns() {
    postgres(
        "SELECT public.items.name, public.items.* FROM public.items",
        expect![[
            r#"SELECT items.name, items.* FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = $k AND …) AS items"#
        ]],
    );
    postgres(
        "SELECT public.items.name FROM public.items i",
        expect!["refused: name at Some(7)"],
    );
    postgres(
        "SELECT other.items.name FROM items",
        expect!["refused: name at Some(7)"],
    );
    sqlite(
        "SELECT main.items.name FROM items WHERE main.items.id = 1",
        expect![[
            r#"SELECT items.name FROM "main"."items" AS items WHERE items."tid" = ?1 AND (items.id = 1)"#
        ]],
    );
    postgres(
        "UPDATE items SET qty = public.items.qty + 1 WHERE public.items.id = 1",
        expect![[
            r#"UPDATE "public"."items" SET qty = items.qty + 1 WHERE "items"."tid" = $k AND … AND (items.id = 1)"#
        ]],
    );
}

#[test]
fn whole_rows() {
    postgres(
        "SELECT i, row_to_json(i), count(i.*) OVER () FROM items i",
        expect![[
            r#"SELECT i, pg_catalog.row_to_json(i), pg_catalog.count(i.*) OVER () FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = $k AND …) i"#
        ]],
    );
    sqlite(
        "SELECT count(i.*) FROM items i",
        expect!["refused: construct at Some(13)"],
    );
}

#[test]
fn sqlite_keeps_tables_where_that_is_exact() {
    sqlite(
        "SELECT * FROM items",
        expect![[r#"SELECT * FROM "main"."items" AS items WHERE items."tid" = ?1"#]],
    );
    sqlite(
        "SELECT * FROM items i JOIN orders o ON o.item = i.id OR 1 LEFT JOIN tags t ON t.id = i.id OR 1 WHERE i.id = 1 OR 1 ORDER BY 1",
        expect![[
            r#"SELECT * FROM "main"."items" i JOIN "main"."orders" o ON o.item = i.id OR 1 LEFT JOIN "main"."tags" t ON (t."tid" = ?1 OR t."tid" IS NULL) AND (t.id = i.id OR 1) WHERE i."tid" = ?1 AND o."tid" = ?1 AND (i.id = 1 OR 1) ORDER BY 1"#
        ]],
    );
    sqlite(
        "SELECT * FROM orders o LEFT JOIN items i ON 1 JOIN items j ON j.id = i.id, brands",
        expect![[
            r#"SELECT * FROM "main"."orders" o LEFT JOIN "main"."items" i ON i."tid" = ?1 AND (1) JOIN "main"."items" j ON j.id = i.id, "main"."brands" WHERE o."tid" = ?1 AND j."tid" = ?1"#
        ]],
    );
    sqlite(
        "SELECT id FROM items WHERE id IN (SELECT item FROM orders) UNION SELECT id FROM brands",
        expect![[
            r#"SELECT id FROM "main"."items" AS items WHERE items."tid" = ?1 AND (id IN (SELECT item FROM "main"."orders" AS orders WHERE orders."tid" = ?1)) UNION SELECT id FROM "main"."brands""#
        ]],
    );
    sqlite(
        "INSERT INTO items (id) SELECT o.id FROM orders o WHERE true ON CONFLICT DO NOTHING",
        expect![[
            r#"INSERT INTO "main"."items" (id, "tid") SELECT o.id, ?1 FROM "main"."orders" o WHERE o."tid" = ?1 AND (true) ON CONFLICT DO NOTHING"#
        ]],
    );
    sqlite(
        "SELECT iif(1, 2, 3) IS NOT DISTINCT FROM 2 FROM items GROUP BY id HAVING 1",
        expect![[
            r#"SELECT iif(1, 2, 3) IS NOT DISTINCT FROM 2 FROM "main"."items" AS items WHERE items."tid" = ?1 GROUP BY id HAVING 1"#
        ]],
    );
}

#[test]
fn sqlite_slices_tables_elsewhere() {
    // A name twice, merged columns, a join that keeps the right side, parentheses, a hidden key, a row number.
    sqlite(
        "SELECT 1 FROM items, items",
        expect![[
            r#"SELECT 1 FROM (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items, (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items"#
        ]],
    );
    sqlite(
        "SELECT 1 FROM items i JOIN ITEMS AS I ON 1",
        expect![[
            r#"SELECT 1 FROM (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) i JOIN (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS I ON 1"#
        ]],
    );
    sqlite(
        "SELECT * FROM items NATURAL JOIN brands",
        expect![[
            r#"SELECT * FROM (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items NATURAL JOIN "main"."brands""#
        ]],
    );
    sqlite(
        "SELECT * FROM items JOIN brands USING (id)",
        expect![[
            r#"SELECT * FROM (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items JOIN "main"."brands" USING (id)"#
        ]],
    );
    sqlite(
        "SELECT * FROM items RIGHT JOIN brands ON 1",
        expect![[
            r#"SELECT * FROM (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items RIGHT JOIN "main"."brands" ON 1"#
        ]],
    );
    sqlite(
        "SELECT * FROM brands, items FULL JOIN tags ON 1",
        expect![[
            r#"SELECT * FROM "main"."brands", (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items FULL JOIN (SELECT * FROM "main"."tags" WHERE ("tags"."tid" = ?1 OR "tags"."tid" IS NULL)) AS tags ON 1"#
        ]],
    );
    sqlite(
        "SELECT * FROM (items JOIN brands ON 1)",
        expect![[
            r#"SELECT * FROM ((SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items JOIN "main"."brands" ON 1)"#
        ]],
    );
    sqlite(
        "SELECT * FROM brands LEFT JOIN items",
        expect![[
            r#"SELECT * FROM "main"."brands" LEFT JOIN (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items"#
        ]],
    );
    sqlite(
        "SELECT * FROM hidden",
        expect![[
            r#"SELECT * FROM (SELECT "hidden"."id", "hidden"."name" FROM "main"."hidden" WHERE "hidden"."tid" = ?1) AS hidden"#
        ]],
    );
    sqlite(
        "SELECT rowid FROM items",
        expect!["refused: system_column at Some(7)"],
    );
    sqlite(
        "SELECT oid FROM numbered, items",
        expect![[
            r#"SELECT oid FROM "main"."numbered" AS numbered, (SELECT * FROM "main"."items" WHERE "items"."tid" = ?1) AS items WHERE numbered."tid" = ?1"#
        ]],
    );
}

#[test]
fn row_locks_of_own_rows() {
    for accepted in [
        "SELECT * FROM items WHERE id = $1 FOR UPDATE",
        "SELECT * FROM items i FOR NO KEY UPDATE OF i NOWAIT",
        "SELECT * FROM items i, brands b WHERE b.id = i.id FOR SHARE OF i SKIP LOCKED",
        "SELECT * FROM items i LEFT JOIN brands b ON true FOR KEY SHARE OF i",
        "SELECT * FROM (SELECT * FROM items) i, generate_series(1, 2) g FOR UPDATE",
        "WITH b AS (SELECT * FROM brands) SELECT * FROM items, b FOR UPDATE",
        "WITH next AS (SELECT id FROM items ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE items SET qty = 0 FROM next WHERE items.id = next.id RETURNING next.id",
        "SELECT * FROM brands WHERE id IN (SELECT id FROM items FOR UPDATE)",
    ] {
        let text = scoped(Dialect::Postgres, accepted);
        assert!(!text.starts_with("refused"), "{accepted}\n{text}");
    }
    postgres(
        "SELECT id FROM items WHERE id = 1 FOR UPDATE OF items SKIP LOCKED",
        expect![[
            r#"SELECT id FROM (SELECT * FROM "public"."items" WHERE "items"."tid" = $k AND …) AS items WHERE id = 1 FOR UPDATE OF items SKIP LOCKED"#
        ]],
    );
}

#[test]
fn what_the_parser_cannot_read_of_sqlite() {
    sqlite(
        "SELECT id FROM items WHERE id IN brands",
        expect![[
            r#"SELECT id FROM "main"."items" AS items WHERE items."tid" = ?1 AND (id IN (SELECT * FROM "main"."brands"))"#
        ]],
    );
    sqlite(
        "SELECT id FROM items WHERE id NOT IN main.orders AND 1",
        expect![[
            r#"SELECT id FROM "main"."items" AS items WHERE items."tid" = ?1 AND (id NOT IN (SELECT * FROM "main"."orders" AS orders WHERE orders."tid" = ?1) AND 1)"#
        ]],
    );
    sqlite(
        "SELECT 1 WHERE 2 IN secrets",
        expect!["refused: unknown_table at Some(20)"],
    );
    sqlite(
        "SELECT i.id FROM items i NOT INDEXED, orders INDEXED BY by_total WHERE i.id = 1",
        expect![[
            r#"SELECT i.id FROM "main"."items" i  , "main"."orders" AS orders    WHERE i."tid" = ?1 AND orders."tid" = ?1 AND (i.id = 1)"#
        ]],
    );
    sqlite(
        "SELECT id IS NOT qty, id IS 1, id ISNULL, qty NOT NULL, id IS NOT NULL, id NOTNULL FROM items",
        expect![[
            r#"SELECT id IS NOT qty, id IS 1, id ISNULL, qty NOT NULL, id IS NOT NULL, id NOTNULL FROM "main"."items" AS items WHERE items."tid" = ?1"#
        ]],
    );
    sqlite(
        "SELECT name NOT GLOB 'a*', name GLOB 'b', 1 << 3 >> qty, qty == 1 FROM items",
        expect![[
            r#"SELECT name NOT GLOB 'a*', name GLOB 'b', 1 << 3 >> qty, qty == 1 FROM "main"."items" AS items WHERE items."tid" = ?1"#
        ]],
    );
    sqlite(
        "WITH a AS MATERIALIZED (SELECT 1 AS x), b AS NOT MATERIALIZED (SELECT id FROM items) SELECT * FROM a, b",
        expect![[
            r#"WITH _tq1 AS MATERIALIZED (SELECT 1 AS x), _tq2 AS NOT MATERIALIZED (SELECT id FROM "main"."items" AS items WHERE items."tid" = ?1) SELECT * FROM _tq1 AS a, _tq2 AS b"#
        ]],
    );
    sqlite(
        "SELECT id IS (SELECT max(id) FROM orders) AS 'is' FROM items",
        expect![[
            r#"SELECT id IS (SELECT max(id) FROM "main"."orders" AS orders WHERE orders."tid" = ?1) AS 'is' FROM "main"."items" AS items WHERE items."tid" = ?1"#
        ]],
    );
    sqlite(
        "SELECT id IS NOT (SELECT secret FROM people) FROM items",
        expect!["refused: unknown_table at Some(37)"],
    );
    sqlite(
        "SELECT NOT NULL, NOT id FROM items",
        expect![[r#"SELECT NOT NULL, NOT id FROM "main"."items" AS items WHERE items."tid" = ?1"#]],
    );
    sqlite(
        "SELECT id FROM items NOT INDEXED WHERE NOT EXISTS (SELECT 1 FROM orders NOT INDEXED)",
        expect![[
            r#"SELECT id FROM "main"."items" AS items   WHERE items."tid" = ?1 AND (NOT EXISTS (SELECT 1 FROM "main"."orders" AS orders WHERE orders."tid" = ?1  ))"#
        ]],
    );
}
