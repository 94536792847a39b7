//! PostgreSQL's grammar: what goes into the engine and what comes out of it, as data.
//!
//! The statements stand in `postgres/*.sql`, what becomes of each in the file beside it (`UPDATE_EXPECT=1` writes it). There the
//! slice of a table is folded to `‹table›` and the predicate of a target to `‹own rows›`.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use expect_test::expect_file;
use tenancy_core::sql::{Dialect, Scoper};

#[path = "postgres/own.rs"]
mod own;
use own::statements;

fn scoper() -> Scoper {
    Scoper::new(own::catalog(), Dialect::Postgres)
}

fn folded(scoped: &str) -> String {
    let mut text = scoped.to_owned();
    for table in ["items", "notes", "orders"] {
        let own = format!(r#""{table}"."tid" = CAST($1 AS bigint)"#);
        text = text.replace(
            &format!("{own} AND CASE WHEN {own} THEN true END IS NOT NULL"),
            "‹own rows›",
        );
        for columns in ["*", r#""notes"."id", "notes"."body", "notes"."tags""#] {
            for (only, name) in [("", table.to_owned()), ("ONLY ", format!("only {table}"))] {
                text = text.replace(
                    &format!(r#"(SELECT {columns} FROM {only}"public"."{table}" WHERE ‹own rows›)"#),
                    &format!("‹{name}›"),
                );
            }
        }
    }
    text.replace("CAST($1 AS bigint)", "‹tenant›")
}

fn outcomes(file: &str) -> String {
    let scoper = scoper();
    let mut out = String::new();
    for statement in statements(file) {
        let outcome = match scoper.scope(&statement) {
            Ok(scoped) => folded(scoped.text()),
            Err(refusal) => format!("refused: {}", refusal.code()),
        };
        out.push_str(&format!("{statement}\n→ {outcome}\n\n"));
    }
    out
}

const MENDED: &str = include_str!("postgres/mended.sql");

#[test]
fn what_the_parser_cannot_read_is_mended() {
    let outcomes = outcomes(MENDED);
    assert!(!outcomes.contains("→ refused"), "{outcomes}");
    expect_file!["postgres/mended.txt"].assert_eq(&outcomes);
}

#[test]
fn reads_are_read() {
    let outcomes = outcomes(include_str!("postgres/reads.sql"));
    assert!(!outcomes.contains("→ refused"), "{outcomes}");
    expect_file!["postgres/reads.txt"].assert_eq(&outcomes);
}

/// What ends elsewhere for the server than for the parser.
#[test]
fn literals_of_two_readings_are_refused() {
    for sql in [
        "SELECT E'a'\n'\\' UNION SELECT secret FROM people --'",
        "SELECT E'a' -- b\n'\\' UNION SELECT secret FROM people --'",
        "SELECT $1$a$1$",
        "SELECT U&'a'\n'\\' UNION SELECT secret FROM people --'",
        "SELECT U&'\\' UNION SELECT secret FROM people --'",
        "SELECT U&'d!0061' UESCAPE '!' FROM items",
        "SELECT xU&'a' FROM items",
        "SELECT U&\"d\\0061t\" FROM items",
        "SELECT N'a' FROM items",
        "SELECT B'2' FROM items",
        "SELECT X'zz' FROM items",
        "SELECT 'a' 'b' FROM items",
        "SELECT 'a' /* c */\n'b' FROM items",
        "SELECT xE'a' FROM items",
    ] {
        assert!(scoper().scope(sql).is_err(), "{sql}");
    }
}

const WRITES: &str = include_str!("postgres/writes.sql");

#[test]
fn writes_in_a_with_and_merges_stay_in_the_slice() {
    let outcomes = outcomes(WRITES);
    assert!(!outcomes.contains("→ refused"), "{outcomes}");
    expect_file!["postgres/writes.txt"].assert_eq(&outcomes);
}

/// A relation put in at any place of any mended statement is seen: `people` stands in no catalogue.
#[test]
fn nothing_hides_behind_what_is_mended() {
    let scoper = scoper();
    let smuggled = [
        "(SELECT id FROM people)",
        "FROM people",
        "TABLE people",
        "JOIN people",
        ", people",
        ", (TABLE people)",
        "ONLY people",
        "people *",
        "USING (id) AS x, people",
        "EXCLUDE TIES, (SELECT 1 FROM people)",
        "ROWS FROM (people())",
        "ROWS FROM (generate_series(1, 2), (SELECT 1 FROM people))",
        "GROUPING SETS ((SELECT 1 FROM people))",
        "[(SELECT 1 FROM people)]",
        "SEARCH DEPTH FIRST BY id SET seq FROM people",
        "CYCLE id SET c USING p FROM people",
    ];
    let mut tried = 0;
    for statement in statements(MENDED).into_iter().chain(statements(WRITES)) {
        let places = (0..=statement.len()).filter(|at| {
            statement.is_char_boundary(*at)
                && statement
                    .get(..*at)
                    .is_some_and(|text| text.ends_with([' ', '(', ',']))
        });
        // Every other place: each shape stands in several statements.
        for at in places.step_by(2) {
            let (before, after) = statement.split_at(at);
            if before.matches('\'').count() % 2 == 1 {
                continue;
            }
            for extra in smuggled {
                let text = format!("{before} {extra} {after}");
                tried += 1;
                if let Ok(scoped) = scoper.scope(&text) {
                    let named = scoped.text().replace("'", "").contains("FROM people")
                        || scoped.text().contains("TABLE people")
                        || scoped.text().contains("JOIN people")
                        || scoped.text().contains("ONLY people");
                    assert!(!named, "{text}\nbecame\n{}", scoped.text());
                }
            }
        }
    }
    assert!(tried > 5_000, "{tried}");
}

/// A refusal names a place of the user's text, also behind a rewrite that made it longer.
#[test]
fn positions_are_those_of_the_users_text() {
    let at = |sql: &str| scoper().scope(sql).unwrap_err().position();
    let sql = "TABLE items UNION ALL TABLE people";
    assert_eq!(at(sql), sql.find("people"));
    let sql = "SELECT * FROM items* i, people";
    assert_eq!(at(sql), sql.find("people"));
    let sql = "SELECT sum(qty) OVER (ROWS 1 PRECEDING EXCLUDE TIES), pg_sleep(1) FROM items";
    assert_eq!(at(sql), sql.find("pg_sleep"));
}
