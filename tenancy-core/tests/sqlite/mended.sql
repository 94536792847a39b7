-- Comparisons
SELECT id FROM items WHERE name IS 'a' AND qty IS NOT 3 AND name IS NOT NULL AND qty IS TRUE;
SELECT id FROM items WHERE qty IS NOT (SELECT max(qty) FROM items) OR name IS name;
SELECT id FROM items WHERE name ISNULL OR qty NOTNULL OR (name || 'x') NOT NULL;
SELECT id FROM items WHERE NOT NULL OR name IS NOT DISTINCT FROM 'a';
SELECT id << 2 | 1, 16 >> qty, 1 << (SELECT count(*) FROM orders) AS shifted FROM items;
-- Sets
SELECT id FROM items WHERE id IN orders;
SELECT id FROM items WHERE id NOT IN main."orders" AND qty > 0;
WITH x AS (SELECT id FROM orders) DELETE FROM items WHERE id IN x;
UPDATE items SET qty = 0 WHERE id IN [orders] RETURNING id;
-- Hints
SELECT id FROM items NOT INDEXED WHERE id = 1;
SELECT i.id FROM items AS i INDEXED BY by_name JOIN orders o NOT INDEXED ON o.id = i.id;
UPDATE items INDEXED BY by_name SET qty = 1 WHERE id = 1;
DELETE FROM items NOT INDEXED WHERE id = 1;
-- Common table expressions
WITH x AS MATERIALIZED (SELECT id FROM items), y(a) AS NOT MATERIALIZED (SELECT id FROM x) SELECT * FROM y;
-- Frames
SELECT sum(qty) OVER (ORDER BY id ROWS 2 PRECEDING EXCLUDE CURRENT ROW), sum(qty) OVER (GROUPS 1 PRECEDING EXCLUDE TIES) FROM items;
-- Labels
SELECT id AS 'the id', qty 'how many' FROM items;
-- Names of columns
SELECT (SELECT max(qty) FROM orders) - 1, EXISTS (SELECT 1 FROM "orders"), count( * ), id, (id) FROM items;
SELECT qty + ?, id /* the id */ , ? || 'x' AS y FROM items;
SELECT (SELECT max(qty) FROM orders) UNION SELECT id FROM items;
INSERT INTO items (id, qty) SELECT 1, (SELECT max(qty) FROM orders);
