SELECT currency, avg(total_minor) AS median
FROM (
    SELECT currency, total_minor,
           row_number() OVER (PARTITION BY currency ORDER BY total_minor, id) AS place,
           count(*) OVER (PARTITION BY currency) AS rows_in_all
    FROM orders
) AS ordered
WHERE place IN ((rows_in_all + 1) / 2, (rows_in_all + 2) / 2)
GROUP BY currency
ORDER BY currency
