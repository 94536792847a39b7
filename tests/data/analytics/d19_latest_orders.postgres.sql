SELECT DISTINCT ON (o.customer_id) o.customer_id, o.id, o.placed_at
FROM orders o
ORDER BY o.customer_id, o.placed_at DESC, o.id
