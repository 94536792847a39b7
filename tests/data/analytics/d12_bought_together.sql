SELECT a.title AS one, b.title AS two, count(*) AS times
FROM order_items a JOIN order_items b ON b.order_id = a.order_id AND a.store_variant_id < b.store_variant_id
GROUP BY a.title, b.title
HAVING count(*) >= 1
ORDER BY times DESC, one, two
