SELECT CASE WHEN (SELECT count(*) FROM order_items WHERE quantity BETWEEN 1 AND 2) > 10
            THEN (SELECT avg(price_minor) FROM order_items WHERE quantity BETWEEN 1 AND 2)
            ELSE (SELECT max(price_minor) FROM order_items WHERE quantity BETWEEN 1 AND 2) END AS small,
       CASE WHEN (SELECT count(*) FROM order_items WHERE quantity > 2) > 10
            THEN (SELECT avg(price_minor) FROM order_items WHERE quantity > 2)
            ELSE (SELECT max(price_minor) FROM order_items WHERE quantity > 2) END AS large
