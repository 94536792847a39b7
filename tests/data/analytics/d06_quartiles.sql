SELECT quartile, count(*) AS customers, min(spent) AS least, max(spent) AS most
FROM (
    SELECT c.id, coalesce(sum(o.total_minor), 0) AS spent,
           ntile(4) OVER (ORDER BY coalesce(sum(o.total_minor), 0), c.id) AS quartile
    FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
    GROUP BY c.id
) AS customers
GROUP BY quartile
ORDER BY quartile
