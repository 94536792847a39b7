SELECT o.id, o.placed_at, o.total_minor,
       sum(o.total_minor) OVER w AS so_far,
       avg(o.total_minor) OVER (ORDER BY o.placed_at, o.id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving
FROM orders o
WINDOW w AS (ORDER BY o.placed_at, o.id ROWS UNBOUNDED PRECEDING)
ORDER BY o.placed_at, o.id
