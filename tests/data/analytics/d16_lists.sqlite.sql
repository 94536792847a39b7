SELECT c.name, group_concat(i.title, ', ' ORDER BY i.title, i.id) AS titles
FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id
GROUP BY c.name
ORDER BY c.name
