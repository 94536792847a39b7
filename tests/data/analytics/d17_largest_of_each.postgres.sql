SELECT c.name, largest.id, largest.total_minor
FROM customers c
CROSS JOIN LATERAL (
    SELECT o.id, o.total_minor FROM orders o WHERE o.customer_id = c.id ORDER BY o.total_minor DESC, o.id LIMIT 2
) AS largest
ORDER BY c.name, largest.total_minor DESC, largest.id
