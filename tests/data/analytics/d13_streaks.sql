SELECT customer_id, min(month) AS since, max(month) AS until, count(*) AS months
FROM (
    SELECT customer_id, month, month - row_number() OVER (PARTITION BY customer_id ORDER BY month) AS island
    FROM (SELECT DISTINCT customer_id, CAST(substr(placed_at, 6, 2) AS INTEGER) AS month FROM orders) AS active
) AS islands
GROUP BY customer_id, island
ORDER BY customer_id, since
