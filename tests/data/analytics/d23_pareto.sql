WITH revenue AS (
    SELECT i.store_variant_id AS variant, sum(i.price_minor * i.quantity) AS total FROM order_items i GROUP BY 1
), cumulated AS (
    SELECT variant, total, sum(total) OVER (ORDER BY total DESC, variant) AS so_far, sum(total) OVER () AS whole FROM revenue
)
SELECT variant, total, 100 * so_far / whole AS percent
FROM cumulated
WHERE 100 * (so_far - total) < 80 * whole
ORDER BY total DESC, variant
