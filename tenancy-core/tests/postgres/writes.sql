-- Writes in a WITH
WITH x AS (DELETE FROM notes WHERE id = 1 RETURNING *) SELECT * FROM x;
WITH x AS (INSERT INTO notes VALUES (1) RETURNING id), y AS (UPDATE items SET qty = 1 FROM x WHERE x.id = items.id RETURNING items.id) DELETE FROM items i USING y WHERE i.id = y.id;
WITH x AS (WITH z AS (SELECT 1 AS id) INSERT INTO items (id) SELECT id FROM z RETURNING id) INSERT INTO orders (id) SELECT id FROM x;
WITH RECURSIVE w AS (INSERT INTO items (id) SELECT id + 5 FROM v WHERE id > 5 RETURNING id), v AS (UPDATE items SET qty = qty - 11 RETURNING id) SELECT * FROM w UNION ALL SELECT * FROM v;
WITH items AS (SELECT 1 AS id) UPDATE items SET qty = 1 FROM items AS i WHERE i.id = items.id;
WITH x AS (INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET qty = excluded.qty RETURNING *) SELECT * FROM x JOIN orders USING (id);
-- MERGE
MERGE INTO items USING orders ON items.id = orders.id WHEN MATCHED AND orders.qty > 1 THEN UPDATE SET qty = orders.qty WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, qty) VALUES (orders.id, orders.qty);
MERGE INTO notes n USING (SELECT * FROM items) i ON n.id = i.id OR CASE WHEN true THEN false END WHEN NOT MATCHED THEN INSERT VALUES (i.id) WHEN MATCHED THEN DO NOTHING;
MERGE INTO items i USING orders o ON i.id = o.id WHEN NOT MATCHED BY SOURCE THEN DELETE;
MERGE INTO items i USING orders o ON i.id = o.id WHEN NOT MATCHED BY SOURCE AND i.qty > 1 OR i.qty < 0 THEN UPDATE SET qty = 1 WHEN NOT MATCHED BY TARGET THEN INSERT (tid, id) VALUES (7, o.id) RETURNING i.id;
MERGE INTO ONLY items i USING orders o ON i.id = o.id WHEN MATCHED THEN DELETE;
WITH c AS (SELECT 1 AS id) MERGE INTO items USING c ON items.id = c.id WHEN MATCHED THEN UPDATE SET (name, qty) = (SELECT id, 1 FROM c) WHEN NOT MATCHED THEN INSERT (id) VALUES (c.id);
WITH x AS (MERGE INTO items i USING brands b ON i.id = b.id WHEN MATCHED THEN DELETE RETURNING i.id) SELECT * FROM x;

INSERT INTO items SELECT * FROM items;
INSERT INTO items (id, tid, name) SELECT i.id, n.* FROM items i, (SELECT id, body FROM notes) n;
INSERT INTO items SELECT o.* FROM items o JOIN notes n ON n.id = o.id UNION ALL SELECT i.tid, i.id, i.name, 3 FROM items i;
