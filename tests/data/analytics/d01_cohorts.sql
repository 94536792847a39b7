WITH first AS (
    SELECT customer_id, min(substr(placed_at, 1, 7)) AS cohort FROM orders GROUP BY customer_id
), activity AS (
    SELECT f.cohort, substr(o.placed_at, 1, 7) AS month, count(DISTINCT o.customer_id) AS active
    FROM orders o JOIN first f ON f.customer_id = o.customer_id
    GROUP BY f.cohort, substr(o.placed_at, 1, 7)
)
SELECT a.cohort, a.month, a.active, s.active AS size, 100 * a.active / s.active AS percent
FROM activity a JOIN activity s ON s.cohort = a.cohort AND s.month = a.cohort
ORDER BY a.cohort, a.month
