SELECT kind, count(*) AS people
FROM (
    SELECT 'customer' AS kind, email FROM customers
    UNION
    SELECT role, email FROM people
    UNION
    SELECT 'both', c.email FROM customers c JOIN people p ON p.email = c.email
) AS everybody
GROUP BY kind
ORDER BY kind
