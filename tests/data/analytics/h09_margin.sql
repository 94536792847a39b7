SELECT coalesce(sp.title, p.title) AS title,
       sum(i.price_minor * i.quantity - coalesce(pv.price_minor, sv.price_minor, 0) * i.quantity) AS margin
FROM order_items i
JOIN store_variants sv ON sv.id = i.store_variant_id
JOIN store_products sp ON sp.id = sv.store_product_id
LEFT JOIN products p ON p.id = sp.product_id
LEFT JOIN product_variants pv ON pv.id = sv.variant_id
GROUP BY coalesce(sp.title, p.title)
ORDER BY margin DESC, title
