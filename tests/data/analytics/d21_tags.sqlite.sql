SELECT tag.value, count(*) AS products
FROM store_products sp JOIN products p ON p.id = sp.product_id JOIN json_each(p.tags) AS tag
GROUP BY tag.value
ORDER BY products DESC, tag.value
