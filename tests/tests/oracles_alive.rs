//! Each oracle of the harness sees a mistake that the others do not: an engine is made that is wrong in this one way, and
//! the difference that is told has to be that oracle's.

#![allow(clippy::unwrap_used, clippy::panic, clippy::string_slice)]

use std::collections::BTreeSet;
use std::sync::Mutex;

use tenancy_core::sql::Scoper;
use tenancy_testkit::{
    Dialect, Engine, EngineOutput, EngineRefusal, NonInterference, Setup, engine_fn, engine_for_fn,
};

type Scoped = Result<EngineOutput, EngineRefusal>;

/// What a wrong engine makes of a statement, given the right one's answer.
type Mistake = fn(&Setup) -> Box<dyn Fn(&str, Scoped) -> Scoped + Send + Sync>;

/// Runs the harness over such an engine: the first difference has to be told in these words.
fn is_seen(dialect: Dialect, words: &[&str], mistake: Mistake) {
    let outcome = NonInterference::new(dialect, move |setup| {
        let scoper = Scoper::new(setup.catalog().clone(), dialect.into());
        let wrong = mistake(setup);
        Box::new(engine_fn(move |sql: &str| {
            wrong(sql, Engine::scope(&scoper, sql))
        }))
    })
    .cases(1_500)
    .seed(11)
    .shrink_for(std::time::Duration::from_secs(5))
    .run();
    match outcome {
        Ok(report) if report.skipped() => {}
        Ok(report) => panic!("not seen:\n{report}"),
        Err(failure) => {
            let told = failure.counterexample().map(|c| c.difference.clone());
            assert!(
                told.as_ref().is_some_and(|d| words.iter().any(|w| d.contains(w))),
                "{failure}"
            );
        }
    }
}

#[test]
fn a_cache_that_keeps_the_wrong_text_is_seen_by_asking_again() {
    is_seen(Dialect::Sqlite, &["asked again"], |_| {
        let seen = Mutex::new(BTreeSet::new());
        Box::new(move |sql, out| {
            // The partition asks for the same text as each tenant, and would see it first.
            let first = seen.lock().unwrap().insert(sql.to_owned()) || sql.starts_with("SELECT a0.");
            out.map(|out| if first { out } else { unscoped(sql, &out) })
        })
    });
}

#[test]
fn an_engine_that_trusts_its_own_writing_is_seen_by_scoping_again() {
    is_seen(Dialect::Sqlite, &["scoped again"], |setup| {
        let key = format!(".\"{}\" = ?", setup.catalog().tenant_key());
        Box::new(move |sql, out| {
            let own = sql.contains(&key);
            out.map(|out| {
                if own {
                    let text = sql.replace(&key, &format!("{} >= ?", key.trim_end_matches(" = ?")));
                    EngineOutput { text, ..out }
                } else {
                    out
                }
            })
        })
    });
}

#[test]
fn a_tenant_written_into_the_text_is_seen_by_the_partition() {
    is_seen(Dialect::Sqlite, &["the tenants together"], |setup| {
        let tenant = setup.tenant().to_string();
        // Only a number is written the same in a text and in a bind.
        let number = tenant.parse::<i64>().is_ok();
        Box::new(move |_, out| {
            out.map(|out| match out.tenant_bind {
                Some(bind) if number => EngineOutput {
                    text: out.text.replace(&format!("?{bind}"), &tenant),
                    tenant_bind: None,
                    ..out
                },
                _ => out,
            })
        })
    });
}

#[test]
fn a_refusal_of_what_is_harmless_is_seen_by_the_pivot_row() {
    is_seen(Dialect::Sqlite, &["the pivot row is refused"], |_| {
        Box::new(|sql, out| {
            let plain = sql.starts_with("SELECT id FROM ") && !sql.contains('(');
            if plain && sql.matches(" AND ").count() > 1 {
                return Err(EngineRefusal {
                    code: "too_deep".to_owned(),
                    message: "too many conditions".to_owned(),
                });
            }
            out
        })
    });
}

/// What one tenant's statement leaves on the connection changes what the next one's sees.
#[test]
fn a_setting_that_stays_is_seen_by_a_fresh_connection() {
    let outcome = NonInterference::new(Dialect::Postgres, move |setup| {
        let scoper = Scoper::new(setup.catalog().clone(), Dialect::Postgres.into());
        let subject = setup.tenant().to_string();
        Box::new(engine_for_fn(move |sql: &str, tenant: &str| {
            let out = Engine::scope(&scoper, sql)?;
            let query = sql.starts_with("SELECT ") && !sql.starts_with("SELECT a0.") && out.binds == 0;
            Ok(match (query && out.tenant_bind.is_some(), tenant == subject) {
                (false, _) => out,
                (true, false) => EngineOutput {
                    text: "SELECT set_config('tenancy.left', $1::text, false)".to_owned(),
                    ..out
                },
                (true, true) => EngineOutput {
                    text: format!(
                        "SELECT * FROM ({}) AS x WHERE current_setting('tenancy.left', true) IS NULL",
                        out.text
                    ),
                    ..out
                },
            })
        }))
    })
    .cases(200)
    .seed(11)
    .run();
    match outcome {
        Ok(report) if report.skipped() => {}
        Ok(report) => panic!("not seen:\n{report}"),
        Err(failure) => assert!(
            failure.to_string().contains("a fresh connection answers"),
            "{failure}"
        ),
    }
}

/// Without the guard that keeps the tenant's test first, the errors of other tenants' poison come through.
#[test]
fn a_predicate_that_is_no_barrier_is_seen_by_the_poison() {
    is_seen(Dialect::Postgres, &["failed, privately it did not"], |_| {
        Box::new(|_, out| {
            out.map(|out| {
                let mut text = out.text.clone();
                while let Some(at) = text.find(" AND CASE WHEN ") {
                    let Some(end) = text[at..].find(" THEN true END IS NOT NULL") else {
                        break;
                    };
                    text.replace_range(at..at + end + " THEN true END IS NOT NULL".len(), "");
                }
                EngineOutput { text, ..out }
            })
        })
    });
}

/// Rows that only the second world's neighbours have: the first looks as the private database does.
#[test]
fn a_leak_of_neighbours_that_are_elsewhere_is_seen_by_the_second_world() {
    // The second world looks for markers too.
    let words = ["other neighbours", "a row holds another tenant's"];
    is_seen(Dialect::Sqlite, &words, |setup| {
        let key = setup.catalog().tenant_key().to_owned();
        Box::new(move |_, out| {
            out.map(|out| {
                // The ids of rows that stand in the second world alone lie between twenty and thirty.
                let mark = format!(".\"{key}\" = ?");
                let mut text = String::new();
                let mut rest = out.text.as_str();
                while let Some(at) = rest.find(&mark) {
                    let (before, after) = rest.split_at(at);
                    let name = before.rfind([' ', '(']).map_or(0, |n| n + 1);
                    let digits = after[mark.len()..]
                        .chars()
                        .take_while(char::is_ascii_digit)
                        .count();
                    let (test, more) = after.split_at(mark.len() + digits);
                    let (before, name) = before.split_at(name);
                    text.push_str(&format!(
                        "{before}({name}{test} OR {name}.\"id\" BETWEEN 21 AND 29)"
                    ));
                    rest = more;
                }
                text.push_str(rest);
                EngineOutput { text, ..out }
            })
        })
    });
}

fn unscoped(sql: &str, out: &EngineOutput) -> EngineOutput {
    EngineOutput {
        text: sql.to_owned(),
        binds: out.binds,
        tenant_bind: None,
    }
}
