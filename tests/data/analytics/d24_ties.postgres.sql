SELECT i.title, i.quantity
FROM order_items i
ORDER BY i.quantity DESC
FETCH FIRST 3 ROWS WITH TIES
