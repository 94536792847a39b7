SELECT substr(o.placed_at, 1, 7) AS month, count(*) AS orders
FROM orders o
WHERE EXISTS (SELECT * FROM order_items i WHERE i.order_id = o.id AND i.quantity > 2)
GROUP BY substr(o.placed_at, 1, 7)
ORDER BY month
