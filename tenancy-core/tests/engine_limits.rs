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
    rule_in(Dialect::Sqlite, sql)
}

fn rule_in(dialect: Dialect, sql: String) -> Option<Rule> {
    let scope = move || scoper(dialect).scope(&sql).err().map(|refusal| refusal.rule());
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

fn many(count: usize, separator: &str, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(separator)
}

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::Postgres, Dialect::Mysql];

/// The tables of a FROM stand side by side, the predicates of tables that stay in place below each other.
#[test]
fn a_from_of_many_tables_does_not_overflow_the_stack() {
    let tables = |count: usize| many(count, ", ", |n| format!("items i{n}"));
    for dialect in DIALECTS {
        for count in [64, 65, 2_000] {
            let select = format!("SELECT 1 FROM {} WHERE i1.id = i2.id", tables(count));
            assert_eq!(rule_in(dialect, select), None, "{dialect:?} {count}");
        }
    }
    let update = |count: usize| format!("UPDATE {} SET i1.qty = 1 WHERE i1.id = 2", tables(count));
    assert_eq!(rule_in(Dialect::Mysql, update(60)), None);
    let sets = |count| many(count, ", ", |n| format!("i{n}.qty = 1"));
    let all = format!("UPDATE {} SET {}", tables(1_000), sets(1_000));
    assert!(rule_in(Dialect::Mysql, all).is_some());
}

/// A hundred lines in which the columns double each time: no server takes them, and neither is the memory for them taken.
#[test]
fn columns_that_double_are_refused() {
    let doubling = |lines: usize| {
        let ctes = many(lines, ", ", |n| {
            format!("c{} AS (SELECT * FROM c{n} a, c{n} b)", n + 1)
        });
        format!("WITH c0 AS (SELECT id, qty FROM items), {ctes} SELECT 1 FROM c{lines}")
    };
    for dialect in DIALECTS {
        assert_eq!(rule_in(dialect, doubling(10)), None, "{dialect:?}");
        assert_eq!(
            rule_in(dialect, doubling(100)),
            Some(Rule::TooLong),
            "{dialect:?}"
        );
    }
    let stars = format!(
        "SELECT {} FROM (SELECT {} FROM items) t",
        vec!["*"; 20_000].join(", "),
        many(20_000, ", ", |n| format!("id AS a{n}")),
    );
    assert_eq!(rule(stars), Some(Rule::TooLong));
}

/// What each piece of a text costs does not grow with the text: otherwise these would take minutes.
#[test]
fn long_texts_of_any_piece_are_answered() {
    let list = |pieces: usize, piece: &str| vec![piece; pieces].join(", ");
    let ctes = many(2_000, ", ", |n| format!("c{} AS (SELECT id FROM c{n})", n + 1));
    for (dialect, sql, expected) in [
        (
            Dialect::Sqlite,
            format!("SELECT {} FROM items", list(8_000, "id /* x */ + 1")),
            None,
        ),
        (
            Dialect::Mysql,
            format!("SELECT {} FROM items", list(4_000, "lower(name) -- x\n")),
            None,
        ),
        (
            Dialect::Sqlite,
            format!(
                "SELECT {} FROM items",
                list(1_500, "EXISTS (SELECT 1 FROM items i WHERE i.id = 1)")
            ),
            None,
        ),
        (
            Dialect::Postgres,
            format!("WITH c0 AS (SELECT id FROM items), {ctes} SELECT id FROM c2000"),
            None,
        ),
        (
            Dialect::Postgres,
            format!("{}1{}", "(SELECT ".repeat(20_000), " FROM items*)".repeat(20_000)),
            Some(Rule::TooDeep),
        ),
        (
            Dialect::Postgres,
            format!("UPDATE items SET {}1", "a [ SET ".repeat(60_000)),
            Some(Rule::TooDeep),
        ),
        (
            Dialect::Postgres,
            format!("SELECT {}", vec!["'a'"; 1_000].join("\n")),
            None,
        ),
        (
            Dialect::Postgres,
            format!("SELECT 1 {} {}", "/*".repeat(100_000), "*/".repeat(100_000)),
            None,
        ),
    ] {
        let start: String = sql.chars().take(60).collect();
        assert_eq!(rule_in(dialect, sql), expected, "{dialect:?} {start}");
    }
}

#[test]
fn many_threads_get_the_same_answers_from_one_cache() {
    let texts: Vec<String> = (0..60)
        .map(|n| match n % 3 {
            0 => format!("SELECT id FROM items WHERE qty > {n}"),
            1 => format!("SELECT id FROM people{n}"),
            _ => format!("UPDATE items SET qty = {n} WHERE id = ?"),
        })
        .collect();
    let alone = scoper(Dialect::Sqlite);
    let expected: Vec<_> = texts.iter().map(|text| alone.scope(text)).collect();
    let shared = scoper(Dialect::Sqlite);
    thread::scope(|threads| {
        for start in 0..8 {
            let (texts, expected, shared) = (&texts, &expected, &shared);
            threads.spawn(move || {
                for turn in 0..texts.len() * 20 {
                    let at = (start * 7 + turn) % texts.len();
                    assert_eq!(shared.scope(&texts[at]), expected[at], "{}", texts[at]);
                }
            });
        }
    });
    assert_eq!(shared.cache_weight(), alone.cache_weight());
}

#[test]
fn texts_that_come_once_do_not_push_out_what_is_used() {
    let scoper = scoper(Dialect::Sqlite);
    let sql = "SELECT id FROM items";
    let used = scoper.scope(sql).unwrap();
    let padding = "x".repeat(8_000);
    for n in 0..1_500 {
        // The application goes on asking.
        if n % 10 == 0 {
            assert!(std::sync::Arc::ptr_eq(&used, &scoper.scope(sql).unwrap()), "{n}");
        }
        scoper
            .scope(&format!("SELECT '{padding}', {n} FROM items"))
            .unwrap();
    }
    assert!(scoper.cache_weight() <= 8 << 20, "{}", scoper.cache_weight());
    assert!(
        scoper.cache_weight() > 6 << 20,
        "the cache was full: {}",
        scoper.cache_weight()
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
