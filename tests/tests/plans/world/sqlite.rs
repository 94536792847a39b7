//! SQLite: schema, rows, and EXPLAIN QUERY PLAN.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Plan, Size, rows, said};

const TABLES: &str = "
CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, brand INTEGER NOT NULL);
CREATE TABLE customers (tid INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (tid, id));
CREATE TABLE orders (tid INTEGER NOT NULL, id INTEGER NOT NULL UNIQUE, customer_id INTEGER NOT NULL, status TEXT NOT NULL,
    total INTEGER NOT NULL, placed_on INTEGER NOT NULL, doc TEXT, color INTEGER, words TEXT, PRIMARY KEY (tid, id));
CREATE TABLE items (tid INTEGER NOT NULL, order_id INTEGER NOT NULL, no INTEGER NOT NULL, product_id INTEGER NOT NULL,
    qty INTEGER NOT NULL, PRIMARY KEY (tid, order_id, no));
CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id), body TEXT);
CREATE TABLE deals (id INTEGER PRIMARY KEY, buyer INTEGER NOT NULL, seller INTEGER NOT NULL, qty INTEGER NOT NULL);
";

const INDEXES: &str = "
CREATE INDEX customers_name ON customers (tid, name COLLATE NOCASE);
CREATE INDEX orders_placed ON orders (tid, placed_on, id);
CREATE INDEX orders_customer ON orders (tid, customer_id);
CREATE INDEX orders_status ON orders (tid, status, id);
CREATE INDEX orders_color ON orders (tid, json_extract(doc, '$.color'));
CREATE INDEX items_product ON items (tid, product_id);
CREATE INDEX notes_order ON notes (order_id);
CREATE INDEX deals_buyer ON deals (buyer);
CREATE INDEX deals_seller ON deals (seller);
ANALYZE;
";

pub(super) async fn open(size: Size) -> SqliteConnection {
    let options = SqliteConnectOptions::new().in_memory(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    run(&mut connection, TABLES).await;
    for (table, count, row) in rows(size) {
        let row = said(&row, &|name, arguments| match (name, arguments) {
            ("div", [a, b]) => format!("({a}) / ({b})"),
            ("text", [text, number]) => format!("{text} || ({number})"),
            ("status" | "color", [value]) => format!("({value})"),
            ("json", [value]) => format!("json_object('color', {value})"),
            ("words", [value]) => format!("'word' || ({value}) || ' common'"),
            _ => panic!("{name}"),
        });
        let numbers =
            format!("WITH RECURSIVE n (g) AS (VALUES (1) UNION ALL SELECT g + 1 FROM n LIMIT {count})");
        run(
            &mut connection,
            &format!("{numbers} INSERT INTO {table} SELECT {row} FROM n"),
        )
        .await;
    }
    run(&mut connection, INDEXES).await;
    connection
}

async fn run(connection: &mut SqliteConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The steps, in which a relation's alias is left out: the indexes tell which it is.
pub(super) async fn plan(connection: &mut SqliteConnection, text: &str, values: &[i64]) -> Plan {
    let mut query = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}")));
    for value in values {
        query = query.bind(*value);
    }
    let steps = query.fetch_all(connection).await.unwrap();
    let mut depths = HashMap::from([(0_i64, 0_usize)]);
    let mut plan = Plan::new();
    for step in steps {
        let (id, parent, detail): (i64, i64, String) = (step.get(0), step.get(1), step.get(3));
        let depth = depths.get(&parent).copied().unwrap_or_default();
        depths.insert(id, depth + 1);
        plan.push(format!("{}{}", "  ".repeat(depth), nameless(&detail)));
    }
    plan
}

/// `SEARCH o USING INDEX …` without the `o`, and `CO-ROUTINE r` without the `r`; a number of a subquery goes too.
fn nameless(detail: &str) -> String {
    let mut words: Vec<&str> = detail.split(' ').collect();
    let verb = words.first().copied().unwrap_or_default();
    let by_index = words.contains(&"USING") && words.contains(&"INDEX");
    let named = matches!(verb, "CO-ROUTINE" | "MATERIALIZE") || matches!(verb, "SEARCH" | "SCAN") && by_index;
    if named && words.len() > 1 {
        words.remove(1);
    }
    // `main.orders`
    if let Some((_, table)) = words.get(1).and_then(|name| name.split_once('.')) {
        words[1] = table;
    }
    words.retain(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    words.join(" ")
}
