SELECT o.currency, percentile_cont(0.5) WITHIN GROUP (ORDER BY o.total_minor) AS median,
       percentile_disc(0.9) WITHIN GROUP (ORDER BY o.total_minor) FILTER (WHERE o.total_minor > 0) AS high
FROM orders o
GROUP BY o.currency
ORDER BY o.currency
