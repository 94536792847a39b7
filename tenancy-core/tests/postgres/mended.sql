-- Frames that leave rows out
SELECT sum(qty) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM items;
SELECT sum(qty) OVER w FROM items WINDOW w AS (ORDER BY id GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE NO OTHERS);
SELECT sum(qty) OVER (ROWS 1 PRECEDING EXCLUDE GROUP), 1 FROM items;
SELECT sum(qty) OVER (ROWS UNBOUNDED PRECEDING EXCLUDE TIES) FROM items;
SELECT sum(qty) OVER (ORDER BY name RANGE BETWEEN '1 year'::interval PRECEDING AND '1 day'::interval FOLLOWING) FROM items;
-- Joins
SELECT * FROM items JOIN notes USING (id) AS x WHERE x.id = 1;
SELECT * FROM items JOIN (notes JOIN orders USING (id, body) AS y) USING (id) AS x;
-- TABLE
TABLE items;
SELECT 1 UNION ALL TABLE notes;
WITH x AS (TABLE items) TABLE x;
INSERT INTO notes (id, body) TABLE orders;
SELECT 1 WHERE EXISTS (TABLE orders);
-- Inheritance
SELECT i.id FROM items* i JOIN public.notes* n ON n.id = i.id;
SELECT id FROM ONLY items;
SELECT o.id FROM notes, ONLY orders o;
UPDATE ONLY items SET qty = 1;
DELETE FROM ONLY items i USING ONLY notes n WHERE n.id = i.id;
-- GROUP BY
SELECT id, sum(qty) FROM items GROUP BY GROUPING SETS (id, GROUPING SETS (id, CUBE (name), ()));
SELECT sum(qty) FROM items GROUP BY GROUPING SETS ((), GROUPING SETS ((), GROUPING SETS (((id, name)))));
SELECT sum(qty) FROM items GROUP BY GROUPING SETS (ROLLUP (id, name), id), GROUPING SETS (id, CUBE (name));
SELECT id, sum(qty) FROM items GROUP BY DISTINCT ROLLUP (id, name), ROLLUP (id, qty);
SELECT id, sum(qty) FROM items GROUP BY ALL ROLLUP (id, name), ROLLUP (id, qty);
-- Recursion
WITH RECURSIVE g(a, b) AS (SELECT id, qty FROM items UNION ALL SELECT i.id, i.qty FROM items i, g WHERE i.id = g.b) SEARCH DEPTH FIRST BY a, b SET seq SELECT * FROM g ORDER BY seq;
WITH RECURSIVE g(a, b) AS (SELECT id, qty FROM items UNION ALL SELECT i.id, i.qty FROM items i, g WHERE i.id = g.b) CYCLE a, b SET is_cycle USING path SELECT * FROM g;
WITH RECURSIVE g(a) AS (SELECT 1 UNION SELECT a FROM g) SEARCH BREADTH FIRST BY a SET seq CYCLE a SET is_cycle TO 'Y' DEFAULT 'N' USING path SELECT * FROM g;
-- Functions in FROM, and their arguments
SELECT * FROM ROWS FROM (generate_series(1, 2), unnest(ARRAY[1, 2])) WITH ORDINALITY AS x(a, b, n);
SELECT i.id, x FROM items i CROSS JOIN LATERAL ROWS FROM (generate_series(1, i.qty)) x;
SELECT concat(VARIADIC ARRAY['a', 'b']) FROM items;
-- Parts of columns
INSERT INTO items (id, name[1], qty.c[2]) VALUES (1, 'a', 2);
UPDATE items SET name[1] = 'a', qty[1:2] = '{1,2}', id.x = 3 WHERE name[1] = 'b';
INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name[1] = 'a';
-- Collations
SELECT name::text COLLATE "C" sorted FROM items ORDER BY name::text COLLATE "C" DESC;
-- Targets of upserts
INSERT INTO items (id, name) VALUES (1, 'a') ON CONFLICT (lower(name)) DO UPDATE SET name = excluded.name;
INSERT INTO notes (id, body) VALUES (1, 'a') ON CONFLICT (id, (body || tags) text_pattern_ops) WHERE body LIKE 'a%' DO NOTHING;
INSERT INTO items (id) VALUES (1) ON CONFLICT (id COLLATE "C") WHERE qty > 3 AND substring(name, 1) = 'a' DO UPDATE SET qty = 2 WHERE items.qty > 1;
WITH w AS (INSERT INTO items (id) VALUES (1) ON CONFLICT (id) WHERE qty > $1 DO NOTHING RETURNING id) INSERT INTO notes (id) VALUES (2) ON CONFLICT ((id + 1)) DO NOTHING;
INSERT INTO items (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'a');
-- Queries as values
SELECT (VALUES (1)), id FROM items WHERE id = (VALUES (1));
SELECT ((SELECT 2) UNION SELECT id FROM items), (((SELECT 3)) EXCEPT SELECT 4);
-- Functions that are no grammar
SELECT ceil(qty), floor(qty), substring(name, 1, 2), substring(name FROM 2), substr(name, 2), overlay(name, 'x', 1), overlay(name PLACING 'x' FROM 1) FROM items;
SELECT u.a FROM items i, unnest(ARRAY[i.qty]) WITH ORDINALITY AS u(a, n) JOIN LATERAL unnest(ARRAY[n]) x ON true;
-- Names that the server tells
SELECT tableoid::regclass, * FROM notes;
SELECT n.tableoid::regclass::text, i.*, n.* FROM items i LEFT JOIN notes n ON n.id = i.id;
UPDATE notes SET body = 'a' RETURNING *, tableoid::regclass;
SELECT pg_typeof(name), pg_typeof(id)::text FROM items GROUP BY pg_typeof(name), name, id;
-- Whole rows
INSERT INTO notes AS n (id, body) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET body = excluded.*::text WHERE n.* <> excluded.* RETURNING n, (n)::text;
UPDATE notes SET (body, tags) = row(notes.body, 1) RETURNING row(notes.*), to_json(notes);
SELECT n.tags[1], (n).body FROM notes n JOIN items i ON i.* = i.* WHERE (n).body = 'a';
-- Sets, and rows of all columns
SELECT id, body, count(*) FROM notes GROUP BY GROUPING SETS ((id, body), (id));
INSERT INTO notes SELECT * FROM (SELECT id, body FROM notes) n;
WITH gone AS (DELETE FROM notes RETURNING *) INSERT INTO notes SELECT gone.* FROM gone;
-- The rest
SELECT id FROM items WHERE qty BETWEEN SYMMETRIC 3 AND 1 AND id NOT BETWEEN ASYMMETRIC 1 AND 2;
SELECT x.a FROM json_to_recordset('[]') AS x(a int, b text);
SELECT i.id FROM items i JOIN notes n ON n.id = i.id FOR NO KEY UPDATE OF i, n SKIP LOCKED;
SELECT U&'d\0061t''' FROM items;
SELECT a, b FROM unnest(ARRAY[1], ARRAY['x']) AS u(a, b);
SELECT tableoid::regclass FROM notes, (SELECT 1) x WHERE id = 1;
SELECT trim(LEADING FROM body), trim(both from ' x '), trim(trailing
    FROM 'y') FROM notes;

INSERT INTO items (id, name) VALUES (1, 'a') ON CONFLICT ON CONSTRAINT items_name_key DO NOTHING;
INSERT INTO items AS i (id, name) VALUES (1, 'a') ON CONFLICT ON CONSTRAINT ITEMS_NAME_KEY DO UPDATE SET qty = i.qty + 1;
INSERT INTO items OVERRIDING SYSTEM VALUE VALUES (7, 1, 'a', 2);
INSERT INTO items OVERRIDING USER VALUE SELECT * FROM items;
SELECT id FROM items WHERE name %> 'a' ORDER BY qty <=> 4;
SELECT id, q FROM items, to_tsquery('simple', name) q WHERE to_tsvector('simple', name) @@ q;
SELECT id AS größe FROM items ä WHERE ä.name like'é%';
SELECT id /* a /* nested */ comment */ FROM items;
-- Literals of types that the parser does not know
SELECT inet '10.0.0.1' << cidr '10.0.0.0/8', - money '1.5', id FROM items WHERE name < name 'x' AND int4range '[1,2)' @> 1;
SELECT items.name FROM items WHERE daterange E'[2020-01-01,]' @> date '2021-01-01' OR oid $$1$$ = 1;
SELECT extract('year' FROM now()) FROM items;
