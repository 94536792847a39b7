//! When two answers are the same.

use super::lane::{Answer, Lane, Rows};
use super::script::words;

/// What a comparison came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    Same,
    /// Both failed alike.
    BothFailed,
    /// Both failed, each in its own way.
    OtherError(String),
    /// One of them ran out of time.
    Slow,
    Different(String),
}

pub(crate) fn compare(sql: &str, shared: &Answer, private: &Answer) -> Verdict {
    match (shared, private) {
        (Err(s), Err(p)) if s.code == p.code => Verdict::BothFailed,
        (Err(s), _) if s.is_slow() => Verdict::Slow,
        (_, Err(p)) if p.is_slow() => Verdict::Slow,
        (Err(s), Err(p)) => Verdict::OtherError(format!("{}; privately {}", s.message, p.message)),
        (Err(s), Ok(_)) => Verdict::Different(format!("failed, privately it did not: {}", s.message)),
        (Ok(_), Err(p)) => Verdict::Different(format!("privately it failed: {}", p.message)),
        (Ok(s), Ok(p)) => match same(sql, s, p) {
            Ok(()) => Verdict::Same,
            Err(how) => Verdict::Different(how),
        },
    }
}

fn same(sql: &str, s: &Rows, p: &Rows) -> Result<(), String> {
    if !s.rows.is_empty() && !p.rows.is_empty() && s.columns != p.columns {
        return Err(format!("columns {:?}, privately {:?}", s.columns, p.columns));
    }
    if s.affected != p.affected {
        return Err(format!("{} rows affected, privately {}", s.affected, p.affected));
    }
    let (one, two) = (lines(s, sql), lines(p, sql));
    if one == two {
        return Ok(());
    }
    let more: Vec<_> = one.iter().filter(|l| !two.contains(l)).take(3).collect();
    let less: Vec<_> = two.iter().filter(|l| !one.contains(l)).take(3).collect();
    Err(format!(
        "{} rows, privately {}; too many {more:?}, missing {less:?}",
        one.len(),
        two.len()
    ))
}

/// The rows, in order where the statement asks for one.
fn lines(rows: &Rows, sql: &str) -> Vec<String> {
    let mut lines: Vec<String> = rows
        .rows
        .iter()
        .map(|r| {
            r.iter()
                .map(|c| cell(c.as_deref()))
                .collect::<Vec<_>>()
                .join(" | ")
        })
        .collect();
    let ordered = words(sql)
        .windows(2)
        .any(|w| w[0].depth == 0 && w[0].text == "order" && w[1].text == "by");
    if !ordered {
        lines.sort();
    }
    lines
}

/// A value; numbers are cut to twelve digits, since the order of a sum is nobody's secret.
fn cell(value: Option<&str>) -> String {
    let Some(text) = value else {
        return "∅".to_owned();
    };
    match text.parse::<f64>() {
        Ok(v) if text.contains(['.', 'e']) => format!("{:.11e}", v + 0.0),
        _ => text.to_owned(),
    }
}

/// Ways to run the same query: with an answer that hangs on one of them nobody can compare.
const PLANS: [&str; 8] = [
    "SET LOCAL enable_seqscan = off",
    "SET LOCAL enable_indexscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexonlyscan = off",
    "SET LOCAL enable_hashagg = off",
    "SET LOCAL enable_sort = off",
    "SET LOCAL enable_hashjoin = off",
    "SET LOCAL enable_mergejoin = off",
    "SET LOCAL enable_nestloop = off",
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_hashagg = off",
];

/// Whether some plan on the one gives what some plan on the other gives: then the query leaves its answer open.
pub(crate) async fn is_open(
    sql: &str,
    shared: (&mut Lane, &[&str], &Answer),
    private: (&mut Lane, &str, &Answer),
) -> bool {
    let ((shared, scoped, s), (own, text, p)) = (shared, private);
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for plan in PLANS {
        here.extend(under(shared, plan, scoped).await);
        there.extend(under(own, plan, &[text]).await);
    }
    here.extend(s.clone());
    there.extend(p.clone());
    here.iter().any(|a| there.iter().any(|b| same(sql, a, b).is_ok()))
}

async fn under(lane: &mut Lane, plan: &str, statements: &[&str]) -> Option<Rows> {
    lane.must(if lane.in_transaction {
        "SAVEPOINT regress_plan"
    } else {
        "BEGIN"
    })
    .await;
    lane.must(plan).await;
    let mut answer = Ok(Rows::default());
    for sql in statements {
        answer = lane.run(sql).await;
        if answer.is_err() {
            break;
        }
    }
    lane.must(if lane.in_transaction {
        "ROLLBACK TO SAVEPOINT regress_plan; RELEASE SAVEPOINT regress_plan"
    } else {
        "ROLLBACK"
    })
    .await;
    answer.ok()
}
