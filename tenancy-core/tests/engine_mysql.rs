//! The exact text that the engine makes for MySQL, and what it refuses there.

#![cfg(feature = "sql")]
#![allow(clippy::unwrap_used, reason = "tests")]

use expect_test::{Expect, expect};
use tenancy_core::{
    Catalog, KeyType, TenantId,
    sql::{Dialect, Scoper},
};

fn catalog() -> Catalog {
    Catalog::from_toml(
        r#"
        [tenant]
        key = "tenant_id"
        type = "bigint"

        [tables]
        items = { kind = "tenant", columns = ["tenant_id", "id", "name", "n"], unique = [["tenant_id", "id"]] }
        orders = { kind = "tenant", columns = ["tenant_id", "id", "item_id", "note"], unique = [["id"]] }
                brands = { kind = "shared", columns = ["id", "name"] }
        tags = { kind = "mixed" }
        secrets = "denied"
        far = { kind = "tenant", schema = "other" }
        "#,
    )
    .unwrap()
}

/// One line a statement: what becomes of it, or why not.
fn check(statements: &[&str], expected: Expect) {
    let scoper = Scoper::new(catalog(), Dialect::Mysql);
    let lines: Vec<String> = statements
        .iter()
        .map(|sql| match scoper.scope(sql) {
            Ok(scoped) => scoped.text().to_owned(),
            Err(refusal) => format!("{}  <  {sql}", refusal.code()),
        })
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn reads() {
    check(
        &[
            "SELECT count (*) FROM items",
            "SELECT * FROM items STRAIGHT_JOIN orders ON items.id = orders.item_id",
            "SELECT * FROM items i USE INDEX (PRIMARY) IGNORE INDEX FOR JOIN (n) WHERE i.id = 1",
            "SELECT * FROM brands FORCE INDEX (PRIMARY)",
            "SELECT * FROM items FULL JOIN orders ON items.id = orders.item_id",
            "SELECT SQL_CALC_FOUND_ROWS * FROM items",
            "SELECT SQL_NO_CACHE * FROM items",
            "SELECT DISTINCTROW name FROM items",
            "SELECT * FROM items LIMIT 1, 2",
            "SELECT 1 FROM dual WHERE 1",
            "SELECT * FROM items FOR UPDATE",
            "SELECT * FROM items i JOIN brands b ON b.id = i.id FOR UPDATE",
            "SELECT * FROM items WHERE id IN (SELECT item_id FROM orders) FOR UPDATE SKIP LOCKED",
            "SELECT * FROM items LOCK IN SHARE MODE",
            "SELECT name FROM items PROCEDURE ANALYSE()",
            "SELECT * FROM items PARTITION (p0)",
            "SELECT * FROM items FOR SYSTEM_TIME ALL",
            "WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM t WHERE a < 3) SELECT * FROM t",
            "SELECT id FROM items EXCEPT SELECT item_id FROM orders INTERSECT SELECT 1",
            r###"SELECT name LIKE 'a\\%' ESCAPE '|' FROM items"###,
            "SELECT * FROM items WHERE (id, n) IN ((1, 2), (3, 4)) AND id BETWEEN 1 AND 2 AND id IS NOT TRUE",
            "SELECT * FROM information_schema.tables",
            "SELECT tqx.items.id FROM items",
            "SELECT 1 FROM items WHERE `tenant_ıd` = 1",
            "SELECT INTERVAL 1 nonsense FROM items",
            "SELECT id FROM items WHERE n = ANY (SELECT item_id FROM orders) AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.item_id = items.id)",
            "SELECT DISTINCT a.id FROM items a LEFT JOIN orders o ON a.id = o.item_id WHERE o.id IS NULL ORDER BY a.id DESC LIMIT 10 OFFSET 5",
            "SELECT id FROM items NATURAL JOIN orders",
            "SELECT id FROM items JOIN orders USING (id)",
            "SELECT id FROM items, orders",
            "(SELECT id FROM items ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM orders ORDER BY id LIMIT 1) ORDER BY 1",
            "SELECT name COLLATE utf8mb4_bin FROM items",
            "SELECT a.* FROM items a",
            "SELECT items.* FROM items",
            "SELECT id FROM items GROUP BY id HAVING COUNT(*) > 1 ORDER BY NULL",
            "SELECT n%2, n%id FROM items",
            "SELECT id FROM items ORDER BY FIELD(id, 3, 1, 2), RAND()",
            "WITH a AS (SELECT id FROM items), b AS (SELECT id FROM a) SELECT * FROM b",
            "WITH a AS (SELECT id FROM items) UPDATE items SET n = 1",
            "WITH a AS (SELECT id FROM items) DELETE FROM items WHERE id IN (SELECT id FROM a)",
            "SELECT id FROM items WHERE name LIKE CONCAT('%', ?, '%')",
            "SELECT id FROM items WHERE DATE_ADD(name, INTERVAL ? DAY) > NOW()",
            "SELECT * FROM items WHERE id = 1 LOCK IN SHARE MODE NOWAIT",
            "SELECT * FROM items i JOIN brands b ON 1 LOCK IN SHARE MODE",
            "SELECT * FROM items JOIN orders",
            "SELECT * FROM items CROSS JOIN orders",
            "SELECT * FROM items INNER JOIN orders ON items.id = orders.item_id",
            "SELECT * FROM (items i JOIN orders o ON i.id = o.item_id) LEFT JOIN brands b ON b.id = i.id",
            "SELECT id FROM items UNION SELECT id FROM orders LOCK IN SHARE MODE",
        ],
        expect![[r#"
            function  <  SELECT count (*) FROM items
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items STRAIGHT_JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders ON items.id = orders.item_id
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) i  WHERE i.id = 1
            SELECT * FROM `brands` FORCE INDEX (PRIMARY)
            construct  <  SELECT * FROM items FULL JOIN orders ON items.id = orders.item_id
            session  <  SELECT SQL_CALC_FOUND_ROWS * FROM items
            SELECT SQL_NO_CACHE * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT DISTINCTROW name FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items LIMIT 1, 2
            SELECT 1 FROM dual WHERE 1
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant FOR UPDATE) AS items FOR UPDATE
            row_lock  <  SELECT * FROM items i JOIN brands b ON b.id = i.id FOR UPDATE
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant FOR UPDATE SKIP LOCKED) AS items WHERE id IN (SELECT item_id FROM (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders) FOR UPDATE SKIP LOCKED
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant LOCK IN SHARE MODE) AS items LOCK IN SHARE MODE
            syntax  <  SELECT name FROM items PROCEDURE ANALYSE()
            construct  <  SELECT * FROM items PARTITION (p0)
            syntax  <  SELECT * FROM items FOR SYSTEM_TIME ALL
            WITH RECURSIVE _tq1 AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM _tq1 AS t WHERE a < 3) SELECT * FROM _tq1 AS t
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items EXCEPT SELECT item_id FROM (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders INTERSECT SELECT 1
            SELECT name LIKE 'a\\%' ESCAPE '|' FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items WHERE (id, n) IN ((1, 2), (3, 4)) AND id BETWEEN 1 AND 2 AND id IS NOT TRUE
            unknown_table  <  SELECT * FROM information_schema.tables
            name  <  SELECT tqx.items.id FROM items
            name  <  SELECT 1 FROM items WHERE `tenant_ıd` = 1
            syntax  <  SELECT INTERVAL 1 nonsense FROM items
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items WHERE n = ANY (SELECT item_id FROM (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders) AND NOT EXISTS (SELECT 1 FROM (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) o WHERE o.item_id = items.id)
            SELECT DISTINCT a.id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) a LEFT JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) o ON a.id = o.item_id WHERE o.id IS NULL ORDER BY a.id DESC LIMIT 10 OFFSET 5
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items NATURAL JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders USING (id)
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items, (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders
            (SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items ORDER BY id LIMIT 1) UNION ALL (SELECT id FROM (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders ORDER BY id LIMIT 1) ORDER BY 1
            SELECT name COLLATE utf8mb4_bin FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT a.* FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) a
            SELECT items.* FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items GROUP BY id HAVING COUNT(*) > 1 ORDER BY NULL
            SELECT n%2, n%id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items ORDER BY FIELD(id, 3, 1, 2), RAND()
            WITH _tq1 AS (SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items), _tq2 AS (SELECT id FROM _tq1 AS a) SELECT * FROM _tq2 AS b
            WITH _tq1 AS (SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items) UPDATE `items` SET n = 1 WHERE `items`.`tenant_id` = :_tq_tenant
            WITH _tq1 AS (SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items) DELETE FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant AND (id IN (SELECT id FROM _tq1 AS a))
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items WHERE name LIKE CONCAT('%', ?, '%')
            SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items WHERE DATE_ADD(name, INTERVAL ? DAY) > NOW()
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant LOCK IN SHARE MODE NOWAIT) AS items WHERE id = 1 LOCK IN SHARE MODE NOWAIT
            row_lock  <  SELECT * FROM items i JOIN brands b ON 1 LOCK IN SHARE MODE
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items CROSS JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items INNER JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders ON items.id = orders.item_id
            SELECT * FROM ((SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) i JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) o ON i.id = o.item_id) LEFT JOIN `brands` b ON b.id = i.id
            row_lock  <  SELECT id FROM items UNION SELECT id FROM orders LOCK IN SHARE MODE"#]],
    );
}

#[test]
fn literals_and_comments() {
    check(
        &[
            r###"SELECT "a\"b", 'it''s', 'a\'b', N'x', X'41', 0x41, b'01', _utf8mb4'x' FROM items"###,
            r###"SELECT 1 # c
FROM items -- x"###,
            "SELECT --1 FROM items",
            "SELECT 1 /*! UNION SELECT 1 */",
            "SELECT 1 /*M! UNION SELECT 1 */",
            "SELECT 1 /*+ NO_MERGE() */ FROM items",
            "SELECT @a",
            "SELECT @@version",
            "SELECT @a := 1",
            "SELECT :x",
            "SELECT 0x1g",
            "SELECT 1e5x FROM items",
            "SELECT x'123'",
            "SELECT name FROM items INTO OUTFILE 'x'",
            "SELECT name INTO @x FROM items",
            "SELECT MATCH(name) AGAINST ('x') FROM items",
            r###"SELECT name AS 'x', name "y" FROM items"###,
            r###"SELECT "a\"b", 'it''s', 'a\'b', N'x', X'41', 0x41, b'01', _utf8mb4'x', _utf8mb4 'x' FROM items"###,
            "SELECT x_utf8'a'",
            r###"SELECT name AS 'x', name "y", id 'z' FROM items"###,
        ],
        expect![[r#"
            SELECT "a\"b", 'it''s', 'a\'b', N'x', X'41', 0x41, b'01', _utf8mb4'x' FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT 1 

            FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items 

            SELECT --1 FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            lexical  <  SELECT 1 /*! UNION SELECT 1 */
            lexical  <  SELECT 1 /*M! UNION SELECT 1 */
            SELECT 1   FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            session  <  SELECT @a
            session  <  SELECT @@version
            session  <  SELECT @a := 1
            placeholder  <  SELECT :x
            lexical  <  SELECT 0x1g
            lexical  <  SELECT 1e5x FROM items
            lexical  <  SELECT x'123'
            session  <  SELECT name FROM items INTO OUTFILE 'x'
            session  <  SELECT name INTO @x FROM items
            construct  <  SELECT MATCH(name) AGAINST ('x') FROM items
            SELECT name AS 'x', name "y" FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT "a\"b", 'it''s', 'a\'b', N'x', X'41', 0x41, b'01', _utf8mb4'x', _utf8mb4 'x' FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            literal  <  SELECT x_utf8'a'
            SELECT name AS 'x', name "y", id 'z' FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items"#]],
    );
}

#[test]
fn expressions() {
    check(
        &[
            "SELECT COUNT(*), COUNT(DISTINCT id, name), GROUP_CONCAT(DISTINCT name ORDER BY id DESC SEPARATOR ';') FROM items GROUP BY n WITH ROLLUP",
            "SELECT `concat`('a')",
            "SELECT CONVERT(name USING utf8mb4), CONVERT(id, CHAR(10)), CAST(n AS UNSIGNED), CAST(n AS SIGNED INTEGER), CAST(n AS DECIMAL(10,2)), BINARY name FROM items",
            "SELECT EXTRACT(YEAR FROM NOW()), NOW() + INTERVAL 1 DAY, DATE_ADD(NOW(), INTERVAL 2 HOUR), DATE_SUB(NOW(), INTERVAL '1:2' MINUTE_SECOND)",
            "SELECT 5 DIV 2, 5 MOD 2, 5 % 2, 1 XOR 0, NULL <=> NULL, 'a' REGEXP 'b', 'a' NOT RLIKE 'b', 'a' SOUNDS LIKE 'b', !1, ~1, 1 && 0, 1 || 0, 1 ^ 3, 1 << 2, 1 | 2",
            "SELECT 1 FROM DUAL",
            "SELECT UTC_TIMESTAMP, UTC_DATE(), CURRENT_DATE, CURRENT_TIMESTAMP(3), LOCALTIME",
            "SELECT VALUES(id) FROM items",
            "SELECT NEXT VALUE FOR s",
            "SELECT id, ROW_NUMBER() OVER (PARTITION BY n ORDER BY id), SUM(n) OVER w FROM items WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
            "VALUES (1, 2), (3, 4)",
            "SELECT LAST_INSERT_ID(), FOUND_ROWS(), SLEEP(1), DATABASE()",
            "SELECT current_user",
            "SELECT user()",
            "SELECT IF(id, 1, 2), LEFT(name, 1), RIGHT(name, 1), REPLACE(name, 'a', 'b'), REPEAT('a', 3), CHAR(65), MOD(5,2), TRIM(LEADING 'a' FROM name), SUBSTRING(name FROM 2 FOR 3), POSITION('a' IN name), INSERT('a',1,1,'b'), DATE('2020-01-01'), YEAR(NOW()), TIMESTAMPDIFF(DAY, NOW(), NOW()), INTERVAL(1,2,3) FROM items",
            "SELECT JSON_EXTRACT(name, '$.a'), name->'$.a', JSON_VALUE(name, '$.a') FROM items",
            "SELECT DATE '2020-01-01', TIME '10:00:00', TIMESTAMP '2020-01-01 00:00:00'",
            "SELECT {d '2020-01-01'}",
            "SELECT * FROM {oj items LEFT JOIN orders ON 1}",
            "SELECT * FROM ITEMS",
            "SELECT GROUP_CONCAT(name ORDER BY id LIMIT 2) FROM items",
            "SELECT EXTRACT(YEAR_MONTH FROM NOW()), DATE_SUB(NOW(), INTERVAL '1:2' MINUTE_SECOND), INTERVAL 1 DAY + NOW()",
            "SELECT IF(id, 1, 2), LEFT(name, 1), RIGHT(name, 1), REPLACE(name, 'a', 'b'), REPEAT('a', 3), CHAR(65) FROM items",
            "SELECT MOD(5,2), TRIM(LEADING 'a' FROM name), SUBSTRING(name FROM 2 FOR 3), POSITION('a' IN name) FROM items",
            "SELECT INSERT('a',1,1,'b') FROM items",
            "SELECT DATE('2020-01-01'), YEAR(NOW()), TIMESTAMPDIFF(DAY, NOW(), NOW()) FROM items",
            "SELECT INTERVAL(1,2,3) FROM items",
            "SELECT CHAR(65 USING utf8mb4), WEIGHT_STRING('a')",
            "SELECT TIMESTAMPADD(MINUTE, 1, NOW()), ADDDATE(NOW(), 3), WEEK(NOW(), 1), GET_FORMAT(DATE, 'EUR')",
            "SELECT CASE n WHEN 1 THEN 'a' ELSE 'b' END, COALESCE(n, 0), n IS NULL, ISNULL(n), IFNULL(n, 1), NULLIF(n, 2) FROM items",
            "SELECT CAST(name AS CHAR CHARACTER SET utf8mb4) FROM items",
            "SELECT CAST('a' AS JSON), CAST(1 AS DOUBLE), CAST(1 AS FLOAT), CAST(1 AS REAL), CAST('1' AS YEAR)",
            "SELECT TRUE, FALSE, NULL, .5, 1e3, 1.5e-3",
            "SELECT * FROM JSON_TABLE('[1,2]', '$[*]' COLUMNS (a INT PATH '$')) AS j",
            "SELECT STR_TO_DATE('1', '%d'), DATE_FORMAT(NOW(), '%Y')",
            "SELECT CURDATE(), CURRENT_TIMESTAMP, SYSDATE(), UNIX_TIMESTAMP(), UUID()",
            "SELECT 1 INTERSECT ALL SELECT 2",
            "SELECT LENGTH(name), CHAR_LENGTH(name), LOCATE('a', name), INSTR(name, 'a') FROM items",
            "SELECT CAST(name AS CHAR CHARACTER SET utf8mb4), CAST(name AS CHAR(9) CHARACTER SET binary) FROM items",
        ],
        expect![[r#"
            SELECT COUNT(*), COUNT(DISTINCT id, name), GROUP_CONCAT(DISTINCT name ORDER BY id DESC SEPARATOR ';') FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items GROUP BY n WITH ROLLUP
            function  <  SELECT `concat`('a')
            SELECT CONVERT(name USING utf8mb4), CONVERT(id, CHAR(10)), CAST(n AS UNSIGNED), CAST(n AS SIGNED INTEGER), CAST(n AS DECIMAL(10,2)), BINARY name FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT EXTRACT(YEAR FROM NOW()), NOW() + INTERVAL 1 DAY, DATE_ADD(NOW(), INTERVAL 2 HOUR), DATE_SUB(NOW(), INTERVAL '1:2' MINUTE_SECOND)
            SELECT 5 DIV 2, 5 MOD 2, 5 % 2, 1 XOR 0, NULL <=> NULL, 'a' REGEXP 'b', 'a' NOT RLIKE 'b', 'a' SOUNDS LIKE 'b', !1, ~1, 1 && 0, 1 || 0, 1 ^ 3, 1 << 2, 1 | 2
            SELECT 1 FROM DUAL
            SELECT UTC_TIMESTAMP, UTC_DATE(), CURRENT_DATE, CURRENT_TIMESTAMP(3), LOCALTIME
            SELECT VALUES(id) FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            syntax  <  SELECT NEXT VALUE FOR s
            SELECT id, ROW_NUMBER() OVER (PARTITION BY n ORDER BY id), SUM(n) OVER w FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items WINDOW w AS (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
            VALUES (1, 2), (3, 4)
            function  <  SELECT LAST_INSERT_ID(), FOUND_ROWS(), SLEEP(1), DATABASE()
            name  <  SELECT current_user
            function  <  SELECT user()
            syntax  <  SELECT IF(id, 1, 2), LEFT(name, 1), RIGHT(name, 1), REPLACE(name, 'a', 'b'), REPEAT('a', 3), CHAR(65), MOD(5,2), TRIM(LEADING 'a' FROM name), SUBSTRING(name FROM 2 FOR 3), POSITION('a' IN name), INSERT('a',1,1,'b'), DATE('2020-01-01'), YEAR(NOW()), TIMESTAMPDIFF(DAY, NOW(), NOW()), INTERVAL(1,2,3) FROM items
            SELECT JSON_EXTRACT(name, '$.a'), name->'$.a', JSON_VALUE(name, '$.a') FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT DATE '2020-01-01', TIME '10:00:00', TIMESTAMP '2020-01-01 00:00:00'
            SELECT {d '2020-01-01'}
            syntax  <  SELECT * FROM {oj items LEFT JOIN orders ON 1}
            unknown_table  <  SELECT * FROM ITEMS
            SELECT GROUP_CONCAT(name ORDER BY id LIMIT 2) FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT EXTRACT(YEAR_MONTH FROM NOW()), DATE_SUB(NOW(), INTERVAL '1:2' MINUTE_SECOND), INTERVAL 1 DAY + NOW()
            SELECT IF(id, 1, 2), LEFT(name, 1), RIGHT(name, 1), REPLACE(name, 'a', 'b'), REPEAT('a', 3), CHAR(65) FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT MOD(5,2), TRIM(LEADING 'a' FROM name), SUBSTRING(name FROM 2 FOR 3), POSITION('a' IN name) FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT INSERT('a',1,1,'b') FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT DATE('2020-01-01'), YEAR(NOW()), TIMESTAMPDIFF(DAY, NOW(), NOW()) FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            syntax  <  SELECT INTERVAL(1,2,3) FROM items
            syntax  <  SELECT CHAR(65 USING utf8mb4), WEIGHT_STRING('a')
            SELECT TIMESTAMPADD(MINUTE, 1, NOW()), ADDDATE(NOW(), 3), WEEK(NOW(), 1), GET_FORMAT(DATE, 'EUR')
            SELECT CASE n WHEN 1 THEN 'a' ELSE 'b' END, COALESCE(n, 0), n IS NULL, ISNULL(n), IFNULL(n, 1), NULLIF(n, 2) FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT CAST(name AS CHAR CHARACTER SET utf8mb4) FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT CAST('a' AS JSON), CAST(1 AS DOUBLE), CAST(1 AS FLOAT), CAST(1 AS REAL), CAST('1' AS YEAR)
            SELECT TRUE, FALSE, NULL, .5, 1e3, 1.5e-3
            SELECT * FROM JSON_TABLE('[1,2]', '$[*]' COLUMNS (a INT PATH '$')) AS j
            SELECT STR_TO_DATE('1', '%d'), DATE_FORMAT(NOW(), '%Y')
            SELECT CURDATE(), CURRENT_TIMESTAMP, SYSDATE(), UNIX_TIMESTAMP(), UUID()
            SELECT 1 INTERSECT ALL SELECT 2
            SELECT LENGTH(name), CHAR_LENGTH(name), LOCATE('a', name), INSTR(name, 'a') FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            name  <  SELECT CAST(name AS CHAR CHARACTER SET utf8mb4), CAST(name AS CHAR(9) CHARACTER SET binary) FROM items"#]],
    );
}

#[test]
fn writes() {
    check(
        &[
            "INSERT INTO items (id, name) VALUES (?, ?), (3, DEFAULT)",
            "INSERT INTO items SET id = 5, name = 'x'",
            "INSERT INTO items SET tenant_id = 9, id = 5",
            "INSERT items VALUES (1, 2, 3, 4)",
            "INSERT INTO items VALUES ()",
            "INSERT INTO items () VALUES (), ()",
            "INSERT INTO items (id) VALUE (1)",
            "INSERT IGNORE INTO items (id) VALUES (1)",
            "INSERT IGNORE INTO orders (id) VALUES (1)",
            "REPLACE INTO items (id, name) VALUES (1, 'x')",
            "REPLACE INTO orders (id) VALUES (1)",
            "REPLACE items SET id = 1",
            "INSERT INTO items (id, name) VALUES (1, 'a') ON DUPLICATE KEY UPDATE name = VALUES(name), n = VALUE(n) + items.n",
            "INSERT INTO items (id, name) VALUES (1, 'a') ON DUPLICATE KEY UPDATE tenant_id = 2",
            "INSERT INTO orders (id) VALUES (1) ON DUPLICATE KEY UPDATE note = 'x'",
            "INSERT INTO items (id, name) SELECT item_id, note FROM orders ON DUPLICATE KEY UPDATE name = 'x'",
            "INSERT INTO items (id, name) VALUES (1, 'a') RETURNING *",
            "INSERT DELAYED INTO items (id) VALUES (1)",
            "INSERT LOW_PRIORITY INTO items (id) VALUES (1)",
            "INSERT INTO brands (id) VALUES (1)",
            "UPDATE items SET n = 1 WHERE id = 2 ORDER BY id LIMIT 1",
            "UPDATE items SET n = 1 ORDER BY id LIMIT ?",
            "DELETE FROM items WHERE id = 2 ORDER BY id LIMIT 1",
            "DELETE FROM items WHERE id = 2 RETURNING id",
            "UPDATE items SET tenant_id = 2",
            "UPDATE items SET _rowid = 2",
            "DELETE QUICK FROM items",
            "DELETE QUICK FROM items quick",
            "UPDATE IGNORE items SET n = 1",
            "INSERT INTO items (id) WITH a AS (SELECT id FROM orders) SELECT id FROM a",
            "INSERT INTO items (id, n) SELECT id, n FROM items WHERE n > 3 UNION SELECT 1, 2",
            "INSERT INTO items SELECT * FROM items",
            "DELETE LOW_PRIORITY IGNORE FROM items WHERE id = 3",
            "DELETE QUICK FROM items QUICK",
            "INSERT INTO lines (id, a) VALUES (1, 2)",
            "INSERT INTO lines VALUES (1, 2)",
            "INSERT INTO tags SET name = 'x'",
            "UPDATE tags SET name = 'x'",
            "DELETE FROM lines",
        ],
        expect![[r#"
            INSERT INTO `items` (id, name, `tenant_id`) VALUES (?, ?, :_tq_tenant), (3, DEFAULT, :_tq_tenant)
            INSERT INTO `items` SET `tenant_id` = :_tq_tenant, id = 5, name = 'x'
            INSERT INTO `items` SET tenant_id = :_tq_tenant, id = 5
            INSERT `items` (`tenant_id`, `id`, `name`, `n`) VALUES (:_tq_tenant, 2, 3, 4)
            INSERT INTO `items` (`tenant_id`) VALUES (:_tq_tenant)
            INSERT INTO `items` (`tenant_id`) VALUES (:_tq_tenant), (:_tq_tenant)
            INSERT INTO `items` (id, `tenant_id`) VALUE (1, :_tq_tenant)
            INSERT IGNORE INTO `items` (id, `tenant_id`) VALUES (1, :_tq_tenant)
            conflict_key  <  INSERT IGNORE INTO orders (id) VALUES (1)
            REPLACE INTO `items` (id, name, `tenant_id`) VALUES (1, 'x', :_tq_tenant)
            conflict_key  <  REPLACE INTO orders (id) VALUES (1)
            REPLACE `items` SET `tenant_id` = :_tq_tenant, id = 1
            INSERT INTO `items` (id, name, `tenant_id`) VALUES (1, 'a', :_tq_tenant) ON DUPLICATE KEY UPDATE name = VALUES(name), n = VALUE(n) + items.n
            key_assigned  <  INSERT INTO items (id, name) VALUES (1, 'a') ON DUPLICATE KEY UPDATE tenant_id = 2
            conflict_key  <  INSERT INTO orders (id) VALUES (1) ON DUPLICATE KEY UPDATE note = 'x'
            INSERT INTO `items` (id, name, `tenant_id`) SELECT item_id, note, :_tq_tenant FROM (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders ON DUPLICATE KEY UPDATE name = 'x'
            INSERT INTO `items` (id, name, `tenant_id`) VALUES (1, 'a', :_tq_tenant) RETURNING *
            construct  <  INSERT DELAYED INTO items (id) VALUES (1)
            INSERT LOW_PRIORITY INTO `items` (id, `tenant_id`) VALUES (1, :_tq_tenant)
            shared_write  <  INSERT INTO brands (id) VALUES (1)
            UPDATE `items` SET n = 1 WHERE `items`.`tenant_id` = :_tq_tenant AND (id = 2) ORDER BY id LIMIT 1
            UPDATE `items` SET n = 1 WHERE `items`.`tenant_id` = :_tq_tenant ORDER BY id LIMIT ?
            DELETE FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant AND (id = 2) ORDER BY id LIMIT 1
            DELETE FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant AND (id = 2) RETURNING id
            key_assigned  <  UPDATE items SET tenant_id = 2
            system_column  <  UPDATE items SET _rowid = 2
            DELETE QUICK FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant
            DELETE QUICK FROM `items` quick WHERE quick.`tenant_id` = :_tq_tenant
            UPDATE IGNORE `items` SET n = 1 WHERE `items`.`tenant_id` = :_tq_tenant
            INSERT INTO `items` (id, `tenant_id`) WITH _tq1 AS (SELECT id FROM (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders) SELECT id, :_tq_tenant FROM _tq1 AS a
            INSERT INTO `items` (id, n, `tenant_id`) SELECT id, n, :_tq_tenant FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items WHERE n > 3 UNION SELECT 1, 2, :_tq_tenant
            INSERT INTO `items` (`tenant_id`, `id`, `name`, `n`) SELECT :_tq_tenant, `items`.`id`, `items`.`name`, `items`.`n` FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            DELETE LOW_PRIORITY IGNORE FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant AND (id = 3)
            DELETE QUICK FROM `items` QUICK WHERE QUICK.`tenant_id` = :_tq_tenant
            name  <  INSERT INTO lines (id, a) VALUES (1, 2)
            name  <  INSERT INTO lines VALUES (1, 2)
            INSERT INTO `tags` SET `tenant_id` = :_tq_tenant, name = 'x'
            UPDATE `tags` SET name = 'x' WHERE `tags`.`tenant_id` = :_tq_tenant
            name  <  DELETE FROM lines"#]],
    );
}

#[test]
fn writes_over_several_tables() {
    check(
        &[
            "UPDATE items i JOIN orders o ON o.item_id = i.id SET i.name = o.note WHERE o.id = 3",
            "UPDATE items i JOIN orders o ON o.item_id = i.id SET i.name = o.note",
            "UPDATE items i LEFT JOIN orders o ON o.item_id = i.id SET o.note = i.name WHERE i.id = 3",
            "UPDATE items i LEFT JOIN orders o ON o.item_id = i.id SET o.note = i.name, i.n = 1",
            "UPDATE items i JOIN brands b ON b.id = i.id SET b.name = 'x'",
            "UPDATE items JOIN orders ON orders.item_id = items.id SET note = 'x'",
            "UPDATE items JOIN orders ON orders.item_id = items.id SET id = 2",
            "UPDATE items i JOIN orders o ON o.item_id = i.id SET i.tenant_id = 5",
            "UPDATE items i JOIN orders o ON o.item_id = i.id SET tenant_id = 5",
            "UPDATE items a JOIN items b ON b.id = a.id + 1 SET a.name = b.name",
            "UPDATE items a RIGHT JOIN orders b ON b.id = a.id SET a.name = b.note",
            "UPDATE items, orders SET items.name = 'x'",
            "DELETE i FROM items i JOIN orders o ON o.item_id = i.id WHERE o.id = 1",
            "DELETE i, o FROM items i JOIN orders o ON o.item_id = i.id",
            "DELETE FROM i USING items i JOIN orders o ON o.item_id = i.id WHERE o.id = 1",
            "DELETE items FROM items LEFT JOIN orders ON orders.item_id = items.id WHERE orders.id IS NULL",
            "DELETE b FROM items i JOIN brands b ON b.id = i.id",
            "DELETE FROM items, orders USING items JOIN orders ON orders.item_id = items.id",
            "UPDATE items, orders SET items.name = 'x' WHERE items.id = orders.item_id",
            "UPDATE items i, orders o SET i.name = o.note, o.note = i.name WHERE i.id = o.item_id",
            "UPDATE items i, brands b RIGHT JOIN orders o ON 1 SET i.name = 1",
            "DELETE t FROM tags t JOIN items i ON i.id = t.id",
        ],
        expect![[r#"
            UPDATE `items` i JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant LIMIT 18446744073709551615) o ON o.item_id = i.id SET i.name = o.note WHERE i.`tenant_id` = :_tq_tenant AND (o.id = 3)
            UPDATE `items` i JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) o ON o.item_id = i.id SET i.name = o.note WHERE i.`tenant_id` = :_tq_tenant
            UPDATE (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) i LEFT JOIN `orders` o ON o.`tenant_id` = :_tq_tenant AND (o.item_id = i.id) SET o.note = i.name WHERE i.id = 3
            UPDATE `items` i LEFT JOIN `orders` o ON o.`tenant_id` = :_tq_tenant AND (o.item_id = i.id) SET o.note = i.name, i.n = 1 WHERE i.`tenant_id` = :_tq_tenant
            shared_write  <  UPDATE items i JOIN brands b ON b.id = i.id SET b.name = 'x'
            UPDATE (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items JOIN `orders` ON orders.item_id = items.id SET note = 'x' WHERE `orders`.`tenant_id` = :_tq_tenant
            columns_unknown  <  UPDATE items JOIN orders ON orders.item_id = items.id SET id = 2
            key_assigned  <  UPDATE items i JOIN orders o ON o.item_id = i.id SET i.tenant_id = 5
            columns_unknown  <  UPDATE items i JOIN orders o ON o.item_id = i.id SET tenant_id = 5
            UPDATE `items` a JOIN (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) b ON b.id = a.id + 1 SET a.name = b.name WHERE a.`tenant_id` = :_tq_tenant
            construct  <  UPDATE items a RIGHT JOIN orders b ON b.id = a.id SET a.name = b.note
            UPDATE `items` CROSS JOIN  (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders SET items.name = 'x' WHERE `items`.`tenant_id` = :_tq_tenant
            DELETE i FROM `items` i JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant LIMIT 18446744073709551615) o ON o.item_id = i.id WHERE i.`tenant_id` = :_tq_tenant AND (o.id = 1)
            DELETE i, o FROM `items` i JOIN `orders` o ON o.item_id = i.id WHERE i.`tenant_id` = :_tq_tenant AND o.`tenant_id` = :_tq_tenant
            DELETE  i FROM `items` i JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant LIMIT 18446744073709551615) o ON o.item_id = i.id WHERE i.`tenant_id` = :_tq_tenant AND (o.id = 1)
            DELETE items FROM `items` LEFT JOIN (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders ON orders.item_id = items.id WHERE `items`.`tenant_id` = :_tq_tenant AND (orders.id IS NULL)
            shared_write  <  DELETE b FROM items i JOIN brands b ON b.id = i.id
            DELETE  items, orders FROM `items` JOIN `orders` ON orders.item_id = items.id WHERE `items`.`tenant_id` = :_tq_tenant AND `orders`.`tenant_id` = :_tq_tenant
            UPDATE `items` CROSS JOIN  (SELECT * FROM `orders` WHERE `orders`.`tenant_id` = :_tq_tenant) AS orders SET items.name = 'x' WHERE `items`.`tenant_id` = :_tq_tenant AND (items.id = orders.item_id)
            UPDATE `items` i CROSS JOIN  `orders` o SET i.name = o.note, o.note = i.name WHERE i.`tenant_id` = :_tq_tenant AND o.`tenant_id` = :_tq_tenant AND (i.id = o.item_id)
            syntax  <  UPDATE items i, brands b RIGHT JOIN orders o ON 1 SET i.name = 1
            DELETE t FROM `tags` t JOIN (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) i ON i.id = t.id WHERE t.`tenant_id` = :_tq_tenant"#]],
    );
}

#[test]
fn refused() {
    check(
        &[
            "TRUNCATE items",
            "HANDLER items OPEN",
            "DO 1",
            "SET @a = 1",
            "SHOW TABLES",
            "CALL p()",
            "LOCK TABLES items READ",
            "LOAD DATA INFILE 'x' INTO TABLE items",
        ],
        expect![[r#"
            statement_kind  <  TRUNCATE items
            syntax  <  HANDLER items OPEN
            syntax  <  DO 1
            session  <  SET @a = 1
            statement_kind  <  SHOW TABLES
            statement_kind  <  CALL p()
            statement_kind  <  LOCK TABLES items READ
            syntax  <  LOAD DATA INFILE 'x' INTO TABLE items"#]],
    );
}

#[test]
fn the_tenant_is_a_literal() {
    let scoped = Scoper::new(catalog(), Dialect::Mysql)
        .scope("SELECT ':_tq_tenant' FROM items WHERE id IN (?, ?)")
        .unwrap();
    assert_eq!((scoped.binds(), scoped.tenant_bind()), (2, None));
    assert!(scoped.has_tenant_literal());
    let text = scoped.text_for(&TenantId::bigint(7).unwrap()).unwrap();
    assert_eq!(
        &*text,
        "SELECT ':_tq_tenant' FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = 7) AS items WHERE id IN (?, ?)"
    );
    assert!(scoped.text_for(&TenantId::text("acme").unwrap()).is_err());
    let free = Scoper::new(catalog(), Dialect::Mysql)
        .scope("SELECT id FROM brands")
        .unwrap();
    assert!(!free.has_tenant_literal());
}

#[test]
fn a_text_key_is_compared_byte_by_byte() {
    let catalog = Catalog::builder()
        .tenant_key("shop", KeyType::Text)
        .tenant_tables(["orders"])
        .build()
        .unwrap();
    let scoped = Scoper::new(catalog, Dialect::Mysql)
        .scope("SELECT id FROM orders")
        .unwrap();
    let text = scoped.text_for(&TenantId::text("acme").unwrap()).unwrap();
    expect!["SELECT id FROM (SELECT * FROM `orders` WHERE `orders`.`shop` = 'acme' AND `orders`.`shop` = CAST('acme' AS BINARY)) AS orders"].assert_eq(&text);
}
