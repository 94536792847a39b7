SELECT i.name, o.note FROM items i LEFT JOIN orders o ON o.item_id = i.id WHERE i.id = ?1 ORDER BY 1 LIMIT 5;
WITH RECURSIVE r(n) AS (SELECT id FROM items UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r JOIN items ON items.id = r.n;
SELECT * FROM items NATURAL JOIN orders;
SELECT * FROM (SELECT id, count(*) AS c FROM items GROUP BY id HAVING count(*) > 0) AS d, brands b;
SELECT name FROM items UNION SELECT note FROM orders EXCEPT SELECT name FROM brands;
SELECT (SELECT max(price) FROM items x WHERE x.id = i.id), EXISTS (SELECT 1 FROM orders) FROM items i;
SELECT row_number() OVER (PARTITION BY qty ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM items;
INSERT INTO items (id, name) VALUES (10, 'n') ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE items.qty > 1 RETURNING *;
INSERT INTO orders (id, item_id, note) SELECT id + 10, id, name FROM items WHERE true ON CONFLICT DO NOTHING;
INSERT INTO orders VALUES (9, 1, 'x') RETURNING id, (SELECT count(*) FROM items);
INSERT INTO orders DEFAULT VALUES;
REPLACE INTO items (id, name) VALUES (1, 'r');
UPDATE items SET name = 'u', price = (SELECT max(price) FROM items) WHERE id IN (SELECT item_id FROM orders) RETURNING name;
UPDATE items SET name = o.note FROM orders o WHERE o.item_id = items.id;
UPDATE OR IGNORE items SET id = id + 1;
DELETE FROM items WHERE id NOT IN (SELECT item_id FROM orders WHERE item_id IS NOT NULL);
SELECT * FROM pages p FULL JOIN items i USING (id) WHERE p.body LIKE '%a%' ESCAPE '\';
SELECT json_extract(name, '$.a'), name -> 'x' ->> 1, CAST(qty AS TEXT) || 'a' FROM items WHERE name GLOB 'a*' AND (id, qty) IN (VALUES (1, 2), (3, 4));
SELECT 'it''s', "name", [name], `name`, X'00', 1e5, -1, ~2, 1 << 3, CASE id WHEN 1 THEN 'a' ELSE NULL END COLLATE NOCASE FROM main.items INDEXED BY sqlite_autoindex_items_1;
SELECT * FROM items, json_each('[1,2]') j WHERE j.value = items.id;
VALUES (1, 2), (3, (SELECT count(*) FROM orders))
;
SELECT l.text, d.status, n.name FROM lines l, deals d JOIN named n ON n.id = d.quantity;
INSERT INTO lines (id, parcel, text) VALUES (3, 12, 'x') RETURNING *;
INSERT INTO lines SELECT id, item_id, note FROM orders;
UPDATE lines SET parcel = 12 WHERE id = 1;
INSERT INTO deals (seller, quantity) VALUES (3, 1);
UPDATE deals SET quantity = 1 WHERE status <> 'x';
DELETE FROM deals WHERE seller = 3
