SELECT count(*) AS customers
FROM (
    SELECT customer_id FROM orders WHERE placed_at < '2024-07-01'
    INTERSECT
    SELECT customer_id FROM orders WHERE placed_at >= '2024-07-01'
    EXCEPT
    SELECT o.customer_id FROM orders o JOIN order_items i ON i.order_id = o.id WHERE i.quantity > 4
) AS both_halves
