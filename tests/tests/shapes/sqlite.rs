//! SQLite's grammar: the clauses of its pages on SELECT, INSERT, UPDATE, DELETE, UPSERT, RETURNING and expressions.

use tenancy_testkit::Dialect;

use super::Shop;

const SHOP: Shop = Shop {
    dialect: Dialect::Sqlite,
    catalog: r#"
        [tenant]
        key = "tenant_id"
        type = "bigint"

        [tables]
        items = { kind = "tenant", columns = ["tenant_id", "id", "name", "n"], unique = [["tenant_id", "id"], ["tenant_id", "name"]] }
        orders = { kind = "tenant", columns = ["tenant_id", "id", "item_id", "note", "made"], unique = [["tenant_id", "id"]] }
        docs = { kind = "tenant", columns = ["tenant_id", "id", "doc"], unique = [["tenant_id", "id"]] }
        slugs = { kind = "tenant", columns = ["tenant_id", "slug"], unique = [["slug"]] }
        deals = { kind = "party", columns = ["buyer_id", "seller_id", "id", "quantity", "status"], unique = [["buyer_id", "id"]], parties = { buyer_id = { insert = true, update = ["quantity"] }, seller_id = { update = ["id", "status"] } } }
        brands = "shared"
        secrets = "denied"
    "#,
    schema: "
        CREATE TABLE brands (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE TABLE items (tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT, n INTEGER,
            PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name));
        CREATE INDEX by_n ON items (tenant_id, n);
        CREATE TABLE orders (tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, item_id INTEGER, note TEXT, made TEXT,
            PRIMARY KEY (tenant_id, id));
        CREATE TABLE docs (tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, doc TEXT, PRIMARY KEY (tenant_id, id));
        CREATE TABLE slugs (tenant_id INTEGER NOT NULL, slug TEXT NOT NULL UNIQUE);
        CREATE TABLE deals (buyer_id INTEGER NOT NULL, seller_id INTEGER NOT NULL, id INTEGER NOT NULL, quantity INTEGER,
            status TEXT, UNIQUE (buyer_id, id));",
    shared: "INSERT INTO brands VALUES (1, 'oak'), (2, 'elm'), (3, 'fir')",
    tenants: [
        "INSERT INTO items VALUES (1, 1, 'green a', 10), (1, 2, 'green b', NULL), (1, 3, 'green c', 0), (1, 4, NULL, 10);
         INSERT INTO orders VALUES (1, 1, 1, 'green x', '2024-02-29'), (1, 2, 7, 'green y', '2024-03-01'),
            (1, 3, NULL, 'green z', NULL), (1, 4, 2, NULL, '2023-12-31');
         INSERT INTO docs VALUES (1, 1, '{\"tags\": [\"green\", \"b\"], \"n\": 5}'), (1, 2, '[]'), (1, 3, NULL)",
        "INSERT INTO items VALUES (2, 1, 'blue a', 7), (2, 2, 'blue b', 0), (2, 9, 'blue c', 10);
         INSERT INTO orders VALUES (2, 1, 1, 'blue x', '2024-02-29'), (2, 2, 9, 'blue y', '2020-01-01');
         INSERT INTO docs VALUES (2, 1, '{blue is no JSON'), (2, 2, '{\"tags\": [\"blue\"]}')",
    ],
    markers: ["green", "blue"],
};

#[test]
fn select_and_its_clauses() {
    SHOP.accepts(&[
        "SELECT id, (SELECT\n\tmax(n)\r\nFROM items),\n count(*)\n OVER () + 1 FROM items",
        "SELECT * FROM items",
        "SELECT ALL id FROM items",
        "SELECT DISTINCT n FROM items",
        "SELECT id AS a, n b, name \"c\" FROM items",
        "SELECT items.*, items.id FROM items",
        "SELECT main.items.id FROM main.items",
        "SELECT i.id FROM items AS i WHERE i.n NOT NULL ORDER BY i.id DESC NULLS LAST",
        "SELECT id FROM items ORDER BY n COLLATE NOCASE ASC NULLS FIRST, 1",
        "SELECT id FROM items ORDER BY id LIMIT 2",
        "SELECT id FROM items ORDER BY id LIMIT 2 OFFSET 1",
        "SELECT id FROM items ORDER BY id LIMIT 1, 2",
        "SELECT id FROM items ORDER BY id LIMIT ?1",
        "SELECT n, count(*) FROM items GROUP BY n HAVING count(*) > 0",
        "SELECT n, name, max(id) FROM items GROUP BY n",
        "SELECT id FROM items INDEXED BY by_n WHERE n = 10",
        "SELECT id FROM items NOT INDEXED WHERE n = 10",
        "SELECT id, sum(n) OVER w FROM items WINDOW w AS (PARTITION BY n ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES)",
        "SELECT id, count(*) FILTER (WHERE n > 0) OVER (ORDER BY id RANGE 1 PRECEDING) FROM items",
        "SELECT id, nth_value(name, 2) OVER (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM items",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM items)",
        "VALUES (1, 2), (3, 4)",
    ]);
}

#[test]
fn joins_and_sources() {
    SHOP.accepts(&[
        "SELECT i.id, o.id FROM items i, orders o WHERE o.item_id = i.id",
        "SELECT i.id, o.id FROM items i JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i INNER JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i CROSS JOIN orders o",
        "SELECT i.id, o.id FROM items i LEFT OUTER JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i RIGHT JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i FULL OUTER JOIN orders o ON o.item_id = i.id",
        "SELECT id, name, note FROM items JOIN orders USING (id)",
        "SELECT id FROM items NATURAL JOIN orders",
        "SELECT id FROM items NATURAL LEFT JOIN docs",
        "SELECT i.id, b.name FROM items i LEFT JOIN (orders o JOIN brands b ON b.id = o.id) ON o.item_id = i.id",
        "SELECT d.n FROM (SELECT n, count(*) AS c FROM items GROUP BY n) AS d WHERE d.c > 0",
        "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v",
        "WITH w AS (SELECT id, n FROM items) SELECT a.id FROM w a JOIN w b ON a.id = b.id",
        "WITH w (a, b) AS MATERIALIZED (SELECT id, n FROM items) SELECT a FROM w WHERE b = 10",
        "WITH w AS NOT MATERIALIZED (SELECT id FROM items) SELECT * FROM w",
        "WITH RECURSIVE w (x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM w WHERE x < 4) SELECT w.x, i.n FROM w JOIN items i ON i.id = w.x",
        "SELECT id FROM items UNION SELECT id FROM orders",
        "SELECT id FROM items UNION ALL SELECT id FROM orders ORDER BY 1 LIMIT 3",
        "SELECT id FROM items EXCEPT SELECT item_id FROM orders WHERE id = 1",
        "SELECT id FROM items INTERSECT SELECT id FROM orders",
        "SELECT d.id, t.value FROM docs d, json_each(d.doc, '$.tags') AS t WHERE json_valid(d.doc)",
        "SELECT value FROM json_each('[1, 2]') WHERE value IN (SELECT id FROM items)",
        "SELECT t.fullkey FROM json_tree((SELECT doc FROM docs WHERE json_valid(doc) ORDER BY id LIMIT 1)) AS t",
    ]);
}

#[test]
fn expressions() {
    SHOP.accepts(&[
        "SELECT 1 + 2 * 3 % 2, 7 / 2, 1 << 2 | 1 & 3, ~1, -n, +n, NOT n, name || '!' FROM items",
        "SELECT n = 10, n == 10, n <> 1, n != 1, n < 1, n <= 1, n > 1, n >= 1, n IS 10, n IS NOT 10, n IS NULL, n ISNULL, n NOTNULL FROM items",
        "SELECT n IS DISTINCT FROM 10, n IS NOT DISTINCT FROM NULL FROM items",
        "SELECT id FROM items WHERE name LIKE 'gr|%%' ESCAPE '|' OR name LIKE '% a' OR name NOT LIKE 'x'",
        "SELECT id FROM items WHERE name GLOB '*a' OR name NOT GLOB '*'",
        "SELECT id FROM items WHERE id BETWEEN 1 AND 2 OR id NOT BETWEEN 1 AND 9",
        "SELECT id FROM items WHERE id IN (1, 2) AND id NOT IN (SELECT item_id FROM orders WHERE item_id = 7)",
        "WITH w AS (SELECT item_id FROM orders) SELECT id FROM items WHERE id IN w",
        "SELECT id FROM items WHERE (id, n) IN (VALUES (1, 10), (2, 0))",
        "SELECT id FROM items WHERE (id, n) > (1, 5)",
        "SELECT CASE n WHEN 10 THEN 'a' ELSE 'b' END, CASE WHEN n > 5 THEN 1 END, iif(n, 1, 2) FROM items",
        "SELECT CAST(n AS TEXT), CAST(name AS INTEGER), CAST(n AS REAL), CAST(n AS NUMERIC), CAST(name AS BLOB) FROM items",
        "SELECT x'41', 1.5e3, .5, 0x1F, TRUE, FALSE, NULL, 'it''s' FROM items",
        "SELECT count(*), count(DISTINCT n), sum(n), total(n), avg(n), min(n), max(n), group_concat(n, ';') FROM items",
        "SELECT group_concat(name ORDER BY id DESC) FROM items",
        "SELECT (SELECT max(o.id) FROM orders o WHERE o.item_id = items.id) AS last FROM items",
        "SELECT EXISTS (SELECT 1 FROM orders o WHERE o.item_id = items.id) AS sold FROM items",
        "SELECT name COLLATE NOCASE AS c FROM items ORDER BY c",
        "WITH größe AS (SELECT id AS länge FROM items) SELECT länge AS ä, größe.länge AS Ä FROM größe",
        "SELECT id /* a /* b */, n FROM items -- /* é",
        "SELECT doc -> '$.tags', doc ->> '$.n' FROM docs WHERE json_valid(doc)",
        "SELECT json_group_array(id), json_group_object(id, n) FROM (SELECT id, n FROM items ORDER BY id)",
        "SELECT date(made, '+1 month'), strftime('%Y', made), julianday(made) FROM orders",
        "SELECT \"id\", [n], `name` FROM \"items\"",
        "SELECT id FROM items WHERE id = ? AND n IS NOT ?",
        "SELECT id FROM items WHERE id = ?1 OR n > ?2",
        "SELECT lag(n, 1, 0) OVER (ORDER BY id), rank() OVER (ORDER BY n), ntile(2) OVER (ORDER BY id) FROM items",
    ]);
}

#[test]
fn writes() {
    SHOP.accepts(&[
        "INSERT INTO items (id, name) VALUES (11, 'x'), (12, NULL)",
        "INSERT INTO items (id, n) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET n = excluded.n + coalesce(items.n, 0)",
        "INSERT INTO items (id, n) SELECT id + 20, n FROM items WHERE true",
        "INSERT INTO items (id) VALUES (11) RETURNING id, n AS m",
        "INSERT INTO items (id) VALUES (11) RETURNING *",
        "WITH w AS (SELECT 30 AS id) INSERT INTO items (id) SELECT id FROM w",
        "INSERT OR IGNORE INTO items (id, name) VALUES (1, 'x'), (11, 'y')",
        "INSERT OR REPLACE INTO items (id, name) VALUES (1, 'x'), (11, 'y')",
        "REPLACE INTO items (id, name) VALUES (1, 'x')",
        "INSERT INTO items AS i (id, n) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET n = excluded.n + coalesce(i.n, 0)",
        "INSERT INTO main.items AS i (id, n) SELECT item_id, 9 FROM orders WHERE item_id < 3 ON CONFLICT (id) DO UPDATE SET n = i.id WHERE i.n > 1 RETURNING id, n",
        "INSERT INTO items SELECT * FROM items WHERE id < 3 ON CONFLICT (id) DO UPDATE SET n = 77",
        "INSERT INTO items (tenant_id, id, name) SELECT o.* FROM (SELECT tenant_id, id + 20 AS id, note FROM orders) AS o",
        "INSERT OR ABORT INTO items (id) VALUES (11)",
        "INSERT OR FAIL INTO items (id) VALUES (11)",
        "INSERT INTO items (id, n) VALUES (1, 5), (11, 6) ON CONFLICT (id) DO NOTHING RETURNING id",
        "INSERT INTO items (id, n) VALUES (1, 5), (11, 6) ON CONFLICT DO NOTHING",
        "INSERT INTO items (id, n) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET n = excluded.n WHERE items.n IS NULL OR items.n < 100",
        "INSERT INTO items (id, name) VALUES (11, 'green a'), (12, 'blue a') ON CONFLICT (name) DO UPDATE SET n = 77",
        "INSERT INTO items (id, n) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET (n, name) = (excluded.n, 'z')",
        "UPDATE items SET n = 1 WHERE id = 1",
        "UPDATE items AS i SET n = i.id + 1 WHERE i.id < 3",
        "UPDATE items SET (n, name) = (id, 'z') WHERE id = 1",
        "UPDATE items SET n = o.id FROM orders AS o WHERE o.item_id = items.id",
        "UPDATE items SET n = d.m FROM (SELECT item_id, max(id) AS m FROM orders GROUP BY item_id) AS d WHERE d.item_id = items.id",
        "UPDATE items SET n = (SELECT count(*) FROM orders WHERE orders.item_id = items.id)",
        "UPDATE OR IGNORE items SET id = 40 WHERE id IN (1, 2)",
        "UPDATE OR REPLACE items SET id = 1 WHERE id = 2",
        "UPDATE OR ABORT items SET n = 5",
        "UPDATE OR FAIL items SET n = 5",
        "UPDATE items SET n = 5 WHERE id = 1 RETURNING id, n * 2 AS twice",
        "UPDATE items INDEXED BY by_n SET name = 'x' WHERE n = 10 AND id = 1",
        "WITH w AS (SELECT item_id FROM orders) UPDATE items SET n = 3 WHERE id IN (SELECT item_id FROM w)",
        "DELETE FROM items WHERE id = 1",
        "DELETE FROM items AS i WHERE i.id = 1",
        "DELETE FROM items WHERE id IN (SELECT item_id FROM orders) RETURNING *",
        "WITH w AS (SELECT item_id FROM orders) DELETE FROM items WHERE id IN w",
        "DELETE FROM items NOT INDEXED WHERE n = 10",
    ]);
}

#[test]
fn refused() {
    SHOP.refuses(&[
        // Not in the library as it is compiled by default.
        ("syntax", "UPDATE items SET n = 1 ORDER BY id LIMIT 1"),
        ("construct", "DELETE FROM items ORDER BY id LIMIT 1"),
        // They would undo what the transaction did before.
        ("construct", "INSERT OR ROLLBACK INTO items (id) VALUES (1)"),
        ("construct", "UPDATE OR ROLLBACK items SET n = 1"),
        (
            "key_assigned",
            "INSERT INTO items AS i (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET tenant_id = i.n",
        ),
        // One clause is read, and one is mostly enough: ON CONFLICT DO NOTHING answers all keys.
        (
            "syntax",
            "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO NOTHING ON CONFLICT (name) DO NOTHING",
        ),
        (
            "conflict_target",
            "INSERT INTO items (id) VALUES (1) ON CONFLICT (n) DO NOTHING",
        ),
        (
            "conflict_key",
            "INSERT INTO slugs (slug) VALUES ('a') ON CONFLICT (slug) DO NOTHING",
        ),
        (
            "conflict_key",
            "INSERT INTO slugs (slug) VALUES ('a') ON CONFLICT DO NOTHING",
        ),
        ("conflict_key", "INSERT OR IGNORE INTO slugs (slug) VALUES ('a')"),
        ("conflict_key", "REPLACE INTO slugs (slug) VALUES ('a')"),
        ("conflict_key", "UPDATE OR IGNORE slugs SET slug = 'a'"),
        ("conflict_key", "UPDATE OR REPLACE slugs SET slug = 'a'"),
        // The seller could replace what the buyer has from somebody else.
        ("conflict_key", "UPDATE OR REPLACE deals SET id = 1"),
        ("conflict_key", "UPDATE OR IGNORE deals SET id = 1"),
        ("key_assigned", "UPDATE items SET tenant_id = 2"),
        ("key_assigned", "UPDATE items SET (n, tenant_id) = (1, 2)"),
        (
            "key_assigned",
            "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET tenant_id = 2",
        ),
        ("shared_write", "DELETE FROM brands"),
        ("denied_table", "SELECT 1 FROM secrets"),
        ("unknown_table", "SELECT * FROM sqlite_schema"),
        ("unknown_table", "SELECT * FROM temp.items"),
        ("unknown_table", "UPDATE items SET n = 1 FROM people"),
        ("system_column", "SELECT rowid FROM items"),
        ("system_column", "SELECT _rowid_ FROM items"),
        ("system_column", "UPDATE items SET n = 1 WHERE oid = 1"),
        ("function", "SELECT last_insert_rowid()"),
        ("function", "SELECT load_extension('x')"),
        ("function", "SELECT * FROM pragma_table_info('items')"),
        ("operator", "SELECT id FROM items WHERE name MATCH 'x'"),
        ("operator", "SELECT id FROM items WHERE name REGEXP 'x'"),
        ("placeholder", "SELECT id FROM items WHERE id = :id"),
        ("placeholder", "SELECT id FROM items WHERE id = @id"),
        ("statement_kind", "PRAGMA user_version"),
        ("statement_kind", "ATTACH 'x' AS y"),
        ("statement_kind", "EXPLAIN QUERY PLAN SELECT 1"),
        ("row_lock", "SELECT id FROM items FOR UPDATE"),
    ]);
}
