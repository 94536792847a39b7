//! MariaDB: schema, rows, and EXPLAIN.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row, mysql::MySqlConnectOptions};
use tenancy_testkit::maria::MariaDatabase;

use super::{Plan, Size, conditions::condition, rows, said};

const TABLES: &str = "
CREATE TABLE products (id BIGINT PRIMARY KEY, name VARCHAR(40) NOT NULL, brand BIGINT NOT NULL);
CREATE TABLE customers (tid BIGINT NOT NULL, id BIGINT NOT NULL, name VARCHAR(40) NOT NULL, PRIMARY KEY (tid, id));
CREATE TABLE orders (tid BIGINT NOT NULL, id BIGINT NOT NULL, customer_id BIGINT NOT NULL,
    status ENUM ('new', 'paid', 'sent', 'closed') NOT NULL, total BIGINT NOT NULL, placed_on BIGINT NOT NULL, doc JSON,
    color BIGINT, words TEXT, PRIMARY KEY (tid, id));
CREATE TABLE items (tid BIGINT NOT NULL, order_id BIGINT NOT NULL, no BIGINT NOT NULL, product_id BIGINT NOT NULL,
    qty BIGINT NOT NULL, PRIMARY KEY (tid, order_id, no));
CREATE TABLE notes (id BIGINT PRIMARY KEY, order_id BIGINT NOT NULL, body TEXT);
CREATE TABLE deals (id BIGINT PRIMARY KEY, buyer BIGINT NOT NULL, seller BIGINT NOT NULL, qty BIGINT NOT NULL);
";

const INDEXES: &str = "
CREATE INDEX customers_name ON customers (tid, name);
CREATE UNIQUE INDEX orders_id ON orders (id);
CREATE INDEX orders_placed ON orders (tid, placed_on, id);
CREATE INDEX orders_customer ON orders (tid, customer_id);
CREATE INDEX orders_status ON orders (tid, status, id);
CREATE INDEX orders_color ON orders (tid, color);
CREATE INDEX items_product ON items (tid, product_id);
CREATE INDEX notes_order ON notes (order_id);
CREATE INDEX deals_buyer ON deals (buyer);
CREATE INDEX deals_seller ON deals (seller);
";

pub(super) async fn open(database: &MariaDatabase, size: Size) -> MySqlConnection {
    let options: MySqlConnectOptions = database.owner_url().parse().unwrap();
    let options = options.charset("utf8mb4").collation("utf8mb4_nopad_bin");
    let mut owner = MySqlConnection::connect_with(&options).await.unwrap();
    // As the adapter sets it, for both sides: the mode for `||`, and no condition in an index before the row is looked at.
    run(
        &mut owner,
        "SET sql_mode = 'PIPES_AS_CONCAT,STRICT_TRANS_TABLES', optimizer_switch = 'index_condition_pushdown=off', \
         unique_checks = 0, foreign_key_checks = 0",
    )
    .await;
    run(&mut owner, TABLES).await;
    run(&mut owner, INDEXES).await;
    for (table, count, row) in rows(size) {
        let row = said(&row, &|name, arguments| match (name, arguments) {
            ("div", [a, b]) => format!("({a}) DIV ({b})"),
            ("text", [text, number]) => format!("{text} || ({number})"),
            ("status" | "color", [value]) => format!("({value})"),
            ("json", [value]) => format!("JSON_OBJECT('color', {value})"),
            ("words", [value]) => format!("'word' || ({value}) || ' common'"),
            _ => panic!("{name}"),
        });
        run(
            &mut owner,
            &format!("INSERT INTO {table} SELECT {row} FROM (SELECT seq AS g FROM seq_1_to_{count}) AS n"),
        )
        .await;
    }
    run(
        &mut owner,
        "ANALYZE TABLE products, customers, orders, items, notes, deals PERSISTENT FOR ALL",
    )
    .await;
    owner
}

async fn run(connection: &mut MySqlConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub(super) async fn plan(connection: &mut MySqlConnection, text: &str, values: &[i64]) -> Plan {
    // A bind is a number here, so that the text can hold it.
    let mut pieces = text.split('?');
    let mut filled = pieces.next().unwrap().to_owned();
    for (piece, value) in pieces.zip(values) {
        filled.push_str(&value.to_string());
        filled.push_str(piece);
    }
    let explain = format!("EXPLAIN FORMAT=JSON {filled}");
    let row = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_one(connection)
        .await
        .unwrap();
    let shown: String = row.try_get_unchecked(0).unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let mut plan = Plan::new();
    node("plan", &shown, 0, &mut plan);
    plan
}

/// What the optimizer expects, what it could have done, and what things are called.
const UNSAID: [&str; 9] = [
    "rows",
    "filtered",
    "cost",
    "select_id",
    "possible_keys",
    "r_rows",
    "buffer_size",
    "query_time_in_ms",
    "loops",
];

fn node(name: &str, shown: &Value, depth: usize, plan: &mut Plan) {
    let indent = "  ".repeat(depth);
    match shown {
        Value::Object(fields) => {
            plan.push(format!("{indent}{}", without_number(name)));
            for (name, value) in fields {
                if !UNSAID.contains(&name.as_str()) {
                    node(name, value, depth + 1, plan);
                }
            }
        }
        Value::Array(steps) if steps.iter().any(|step| step.is_object()) => {
            plan.push(format!("{indent}{name}"));
            for step in steps {
                node("-", step, depth + 1, plan);
            }
        }
        Value::Array(values) => {
            let values: Vec<String> = values
                .iter()
                .map(|value| condition(value.as_str().unwrap_or_default()))
                .collect();
            plan.push(format!("{indent}{name}: {}", values.join(", ")));
        }
        Value::String(text) => match name {
            "table_name" => plan.push(format!("{indent}{name}: {}", table(text))),
            "attached_condition" | "index_condition" | "sort_key" | "having_condition" => {
                plan.push(format!("{indent}{name}: {}", condition(text)));
            }
            _ => plan.push(format!("{indent}{name}: {text}")),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => plan.push(format!("{indent}{name}: {shown}")),
    }
}

/// The table of an alias of the shapes.
fn table(alias: &str) -> String {
    let named = match alias {
        "c" => "customers",
        "o" => "orders",
        "i" => "items",
        "p" => "products",
        other => other,
    };
    without_number(named)
}

/// `<derived2>` and `<derived3>` are each a derived table.
fn without_number(name: &str) -> String {
    if name.starts_with('<') {
        name.replace(|c: char| c.is_ascii_digit(), "")
    } else {
        name.to_owned()
    }
}
