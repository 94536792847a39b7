-- The model of the shop platform.
--
-- Shared tables (the master catalogue) have no store: every store reads them, only the operator writes them.
-- Tenant tables carry `store_id`, and each of their keys, foreign keys and indexes begins with it, so that no
-- constraint can see, or speak of, a row of another store.
--
-- Money is in minor units (cents); times are ISO 8601 in UTC with milliseconds, so that they sort as text.

-- ---------------------------------------------------------------- the stores

-- The tenants: what a request is for is looked up here, and by nobody else.
CREATE TABLE stores (
    id         BIGINT NOT NULL PRIMARY KEY CHECK (id > 0),
    slug       TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    status     TEXT   NOT NULL CHECK (status IN ('pending', 'active', 'suspended', 'rejected', 'deleted')),
    created_at TEXT   NOT NULL
);

-- ---------------------------------------------------------------- the master catalogue, shared by all stores

CREATE TABLE brands (
    id   TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE categories (
    id   TEXT NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE products (
    id               TEXT NOT NULL PRIMARY KEY,
    handle           TEXT NOT NULL UNIQUE,
    title            TEXT NOT NULL,
    description_html TEXT NOT NULL,
    brand_id         TEXT REFERENCES brands (id),
    category_id      TEXT REFERENCES categories (id),
    tags             TEXT NOT NULL, -- JSON: ["a", "b"]
    images           TEXT NOT NULL, -- JSON: [{"src": "https://…", "alt": "…"}]
    options          TEXT NOT NULL, -- JSON: ["Size", "Colour"]
    search_text      TEXT NOT NULL, -- lower case
    import_hash      TEXT NOT NULL, -- of what was last imported
    created_at       TEXT NOT NULL
);

CREATE TABLE product_variants (
    id               TEXT   NOT NULL PRIMARY KEY,
    product_id       TEXT   NOT NULL REFERENCES products (id) ON DELETE CASCADE,
    option1          TEXT   NOT NULL,
    option2          TEXT   NOT NULL,
    option3          TEXT   NOT NULL,
    sku              TEXT,
    barcode          TEXT,
    grams            BIGINT NOT NULL CHECK (grams >= 0),
    price_minor      BIGINT NOT NULL CHECK (price_minor >= 0),
    compare_at_minor BIGINT CHECK (compare_at_minor >= 0),
    position         BIGINT NOT NULL,
    UNIQUE (product_id, option1, option2, option3)
);

-- ---------------------------------------------------------------- what a store makes of it, and its own

CREATE TABLE store_categories (
    store_id    BIGINT NOT NULL REFERENCES stores (id),
    id          TEXT   NOT NULL,
    slug        TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    category_id TEXT REFERENCES categories (id),
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, slug)
);

-- A product of a store: laid over a product of the master catalogue (`product_id`; a NULL column takes the
-- master's value), or the store's own (`product_id` is NULL and the columns are filled).
CREATE TABLE store_products (
    store_id          BIGINT  NOT NULL REFERENCES stores (id),
    id                TEXT    NOT NULL,
    handle            TEXT    NOT NULL,
    product_id        TEXT REFERENCES products (id),
    store_category_id TEXT,
    title             TEXT,
    description_html  TEXT,
    brand             TEXT,
    tags              TEXT,
    images            TEXT,
    options           TEXT,
    search_text       TEXT,
    visible           BOOLEAN NOT NULL,
    import_hash       TEXT, -- of what was last imported: the same file again changes nothing
    created_at        TEXT    NOT NULL,
    updated_at        TEXT    NOT NULL,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, handle),
    UNIQUE (store_id, product_id),
    FOREIGN KEY (store_id, store_category_id) REFERENCES store_categories (store_id, id),
    CHECK (product_id IS NOT NULL OR (title IS NOT NULL AND description_html IS NOT NULL AND brand IS NOT NULL
        AND tags IS NOT NULL AND images IS NOT NULL AND options IS NOT NULL AND search_text IS NOT NULL))
);
CREATE INDEX store_products_by_category ON store_products (store_id, store_category_id);
CREATE INDEX store_products_by_age ON store_products (store_id, created_at);

-- What can be put into a basket. `variant_id` names the master's variant whose price holds where the store has none.
CREATE TABLE store_variants (
    store_id         BIGINT NOT NULL REFERENCES stores (id),
    id               TEXT   NOT NULL,
    store_product_id TEXT   NOT NULL,
    variant_id       TEXT REFERENCES product_variants (id),
    option1          TEXT   NOT NULL,
    option2          TEXT   NOT NULL,
    option3          TEXT   NOT NULL,
    sku              TEXT,
    barcode          TEXT,
    grams            BIGINT NOT NULL CHECK (grams >= 0),
    price_minor      BIGINT CHECK (price_minor >= 0),
    compare_at_minor BIGINT CHECK (compare_at_minor >= 0),
    stock            BIGINT NOT NULL CHECK (stock >= 0),
    position         BIGINT NOT NULL,
    import_hash      TEXT,
    updated_at       TEXT   NOT NULL,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, store_product_id, option1, option2, option3),
    UNIQUE (store_id, sku),
    FOREIGN KEY (store_id, store_product_id) REFERENCES store_products (store_id, id),
    CHECK (variant_id IS NOT NULL OR price_minor IS NOT NULL)
);

-- ---------------------------------------------------------------- orders

CREATE TABLE customers (
    store_id   BIGINT NOT NULL REFERENCES stores (id),
    id         TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    created_at TEXT   NOT NULL,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, email)
);

CREATE TABLE orders (
    store_id    BIGINT NOT NULL REFERENCES stores (id),
    id          TEXT   NOT NULL,
    customer_id TEXT   NOT NULL,
    name        TEXT   NOT NULL, -- as given with this order
    address     TEXT   NOT NULL,
    currency    TEXT   NOT NULL,
    total_minor BIGINT NOT NULL CHECK (total_minor >= 0),
    placed_at   TEXT   NOT NULL,
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, customer_id) REFERENCES customers (store_id, id)
);
CREATE INDEX orders_by_time ON orders (store_id, placed_at);
CREATE INDEX orders_by_customer ON orders (store_id, customer_id);

-- Title, options and price as they were when the order was placed.
CREATE TABLE order_items (
    store_id         BIGINT NOT NULL REFERENCES stores (id),
    id               TEXT   NOT NULL,
    order_id         TEXT   NOT NULL,
    store_variant_id TEXT   NOT NULL,
    position         BIGINT NOT NULL,
    title            TEXT   NOT NULL,
    variant          TEXT   NOT NULL,
    sku              TEXT,
    price_minor      BIGINT NOT NULL CHECK (price_minor >= 0),
    quantity         BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id),
    FOREIGN KEY (store_id, store_variant_id) REFERENCES store_variants (store_id, id)
);
CREATE INDEX order_items_by_order ON order_items (store_id, order_id);
CREATE INDEX order_items_by_variant ON order_items (store_id, store_variant_id);

-- ---------------------------------------------------------------- who works in the store

CREATE TABLE people (
    store_id      BIGINT NOT NULL REFERENCES stores (id),
    id            TEXT   NOT NULL,
    email         TEXT   NOT NULL,
    name          TEXT   NOT NULL,
    role          TEXT   NOT NULL,
    password_hash TEXT   NOT NULL,
    created_at    TEXT   NOT NULL,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, email)
);

-- The token itself is shown once and not kept.
CREATE TABLE api_tokens (
    store_id   BIGINT NOT NULL REFERENCES stores (id),
    id         TEXT   NOT NULL,
    person_id  TEXT   NOT NULL,
    token_hash TEXT   NOT NULL,
    created_at TEXT   NOT NULL,
    expires_at TEXT   NOT NULL,
    PRIMARY KEY (store_id, id),
    UNIQUE (store_id, token_hash),
    FOREIGN KEY (store_id, person_id) REFERENCES people (store_id, id)
);
CREATE INDEX api_tokens_by_person ON api_tokens (store_id, person_id);

-- ---------------------------------------------------------------- the platform's own: no store reaches it

CREATE TABLE operator_tokens (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
);
