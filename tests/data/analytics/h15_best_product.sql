WITH revenue (product, total) AS (
    SELECT sv.store_product_id, sum(i.price_minor * i.quantity)
    FROM order_items i JOIN store_variants sv ON sv.id = i.store_variant_id
    GROUP BY sv.store_product_id
)
SELECT sp.handle, revenue.total
FROM store_products sp JOIN revenue ON revenue.product = sp.id
WHERE revenue.total = (SELECT max(total) FROM revenue)
ORDER BY sp.handle
