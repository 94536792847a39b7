SELECT sum(i.price_minor * i.quantity) AS revenue
FROM order_items i, store_variants sv
WHERE (sv.id = i.store_variant_id AND sv.option1 = 'S' AND i.quantity BETWEEN 1 AND 2)
   OR (sv.id = i.store_variant_id AND sv.option1 = 'M' AND i.quantity BETWEEN 2 AND 3)
   OR (sv.id = i.store_variant_id AND sv.option1 = 'L' AND i.price_minor > 2000)
