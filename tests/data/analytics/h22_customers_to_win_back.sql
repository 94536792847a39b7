SELECT domain, count(*) AS customers
FROM (
    SELECT substr(c.email, 1, 1) AS domain, c.id
    FROM customers c
    WHERE NOT EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id AND o.placed_at > '2024-09-01')
      AND (SELECT coalesce(sum(o.total_minor), 0) FROM orders o WHERE o.customer_id = c.id)
          >= (SELECT min(total_minor) FROM orders)
) AS lost
GROUP BY domain
ORDER BY domain
