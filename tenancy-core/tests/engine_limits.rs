//! Texts that are made to break the engine: long, deep, wide. Each is answered on a small stack.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use std::thread;

use proptest::prelude::*;
use tenancy_core::{
    Catalog, KeyType,
    sql::{Dialect, Rule, Scoper},
};

fn scoper(dialect: Dialect) -> Scoper {
    let catalog = Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["items"])
        .build()
        .unwrap();
    Scoper::new(catalog, dialect)
}

/// The rule that refuses `sql`, if any does, found on a stack of the size that async runtimes give their threads.
fn rule(sql: String) -> Option<Rule> {
    let scope = move || {
        scoper(Dialect::Sqlite)
            .scope(&sql)
            .err()
            .map(|refusal| refusal.rule())
    };
    thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(scope)
        .unwrap()
        .join()
        .unwrap()
}

#[test]
fn long_chains_are_walked_or_refused_and_never_overflow_the_stack() {
    let chain = |terms: usize| {
        format!(
            "SELECT id FROM items WHERE {}",
            vec!["qty = 1"; terms].join(" OR ")
        )
    };
    assert_eq!(rule(chain(500)), None);
    assert_eq!(rule(chain(1_900)), None);
    assert_eq!(rule(chain(20_000)), Some(Rule::TooDeep));
    assert_eq!(rule(format!("SELECT {}1", "1+".repeat(3_900))), None);
    assert_eq!(
        rule(format!("SELECT {}1", "1+".repeat(50_000))),
        Some(Rule::TooDeep)
    );
    assert_eq!(
        rule(format!("SELECT {}", vec!["1"; 3_900].join(" UNION SELECT "))),
        Some(Rule::TooDeep)
    );
}

#[test]
fn set_operations_lean_on_each_other_across_commas() {
    let arms = |arms: usize| vec!["SELECT 1, 2"; arms].join(" UNION ");
    assert_eq!(rule(arms(1_000)), None);
    assert_eq!(rule(arms(7_000)), None);
    assert_eq!(rule(arms(40_000)), Some(Rule::TooDeep));
    assert_eq!(
        rule(vec!["VALUES (1, 2)"; 20_000].join(" EXCEPT ")),
        Some(Rule::TooDeep)
    );
}

/// Twice the rows take about twice the work: told by the test ending, not by a clock.
#[test]
fn long_inserts_are_walked_in_one_pass() {
    let rows = |rows: usize| {
        format!(
            "INSERT INTO items (tid, qty) VALUES {}",
            vec!["(1, lower('a'))"; rows].join(", ")
        )
    };
    assert_eq!(rule(rows(15_000)), None);
    let arms = |arms: usize| {
        format!(
            "INSERT INTO items (tid, qty) {}",
            vec!["SELECT 1, 2"; arms].join(" UNION ALL ")
        )
    };
    assert_eq!(rule(arms(6_000)), None);
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [
        ("(", ")"),
        ("NOT (", ")"),
        ("-(", ")"),
        ("(SELECT ", ")"),
        ("CASE WHEN ", " THEN 1 END"),
    ] {
        for depth in [10, 100, 1_000, 10_000, 100_000] {
            let refused = rule(format!("SELECT {}1{}", open.repeat(depth), close.repeat(depth)));
            if depth > 100 {
                assert!(
                    matches!(refused, Some(Rule::TooDeep | Rule::Syntax | Rule::TooLong)),
                    "{open} {depth}: {refused:?}"
                );
            }
        }
    }
    for prefix in ["- ", "NOT ", "~", "+"] {
        for depth in [10, 1_000, 100_000] {
            let refused = rule(format!("SELECT {}1", prefix.repeat(depth)));
            assert!(
                matches!(refused, None | Some(Rule::TooDeep | Rule::Syntax)),
                "{prefix} {depth}: {refused:?}"
            );
        }
    }
}

#[test]
fn long_lists_are_fine_up_to_the_limit() {
    let list = |items: usize| {
        format!(
            "SELECT id FROM items WHERE id IN ({})",
            vec!["1"; items].join(", ")
        )
    };
    assert_eq!(rule(list(50_000)), None);
    assert_eq!(rule(list(120_000)), Some(Rule::TooLong));
    assert_eq!(
        rule(format!("SELECT '{}'", "x".repeat(2 << 20))),
        Some(Rule::TooLong)
    );
}

#[test]
fn the_cache_is_bounded_and_refusals_do_not_push_out_what_is_used() {
    let scoper = scoper(Dialect::Sqlite);
    let used = scoper.scope("SELECT id FROM items").unwrap();
    let padding = "x".repeat(4_000);
    for n in 0..3_000 {
        let _ = scoper.scope(&format!("SELECT '{padding}' FROM people{n}"));
    }
    assert!(scoper.cache_weight() < 9 << 20, "{}", scoper.cache_weight());
    assert!(std::sync::Arc::ptr_eq(
        &used,
        &scoper.scope("SELECT id FROM items").unwrap()
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the text: no panic, and what is let through names the table only behind the predicate.
    #[test]
    fn arbitrary_text_never_panics(
        words in proptest::collection::vec(prop_oneof![
            Just("SELECT"), Just("FROM"), Just("items"), Just("WHERE"), Just("("), Just(")"), Just("'"), Just("''"),
            Just("\""), Just("--"), Just("/*"), Just("*/"), Just("\n"), Just(","), Just("*"), Just("1"), Just("?"),
            Just("$1"), Just("AS"), Just("x"), Just("UNION"), Just("WITH"), Just("INSERT INTO"), Just("VALUES"),
            Just("UPDATE"), Just("SET"), Just("="), Just("DELETE FROM"), Just("JOIN"), Just("ON"), Just("."), Just(";"),
            Just("RETURNING"), Just("ORDER BY"), Just("ü"), Just("\\"), Just("E'"), Just("$$"), Just("["), Just("]"),
            Just("`"), Just("main"), Just("ON CONFLICT"), Just("DO NOTHING"), Just("DEFAULT"), Just("\u{a0}"),
        ], 0..25),
        spaced in any::<bool>(),
    ) {
        let sql = words.join(if spaced { " " } else { "" });
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            if let Ok(scoped) = scoper(dialect).scope(&sql) {
                let bare = scoped.text().matches("\"items\"").count();
                let tests = scoped.text().matches("\"tid\"").count();
                prop_assert!(bare == 0 || tests > 0, "{}", scoped.text());
            }
        }
    }

    #[test]
    fn arbitrary_characters_never_panic(sql in "\\PC{0,60}") {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let _ = scoper(dialect).scope(&sql);
        }
    }
}
