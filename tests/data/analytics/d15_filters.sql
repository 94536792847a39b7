SELECT i.sku,
       count(*) FILTER (WHERE o.placed_at < '2024-04-01') AS q1,
       count(*) FILTER (WHERE o.placed_at >= '2024-04-01' AND o.placed_at < '2024-07-01') AS q2,
       sum(i.quantity) FILTER (WHERE o.currency = 'EUR') AS euro
FROM order_items i JOIN orders o ON o.id = i.order_id
GROUP BY i.sku
ORDER BY i.sku
