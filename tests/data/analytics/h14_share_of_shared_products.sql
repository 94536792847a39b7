SELECT 100 * sum(CASE WHEN sp.product_id IS NOT NULL THEN i.price_minor * i.quantity ELSE 0 END) / sum(i.price_minor * i.quantity) AS percent
FROM order_items i
JOIN store_variants sv ON sv.id = i.store_variant_id
JOIN store_products sp ON sp.id = sv.store_product_id
