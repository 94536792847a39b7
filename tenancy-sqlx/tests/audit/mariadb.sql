-- A schema without a hole, with a table of every kind.
CREATE TABLE tenants (id bigint PRIMARY KEY);
CREATE TABLE orders (
    store_id bigint NOT NULL, id bigint NOT NULL, number varchar(40) NOT NULL, total bigint, placed date,
    PRIMARY KEY (store_id, id), UNIQUE (store_id, number), FOREIGN KEY (store_id) REFERENCES tenants (id)
);
CREATE TABLE order_items (
    store_id bigint NOT NULL, id bigint NOT NULL, order_id bigint NOT NULL, sku varchar(100),
    PRIMARY KEY (store_id, id), FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id) ON DELETE CASCADE
);
CREATE INDEX order_items_order ON order_items (store_id, order_id);
CREATE TABLE events (store_id bigint NOT NULL, id bigint NOT NULL, at date NOT NULL, PRIMARY KEY (store_id, id, at));
CREATE TABLE prices (store_id bigint, id bigint NOT NULL, amount bigint);
CREATE INDEX prices_store ON prices (store_id, id);
CREATE TABLE parcels (store_id bigint NOT NULL, gid bigint NOT NULL UNIQUE, PRIMARY KEY (store_id, gid));
CREATE TABLE parcel_items (parcel_gid bigint NOT NULL, line bigint NOT NULL, sku varchar(100), PRIMARY KEY (parcel_gid, line), FOREIGN KEY (parcel_gid) REFERENCES parcels (gid));
CREATE TABLE deals (
    buyer_id bigint NOT NULL, seller_id bigint NOT NULL, id bigint NOT NULL, quantity bigint, status varchar(100), PRIMARY KEY (buyer_id, id)
);
CREATE INDEX deals_seller ON deals (seller_id);
CREATE TABLE brands (id bigint PRIMARY KEY, name varchar(100));
CREATE TABLE secrets (value varchar(100));
CREATE SQL SECURITY INVOKER VIEW large_orders AS SELECT store_id, id, total FROM orders WHERE total > 10;
REVOKE SELECT, INSERT, UPDATE, DELETE ON {db}.* FROM {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.orders TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.order_items TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.events TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.prices TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.parcels TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON {db}.parcel_items TO {app};
GRANT SELECT, INSERT, DELETE, UPDATE (quantity, status) ON {db}.deals TO {app};
GRANT SELECT ON {db}.brands TO {app};
GRANT SELECT ON {db}.large_orders TO {app};
