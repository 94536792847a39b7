SELECT sum(i.price_minor * i.quantity * 5 / 100) AS more
FROM order_items i JOIN orders o ON o.id = i.order_id
WHERE o.placed_at BETWEEN '2024-01-01' AND '2024-12-31' AND i.quantity < 4 AND i.price_minor BETWEEN 500 AND 9000
