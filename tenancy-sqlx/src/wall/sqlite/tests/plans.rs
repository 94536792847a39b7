//! Behind the wall SQLite's plans are those of the engine's text alone.

use tenancy_core::{
    Catalog, KeyType, Table,
    sql::{Dialect, Scoper},
};

use super::Walled;

const TABLES: &str = "
    CREATE TABLE orders (shop INTEGER NOT NULL, id INTEGER NOT NULL, customer INTEGER, total INTEGER, PRIMARY KEY (shop, id));
    CREATE INDEX orders_total ON orders (shop, total);
    CREATE INDEX orders_customer ON orders (shop, customer);
    CREATE TABLE customers (shop INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT, PRIMARY KEY (shop, id));
    CREATE TABLE brands (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE pages (shop INTEGER, id INTEGER PRIMARY KEY, title TEXT);
    CREATE INDEX pages_shop ON pages (shop, title);";

const SHAPES: [&str; 14] = [
    "SELECT total FROM orders WHERE id = 7",
    "SELECT id FROM orders WHERE total BETWEEN 1 AND 5 ORDER BY total LIMIT 10",
    "SELECT max(total) FROM orders",
    "SELECT count(*) FROM orders",
    "SELECT o.id, c.name FROM orders AS o JOIN customers AS c ON c.id = o.customer WHERE o.id = 3",
    "SELECT o.id, c.name FROM orders AS o LEFT JOIN customers AS c ON c.id = o.customer",
    "SELECT id FROM orders WHERE customer IN (SELECT id FROM customers WHERE name = 'a')",
    "SELECT c.id FROM customers AS c WHERE EXISTS (SELECT 1 FROM orders AS o WHERE o.customer = c.id)",
    "SELECT customer, sum(total) FROM orders GROUP BY customer",
    "WITH w AS (SELECT id FROM orders WHERE total > 5) SELECT * FROM w JOIN brands AS b ON b.id = w.id",
    "SELECT id FROM orders UNION ALL SELECT id FROM customers",
    "SELECT id, row_number() OVER (ORDER BY total) FROM orders",
    "UPDATE orders SET total = 1 WHERE id = 7",
    "DELETE FROM orders WHERE customer = 3",
];

#[tokio::test]
async fn plans_are_those_without_the_wall() {
    let catalog = Catalog::builder()
        .tenant_key("shop", KeyType::BigInt)
        .tenant_tables(["orders", "customers"])
        .shared_tables(["brands"])
        .table(Table::mixed("pages"))
        .build()
        .unwrap();
    let mut walled = Walled::with(&catalog, TABLES).await;
    let (bare, veiled) = (
        Scoper::new(catalog.clone(), Dialect::Sqlite),
        Scoper::new(catalog, Dialect::Sqlite).behind_views(),
    );
    let mut other = Vec::new();
    for sql in SHAPES {
        let (without, with) = (
            plan(&mut walled, bare.scope(sql).unwrap().text()).await,
            plan(&mut walled, veiled.scope(sql).unwrap().text()).await,
        );
        // SQLite makes a join of an EXISTS over a table, and not of one over a view: its query is run for each row.
        let is_exists = sql.contains("EXISTS");
        assert_eq!(
            is_exists,
            without != with && with.iter().any(|step| step.contains("CORRELATED")),
            "{sql}"
        );
        if without != with && !is_exists {
            other.push(format!("{sql}\n    without: {without:?}\n    with:    {with:?}"));
        }
        let scans = with.iter().filter(|step| step.starts_with("SCAN table")).count();
        assert_eq!(scans, 0, "{with:?}");
    }
    assert!(other.is_empty(), "{}", other.join("\n"));
}

async fn plan(walled: &mut Walled, sql: &str) -> Vec<String> {
    let answer = walled.whole(&format!("EXPLAIN QUERY PLAN {sql}")).await;
    let steps = answer.rows.iter().map(|row| match row.last() {
        Some(tenancy_testkit::Value::Text(step)) => step.clone(),
        other => panic!("{other:?}"),
    });
    // A view that is merged leaves its number, and the table's own name in the place of an alias.
    steps
        .map(|step| {
            let words = step.split(' ').enumerate();
            let named = |at: usize, word: &str| at == 1 && !word.starts_with('(');
            let words: Vec<&str> = words
                .map(|(at, word)| match word {
                    word if named(at, word) => "table",
                    word if word.starts_with("(subquery-") => "(subquery)",
                    word => word,
                })
                .collect();
            words.join(" ")
        })
        .collect()
}
