SELECT tag.value, count(*) AS products
FROM store_products sp JOIN products p ON p.id = sp.product_id,
     jsonb_array_elements_text(CAST(p.tags AS jsonb)) AS tag (value)
WHERE CAST(p.images AS jsonb) @> '[]'
GROUP BY tag.value
ORDER BY products DESC, tag.value
