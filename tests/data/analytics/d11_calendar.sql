WITH RECURSIVE calendar (month) AS (
    SELECT 1
    UNION ALL
    SELECT month + 1 FROM calendar WHERE month < 12
)
SELECT calendar.month, count(o.id) AS orders, coalesce(sum(o.total_minor), 0) AS total
FROM calendar LEFT JOIN orders o ON CAST(substr(o.placed_at, 6, 2) AS INTEGER) = calendar.month
GROUP BY calendar.month
ORDER BY calendar.month
