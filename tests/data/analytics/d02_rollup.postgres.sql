SELECT substr(o.placed_at, 1, 4) AS year, substr(o.placed_at, 1, 7) AS month, o.currency,
       sum(o.total_minor) AS total, grouping(substr(o.placed_at, 1, 7)) AS all_months
FROM orders o
GROUP BY ROLLUP (substr(o.placed_at, 1, 4), substr(o.placed_at, 1, 7), o.currency)
ORDER BY 1 NULLS LAST, 2 NULLS LAST, 3 NULLS LAST
