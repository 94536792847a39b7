SELECT coalesce(s.variant, k.variant) AS variant, coalesce(s.pieces, 0) AS sold, coalesce(k.pieces, 0) AS kept
FROM (SELECT store_variant_id AS variant, sum(quantity) AS pieces FROM order_items GROUP BY store_variant_id) AS s
FULL JOIN (SELECT id AS variant, stock AS pieces FROM store_variants WHERE stock > 3) AS k ON k.variant = s.variant
ORDER BY variant
