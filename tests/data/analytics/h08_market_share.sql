SELECT month, sum(CASE WHEN brand = 'Brand 1' THEN volume ELSE 0 END) * 100 / sum(volume) AS share
FROM (
    SELECT substr(o.placed_at, 1, 7) AS month, i.price_minor * i.quantity AS volume, b.name AS brand
    FROM orders o
    INNER JOIN order_items i ON i.order_id = o.id
    INNER JOIN store_variants sv ON sv.id = i.store_variant_id
    INNER JOIN store_products sp ON sp.id = sv.store_product_id
    LEFT JOIN products p ON p.id = sp.product_id
    LEFT JOIN brands b ON b.id = p.brand_id
) all_months
GROUP BY month
ORDER BY month
