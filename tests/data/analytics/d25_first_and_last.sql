SELECT DISTINCT customer_id,
       first_value(total_minor) OVER w AS first_total,
       last_value(total_minor) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS last_total,
       dense_rank() OVER (ORDER BY customer_id) AS place
FROM orders
WINDOW w AS (PARTITION BY customer_id ORDER BY placed_at, id)
ORDER BY customer_id
