//! What shoppers see.

/// A store's products with what they take from the master catalogue, and their variants taken together.
macro_rules! products {
    () => {
        "store_products sp \
         JOIN (SELECT sv.store_product_id, \
                      min(coalesce(sv.price_minor, pv.price_minor)) AS price_from_minor, \
                      max(coalesce(sv.price_minor, pv.price_minor)) AS price_to_minor, \
                      CAST(sum(sv.stock) AS bigint) AS stock \
               FROM store_variants sv LEFT JOIN product_variants pv ON pv.id = sv.variant_id \
               GROUP BY sv.store_product_id) v ON v.store_product_id = sp.id \
         LEFT JOIN products p ON p.id = sp.product_id \
         LEFT JOIN brands b ON b.id = p.brand_id \
         LEFT JOIN store_categories c ON c.id = sp.store_category_id \
         WHERE (sp.visible = TRUE OR CAST($1 AS bigint) = 1) \
           AND ($2 = '' OR coalesce(sp.search_text, p.search_text) LIKE $2 ESCAPE '!') \
           AND ($3 = '' OR c.slug = $3) \
           AND ($4 = '' OR coalesce(sp.brand, b.name) = $4) \
           AND v.price_from_minor >= $5 AND v.price_from_minor <= $6 \
           AND (CAST($7 AS bigint) = 0 OR v.stock > 0)"
    };
}

/// A product's own and inherited values.
macro_rules! facts {
    () => {
        "SELECT sp.id, sp.handle, coalesce(sp.title, p.title) AS title, \
                coalesce(sp.description_html, p.description_html) AS description_html, \
                coalesce(sp.brand, b.name, '') AS brand, coalesce(c.name, '') AS category, \
                coalesce(sp.tags, p.tags) AS tags, coalesce(sp.images, p.images) AS images, \
                coalesce(sp.options, p.options) AS options, sp.visible, sp.product_id AS master_id \
         FROM store_products sp \
         LEFT JOIN products p ON p.id = sp.product_id \
         LEFT JOIN brands b ON b.id = p.brand_id \
         LEFT JOIN store_categories c ON c.id = sp.store_category_id "
    };
}

super::statements! {
    /// All of this module.
    ALL:

    /// hidden too (0, 1), pattern, category, brand, least price, highest price, in stock (0, 1), sort, limit, offset
    LIST = concat!(
        "SELECT sp.id, sp.handle, coalesce(sp.title, p.title) AS title, coalesce(sp.brand, b.name, '') AS brand, \
                coalesce(c.name, '') AS category, coalesce(sp.images, p.images) AS images, \
                v.price_from_minor, v.price_to_minor, v.stock, sp.visible FROM ",
        products!(),
        " ORDER BY CASE WHEN $8 = 'price_asc' THEN v.price_from_minor END, \
                   CASE WHEN $8 = 'price_desc' THEN v.price_from_minor END DESC, \
                   CASE WHEN $8 = 'newest' THEN sp.created_at END DESC, \
                   lower(coalesce(sp.title, p.title)), sp.handle \
          LIMIT $9 OFFSET $10"
    );

    /// As `LIST` up to in stock.
    COUNT = concat!("SELECT count(*) FROM ", products!());

    /// handle
    BY_HANDLE = concat!(facts!(), "WHERE sp.visible = TRUE AND sp.handle = $1");

    /// id
    BY_ID = concat!(facts!(), "WHERE sp.id = $1");

    /// product
    VARIANTS = "SELECT sv.id, sv.option1, sv.option2, sv.option3, sv.sku, sv.barcode, sv.grams, \
                       coalesce(sv.price_minor, pv.price_minor) AS price_minor, \
                       CASE WHEN sv.price_minor IS NULL THEN pv.compare_at_minor ELSE sv.compare_at_minor END \
                           AS compare_at_minor, \
                       sv.stock \
                FROM store_variants sv LEFT JOIN product_variants pv ON pv.id = sv.variant_id \
                WHERE sv.store_product_id = $1 ORDER BY sv.position, sv.id";

    /// nothing
    CATEGORIES = "SELECT c.slug, c.name, count(*) AS products \
                  FROM store_categories c JOIN store_products sp ON sp.store_category_id = c.id \
                  WHERE sp.visible = TRUE GROUP BY c.slug, c.name ORDER BY c.name, c.slug";

    /// nothing
    BRANDS = "SELECT x.name, count(*) AS products \
              FROM (SELECT coalesce(sp.brand, b.name, '') AS name FROM store_products sp \
                    LEFT JOIN products p ON p.id = sp.product_id LEFT JOIN brands b ON b.id = p.brand_id \
                    WHERE sp.visible = TRUE) x \
              WHERE x.name <> '' GROUP BY x.name ORDER BY x.name";
}
