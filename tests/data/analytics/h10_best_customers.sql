SELECT c.id, c.name, c.email, sum(i.price_minor * i.quantity) AS revenue
FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id
GROUP BY c.id, c.name, c.email
ORDER BY revenue DESC, c.id
LIMIT 5
