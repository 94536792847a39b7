SELECT p.brand_id, p.category_id, count(DISTINCT sv.id) AS variants
FROM products p JOIN store_products sp ON sp.product_id = p.id JOIN store_variants sv ON sv.store_product_id = sp.id
WHERE p.brand_id <> 'b3' AND sp.id NOT IN (
    SELECT v.store_product_id FROM store_variants v WHERE v.stock = 0)
GROUP BY p.brand_id, p.category_id
ORDER BY variants DESC, p.brand_id, p.category_id
