//! Writing the master catalogue, which is the operator's: outside of all stores, on tables that are no store's.

super::statements! {
    /// All of this module.
    ALL:

    /// handle
    PRODUCT = "SELECT id, import_hash FROM products WHERE handle = $1";

    /// product
    VARIANTS = "SELECT option1, option2, option3 FROM product_variants WHERE product_id = $1";

    /// id, name
    UPSERT_BRAND = "INSERT INTO brands (id, name) VALUES ($1, $2) \
                    ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";

    /// id, slug, name
    UPSERT_CATEGORY = "INSERT INTO categories (id, slug, name) VALUES ($1, $2, $3) \
                       ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id";

    /// id, handle, title, description, brand, category, tags, images, options, search text, hash, now
    UPSERT_PRODUCT = "INSERT INTO products \
                          (id, handle, title, description_html, brand_id, category_id, tags, images, options, \
                           search_text, import_hash, created_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                      ON CONFLICT (handle) DO UPDATE SET title = excluded.title, \
                          description_html = excluded.description_html, brand_id = excluded.brand_id, \
                          category_id = excluded.category_id, tags = excluded.tags, images = excluded.images, \
                          options = excluded.options, search_text = excluded.search_text, \
                          import_hash = excluded.import_hash \
                      RETURNING id";

    /// id, product, options 1 to 3, sku, barcode, grams, price, price before, position
    UPSERT_VARIANT = "INSERT INTO product_variants \
                          (id, product_id, option1, option2, option3, sku, barcode, grams, price_minor, \
                           compare_at_minor, position) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                      ON CONFLICT (product_id, option1, option2, option3) DO UPDATE SET sku = excluded.sku, \
                          barcode = excluded.barcode, grams = excluded.grams, price_minor = excluded.price_minor, \
                          compare_at_minor = excluded.compare_at_minor, position = excluded.position";
}
