//! The servers as second readers: what a statement opens is what the engine told that it reads and writes.
//!
//! SQLite's own program for a statement (EXPLAIN) says which tables it opens, by their root pages; PostgreSQL's plan names the
//! relations. Both are asked about the made-up statements of the harness, before and after scoping.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/opened.rs"]
mod opened;

use std::collections::BTreeSet;

use tenancy_core::sql::{ScopedSql, Scoper};
use tenancy_core::{Catalog, TableKind};
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::{Database, Fault, Sample, sample};
use tenancy_testkit::{Dialect, Value};

use opened::{Opened, opened_by_sqlite, roots};

const SEED: u64 = 20_240_229;

async fn opened_by_postgres(db: &mut Database, sql: &str, binds: &[Value]) -> Result<Opened, Fault> {
    let plan = db
        .run(&format!("EXPLAIN (VERBOSE, COSTS OFF) {sql}"), binds)
        .await?;
    let mut opened = Opened::default();
    for row in &plan.rows {
        let Value::Text(line) = &row[0] else {
            panic!("{row:?}")
        };
        let line = line.trim_start_matches([' ', '-', '>']);
        let Some((node, named)) = line.split_once(" on public.") else {
            continue;
        };
        // What a condition says is no node of the plan.
        if node.contains(':') {
            continue;
        }
        let name = named.split_whitespace().next().unwrap_or_default().to_owned();
        let writes = ["Insert", "Update", "Delete", "Merge"]
            .iter()
            .any(|word| node.starts_with(word));
        if writes {
            opened.writes.insert(name);
        } else {
            opened.reads.insert(name);
        }
    }
    Ok(opened)
}

/// The tables that the engine told, with the parents that a child's predicate asks, and the tables of views.
fn told(catalog: &Catalog, names: &[String]) -> BTreeSet<String> {
    let mut told: BTreeSet<String> = names.iter().cloned().collect();
    loop {
        let parents: Vec<String> = told
            .iter()
            .filter_map(|name| match catalog.table(name)?.kind() {
                TableKind::Via(via) => Some(via.parent().to_owned()),
                _ => None,
            })
            .collect();
        let before = told.len();
        told.extend(parents);
        if told.len() == before {
            return told;
        }
    }
}

/// Tables whose foreign keys a write in these has to look at, or to follow: parents, and children with their own.
fn related(catalog: &Catalog, written: &BTreeSet<String>) -> BTreeSet<String> {
    let mut all = written.clone();
    loop {
        let before = all.len();
        for table in catalog.tables() {
            if let TableKind::Via(via) = table.kind()
                && (all.contains(via.parent()) || all.contains(table.name()))
            {
                all.extend([table.name().to_owned(), via.parent().to_owned()]);
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    compared: usize,
    writes: usize,
    /// Statements over views of which nobody says what they read.
    opaque: usize,
    /// Statements in which some table that was told is not opened: the planner saw that it needs none of its rows.
    less: usize,
}

impl Counts {
    /// Holds what was opened against what was told.
    fn compare(&mut self, catalog: &Catalog, scoped: &ScopedSql, opened: &Opened) -> Result<(), String> {
        // What stands behind a view that is listed as a table, the catalogue does not say.
        let is_opaque = |name: &String| {
            let table = catalog.table(name);
            table.is_some_and(|table| table.is_view() && !matches!(table.kind(), TableKind::View { .. }))
        };
        if scoped.reads().iter().any(is_opaque) {
            self.opaque += 1;
            return Ok(());
        }
        let writes: BTreeSet<String> = scoped.writes().iter().cloned().collect();
        let reads = told(catalog, &[scoped.reads(), scoped.writes()].concat());
        let related = related(catalog, &writes);
        let views = catalog
            .tables()
            .filter(|table| matches!(table.kind(), TableKind::View { .. }))
            .map(|table| table.name());
        let views: BTreeSet<&str> = views.collect();
        self.compared += 1;
        self.writes += usize::from(!writes.is_empty());
        if let Some(more) = opened
            .reads
            .iter()
            .find(|name| !reads.contains(*name) && !related.contains(*name))
        {
            return Err(format!("reads {more}, which was not told"));
        }
        if let Some(more) = opened
            .writes
            .iter()
            .find(|name| !writes.contains(*name) && !related.contains(*name))
        {
            return Err(format!("writes {more}, which was not told"));
        }
        let all: BTreeSet<&String> = opened.reads.iter().chain(&opened.writes).collect();
        if let Some(less) = writes.iter().find(|name| !opened.writes.contains(*name)) {
            return Err(format!("does not write {less}, which was told"));
        }
        let told = scoped
            .reads()
            .iter()
            .filter(|name| !views.contains(name.as_str()));
        self.less += usize::from(told.into_iter().any(|name| !all.contains(name)));
        Ok(())
    }
}

fn binds_of(scoped: &ScopedSql, sample: &Sample, own: &[Value]) -> Vec<Value> {
    let mut all = own.to_vec();
    if scoped.tenant_bind().is_some() {
        all.push(match sample.tenant.value() {
            tenancy_core::KeyValue::BigInt(v) => Value::Int(v),
            tenancy_core::KeyValue::Uuid(v) => Value::Uuid(v),
            tenancy_core::KeyValue::Text(v) => Value::Text(v.to_owned()),
        });
    }
    all
}

fn worth(counts: &Counts, least: usize) {
    println!("{counts:?}");
    assert!(counts.compared >= least, "{counts:?}");
    assert!(counts.writes * 5 >= counts.compared, "{counts:?}");
    // What the planner leaves out is a small part: else nothing would be compared.
    assert!(counts.less * 10 <= counts.compared, "{counts:?}");
}

#[tokio::test]
async fn sqlite_opens_what_was_told() {
    let (mut counts, mut wrong) = (Counts::default(), Vec::new());
    for stream in 0..60 {
        let sample = sample(Dialect::Sqlite, SEED, stream, 50).unwrap();
        let catalog = Catalog::from_toml(&sample.catalog).unwrap();
        let scoper = Scoper::new(catalog.clone(), Dialect::Sqlite.into());
        let mut db = Database::sqlite().await.unwrap();
        db.script(&sample.ddl).await.unwrap();
        let roots = roots(&mut db).await;
        for (_, sql, own) in &sample.statements {
            let Ok(scoped) = scoper.scope(sql) else { continue };
            let all = binds_of(&scoped, &sample, own);
            // What the user's text opens, and what the scoped one does.
            let mut fails = false;
            for (text, binds) in [(sql.as_str(), own), (scoped.text(), &all)] {
                let opened = match opened_by_sqlite(&mut db, &roots, text, binds).await {
                    Ok(opened) => opened,
                    // A conflict's target is unique only with the key, which the plain text does not name.
                    Err(_) if text == sql => {
                        fails = true;
                        continue;
                    }
                    Err(_) if fails => continue,
                    Err(fault) => {
                        wrong.push(format!("{}\n  {text}", fault.text));
                        continue;
                    }
                };
                if let Err(why) = counts.compare(&catalog, &scoped, &opened) {
                    wrong.push(format!("{why}\n  {sql}\n  {text}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
    worth(&counts, 3_000);
}

#[tokio::test]
async fn postgres_plans_what_was_told() {
    let Some(made) = PgDatabase::or_skip("postgres_plans_what_was_told").await.unwrap() else {
        return;
    };
    let mut db = Database::postgres(made.owner_url()).await.unwrap();
    let (mut counts, mut wrong) = (Counts::default(), Vec::new());
    for stream in 0..40 {
        let sample = sample(Dialect::Postgres, SEED, stream, 50).unwrap();
        let catalog = Catalog::from_toml(&sample.catalog).unwrap();
        let scoper = Scoper::new(catalog.clone(), Dialect::Postgres.into());
        db.script("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            .await
            .unwrap();
        db.script(&sample.ddl).await.unwrap();
        for (_, sql, own) in &sample.statements {
            let Ok(scoped) = scoper.scope(sql) else { continue };
            let all = binds_of(&scoped, &sample, own);
            for (text, binds) in [(sql.as_str(), own), (scoped.text(), &all)] {
                // What fails while it is planned (a constant that divides by zero) fails on both.
                let Ok(opened) = opened_by_postgres(&mut db, text, binds).await else {
                    continue;
                };
                if let Err(why) = counts.compare(&catalog, &scoped, &opened) {
                    wrong.push(format!("{why}\n  {sql}\n  {text}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(8)].join("\n")
    );
    worth(&counts, 2_000);
}

/// A reader that is told of fewer tables sees it.
#[tokio::test]
async fn a_table_that_was_not_told_is_seen() {
    let catalog = |tables: &[&str]| {
        Catalog::builder()
            .tenant_key("tid", tenancy_core::KeyType::BigInt)
            .tenant_tables(tables.iter().copied())
            .build()
            .unwrap()
    };
    let mut db = Database::sqlite().await.unwrap();
    db.script("CREATE TABLE items (tid INTEGER, id INTEGER); CREATE TABLE orders (tid INTEGER, id INTEGER)")
        .await
        .unwrap();
    let roots = roots(&mut db).await;
    let all = catalog(&["items", "orders"]);
    let scoper = Scoper::new(all.clone(), Dialect::Sqlite.into());
    let less = scoper.scope("SELECT id FROM items").unwrap();
    let joined = "SELECT i.id FROM items i JOIN orders o ON o.id = i.id";
    let opened = opened_by_sqlite(&mut db, &roots, joined, &[]).await.unwrap();
    assert!(Counts::default().compare(&all, &less, &opened).is_err());
    let deleted = opened_by_sqlite(&mut db, &roots, "DELETE FROM items", &[])
        .await
        .unwrap();
    assert!(Counts::default().compare(&all, &less, &deleted).is_err());
    let right = scoper.scope(joined).unwrap();
    assert!(Counts::default().compare(&all, &right, &opened).is_ok());
}

/// The made-up statements as NDJSON, for PostgreSQL's own grammar (`tenancy-core/parsers`), where `TENANCY_STATEMENTS` names a
/// folder.
#[test]
fn statements_for_other_readers() {
    let Some(folder) = std::env::var_os("TENANCY_STATEMENTS") else {
        eprintln!("SKIPPED statements_for_other_readers: TENANCY_STATEMENTS names no folder");
        return;
    };
    let mut lines = String::new();
    for stream in 0..100 {
        let sample = sample(Dialect::Postgres, SEED, stream, 50).unwrap();
        for (_, sql, _) in &sample.statements {
            let line = serde_json::json!({ "catalog": sample.catalog, "sql": sql });
            lines.push_str(&format!("{line}\n"));
        }
    }
    std::fs::write(std::path::Path::new(&folder).join("made.ndjson"), lines).unwrap();
}
