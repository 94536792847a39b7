SELECT o.id, sum(i.price_minor * i.quantity) AS revenue, o.placed_at
FROM customers c, orders o, order_items i
WHERE c.name LIKE '%a%' AND o.customer_id = c.id AND i.order_id = o.id AND o.placed_at >= '2024-02-01'
GROUP BY o.id, o.placed_at
ORDER BY revenue DESC, o.id
LIMIT 10
