SELECT c.name, c.id AS customer, o.id AS order_id, o.placed_at, o.total_minor, sum(i.quantity) AS quantity
FROM customers c, orders o, order_items i
WHERE o.id IN (SELECT order_id FROM order_items GROUP BY order_id HAVING sum(quantity) > 5)
  AND c.id = o.customer_id AND o.id = i.order_id
GROUP BY c.name, c.id, o.id, o.placed_at, o.total_minor
ORDER BY o.total_minor DESC, o.id
