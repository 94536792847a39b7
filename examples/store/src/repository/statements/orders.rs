//! Placing orders and looking at them.

macro_rules! facts {
    () => {
        "SELECT o.id, o.store_id, o.placed_at, o.currency, o.total_minor, o.name, o.address, c.email \
         FROM orders o JOIN customers c ON c.id = o.customer_id "
    };
}

super::statements! {
    /// All of this module that run on one store's slice.
    ALL:

    /// variant, quantity, now. Takes from the stock what is there to be taken, or touches no row: whoever comes second
    /// waits for the first and finds what is left.
    TAKE_STOCK = "UPDATE store_variants SET stock = stock - $2, updated_at = $3 \
                  WHERE id = $1 AND stock >= $2 \
                    AND store_product_id IN (SELECT sp.id FROM store_products sp WHERE sp.visible = TRUE)";

    /// variant
    FOR_SALE = "SELECT sv.id AS variant_id, coalesce(sp.title, p.title) AS title, \
                       sv.option1, sv.option2, sv.option3, sv.sku, \
                       coalesce(sv.price_minor, pv.price_minor) AS price_minor \
                FROM store_variants sv \
                JOIN store_products sp ON sp.id = sv.store_product_id \
                LEFT JOIN products p ON p.id = sp.product_id \
                LEFT JOIN product_variants pv ON pv.id = sv.variant_id \
                WHERE sv.id = $1 AND sp.visible = TRUE";

    /// id, email, name, now. Who is known keeps their name: an order without login must not change it.
    UPSERT_CUSTOMER = "INSERT INTO customers (id, email, name, created_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (email) DO UPDATE SET email = excluded.email RETURNING id";

    /// id, customer, name, address, currency, total, now
    INSERT_ORDER = "INSERT INTO orders (id, customer_id, name, address, currency, total_minor, placed_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7)";

    /// id, order, variant, position, title, options, sku, price, quantity
    INSERT_LINE = "INSERT INTO order_items \
                       (id, order_id, store_variant_id, position, title, variant, sku, price_minor, quantity) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

    /// order
    BY_ID = concat!(facts!(), "WHERE o.id = $1");

    /// order
    LINES = "SELECT store_variant_id AS variant_id, title, variant, sku, price_minor, quantity \
             FROM order_items WHERE order_id = $1 ORDER BY position";

    /// limit, offset
    LIST = concat!(facts!(), "ORDER BY o.placed_at DESC, o.id LIMIT $1 OFFSET $2");

    /// nothing
    COUNT = "SELECT count(*) FROM orders";
}

pub use across::ALL as ACROSS;

/// For the operator, over several stores.
pub mod across {
    use super::super::Statement;

    /// from, to (exclusive)
    pub const SALES: &str = "SELECT o.store_id, count(*) AS orders, CAST(sum(o.total_minor) AS bigint) AS total_minor \
                             FROM orders o WHERE o.placed_at >= $1 AND o.placed_at < $2 \
                             GROUP BY o.store_id ORDER BY o.store_id";

    /// All of this module.
    pub const ALL: &[Statement] = &[Statement {
        name: "SALES",
        sql: SALES,
    }];
}
