//! MySQL's grammar, on MariaDB.

use tenancy_testkit::Dialect;

use super::Shop;

const SHOP: Shop = Shop {
    dialect: Dialect::Mysql,
    catalog: r#"
        [tenant]
        key = "tenant_id"
        type = "bigint"

        [tables]
        items = { kind = "tenant", columns = ["tenant_id", "id", "name", "n"], unique = [["tenant_id", "id"], ["tenant_id", "name"]] }
        orders = { kind = "tenant", columns = ["tenant_id", "id", "item_id", "note", "made", "price"], unique = [["tenant_id", "id"]] }
        docs = { kind = "tenant", columns = ["tenant_id", "id", "doc"], unique = [["tenant_id", "id"]] }
        slugs = { kind = "tenant", columns = ["tenant_id", "slug"], unique = [["slug"]] }
        brands = "shared"
        secrets = "denied"
    "#,
    schema: "
        CREATE TABLE brands (id BIGINT PRIMARY KEY, name VARCHAR(40) NOT NULL);
        CREATE TABLE items (tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, name VARCHAR(40), n INT,
            PRIMARY KEY (tenant_id, id), UNIQUE KEY by_name (tenant_id, name), KEY by_n (tenant_id, n));
        CREATE TABLE orders (tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, item_id BIGINT, note VARCHAR(40), made DATE,
            price DECIMAL(8, 2), PRIMARY KEY (tenant_id, id));
        CREATE TABLE docs (tenant_id BIGINT NOT NULL, id BIGINT NOT NULL, doc TEXT, PRIMARY KEY (tenant_id, id));
        CREATE TABLE slugs (tenant_id BIGINT NOT NULL, slug VARCHAR(40) NOT NULL, UNIQUE KEY (slug));",
    shared: "INSERT INTO brands VALUES (1, 'oak'), (2, 'elm'), (3, 'fir')",
    tenants: [
        "INSERT INTO items VALUES (1, 1, 'green a', 10), (1, 2, 'green b', NULL), (1, 3, 'green c', 0), (1, 4, NULL, 10);
         INSERT INTO orders VALUES (1, 1, 1, 'green x', '2024-02-29', 1.50), (1, 2, 7, 'green y', '2024-03-01', NULL),
            (1, 3, NULL, 'green z', NULL, 2.25), (1, 4, 2, NULL, '2023-12-31', 10);
         INSERT INTO docs VALUES (1, 1, '{\"tags\": [\"green\", \"b\"], \"n\": 5}'), (1, 2, '[]'), (1, 3, NULL)",
        "INSERT INTO items VALUES (2, 1, 'blue a', 7), (2, 2, 'blue b', 0), (2, 9, 'blue c', 10);
         INSERT INTO orders VALUES (2, 1, 1, 'blue x', '2024-02-29', 3), (2, 2, 9, 'blue y', '2020-01-01', 0);
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
        "SELECT DISTINCTROW n FROM items",
        "SELECT HIGH_PRIORITY STRAIGHT_JOIN SQL_SMALL_RESULT SQL_BIG_RESULT SQL_BUFFER_RESULT SQL_NO_CACHE id FROM items",
        "SELECT id AS a, n b, name 'c' FROM items",
        "SELECT items.*, items.id FROM items",
        "SELECT i.id FROM items AS i WHERE i.n IS NOT NULL ORDER BY i.id DESC",
        "SELECT id FROM items ORDER BY id LIMIT 2",
        "SELECT id FROM items ORDER BY id LIMIT 1, 2",
        "SELECT id FROM items ORDER BY id LIMIT 2 OFFSET 1",
        "SELECT id FROM items ORDER BY id LIMIT ?",
        "SELECT n, COUNT(*) FROM items GROUP BY n",
        "SELECT n, COUNT(*) FROM items GROUP BY n WITH ROLLUP",
        "SELECT n, COUNT(*) AS c FROM items GROUP BY n HAVING c > 0 ORDER BY NULL",
        "SELECT n % 2 AS odd, SUM(id) FROM items GROUP BY 1",
        "SELECT 1 FROM DUAL WHERE EXISTS (SELECT 1 FROM items)",
        "SELECT id FROM items FOR UPDATE",
        "SELECT id FROM items WHERE id = 1 FOR UPDATE NOWAIT",
        "SELECT id FROM items FOR UPDATE SKIP LOCKED",
        "SELECT id FROM items LOCK IN SHARE MODE",
        "SELECT id FROM items USE INDEX (by_n) WHERE n = 10",
        "SELECT id FROM items FORCE INDEX FOR JOIN (PRIMARY) IGNORE INDEX (by_name)",
        "SELECT id FROM items USE KEY ()",
    ]);
}

#[test]
fn joins_and_sources() {
    SHOP.accepts(&[
        "SELECT i.id, o.id FROM items i, orders o WHERE o.item_id = i.id",
        "SELECT i.id, o.id FROM items i JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i INNER JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i CROSS JOIN orders o",
        "SELECT i.id, o.id FROM items i STRAIGHT_JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i LEFT OUTER JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, o.id FROM items i RIGHT JOIN orders o ON o.item_id = i.id",
        "SELECT i.id, b.name FROM items i LEFT JOIN (orders o JOIN brands b ON b.id = o.id) ON o.item_id = i.id",
        "SELECT id, name, note FROM items JOIN orders USING (id)",
        "SELECT items.id FROM items NATURAL JOIN orders",
        "SELECT id FROM items NATURAL LEFT JOIN docs",
        "SELECT d.n FROM (SELECT n, COUNT(*) AS c FROM items GROUP BY n) AS d WHERE d.c > 0",
        "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v",
        "WITH w AS (SELECT id, n FROM items) SELECT a.id FROM w a JOIN w b ON a.id = b.id",
        "WITH w (a, b) AS (SELECT id, n FROM items) SELECT a FROM w WHERE b = 10",
        "WITH RECURSIVE w AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM w WHERE x < 4) SELECT w.x, i.n FROM w JOIN items i ON i.id = w.x",
        "SELECT id FROM items UNION SELECT id FROM orders",
        "SELECT id FROM items UNION ALL SELECT id FROM orders ORDER BY 1 LIMIT 3",
        "SELECT id FROM items EXCEPT SELECT item_id FROM orders WHERE id = 1",
        "SELECT id FROM items INTERSECT SELECT id FROM orders",
        "(SELECT id FROM items ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM orders ORDER BY id DESC LIMIT 1)",
        "VALUES (1, 2), (3, 4)",
        "SELECT d.id, j.tag FROM docs d, JSON_TABLE(d.doc, '$.tags[*]' COLUMNS (ord FOR ORDINALITY, tag VARCHAR(10) PATH '$')) AS j",
        "SELECT d.id, j.* FROM docs d LEFT JOIN JSON_TABLE(d.doc, '$' COLUMNS (n INT PATH '$.n' DEFAULT '7' ON EMPTY NULL ON ERROR, e INT EXISTS PATH '$.n')) AS j ON 1",
        "SELECT * FROM JSON_TABLE('[{\"a\": 1, \"b\": [1, 2]}]', '$[*]' COLUMNS (a BIGINT PATH '$.a', NESTED PATH '$.b[*]' COLUMNS (b TEXT PATH '$'))) AS j",
        "SELECT j.a FROM JSON_TABLE((SELECT CONCAT('[', GROUP_CONCAT(id ORDER BY id), ']') FROM items), '$[*]' COLUMNS (a INT PATH '$')) AS j ORDER BY j.a",
    ]);
}

#[test]
fn expressions() {
    SHOP.accepts(&[
        "SELECT 5 DIV 2, 5 MOD 2, 5 % 2, 1 XOR 0, NULL <=> NULL, !1, ~1, 1 && 0, 1 ^ 3, 1 << 2, 1 | 2 FROM items",
        "SELECT id FROM items WHERE n <=> NULL",
        "SELECT name || '!' FROM items",
        "SELECT name REGEXP '^green', name NOT RLIKE 'a$', name SOUNDS LIKE 'grin', name LIKE 'gr|%' ESCAPE '|' FROM items",
        "SELECT id FROM items WHERE (id, n) IN ((1, 10), (2, 0)) OR id BETWEEN 3 AND 4 OR n IS NOT TRUE",
        "SELECT id FROM items WHERE (id, n) = (SELECT 1, MAX(n) FROM items)",
        "SELECT id FROM items WHERE id > ALL (SELECT item_id FROM orders WHERE item_id < 2) OR id = ANY (SELECT id FROM orders) OR id = SOME (SELECT 3)",
        "SELECT made + INTERVAL 1 MONTH, DATE_SUB(made, INTERVAL '1 2' DAY_HOUR), INTERVAL 2 DAY + made FROM orders",
        "SELECT EXTRACT(YEAR_MONTH FROM made), TIMESTAMPDIFF(DAY, made, '2025-01-01'), TIMESTAMPADD(WEEK, 1, made), DATE_FORMAT(made, '%Y-%m') FROM orders",
        "SELECT CONVERT(name USING utf8mb4), CONVERT(id, CHAR(10)), CAST(n AS UNSIGNED), CAST(price AS DECIMAL(10, 1)), BINARY name FROM items JOIN orders USING (id)",
        "SELECT name COLLATE utf8mb4_bin AS c FROM items ORDER BY c",
        "SELECT X'41', 0x42, b'1000011', _utf8mb4'x', N'y', _latin1 'z', \"double\" FROM items",
        "SELECT DATE '2024-01-02', TIME '10:00:00', TIMESTAMP '2024-01-02 03:04:05' FROM items",
        "SELECT {d '2024-01-02'} AS d, {t '10:00:00'} AS t, {ts '2024-01-02 03:04:05'} AS ts, {fn concat('a', name)} AS f FROM items",
        "SELECT JSON_EXTRACT('{\"a\": 1}', '$.a'), JSON_VALUE('{\"a\": 1}', '$.a'), JSON_ARRAYAGG(id ORDER BY id), JSON_OBJECTAGG(id, n) FROM items",
        "SELECT GROUP_CONCAT(DISTINCT n ORDER BY n DESC SEPARATOR ';'), GROUP_CONCAT(id ORDER BY id LIMIT 2), COUNT(DISTINCT n, name) FROM items",
        "SELECT id, ROW_NUMBER() OVER (ORDER BY id), SUM(n) OVER w, LAG(n, 1) OVER w, FIRST_VALUE(name) OVER (PARTITION BY n ORDER BY id) FROM items WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
        "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY n) OVER (PARTITION BY n > 5) AS p, MEDIAN(n) OVER (PARTITION BY n > 5) AS m FROM items",
        "SELECT IF(n, 'x', 'y'), IFNULL(n, 1), NULLIF(n, 0), CASE n WHEN 10 THEN 'a' ELSE 'b' END, COALESCE(n, 0), ISNULL(n) FROM items",
        "SELECT LEFT(name, 2), RIGHT(name, 1), REPLACE(name, 'a', 'b'), REPEAT('a', 2), INSERT(name, 1, 1, 'b'), TRIM(LEADING 'g' FROM name), SUBSTRING(name FROM 2 FOR 3), POSITION('e' IN name) FROM items",
        "SELECT id FROM items ORDER BY FIELD(id, 3, 1, 2), id",
        "SELECT UTC_DATE() > '2020-01-01', CURRENT_DATE > '2020-01-01', NOW() > '2020-01-01' FROM items",
        "SELECT id, EXISTS (SELECT 1 FROM orders o WHERE o.item_id = items.id) AS sold FROM items",
        "WITH größe AS (SELECT id AS länge FROM items) SELECT LÄNGE, größe.`länge` AS Ä FROM größe",
        "SELECT id /* a /* b */, n /* c /*! d */ FROM items # /* é",
        "SELECT id FROM items WHERE name like'green%'and date'2024-01-01'<now()",
        // The server falls over these where it makes slices a part of the query.
        "SELECT id FROM items WHERE id IN (SELECT CAST(n / 10 AS SIGNED) AS c)",
        "SELECT id FROM items WHERE id <> ANY (SELECT n FROM DUAL)",
        // Where the server takes a slice and what stands around it together, it counts rows that are not there.
        "SELECT COUNT(o.id) OVER () AS c, i.id FROM orders o RIGHT JOIN items i ON o.item_id = i.id",
        "SELECT DISTINCT COUNT(a.id) OVER (PARTITION BY b.id IS NULL) FROM items a JOIN items b ON 1 = 0 RIGHT JOIN orders o ON o.id > a.id",
        "SELECT COUNT(o.id) OVER () AS c, i.id FROM items i LEFT JOIN (SELECT x.id FROM orders x JOIN orders y ON y.id = x.id) AS o ON 1 = 0",
    ]);
}

#[test]
fn writes() {
    SHOP.accepts(&[
        "INSERT INTO items (id, name) VALUES (11, 'x'), (12, DEFAULT)",
        "INSERT items (id) VALUE (11)",
        "INSERT LOW_PRIORITY INTO items (id) VALUES (11)",
        "INSERT HIGH_PRIORITY INTO items (id) VALUES (11)",
        "INSERT IGNORE INTO items (id, name) VALUES (1, 'x'), (11, 'y')",
        "INSERT INTO items SET id = 11, name = 'x', n = id + 1",
        "INSERT INTO items (id, n) SELECT id + 20, n FROM items WHERE n IS NOT NULL",
        "INSERT INTO items (id) WITH w AS (SELECT id + 20 AS id FROM orders) SELECT id FROM w",
        "INSERT INTO items (id) VALUES (11) RETURNING id, n",
        "INSERT INTO items (id, n) VALUES (1, 5) ON DUPLICATE KEY UPDATE n = VALUES(n) + COALESCE(n, 0)",
        "INSERT INTO items (id, n) VALUES (1, 5) ON DUPLICATE KEY UPDATE n = VALUE(n)",
        "INSERT INTO items (id, n) VALUES (1, 5), (11, 6) ON DUPLICATE KEY UPDATE items.n = VALUES(n)",
        "INSERT INTO items (id, n) SELECT id, 3 FROM orders ON DUPLICATE KEY UPDATE `items`.`n` = 4",
        "REPLACE INTO items (id, name) VALUES (1, 'x')",
        "REPLACE LOW_PRIORITY items SET id = 1, n = 9",
        "UPDATE items SET n = 1 WHERE id = 1",
        "UPDATE items SET items.n = 1, `items`.name = 'x' WHERE items.id = 1",
        "UPDATE items i SET i.n = i.id WHERE i.id < 3",
        "UPDATE items SET n = 1 ORDER BY id DESC LIMIT 1",
        "UPDATE LOW_PRIORITY items SET n = 1",
        "UPDATE IGNORE items SET id = 40 WHERE id IN (1, 2)",
        "UPDATE LOW_PRIORITY IGNORE items SET name = 'x' WHERE id = 1",
        "UPDATE items SET n = (SELECT COUNT(*) FROM orders WHERE orders.item_id = items.id)",
        "UPDATE items i JOIN orders o ON o.item_id = i.id SET i.name = o.note",
        "UPDATE items i, orders o SET i.name = o.note WHERE o.item_id = i.id",
        "UPDATE items i, orders o, brands b SET i.name = b.name WHERE o.item_id = i.id AND b.id = i.id",
        "SELECT TRIM(LEADING FROM name), TRIM(both from name), trim(TRAILING\nFROM name) FROM items",
        "UPDATE items i LEFT JOIN orders o ON o.item_id = i.id SET i.n = 99 WHERE o.id IS NULL",
        "UPDATE IGNORE items i JOIN orders o ON o.item_id = i.id SET i.n = 5",
        "DELETE FROM items WHERE id = 1",
        "DELETE LOW_PRIORITY QUICK IGNORE FROM items WHERE n = 10",
        "DELETE FROM items ORDER BY id LIMIT 1",
        "DELETE FROM items WHERE id = 1 RETURNING name",
        "DELETE i FROM items i JOIN orders o ON o.item_id = i.id",
        "DELETE FROM i USING items i JOIN orders o ON o.item_id = i.id",
        "DELETE i, o FROM items i JOIN orders o ON o.item_id = i.id",
        "DELETE i.*, o . * FROM items i JOIN orders o ON o.item_id = i.id",
        "DELETE items.* FROM items WHERE id = 1",
        "DELETE FROM i.* USING items i JOIN orders o ON o.item_id = i.id",
        "UPDATE items USE INDEX (by_n) SET name = 'x' WHERE n = 10",
        "UPDATE items i FORCE INDEX FOR JOIN (PRIMARY), orders o SET i.name = o.note WHERE o.item_id = i.id",
        "UPDATE items i JOIN orders o JOIN brands b ON b.id = i.id SET i.name = b.name WHERE o.item_id = i.id",
        "UPDATE items i INNER JOIN orders o INNER JOIN brands b SET i.name = b.name WHERE o.item_id = i.id AND b.id = i.id",
        "DELETE i FROM items i JOIN orders o JOIN brands b WHERE o.item_id = i.id AND b.id = i.id",
        "INSERT INTO items (tenant_id, id, name) SELECT o.* FROM (SELECT tenant_id, id + 20 AS id, note FROM orders) AS o",
        "REPLACE INTO items (tenant_id, id, name) SELECT o.* FROM (SELECT tenant_id, id, note FROM orders) AS o",
        "INSERT INTO items SELECT * FROM items ON DUPLICATE KEY UPDATE n = 7",
    ]);
}

#[test]
fn refused() {
    SHOP.refuses(&[
        ("session", "SELECT SQL_CALC_FOUND_ROWS id FROM items LIMIT 1"),
        ("session", "SELECT id INTO @id FROM items"),
        ("session", "SELECT id INTO OUTFILE '/tmp/x' FROM items"),
        ("session", "SELECT id FROM items INTO DUMPFILE '/tmp/x'"),
        ("session", "SELECT @a := id FROM items"),
        ("session", "SELECT id FROM items WHERE @@version > ''"),
        // The query cache is MariaDB's alone, and off by default.
        ("name", "SELECT SQL_CACHE id FROM items"),
        ("function", "SELECT FOUND_ROWS() FROM items"),
        ("function", "SELECT LAST_INSERT_ID()"),
        ("function", "SELECT SLEEP(1)"),
        ("function", "SELECT count (*) FROM items"),
        ("function", "SELECT BENCHMARK(1, (SELECT 1))"),
        ("function", "SELECT LOAD_FILE('/etc/passwd')"),
        ("function", "SELECT {fn sleep(1)}"),
        ("construct", "SELECT MATCH(name) AGAINST ('x') FROM items"),
        (
            "construct",
            "SELECT id FROM items WHERE MATCH(name) AGAINST ('+x' IN BOOLEAN MODE)",
        ),
        ("construct", "SELECT * FROM items PARTITION (p0)"),
        ("construct", "INSERT DELAYED INTO items (id) VALUES (1)"),
        (
            "construct",
            "SELECT * FROM items FULL JOIN orders ON items.id = orders.item_id",
        ),
        ("row_lock", "SELECT * FROM brands FOR UPDATE"),
        ("row_lock", "SELECT id FROM items FOR UPDATE OF items"),
        ("lexical", "SELECT 1 /*! UNION SELECT 1 */"),
        ("syntax", "SELECT id FROM items PROCEDURE ANALYSE()"),
        ("unknown_table", "SELECT * FROM information_schema.tables"),
        ("unknown_table", "SELECT * FROM ITEMS"),
        ("denied_table", "SELECT * FROM secrets"),
        ("shared_write", "UPDATE IGNORE brands SET name = 'x'"),
        (
            "shared_write",
            "INSERT INTO brands (id) VALUES (1) ON DUPLICATE KEY UPDATE brands.name = 'x'",
        ),
        ("conflict_key", "INSERT IGNORE INTO slugs (slug) VALUES ('a')"),
        ("conflict_key", "REPLACE INTO slugs (slug) VALUES ('a')"),
        ("conflict_key", "UPDATE IGNORE slugs SET slug = 'a'"),
        (
            "conflict_key",
            "UPDATE LOW_PRIORITY IGNORE slugs s JOIN items i ON i.name = s.slug SET s.slug = 'a'",
        ),
        (
            "conflict_key",
            "INSERT INTO slugs (slug) VALUES ('a') ON DUPLICATE KEY UPDATE slug = 'b'",
        ),
        ("key_assigned", "UPDATE items SET items.tenant_id = 2"),
        ("key_assigned", "UPDATE IGNORE items i SET i.`tenant_id` = 2"),
        (
            "key_assigned",
            "INSERT INTO items (id) VALUES (1) ON DUPLICATE KEY UPDATE items.tenant_id = 2",
        ),
        ("name", "UPDATE items SET orders.n = 2"),
        ("name", "UPDATE items i SET items.n = 2"),
        (
            "name",
            "INSERT INTO items (id) VALUES (1) ON DUPLICATE KEY UPDATE orders.n = 2",
        ),
        ("statement_kind", "TRUNCATE items"),
        ("statement_kind", "LOCK TABLES items READ"),
        ("statement_kind", "CALL p()"),
        // Other relations and calls where JSON_TABLE takes a value.
        (
            "unknown_table",
            "SELECT * FROM JSON_TABLE((SELECT doc FROM people), '$' COLUMNS (a INT PATH '$')) AS j",
        ),
        (
            "denied_table",
            "SELECT * FROM JSON_TABLE((SELECT doc FROM secrets), '$' COLUMNS (a INT PATH '$')) AS j",
        ),
        (
            "function",
            "SELECT * FROM JSON_TABLE(LOAD_FILE('x'), '$' COLUMNS (a INT PATH '$')) AS j",
        ),
        (
            "type",
            "SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (a GEOMETRY PATH '$')) AS j",
        ),
        (
            "construct",
            "SELECT 1 FROM items LEFT JOIN JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) ON 1",
        ),
    ]);
}

/// MariaDB does not know this form of MySQL 8, so its scoped text is held against that of the form that both know.
#[test]
fn the_alias_of_new_rows_is_written_out() {
    let scoper = tenancy_core::sql::Scoper::new(SHOP.catalog(), tenancy_core::sql::Dialect::Mysql);
    let words = |sql: &str| {
        let text = scoper.scope(sql).unwrap().text().to_owned();
        text.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    for (alias, plain) in [
        (
            "INSERT INTO items (id, n) VALUES (1, 2), (3, 4) AS new ON DUPLICATE KEY UPDATE n = new.n + items.n, name = concat(new.`name`, 'x')",
            "INSERT INTO items (id, n) VALUES (1, 2), (3, 4) ON DUPLICATE KEY UPDATE n = VALUES(n) + items.n, name = concat(VALUES(`name`), 'x')",
        ),
        (
            "INSERT INTO items (id, n) VALUES (1, 2) AS new ON DUPLICATE KEY UPDATE n = (SELECT max(o.id) FROM orders o WHERE o.id < new.id)",
            "INSERT INTO items (id, n) VALUES (1, 2) ON DUPLICATE KEY UPDATE n = (SELECT max(o.id) FROM orders o WHERE o.id < VALUES(id))",
        ),
    ] {
        assert_eq!(words(alias), words(plain));
    }
    SHOP.refuses(&[
        ("construct", "INSERT INTO items (id, n) VALUES (1, 2) AS new (a, b) ON DUPLICATE KEY UPDATE n = b"),
        ("construct", "INSERT INTO items (id, n) VALUES (1, 2) AS new ON DUPLICATE KEY UPDATE n = (SELECT max(new.id) FROM orders new)"),
        ("key_assigned", "INSERT INTO items (id) VALUES (1) AS new ON DUPLICATE KEY UPDATE tenant_id = new.tenant_id"),
        ("key_assigned", "INSERT INTO items (id) VALUES (1) AS new ON DUPLICATE KEY UPDATE items.tenant_id = new.id"),
    ]);
}
