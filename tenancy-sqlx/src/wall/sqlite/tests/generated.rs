//! Made-up statements, as they are, behind the wall alone; and through the engine with the wall behind it.

use std::collections::BTreeMap;

use tenancy_core::{
    Catalog, Table,
    sql::{Dialect as Engine, Scoper},
};
use tenancy_testkit::{
    Class, Dialect, Value,
    probe::{Database, Sample, same_rows, sample},
};

use super::{Walled, with_bare_target};

const SEED: u64 = 20_240_229;
/// Schemas, unless `TENANCY_STREAMS` says how many.
const STREAMS: u64 = 24;
const STATEMENTS: u64 = 50;

fn streams() -> u64 {
    let asked = std::env::var("TENANCY_STREAMS").ok();
    asked.and_then(|asked| asked.parse().ok()).unwrap_or(STREAMS)
}

fn subject(sample: &Sample) -> Value {
    use tenancy_core::KeyValue;
    match sample.tenant.value() {
        KeyValue::BigInt(value) => Value::Int(value),
        KeyValue::Uuid(value) => Value::Uuid(value),
        KeyValue::Text(value) => Value::Text(value.to_owned()),
    }
}

/// The rows of every table by whose they are.
async fn others(walled: &mut Walled, sample: &Sample) -> BTreeMap<String, Vec<String>> {
    let own = subject(sample);
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, owner) in &sample.owners {
        let owner = owner.as_deref().unwrap_or("NULL").replace("FROM ", "FROM main.");
        let sql = format!("SELECT {owner} AS tenancy_owner, tenancy_t.* FROM main.{table} AS tenancy_t");
        for row in walled.whole(&sql).await.rows {
            let owned = row[0] == own;
            let list = rows.entry(table.clone()).or_default();
            if !owned {
                list.push(format!("{row:?}"));
            }
        }
    }
    rows.values_mut().for_each(|list| list.sort());
    rows
}

#[derive(Debug, Default)]
struct Tally {
    same: usize,
    rows: usize,
    failed_alike: usize,
    wrote: usize,
    refused: usize,
    wrong: Vec<String>,
}

fn refused(text: &str) -> bool {
    [
        "not authorized",
        "prohibited",
        "tenancy: refused",
        "is a view",
        "may not be",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

/// Whether a statement, or the body of a view that it reads, names a table itself, with its database: that is denied.
fn names_the_table(sample: &Sample, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut bodies = sample.catalog.lines().filter(|line| line.contains("main."));
    text.contains("main.")
        || bodies.any(|line| {
            line.split_once(" = ")
                .is_some_and(|(view, _)| text.contains(view))
        })
}

async fn judge(tally: &mut Tally, sample: &Sample, scoper: Option<&Scoper>) {
    let catalog = Catalog::from_toml(&sample.catalog).unwrap();
    let engine = Scoper::new(catalog.clone(), Engine::Sqlite);
    let mut walled = Walled::with(&catalog, &sample.ddl).await;
    let mut private = Database::sqlite().await.unwrap();
    private.script(&sample.private_ddl).await.unwrap();
    for ((class, text, binds), (own_text, own_binds)) in
        sample.statements.iter().zip(&sample.private_statements)
    {
        if *class == Class::Forbidden {
            continue;
        }
        let Ok(told) = engine.scope(text) else { continue };
        let (mut sent, mut values) = (text.clone(), binds.clone());
        if let Some(scoper) = scoper {
            let scoped = scoper.scope(text).unwrap();
            sent = scoped.text().to_owned();
            if scoped.tenant_bind().is_some() {
                values.push(subject(sample));
            }
        } else if !told.writes().is_empty() {
            sent = with_bare_target(text);
        }
        let writes = told.writes();
        let is_write = !writes.is_empty();
        if is_write {
            walled.db.script("BEGIN").await.unwrap();
            private.script("BEGIN").await.unwrap();
        }
        let before = others(&mut walled, sample).await;
        let answer = walled.run(&sample.tenant, writes, &sent, &values).await;
        let own = private.run(own_text, own_binds).await;
        if is_write {
            if others(&mut walled, sample).await != before {
                tally.wrong.push(format!("changes another's rows: {sent}"));
            }
            walled.db.script("ROLLBACK").await.unwrap();
            private.script("ROLLBACK").await.unwrap();
        }
        match (&answer, &own) {
            (Ok(_), _) if is_write && scoper.is_none() => tally.wrote += 1,
            (Err(_), _) if is_write && scoper.is_none() => tally.refused += 1,
            (Ok(one), Ok(other)) => match same_rows(one, other, &[]) {
                Ok(()) => {
                    tally.same += 1;
                    tally.rows += usize::from(!one.rows.is_empty());
                    tally.wrote += usize::from(is_write);
                }
                Err(difference) => tally.wrong.push(format!("{sent}\n    {difference}")),
            },
            (Err(one), Err(other)) if one.kind == other.kind => tally.failed_alike += 1,
            // A parent that is not the tenant's own: the engine stores NULL in its place.
            (Err(one), Err(other))
                if one.kind == "NotNullViolation" && other.text.contains("FOREIGN KEY") =>
            {
                tally.failed_alike += 1;
            }
            (Err(fault), _) if fault.is_timeout() => {}
            (Err(fault), _) if refused(&fault.text) && scoper.is_none() && names_the_table(sample, text) => {
                tally.refused += 1
            }
            (Err(fault), _) if refused(&fault.text) => {
                tally.wrong.push(format!("refused: {sent}\n    {}", fault.text));
            }
            (one, other) => tally.wrong.push(format!("{sent}\n    {one:?}\n    {other:?}")),
        }
    }
}

#[tokio::test]
async fn through_the_engine_the_wall_changes_no_answer() {
    let mut tally = Tally::default();
    for stream in 0..streams() {
        let sample = sample(Dialect::Sqlite, SEED, stream, STATEMENTS).unwrap();
        let catalog = Catalog::from_toml(&sample.catalog).unwrap();
        let scoper = Scoper::new(catalog, Engine::Sqlite).behind_views();
        judge(&mut tally, &sample, Some(&scoper)).await;
    }
    report("engine and wall", &tally);
}

#[tokio::test]
async fn the_wall_alone_answers_as_a_private_database() {
    let mut tally = Tally::default();
    for stream in 0..3 * streams() {
        let sample = sample(Dialect::Sqlite, SEED, stream, STATEMENTS).unwrap();
        let catalog = Catalog::from_toml(&sample.catalog).unwrap();
        // A key that the engine hides is there for those who get past it.
        if !catalog.tables().any(Table::hides_key) {
            judge(&mut tally, &sample, None).await;
        }
    }
    report("wall alone", &tally);
}

fn report(what: &str, tally: &Tally) {
    eprintln!(
        "{what}: {} same ({} with rows), {} failed alike, {} wrote, {} refused, {} wrong",
        tally.same,
        tally.rows,
        tally.failed_alike,
        tally.wrote,
        tally.refused,
        tally.wrong.len()
    );
    let shown: Vec<&String> = tally.wrong.iter().take(12).collect();
    assert!(
        tally.wrong.is_empty(),
        "{}",
        shown.iter().map(|s| s.as_str()).collect::<Vec<_>>().join("\n")
    );
    assert!(tally.rows > 250, "{}", tally.rows);
}
