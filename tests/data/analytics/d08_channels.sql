WITH sold AS (
    SELECT 'sold' AS channel, store_variant_id AS variant, sum(quantity) AS pieces FROM order_items GROUP BY store_variant_id
), kept AS (
    SELECT 'kept' AS channel, id AS variant, stock AS pieces FROM store_variants
), both_channels AS (
    SELECT * FROM sold UNION ALL SELECT * FROM kept
)
SELECT channel, count(*) AS variants, sum(pieces) AS pieces
FROM both_channels
GROUP BY channel
HAVING count(*) > 0
ORDER BY channel
