SELECT sum(i.price_minor) / 7 AS average_per_week
FROM order_items i
WHERE i.quantity < (SELECT avg(j.quantity) FROM order_items j WHERE j.store_variant_id = i.store_variant_id)
