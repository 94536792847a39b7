SELECT c.name, string_agg(DISTINCT i.title, ', ' ORDER BY i.title) AS titles, array_agg(o.id ORDER BY o.id, i.id) AS orders
FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id
GROUP BY c.name
ORDER BY c.name
