SELECT sv.sku, sv.stock
FROM store_variants sv LEFT JOIN order_items i ON i.store_variant_id = sv.id
WHERE i.id IS NULL
ORDER BY sv.sku
