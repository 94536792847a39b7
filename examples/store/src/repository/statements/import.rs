//! Importing a catalogue into a store.

super::statements! {
    /// All of this module.
    ALL:

    /// handle
    PRODUCT = "SELECT id, import_hash FROM store_products WHERE handle = $1";

    /// product
    VARIANTS = "SELECT id, option1, option2, option3, import_hash, position FROM store_variants \
                WHERE store_product_id = $1";

    /// sku
    BY_SKU = "SELECT sv.id, sp.handle, sv.option1, sv.option2, sv.option3 \
              FROM store_variants sv JOIN store_products sp ON sp.id = sv.store_product_id WHERE sv.sku = $1";

    /// id, slug, name, master's category or NULL. A category that is there keeps its name.
    UPSERT_CATEGORY = "INSERT INTO store_categories (id, slug, name, category_id) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (slug) DO UPDATE SET slug = excluded.slug RETURNING id";

    /// id, handle, category, title, description, brand, tags, images, options, search text, visible, hash, now
    INSERT_PRODUCT = "INSERT INTO store_products \
                          (id, handle, store_category_id, title, description_html, brand, tags, images, options, \
                           search_text, visible, import_hash, created_at, updated_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)";

    /// id, category, title, description, brand, tags, images, options, search text, visible, hash, now
    UPDATE_PRODUCT = "UPDATE store_products SET store_category_id = $2, title = $3, description_html = $4, brand = $5, \
                          tags = $6, images = $7, options = $8, search_text = $9, visible = $10, import_hash = $11, \
                          updated_at = $12 \
                      WHERE id = $1";

    /// id, product, options 1 to 3, sku, barcode, grams, price, price before, stock, position, hash, now
    INSERT_VARIANT = "INSERT INTO store_variants \
                          (id, store_product_id, option1, option2, option3, sku, barcode, grams, price_minor, \
                           compare_at_minor, stock, position, import_hash, updated_at) \
                      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

    /// id, sku, barcode, grams, price, price before, stock, hash, now
    UPDATE_VARIANT = "UPDATE store_variants SET sku = $2, barcode = $3, grams = $4, price_minor = $5, \
                          compare_at_minor = $6, stock = $7, import_hash = $8, updated_at = $9 \
                      WHERE id = $1";
}
