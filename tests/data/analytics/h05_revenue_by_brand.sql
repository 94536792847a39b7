SELECT b.name, sum(i.price_minor * i.quantity) AS revenue
FROM order_items i, store_variants sv, store_products sp, products p, brands b
WHERE i.store_variant_id = sv.id AND sv.store_product_id = sp.id AND sp.product_id = p.id AND p.brand_id = b.id
GROUP BY b.name
HAVING sum(i.price_minor * i.quantity) > 0
ORDER BY revenue DESC, b.name
