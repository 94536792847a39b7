SELECT b.name AS brand, p.title, sv.sku, sv.price_minor
FROM store_variants sv
JOIN store_products sp ON sp.id = sv.store_product_id
JOIN products p ON p.id = sp.product_id
JOIN brands b ON b.id = p.brand_id
WHERE sv.price_minor = (
    SELECT min(v.price_minor)
    FROM store_variants v JOIN store_products s ON s.id = v.store_product_id JOIN products q ON q.id = s.product_id
    WHERE q.brand_id = b.id)
ORDER BY brand, sv.sku
