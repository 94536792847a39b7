//! A store's staff editing what the store shows.

super::statements! {
    /// All of this module.
    ALL:

    /// id
    OWN = "SELECT title, description_html, brand FROM store_products WHERE id = $1";

    /// id, title, description, brand, visible, search text, now
    UPDATE_PRODUCT = "UPDATE store_products SET title = $2, description_html = $3, brand = $4, visible = $5, \
                          search_text = $6, updated_at = $7 WHERE id = $1";

    /// variant, stock or NULL, price or NULL, now
    UPDATE_VARIANT = "UPDATE store_variants SET stock = coalesce($2, stock), price_minor = coalesce($3, price_minor), \
                          updated_at = $4 WHERE id = $1";

    /// variant
    PRODUCT_OF_VARIANT = "SELECT store_product_id FROM store_variants WHERE id = $1";

    /// pattern, limit, offset
    MASTER_LIST = "SELECT p.id, p.handle, p.title, coalesce(b.name, '') AS brand, sp.id AS store_product_id \
                   FROM products p LEFT JOIN brands b ON b.id = p.brand_id \
                   LEFT JOIN store_products sp ON sp.product_id = p.id \
                   WHERE $1 = '' OR p.search_text LIKE $1 ESCAPE '!' \
                   ORDER BY lower(p.title), p.handle LIMIT $2 OFFSET $3";

    /// pattern
    MASTER_COUNT = "SELECT count(*) FROM products p WHERE $1 = '' OR p.search_text LIKE $1 ESCAPE '!'";

    /// master's product
    MASTER_BY_ID = "SELECT p.id, p.handle, c.id AS category_id, c.slug AS category_slug, c.name AS category_name \
                    FROM products p LEFT JOIN categories c ON c.id = p.category_id WHERE p.id = $1";

    /// id, handle, master's product, category, now
    TAKE_PRODUCT = "INSERT INTO store_products \
                        (id, handle, product_id, store_category_id, visible, created_at, updated_at) \
                    VALUES ($1, $2, $3, $4, TRUE, $5, $5)";

    /// master's product
    MASTER_VARIANTS = "SELECT id, option1, option2, option3, sku, barcode, grams, position \
                       FROM product_variants WHERE product_id = $1 ORDER BY position, id";

    /// id, product, master's variant, options 1 to 3, sku, barcode, grams, position, now
    TAKE_VARIANT = "INSERT INTO store_variants \
                        (id, store_product_id, variant_id, option1, option2, option3, sku, barcode, grams, stock, \
                         position, updated_at) \
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)";
}
