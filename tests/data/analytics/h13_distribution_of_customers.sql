SELECT counts.orders, count(*) AS customers
FROM (
    SELECT c.id, count(o.id) AS orders
    FROM customers c LEFT OUTER JOIN orders o ON o.customer_id = c.id AND o.total_minor > 1000
    GROUP BY c.id
) AS counts
GROUP BY counts.orders
ORDER BY customers DESC, counts.orders DESC
