-- A schema without a hole, with a table of every kind.
CREATE TABLE tenants (id BIGINT PRIMARY KEY);
CREATE TABLE orders (
    store_id BIGINT NOT NULL REFERENCES tenants (id), id BIGINT NOT NULL, number TEXT NOT NULL, total BIGINT, placed TEXT,
    PRIMARY KEY (store_id, id), UNIQUE (store_id, number)
);
CREATE TABLE order_items (
    store_id BIGINT NOT NULL, id BIGINT NOT NULL, order_id BIGINT NOT NULL, sku TEXT,
    PRIMARY KEY (store_id, id), FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id) ON DELETE CASCADE
);
CREATE INDEX order_items_order ON order_items (store_id, order_id);
CREATE TABLE events (store_id BIGINT NOT NULL, id BIGINT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (store_id, id, at));
CREATE TABLE prices (store_id BIGINT, id BIGINT NOT NULL, amount BIGINT);
CREATE INDEX prices_store ON prices (store_id, id);
CREATE TABLE parcels (store_id BIGINT NOT NULL, gid BIGINT NOT NULL UNIQUE, PRIMARY KEY (store_id, gid));
CREATE TABLE parcel_items (parcel_gid BIGINT NOT NULL REFERENCES parcels (gid), line BIGINT NOT NULL, sku TEXT, PRIMARY KEY (parcel_gid, line));
CREATE TABLE deals (
    buyer_id BIGINT NOT NULL, seller_id BIGINT NOT NULL, id BIGINT NOT NULL, quantity BIGINT, status TEXT, PRIMARY KEY (buyer_id, id)
);
CREATE INDEX deals_seller ON deals (seller_id);
CREATE TABLE brands (id BIGINT PRIMARY KEY, name TEXT);
CREATE TABLE secrets (value TEXT);
CREATE VIEW large_orders AS SELECT store_id, id, total FROM orders WHERE total > 10;
