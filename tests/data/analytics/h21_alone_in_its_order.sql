SELECT sv.sku, count(*) AS alone
FROM store_variants sv JOIN order_items l1 ON l1.store_variant_id = sv.id JOIN orders o ON o.id = l1.order_id
WHERE EXISTS (SELECT 1 FROM order_items l2 WHERE l2.order_id = l1.order_id AND l2.id <> l1.id)
  AND NOT EXISTS (SELECT 1 FROM order_items l3 WHERE l3.order_id = l1.order_id AND l3.id <> l1.id AND l3.price_minor > l1.price_minor)
GROUP BY sv.sku
ORDER BY alone DESC, sv.sku
