//! Which calls a scoped statement may make: what is decided by more than the name of the function.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use tenancy_core::{
    Catalog, KeyType,
    sql::{Dialect, Rule, Scoper},
};

fn scope(dialect: Dialect, sql: &str) -> Result<String, Rule> {
    let catalog = Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["items"])
        .build()
        .unwrap();
    match Scoper::new(catalog, dialect).scope(sql) {
        Ok(scoped) => Ok(scoped.text().to_owned()),
        Err(refusal) => Err(refusal.rule()),
    }
}

/// With one argument it also takes a transaction's number, and tells what all tenants did since; with two it does not.
#[test]
fn age_is_called_with_two_arguments() {
    for (sql, scoped) in [
        ("SELECT age($1)", "SELECT pg_catalog.age(CURRENT_DATE, $1)"),
        (
            "SELECT AGE ( now() )",
            "SELECT pg_catalog.AGE (CURRENT_DATE,  pg_catalog.now() )",
        ),
        (
            "SELECT pg_catalog.age($1, now())",
            "SELECT pg_catalog.age($1, pg_catalog.now())",
        ),
        (
            "SELECT age(age($1) + $2)",
            "SELECT pg_catalog.age(CURRENT_DATE, pg_catalog.age(CURRENT_DATE, $1) + $2)",
        ),
    ] {
        assert_eq!(scope(Dialect::Postgres, sql).as_deref(), Ok(scoped), "{sql}");
    }
    for sql in [
        "SELECT age()",
        "SELECT age(DISTINCT $1)",
        "SELECT age($1 ORDER BY 1)",
        "SELECT age($1, $2, $3)",
        "SELECT age(items.xmin) FROM items",
    ] {
        assert!(scope(Dialect::Postgres, sql).is_err(), "{sql}");
    }
    assert_eq!(scope(Dialect::Sqlite, "SELECT age(1)"), Err(Rule::Function));
}

#[test]
fn the_overload_that_runs_a_query_is_refused() {
    let pure = "SELECT ts_rewrite($1::tsquery, $2::tsquery, $3::tsquery)";
    assert!(scope(Dialect::Postgres, pure).is_ok());
    for sql in [
        "SELECT ts_rewrite($1::tsquery, 'SELECT t, s FROM items')",
        "SELECT * FROM ts_rewrite($1::tsquery, $2::tsquery, $3::tsquery)",
    ] {
        assert_eq!(scope(Dialect::Postgres, sql), Err(Rule::Function), "{sql}");
    }
}

/// PostgreSQL reads `i.f` as `f(i)` where `i` has no column `f`.
#[test]
fn a_field_that_is_a_call_with_the_row_is_refused() {
    for field in ["pg_typeof", "PG_TYPEOF", "\"pg_typeof\"", "pg_column_compression"] {
        let sql = format!("SELECT coalesce(i.{field}, 'items') FROM items i");
        assert_eq!(scope(Dialect::Postgres, &sql), Err(Rule::Field), "{sql}");
    }
    assert!(
        scope(
            Dialect::Postgres,
            "SELECT i.pg_stat, i.version, i.age FROM items i"
        )
        .is_ok()
    );
}

/// The row type of `json_populate_record` is that of a value, and no cast names one.
#[test]
fn records_are_filled_from_values_alone() {
    assert!(
        scope(
            Dialect::Postgres,
            "SELECT jsonb_populate_record(i, '{}') FROM items i"
        )
        .is_ok()
    );
    for sql in [
        "SELECT jsonb_populate_record(NULL::items, '{}')",
        "SELECT * FROM jsonb_populate_recordset(NULL::items, '[]')",
        "SELECT * FROM jsonb_populate_record(CAST(NULL AS public.items), '{}') AS r",
    ] {
        assert_eq!(scope(Dialect::Postgres, sql), Err(Rule::Type), "{sql}");
    }
}
