-- A schema without a hole, with a table of every kind.
CREATE TABLE tenants (id bigint PRIMARY KEY);
CREATE TABLE orders (
    store_id bigint NOT NULL REFERENCES tenants (id), id bigint NOT NULL, number text NOT NULL, total bigint, placed date,
    PRIMARY KEY (store_id, id), UNIQUE (store_id, number)
);
CREATE TABLE order_items (
    store_id bigint NOT NULL, id bigint NOT NULL, order_id bigint NOT NULL, sku text,
    PRIMARY KEY (store_id, id), FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id) ON DELETE CASCADE
);
CREATE INDEX order_items_order ON order_items (store_id, order_id);
CREATE TABLE events (store_id bigint NOT NULL, id bigint NOT NULL, at date NOT NULL, PRIMARY KEY (store_id, id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE prices (store_id bigint, id bigint NOT NULL, amount bigint);
CREATE INDEX prices_store ON prices (store_id, id);
CREATE TABLE parcels (store_id bigint NOT NULL, gid bigint NOT NULL UNIQUE, PRIMARY KEY (store_id, gid));
CREATE TABLE parcel_items (parcel_gid bigint NOT NULL REFERENCES parcels (gid), line bigint NOT NULL, sku text, PRIMARY KEY (parcel_gid, line));
CREATE TABLE deals (
    buyer_id bigint NOT NULL, seller_id bigint NOT NULL, id bigint NOT NULL, quantity bigint, status text, PRIMARY KEY (buyer_id, id)
);
CREATE INDEX deals_seller ON deals (seller_id);
CREATE TABLE brands (id bigint PRIMARY KEY, name text);
CREATE TABLE secrets (value text);
CREATE VIEW large_orders AS SELECT store_id, id, total FROM orders WHERE total > 10;
