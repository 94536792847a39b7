//! `StatementCheck` on a small schema of a shop: it passes with an engine that scopes, and sees each that does not.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use tenancy_core::{Catalog, KeyType, Table, TenantId};
use tenancy_testkit::{
    Dialect, Engine, EngineOutput, EngineRefusal, Failure, StatementCheck, StatementReport, Value, engine_fn,
    engine_for_fn,
};

const SCHEMA: &str = "
    CREATE TABLE brands (id BIGINT PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE orders (
        id BIGINT NOT NULL, -- store_id, in a comment
        store_id BIGINT NOT NULL CHECK (store_id > 0),
        note VARCHAR(100), PRIMARY KEY (store_id, id), UNIQUE (store_id, note)
    );";

/// An engine by hand: `{orders}` in these statements is what each engine of this file turns into its own text.
fn by_hand(slice: &'static str, key: &'static str) -> impl Engine {
    engine_fn(move |sql: &str| {
        if sql.contains("refuse me") {
            return Err(EngineRefusal {
                code: "function".to_owned(),
                message: "no".to_owned(),
            });
        }
        let binds = sql.matches('?').count() + sql.matches('$').count();
        let bind = binds + 1;
        let mark = if sql.contains('$') || sql.contains("/*pg*/") {
            "$"
        } else {
            "?"
        };
        let (slice, key) = (
            slice.replace("{k}", &format!("{mark}{bind}")),
            key.replace("{k}", &format!("{mark}{bind}")),
        );
        let text = sql
            .replace("FROM orders o", &format!("FROM {slice} o"))
            .replace("WHERE id = ", &format!("WHERE {key} AND id = "))
            .replace("(id, note) VALUES (", "(store_id, id, note) VALUES (TENANT, ")
            .replace("TENANT", &format!("CAST({mark}{bind} AS BIGINT)"))
            .replace("ON CONFLICT (id)", "ON CONFLICT (store_id, id)");
        let tenant_bind = (text != sql).then_some(bind);
        Ok(EngineOutput {
            text,
            binds,
            tenant_bind,
        })
    })
}

/// The same for MariaDB, where the tenant is no bind.
fn in_text(slice: &'static str, key: &'static str) -> impl Engine {
    engine_for_fn(move |sql: &str, tenant: &str| {
        let text = sql
            .replace("FROM orders o", &format!("FROM {slice} o"))
            .replace("WHERE id = ", &format!("WHERE {key} AND id = "))
            .replace(
                "(id, note) VALUES (?",
                &format!("(store_id, id, note) VALUES ({tenant}, ?"),
            )
            .replace("{k}", tenant);
        Ok(EngineOutput {
            text,
            binds: sql.matches('?').count(),
            tenant_bind: None,
        })
    })
}

fn check(
    dialect: Dialect,
    engine: impl Engine + 'static,
    statements: &[(&str, Vec<Value>)],
) -> Result<StatementReport, Failure> {
    let catalog = Catalog::builder()
        .tenant_key("store_id", KeyType::BigInt)
        .shared_tables(["brands"])
        .table(
            Table::tenant("orders")
                .columns(["id", "store_id", "note"])
                .unique(["store_id", "id"])
                .unique(["store_id", "note"]),
        )
        .build()
        .unwrap();
    let (one, two) = (TenantId::bigint(1).unwrap(), TenantId::bigint(2).unwrap());
    let mut check = StatementCheck::new(dialect, catalog)
        .engine(engine)
        .schema(SCHEMA)
        .shared("INSERT INTO brands VALUES (1, 'oak')")
        .tenant(
            one.clone(),
            "INSERT INTO orders VALUES (1, 1, 'green-a'), (2, 1, 'green-b')",
        )
        .tenant(
            two.clone(),
            "INSERT INTO orders VALUES (1, 2, 'blue-a'), (5, 2, 'blue-b')",
        )
        .marker(one, "green")
        .marker(two, "blue");
    for (n, (sql, binds)) in statements.iter().enumerate() {
        check = check.statement(&format!("s{n}"), sql, [binds.clone()]);
    }
    check.run()
}

const SLICE: &str = "(SELECT * FROM orders WHERE store_id = {k})";

fn statements(dialect: Dialect) -> Vec<(&'static str, Vec<Value>)> {
    match dialect {
        Dialect::Sqlite => vec![
            ("SELECT o.note, count(*) AS n FROM orders o GROUP BY 1", vec![]),
            ("SELECT name FROM brands WHERE name <> ?1", vec!["x".into()]),
            (
                "UPDATE orders SET note = ?1 WHERE id = 1 RETURNING *",
                vec!["x".into()],
            ),
            ("DELETE FROM orders WHERE id = ?1", vec![1.into()]),
            (
                "INSERT INTO orders (id, note) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET note = excluded.note",
                vec![1.into(), "n".into()],
            ),
            (
                "INSERT INTO orders (id, note) VALUES (?1, ?2)",
                vec![9.into(), Value::Null],
            ),
        ],
        Dialect::Mysql => vec![
            ("SELECT o.note, count(*) AS n FROM orders o GROUP BY 1", vec![]),
            ("SELECT name FROM brands WHERE name <> ?", vec!["x".into()]),
            ("UPDATE orders SET note = ? WHERE id = 1", vec!["x".into()]),
            ("DELETE FROM orders WHERE id = ? RETURNING note", vec![1.into()]),
            (
                "INSERT INTO orders (id, note) VALUES (?, ?) ON DUPLICATE KEY UPDATE note = VALUES(note)",
                vec![1.into(), "n".into()],
            ),
            (
                "INSERT INTO orders (id, note) VALUES (?, ?)",
                vec![9.into(), Value::Null],
            ),
        ],
        Dialect::Postgres => vec![
            (
                "SELECT o.note, count(*) AS n FROM orders o GROUP BY 1 /*pg*/",
                vec![],
            ),
            ("SELECT name FROM brands WHERE name <> $1", vec!["x".into()]),
            (
                "UPDATE orders SET note = $1 WHERE id = 1 RETURNING *",
                vec!["x".into()],
            ),
            ("DELETE FROM orders WHERE id = $1", vec![1.into()]),
            (
                "INSERT INTO orders (id, note) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET note = excluded.note",
                vec![1.into(), "n".into()],
            ),
            (
                "INSERT INTO orders (id, note) VALUES ($1, $2)",
                vec![9.into(), Value::Null],
            ),
        ],
    }
}

#[test]
fn a_right_engine_passes_on_both_databases() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let statements = statements(dialect);
        let report = check(dialect, by_hand(SLICE, "store_id = {k}"), &statements).unwrap();
        if report.skipped() {
            continue;
        }
        report.assert_productive();
        assert!(
            report.lines().iter().all(|l| l.compared == 2 && l.failed == 0),
            "{report:?}"
        );
    }
}

/// On MariaDB the tenant stands in the text: the product's own engine, and one that forgets it.
#[test]
fn a_right_engine_passes_on_mariadb_and_a_wrong_one_does_not() {
    let statements = statements(Dialect::Mysql);
    let report = check(Dialect::Mysql, in_text(SLICE, "store_id = {k}"), &statements).unwrap();
    if report.skipped() {
        return;
    }
    report.assert_productive();
    assert!(
        report.lines().iter().all(|l| l.compared == 2 && l.failed == 0),
        "{report:?}"
    );
    for (slice, key) in [("orders", "store_id = {k}"), (SLICE, "store_id > 0")] {
        let failure = check(Dialect::Mysql, in_text(slice, key), &statements).unwrap_err();
        assert!(failure.is_violation(), "{failure}");
    }
}

#[test]
fn a_read_without_its_predicate_is_seen() {
    let sql = "SELECT count(*) FROM orders o";
    let failure = check(
        Dialect::Sqlite,
        by_hand("orders", "store_id = {k}"),
        &[(sql, vec![])],
    )
    .unwrap_err();
    assert!(failure.is_violation(), "{failure}");
    let sql = "SELECT o.note FROM orders o";
    let failure = check(
        Dialect::Sqlite,
        by_hand("orders", "store_id = {k}"),
        &[(sql, vec![])],
    )
    .unwrap_err();
    assert!(failure.to_string().contains("another tenant's"), "{failure}");
}

#[test]
fn a_write_without_its_predicate_is_seen() {
    for sql in [
        "UPDATE orders SET note = 'x' WHERE id = 5",
        "DELETE FROM orders WHERE id = 5",
    ] {
        let failure = check(Dialect::Sqlite, by_hand(SLICE, "store_id > 0"), &[(sql, vec![])]).unwrap_err();
        assert!(failure.is_violation(), "{failure}");
    }
}

#[test]
fn a_refusal_is_no_success() {
    let sql = "SELECT 'refuse me'";
    let failure = check(Dialect::Sqlite, by_hand(SLICE, ""), &[(sql, vec![])]).unwrap_err();
    assert!(failure.to_string().contains("refused (function)"), "{failure}");
}

#[test]
#[should_panic(expected = "give them better samples")]
fn a_sample_that_proves_nothing_is_named() {
    let sql = "SELECT o.note FROM orders o WHERE o.note = 'nobody'";
    check(Dialect::Sqlite, by_hand(SLICE, ""), &[(sql, vec![])])
        .unwrap()
        .assert_productive();
}
