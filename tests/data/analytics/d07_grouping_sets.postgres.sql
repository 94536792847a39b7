SELECT sv.option1, sv.option2, count(*) AS variants, sum(sv.stock) AS stock, grouping(sv.option1, sv.option2) AS level
FROM store_variants sv
GROUP BY GROUPING SETS ((sv.option1, sv.option2), (sv.option1), ())
ORDER BY level, 1, 2
