SELECT o.currency,
       sum(CASE WHEN i.quantity >= 3 THEN 1 ELSE 0 END) AS large,
       sum(CASE WHEN i.quantity < 3 THEN 1 ELSE 0 END) AS small
FROM orders o, order_items i
WHERE o.id = i.order_id AND o.currency IN ('EUR', 'USD')
GROUP BY o.currency
ORDER BY o.currency
