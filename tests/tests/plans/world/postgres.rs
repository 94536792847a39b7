//! PostgreSQL: schema, rows, and EXPLAIN of a prepared statement.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};
use tenancy_testkit::pg::PgDatabase;

use super::{
    Plan, Planned, Size,
    conditions::{condition, listed},
    rows, said,
};

const TABLES: &str = "
CREATE TYPE order_status AS ENUM ('new', 'paid', 'sent', 'closed');
CREATE TABLE products (id BIGINT NOT NULL, name TEXT NOT NULL, brand BIGINT NOT NULL);
CREATE TABLE customers (tid BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL);
CREATE TABLE orders (tid BIGINT NOT NULL, id BIGINT NOT NULL, customer_id BIGINT NOT NULL, status order_status NOT NULL,
    total BIGINT NOT NULL, placed_on BIGINT NOT NULL, doc JSONB, color BIGINT, words TSVECTOR);
CREATE TABLE items (tid BIGINT NOT NULL, order_id BIGINT NOT NULL, no BIGINT NOT NULL, product_id BIGINT NOT NULL,
    qty BIGINT NOT NULL);
CREATE TABLE notes (id BIGINT NOT NULL, order_id BIGINT NOT NULL, body TEXT);
CREATE TABLE deals (id BIGINT NOT NULL, buyer BIGINT NOT NULL, seller BIGINT NOT NULL, qty BIGINT NOT NULL);
";

const INDEXES: &str = "
ALTER TABLE products ADD PRIMARY KEY (id);
ALTER TABLE customers ADD PRIMARY KEY (tid, id);
ALTER TABLE orders ADD PRIMARY KEY (tid, id), ADD UNIQUE (id);
ALTER TABLE items ADD PRIMARY KEY (tid, order_id, no);
ALTER TABLE notes ADD PRIMARY KEY (id);
ALTER TABLE deals ADD PRIMARY KEY (id);
CREATE INDEX customers_name ON customers (tid, name text_pattern_ops);
CREATE INDEX orders_placed ON orders (tid, placed_on, id);
CREATE INDEX orders_customer ON orders (tid, customer_id);
CREATE INDEX orders_status ON orders (tid, status, id);
CREATE INDEX orders_doc ON orders USING gin (tid, doc jsonb_path_ops);
CREATE INDEX orders_words ON orders USING gin (tid, words);
CREATE INDEX items_product ON items (tid, product_id);
CREATE INDEX notes_order ON notes (order_id);
CREATE INDEX deals_buyer ON deals (buyer);
CREATE INDEX deals_seller ON deals (seller);
";

pub(super) async fn open(database: &PgDatabase, size: Size) -> PgConnection {
    // A number in a GIN index; the extension is one that an owner may create.
    let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
    run(
        &mut owner,
        "CREATE EXTENSION btree_gin; SET maintenance_work_mem = '512MB'",
    )
    .await;
    run(&mut owner, TABLES).await;
    for (table, count, row) in rows(size) {
        let row = said(&row, &|name, arguments| match (name, arguments) {
            ("div", [a, b]) => format!("({a}) / ({b})"),
            ("text", [text, number]) => format!("{text} || ({number})"),
            ("status", [value]) => format!("({value})::order_status"),
            ("color", [value]) => format!("({value})"),
            ("json", [value]) => format!("jsonb_build_object('color', {value})"),
            ("words", [value]) => format!("to_tsvector('simple', 'word' || ({value}) || ' common')"),
            _ => panic!("{name}"),
        });
        run(
            &mut owner,
            &format!("INSERT INTO {table} SELECT {row} FROM generate_series(1::bigint, {count}) AS n (g)"),
        )
        .await;
    }
    run(&mut owner, INDEXES).await;
    run(&mut owner, "VACUUM ANALYZE").await;
    owner
}

async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

pub(super) async fn plan(
    connection: &mut PgConnection,
    text: &str,
    values: &[i64],
    planned: Planned,
) -> Plan {
    let mode = match planned {
        Planned::Custom => "force_custom_plan",
        Planned::Generic => "force_generic_plan",
    };
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    let arguments = if values.is_empty() {
        String::new()
    } else {
        format!("({})", values.join(", "))
    };
    run(connection, &format!("SET plan_cache_mode = {mode}")).await;
    run(connection, &format!("PREPARE planned AS {text}")).await;
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE planned{arguments}");
    let row = sqlx::raw_sql(AssertSqlSafe(explain))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    run(connection, "DEALLOCATE planned; RESET plan_cache_mode").await;
    let shown: String = row.try_get_unchecked(0).unwrap();
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let mut plan = Plan::new();
    node(&shown[0]["Plan"], None, 0, &mut plan);
    plan
}

/// What a step is, besides its kind, its conditions and its order.
const SAID: [&str; 14] = [
    "Join Type",
    "Index Name",
    "Relation Name",
    "Scan Direction",
    "Strategy",
    "Partial Mode",
    "Operation",
    "Inner Unique",
    "Parallel Aware",
    "Workers Planned",
    "Single Copy",
    "Command",
    "Conflict Resolution",
    "Function Name",
];
const CONDITIONS: [&str; 10] = [
    "Index Cond",
    "Recheck Cond",
    "Filter",
    "Join Filter",
    "Hash Cond",
    "Merge Cond",
    "One-Time Filter",
    "Order By",
    "Run Condition",
    "TID Cond",
];
const LISTS: [&str; 4] = ["Sort Key", "Presorted Key", "Group Key", "Cache Key"];
/// What the planner expects, what things are called, and what says nothing of the plan.
const UNSAID: [&str; 18] = [
    "Node Type",
    "Parent Relationship",
    "Alias",
    "Schema",
    "CTE Name",
    "Subplan Name",
    "Startup Cost",
    "Total Cost",
    "Plan Rows",
    "Plan Width",
    "Async Capable",
    "Planned Partitions",
    "Subplans Removed",
    "Disabled Nodes",
    "Disabled",
    "Window",
    "Cache Mode",
    "Plans",
];

fn node(shown: &Value, relationship: Option<&str>, depth: usize, plan: &mut Plan) {
    let relationship = relationship.or(shown["Parent Relationship"].as_str());
    // Hands on what it gets, row by row.
    if shown["Node Type"] == "Subquery Scan" && shown["Filter"].is_null() {
        return node(
            &shown["Plans"][0],
            Some(relationship.unwrap_or_default()),
            depth,
            plan,
        );
    }
    let mut line = format!("{}{}", "  ".repeat(depth), shown["Node Type"].as_str().unwrap());
    for (name, value) in shown.as_object().unwrap() {
        let name = name.as_str();
        if SAID.contains(&name) {
            line.push_str(&format!(" | {name}: {}", value.to_string().trim_matches('"')));
        } else if CONDITIONS.contains(&name) {
            let condition = condition(value.as_str().unwrap());
            // Nothing but the guard.
            if !condition.is_empty() {
                line.push_str(&format!(" | {name}: {condition}"));
            }
        } else if LISTS.contains(&name) {
            let list = match value {
                Value::Array(keys) => keys
                    .iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join(", "),
                other => other.as_str().unwrap_or_default().to_owned(),
            };
            line.push_str(&format!(" | {name}: {}", listed(&list)));
        } else {
            assert!(UNSAID.contains(&name), "a plan says {name}: {value}");
        }
    }
    if let Some(relationship) = relationship.filter(|relationship| !relationship.is_empty()) {
        line.push_str(&format!(" | {relationship}"));
    }
    plan.push(line);
    for step in shown["Plans"].as_array().into_iter().flatten() {
        node(step, None, depth + 1, plan);
    }
}
