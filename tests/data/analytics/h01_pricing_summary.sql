SELECT o.currency, count(*) AS lines, sum(i.quantity) AS quantity, sum(i.quantity * i.price_minor) AS gross,
       min(i.price_minor) AS lowest, max(i.price_minor) AS highest, avg(i.price_minor) AS average
FROM orders o JOIN order_items i ON i.order_id = o.id
WHERE o.placed_at < '2024-10-01'
GROUP BY o.currency
ORDER BY o.currency
