SELECT shipping.customer, shipping.category, shipping.year, sum(shipping.volume) AS revenue
FROM (
    SELECT c.name AS customer, k.name AS category, substr(o.placed_at, 1, 4) AS year, i.price_minor * i.quantity AS volume
    FROM customers c
    JOIN orders o ON o.customer_id = c.id
    JOIN order_items i ON i.order_id = o.id
    JOIN store_variants sv ON sv.id = i.store_variant_id
    JOIN store_products sp ON sp.id = sv.store_product_id
    JOIN store_categories k ON k.id = sp.store_category_id
) AS shipping
GROUP BY shipping.customer, shipping.category, shipping.year
ORDER BY 1, 2, 3
