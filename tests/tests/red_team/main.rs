//! Ways out that were thought of by somebody who wants out, beside those of `data/escapes`: against the engine alone on each
//! server, against PostgreSQL's wall alone, and against a connection that another tenant uses next.
//!
//! Each entry has a control: without the engine, or without the wall, the same statement does reach the other tenant.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod engine;
mod wall;

/// Tenant 1 asks, tenant 2 has what it must not learn: values that begin with `T2`, zero divisors, texts that are no numbers.
const TABLES: &str = "
CREATE TABLE items (id BIGINT PRIMARY KEY, tid BIGINT NOT NULL, sku VARCHAR(40), note VARCHAR(80), n BIGINT, UNIQUE (tid, sku));
CREATE TABLE orders (id BIGINT PRIMARY KEY, tid BIGINT NOT NULL, item_id BIGINT, note VARCHAR(80), total BIGINT);
CREATE TABLE parts (order_id BIGINT NOT NULL, no BIGINT, note VARCHAR(80), UNIQUE (order_id, no));
CREATE TABLE prices (id BIGINT PRIMARY KEY, tid BIGINT, amount BIGINT, note VARCHAR(80));
CREATE TABLE deals (id BIGINT PRIMARY KEY, buyer BIGINT, seller BIGINT, qty BIGINT, note VARCHAR(80));
CREATE TABLE products (id BIGINT PRIMARY KEY, name VARCHAR(80));
CREATE TABLE hid (id BIGINT PRIMARY KEY, tid BIGINT NOT NULL, note VARCHAR(80), UNIQUE (tid, note));
INSERT INTO items VALUES (1,1,'a','7',3),(2,1,'b','8',5),(11,2,'a','T2-note',0),(12,2,'z','{[',0);
INSERT INTO orders VALUES (1,1,1,'9',10),(2,1,2,'10',20),(11,2,11,'T2-o',0),(12,2,1,'[',0);
INSERT INTO parts VALUES (1,1,'3'),(2,1,'4'),(11,1,'T2-['),(12,1,'(');
INSERT INTO prices VALUES (1,NULL,5,'1'),(2,1,6,'2'),(11,2,0,'T2-[');
INSERT INTO deals VALUES (1,1,2,5,'1'),(2,2,1,6,'2'),(3,1,3,7,'3'),(11,2,3,0,'T2-[');
INSERT INTO products VALUES (1,'p1'),(2,'p2');
INSERT INTO hid VALUES (1,1,'1'),(2,1,'2'),(11,2,'T2-hid');";

/// What makes tenant 1's own database of it.
const PRIVATE: &str = "DELETE FROM parts WHERE order_id > 10; DELETE FROM items WHERE tid <> 1; DELETE FROM orders WHERE tid <> 1;
DELETE FROM prices WHERE tid <> 1; DELETE FROM deals WHERE buyer <> 1 AND seller <> 1; DROP TABLE hid;
CREATE TABLE hid (id BIGINT PRIMARY KEY, note VARCHAR(80), UNIQUE (note)); INSERT INTO hid VALUES (1,'1'),(2,'2');";

/// The rows that are not tenant 1's.
const OTHERS: &str = "SELECT id, note FROM items WHERE tid = 2 UNION ALL SELECT id, note FROM orders WHERE tid = 2
UNION ALL SELECT order_id, note FROM parts WHERE order_id > 10 UNION ALL SELECT id, note FROM prices WHERE tid = 2
UNION ALL SELECT id, note FROM deals WHERE id = 11 UNION ALL SELECT id, note FROM hid WHERE id = 11 ORDER BY 1, 2";

const CATALOG: &str = r#"
[tenant]
key = "tid"
type = "bigint"
[tables]
items = { kind = "tenant", columns = ["id", "tid", "sku", "note", "n"], primary = ["id"], unique = [["tid", "sku"]] }
orders = { kind = "tenant", columns = ["id", "tid", "item_id", "note", "total"], primary = ["id"] }
parts = { kind = "via", parent = "orders", on = { order_id = "id" }, columns = ["order_id", "no", "note"], unique = [["order_id", "no"]] }
prices = { kind = "mixed", columns = ["id", "tid", "amount", "note"], primary = ["id"] }
products = { kind = "shared", columns = ["id", "name"] }
hid = { kind = "tenant", columns = ["id", "note"], primary = ["id"], unique = [["tid", "note"]] }
[tables.deals]
kind = "party"
columns = ["id", "buyer", "seller", "qty", "note"]
parties = { buyer = { insert = true, update = ["qty"] }, seller = { delete = true } }
"#;
