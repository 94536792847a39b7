SELECT sv.sku, sum(sv.stock * sv.price_minor) AS value
FROM store_variants sv
WHERE sv.price_minor IS NOT NULL
GROUP BY sv.sku
HAVING sum(sv.stock * sv.price_minor) > (SELECT sum(stock * price_minor) / 20 FROM store_variants)
ORDER BY value DESC, sv.sku
