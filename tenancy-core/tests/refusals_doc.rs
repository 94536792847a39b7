//! `docs/refusals.md`: every rule with what it means, what to write instead, and a statement that it refuses.
//!
//! A new rule needs a line in `EXAMPLES` and `UPDATE_EXPECT=1 cargo test -p tenancy-core --features sql --test
//! refusals_doc`, which writes the file anew. Each example is really refused, by the rule that it stands for.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use std::fmt::Write as _;

use expect_test::expect_file;
use tenancy_core::{
    Catalog, CrossTenant, Operator, TenantId, Tenants,
    sql::{
        Dialect::{self, Mysql, Postgres, Sqlite},
        Refusal, Rule, Scoper,
    },
};

/// The catalogue of all examples; it is shown on top of the document.
const CATALOG: &str = r#"[tenant]
key = "store_id"
type = "bigint"

[tables]
orders = { kind = "tenant", columns = ["store_id", "id", "total"], unique = [["store_id", "id"]] }
slugs = { kind = "tenant", columns = ["store_id", "slug"], unique = [["slug"]] }
notes = "tenant"
people = { kind = "tenant", columns = ["id", "email"] }
brands = "shared"
order_items = { kind = "via", parent = "parcels", on = { parcel_id = "id" } }
parcels = "tenant"
daily_totals = { kind = "tenant", view = true }
everything = { sql = "SELECT * FROM secrets" }
deals = { kind = "party", parties = { buyer_id = { update = ["quantity"] }, seller_id = { update = ["status"] } } }
secrets = "denied"
"#;

/// Rule, dialect and statement, in the order of the rules; a rule may have several.
#[rustfmt::skip]
const EXAMPLES: &[(Rule, Dialect, &str)] = &[
    (Rule::TooLong, Sqlite, "SELECT id FROM orders WHERE id IN (1, 2, 3, …)"),
    (Rule::TooDeep, Sqlite, "SELECT id FROM orders WHERE id = 1 OR id = 2 OR …"),
    (Rule::Lexical, Postgres, "SELECT total – 1 FROM orders"),
    (Rule::Syntax, Sqlite, "SELECT total FROM orders WHERE AND id = 1"),
    (Rule::Empty, Sqlite, "-- nothing but a comment"),
    (Rule::MultipleStatements, Postgres, "DELETE FROM notes; DELETE FROM orders"),
    (Rule::StatementKind, Postgres, "TRUNCATE orders"),
    (Rule::UnknownTable, Sqlite, "SELECT name FROM visitors"),
    (Rule::DeniedTable, Sqlite, "SELECT * FROM secrets"),
    (Rule::SharedWrite, Sqlite, "UPDATE brands SET name = ? WHERE id = ?"),
    (Rule::ViewBody, Sqlite, "SELECT * FROM everything"),
    (Rule::ViewWrite, Sqlite, "DELETE FROM daily_totals"),
    (Rule::PartyWrite, Sqlite, "UPDATE deals SET quantity = 1, status = 'open'"),
    (Rule::ParentKey, Sqlite, "INSERT INTO order_items (quantity) VALUES (2)"),
    (Rule::ReadOnly, Sqlite, "UPDATE orders SET total = 0"),
    (Rule::CrossInsert, Sqlite, "INSERT INTO orders (id) VALUES (1)"),
    (Rule::Name, Postgres, "SELECT id AS _tq1 FROM orders"),
    (Rule::SystemColumn, Postgres, "DELETE FROM orders WHERE ctid = $1"),
    (Rule::SystemColumn, Sqlite, "SELECT rowid FROM orders"),
    (Rule::Function, Postgres, "SELECT pg_sleep(10)"),
    (Rule::Function, Sqlite, "SELECT last_insert_rowid()"),
    (Rule::Field, Postgres, "SELECT u.item FROM unnest(ARRAY[1, 2]) AS u"),
    (Rule::Type, Postgres, "SELECT 'orders'::regclass"),
    (Rule::Operator, Sqlite, "SELECT id FROM notes WHERE body MATCH 'x'"),
    (Rule::Literal, Postgres, "SELECT N'data'"),
    (Rule::Placeholder, Sqlite, "SELECT total FROM orders WHERE id = :id"),
    (Rule::BindCount, Postgres, "SELECT total FROM orders WHERE id = $2"),
    (Rule::Session, Mysql, "SELECT SQL_CALC_FOUND_ROWS total FROM orders LIMIT 10"),
    (Rule::Session, Mysql, "SELECT total INTO @total FROM orders WHERE id = 1"),
    (Rule::Construct, Postgres, "SELECT * FROM orders TABLESAMPLE SYSTEM (10)"),
    (Rule::RowLock, Postgres, "SELECT total FROM orders, brands FOR UPDATE"),
    (Rule::ModifyingCte, Postgres, "SELECT count(*) FROM (DELETE FROM notes RETURNING id) AS gone"),
    (Rule::Merge, Sqlite, "MERGE INTO orders o USING notes n ON o.id = n.id WHEN MATCHED THEN DELETE"),
    (Rule::KeyAssigned, Sqlite, "UPDATE orders SET store_id = 2 WHERE id = 1"),
    (Rule::HiddenKey, Sqlite, "SELECT email FROM people WHERE store_id = 1"),
    (Rule::ColumnsUnknown, Sqlite, "INSERT INTO notes VALUES (1, 'a note')"),
    (Rule::Arity, Sqlite, "INSERT INTO orders (id, total) VALUES (1)"),
    (Rule::InsertWildcard, Sqlite, "INSERT INTO orders (store_id, id) SELECT * FROM notes"),
    (Rule::UniqueUnknown, Sqlite, "INSERT INTO notes (id) VALUES (1) ON CONFLICT DO NOTHING"),
    (Rule::ConflictKey, Sqlite, "INSERT INTO slugs (slug) VALUES ('a') ON CONFLICT (slug) DO NOTHING"),
    (Rule::ConflictTarget, Sqlite, "INSERT INTO orders (id) VALUES (1) ON CONFLICT (total) DO NOTHING"),
    (Rule::Verification, Sqlite, "SELECT true AS from FROM orders"),
];

/// Where the statement of an example stands for another one.
fn whole(rule: Rule, sql: &str) -> String {
    match rule {
        Rule::TooLong => sql.replace('…', &"4, ".repeat(400_000)),
        Rule::TooDeep => sql.replace('…', &"id = 3 OR ".repeat(10_000)),
        _ => sql.to_owned(),
    }
}

/// How the examples are sent that a tenant's own handle does not refuse.
fn sent(rule: Rule) -> &'static str {
    match rule {
        Rule::ReadOnly => ", through a crossing that reads",
        Rule::CrossInsert => ", through a crossing that writes for some tenants",
        Rule::BindCount => ", with one value bound",
        _ => "",
    }
}

fn refusal(rule: Rule, dialect: Dialect, sql: &str) -> Option<Refusal> {
    let scoper = Scoper::new(Catalog::from_toml(CATALOG).unwrap(), dialect);
    let sql = whole(rule, sql);
    let operator = Operator::new("olga").unwrap();
    let some = Tenants::Only(vec![TenantId::bigint(1).unwrap()]);
    match rule {
        Rule::ReadOnly => {
            scoper.scope_across(&sql, &CrossTenant::read(&operator, some, "an example").unwrap())
        }
        Rule::CrossInsert => {
            scoper.scope_across(&sql, &CrossTenant::write(&operator, some, "an example").unwrap())
        }
        Rule::BindCount => scoper.scope_binding(&sql, 1),
        _ => scoper.scope(&sql),
    }
    .err()
}

#[test]
fn every_rule_has_examples_that_it_refuses() {
    let mut wrong = Vec::new();
    for rule in Rule::ALL {
        if !EXAMPLES.iter().any(|(shown, ..)| shown == rule) {
            wrong.push(format!("{rule:?} has no example"));
        }
    }
    for (rule, dialect, sql) in EXAMPLES {
        match refusal(*rule, *dialect, sql) {
            Some(refusal) if refusal.rule() == *rule => {}
            found => wrong.push(format!("{sql}: {found:?} and not {rule:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_document_is_up_to_date() {
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/refusals.md")].assert_eq(&document());
}

fn document() -> String {
    let mut out = String::from(
        "# Refusals\n\n\
         Why a statement is not let through. Each rule has a stable code, which `Refusal::code` gives and `tenancy scope` and\n\
         `tenancy check` print, and a message that says what to write instead. Where one place in the text is to blame, the\n\
         refusal has its byte. It names no tenant, no row and no value.\n\n\
         This file is written by a test of tenancy-core, and every statement in it is refused as shown. The examples are a\n\
         tenant's, on this catalogue:\n\n```toml\n",
    );
    out.push_str(CATALOG);
    out.push_str("```\n");
    for rule in Rule::ALL {
        let (code, meaning, advice) = (rule.code(), rule.meaning(), rule.advice());
        writeln!(out, "\n## `{code}`\n\n{meaning}\n\n> {advice}.",).unwrap();
        for (_, dialect, sql) in EXAMPLES.iter().filter(|(shown, ..)| shown == rule) {
            example(&mut out, *rule, *dialect, sql);
        }
    }
    out
}

fn example(out: &mut String, rule: Rule, dialect: Dialect, sql: &str) {
    let refusal = refusal(rule, dialect, sql).unwrap();
    writeln!(out, "\n{}{}:\n\n```text\n{sql}", name(dialect), sent(rule)).unwrap();
    // Of an abbreviated statement no place can be shown.
    if let Some(at) = refusal.position().filter(|_| !sql.contains('…')) {
        let column = sql.get(..at).unwrap().chars().count();
        writeln!(out, "{:column$}^", "").unwrap();
    }
    out.push_str("```\n");
}

fn name(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "PostgreSQL",
        Dialect::Sqlite => "SQLite",
        Dialect::Mysql => "MySQL",
    }
}
