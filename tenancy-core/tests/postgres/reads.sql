-- Literals
SELECT E'a\'b\n', E'a''b', e'\\' FROM items;
SELECT $$it's$$, $x$a$$b$x$ FROM items;
SELECT B'0101', b'1', X'1F' FROM items;
SELECT 'a'
  'b'
  'it''s' AS c FROM items;
SELECT interval(2) '1 day', date '2020-01-01', int4 '1', float8 'nan', text 'a', timestamp with time zone '2020-01-01 00:00Z';
-- Orders and operators
SELECT id FROM items ORDER BY name USING <, qty USING >;
SELECT 1 OPERATOR(pg_catalog.+) qty FROM items;
SELECT (id, name) < (1, 'a'), ROW(id, name) = ROW(1, 'a') FROM items;
SELECT id SIMILAR TO 'x', id LIKE ALL (ARRAY['a']), id ILIKE ANY (ARRAY['b']) FROM items;
SELECT (now(), now()) OVERLAPS (now(), now());
-- Calls
SELECT make_interval(days => 10) FROM items;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY qty) FROM items;
SELECT count(*) FILTER (WHERE qty > 1) OVER w FROM items WINDOW w AS (PARTITION BY name);
SELECT string_agg(DISTINCT name, ',' ORDER BY name) FROM items;
-- FROM
SELECT FROM items;
SELECT DISTINCT ON (id) id, name FROM items ORDER BY id, name;
SELECT * FROM items ORDER BY id FETCH FIRST 3 ROWS WITH TIES;
SELECT id FROM items LIMIT ALL OFFSET 2 ROWS;
SELECT * FROM items AS x(q, r);
SELECT * FROM (items JOIN notes USING (id)) j;
SELECT * FROM items LEFT JOIN LATERAL (SELECT * FROM orders o WHERE o.id = items.id) l ON true;
SELECT * FROM items, LATERAL (VALUES (items.id), (items.qty)) v(x);
SELECT * FROM generate_series(1, 3) WITH ORDINALITY AS g(a, n);
SELECT * FROM items NATURAL JOIN notes;
SELECT id FROM items EXCEPT ALL SELECT id FROM notes;
WITH x AS NOT MATERIALIZED (SELECT 1) SELECT * FROM x;
-- Arrays and JSON
SELECT ARRAY[1, 2, 3][1:2], ARRAY(SELECT id FROM items), tags[1] FROM notes;
SELECT body #> '{x}', body @> tags, body ?| ARRAY['x'], body ->> 'b' FROM notes;
SELECT body IS JSON OBJECT WITH UNIQUE KEYS FROM notes;
