WITH months AS (
    SELECT substr(placed_at, 1, 7) AS month, sum(total_minor) AS total FROM orders GROUP BY substr(placed_at, 1, 7)
)
SELECT month, total, lag(total) OVER (ORDER BY month) AS before, total - lag(total, 1, 0) OVER (ORDER BY month) AS change
FROM months
ORDER BY month
