SELECT sp.handle
FROM store_products sp
WHERE sp.id IN (
    SELECT sv.store_product_id FROM store_variants sv
    WHERE sv.id IN (SELECT i.store_variant_id FROM order_items i WHERE i.title LIKE '%e%')
      AND sv.stock * 4 > (SELECT sum(i.quantity) FROM order_items i WHERE i.store_variant_id = sv.id))
ORDER BY sp.handle
