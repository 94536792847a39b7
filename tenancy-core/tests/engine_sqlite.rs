//! SQLite's grammar: what goes into the engine and what comes out of it, as data.
//!
//! The statements stand in `sqlite/*.sql`, what becomes of each in the file beside it (`UPDATE_EXPECT=1` writes it).

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use expect_test::expect_file;
use tenancy_core::{
    Catalog, KeyType,
    sql::{Dialect, Scoper},
};

fn scoper() -> Scoper {
    let catalog = Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["items", "orders"])
        .shared_tables(["brands"])
        .build()
        .unwrap();
    Scoper::new(catalog, Dialect::Sqlite)
}

const MENDED: &str = include_str!("sqlite/mended.sql");

/// The statements of the file, without its comments.
fn statements() -> impl Iterator<Item = &'static str> {
    MENDED
        .lines()
        .filter(|line| !line.starts_with("--"))
        .map(|line| line.trim_end_matches(';'))
}

#[test]
fn what_the_parser_cannot_read_is_mended() {
    let scoper = scoper();
    let mut out = String::new();
    for statement in statements() {
        let scoped = scoper
            .scope(statement)
            .map_or_else(|refusal| refusal.to_string(), |scoped| scoped.text().to_owned());
        out.push_str(&format!("{statement}\n→ {scoped}\n\n"));
    }
    expect_file!["sqlite/mended.txt"].assert_eq(&out);
}

/// A relation put in at any place of any mended statement is seen: `people` stands in no catalogue.
#[test]
fn nothing_hides_behind_what_is_mended() {
    let scoper = scoper();
    let smuggled = [
        "(SELECT id FROM people)",
        "FROM people",
        "JOIN people",
        ", people",
        "IN people",
        "IN main.people",
        "IS NOT (SELECT 1 FROM people)",
        "IS NOT NULL, (SELECT 1 FROM people)",
        "ISNULL FROM people",
        "NOT NULL FROM people",
        "NOT INDEXED, people",
        "INDEXED BY x, people",
        "AS MATERIALIZED (SELECT 1 FROM people)",
        "EXCLUDE TIES) FROM people",
        "<< (SELECT 1 FROM people)",
    ];
    let mut tried = 0;
    for statement in statements() {
        for (at, _) in statement.match_indices([' ', '(']) {
            let (before, after) = statement.split_at(at + 1);
            if before.matches('\'').count() % 2 == 1 {
                continue;
            }
            for extra in smuggled {
                let text = format!("{before} {extra} {after}");
                tried += 1;
                if let Ok(scoped) = scoper.scope(&text) {
                    let named = scoped.text().replace('\'', "");
                    for word in ["FROM people", "JOIN people", "IN people"] {
                        assert!(!named.contains(word), "{text}\nbecame\n{named}");
                    }
                }
            }
        }
    }
    assert!(tried > 2_000, "{tried}");
}

#[test]
fn positions_are_those_of_the_users_text() {
    let at = |sql: &str| scoper().scope(sql).unwrap_err().position();
    let sql = "SELECT id FROM items NOT INDEXED WHERE id IN orders AND id IN people";
    assert_eq!(at(sql), sql.find("people"));
    let sql = "SELECT id FROM items WHERE name IS NOT 'x' AND load_extension('x')";
    assert_eq!(at(sql), sql.find("load_extension"));
}
