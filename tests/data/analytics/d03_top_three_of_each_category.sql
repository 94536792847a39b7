SELECT category, handle, revenue, place
FROM (
    SELECT k.name AS category, sp.handle, sum(i.price_minor * i.quantity) AS revenue,
           row_number() OVER (PARTITION BY k.name ORDER BY sum(i.price_minor * i.quantity) DESC, sp.handle) AS place
    FROM store_categories k
    JOIN store_products sp ON sp.store_category_id = k.id
    JOIN store_variants sv ON sv.store_product_id = sp.id
    JOIN order_items i ON i.store_variant_id = sv.id
    GROUP BY k.name, sp.handle
) ranked
WHERE place <= 3
ORDER BY category, place
