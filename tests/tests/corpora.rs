//! Outside queries: a sample of SQLite's own test corpus, whose tables are given to three tenants.
//!
//! Runs when `TENANCY_CORPORA` names the folder with `sqllogictest-sample.tar.xz`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/opened.rs"]
mod opened;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use tenancy_core::{Catalog, KeyType, Table, TenantId, sql::Scoper};
use tenancy_testkit::probe::{Answer, Database, same_rows};
use tenancy_testkit::{Engine, EngineOutput, EngineRefusal, Value, engine_fn};

/// How many queries of the sample are run, spread evenly over its files.
const QUERIES: usize = 3_000;

/// A file of the corpus: the statements before its first query, and its queries.
#[derive(Debug, Default)]
struct Script {
    setup: Vec<String>,
    queries: Vec<String>,
}

fn scripts(folder: &Path) -> Vec<(String, Script)> {
    let packed = std::fs::read(folder.join("sqllogictest-sample.tar.xz")).unwrap();
    let mut unpacked = Vec::new();
    lzma_rs::xz_decompress(&mut packed.as_slice(), &mut unpacked).unwrap();
    let mut archive = tar::Archive::new(unpacked.as_slice());
    let mut all = Vec::new();
    for file in archive.entries().unwrap() {
        let mut file = file.unwrap();
        let path = file.path().unwrap().to_string_lossy().into_owned();
        // Views and the files about statements other than queries are another matter.
        if !path.ends_with(".test") || path.contains("/view/") || path.contains("/evidence/") {
            continue;
        }
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        all.push((path, script(&text.replace("\r\n", "\n"))));
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn script(text: &str) -> Script {
    let mut script = Script::default();
    for block in text.split("\n\n") {
        let mut lines = block.lines().filter(|l| !l.starts_with('#')).peekable();
        let mut here = true;
        while let Some(line) = lines.next_if(|l| l.starts_with("onlyif") || l.starts_with("skipif")) {
            here &= line.starts_with("onlyif") == line.contains("sqlite");
        }
        let Some(head) = lines.next().filter(|_| here) else {
            continue;
        };
        let sql = lines.take_while(|l| *l != "----").collect::<Vec<_>>().join("\n");
        if head.starts_with("query") {
            // What has no one answer is left out.
            if !["GROUP_CONCAT", "LIMIT"]
                .iter()
                .any(|word| sql.to_uppercase().contains(word))
            {
                script.queries.push(sql);
            }
        } else if head == "statement ok" && script.queries.is_empty() {
            script.setup.push(sql);
        }
    }
    script
}

/// The corpus' tables, with a tenant's key in front.
struct Tables {
    /// By name: the columns with their types, and how many of them are the primary key.
    tables: BTreeMap<String, Vec<(String, String, bool)>>,
    rows: BTreeMap<String, Vec<Vec<Value>>>,
    indexes: Vec<String>,
}

impl Tables {
    async fn read(script: &Script) -> Tables {
        let mut plain = Database::sqlite().await.unwrap();
        plain.script(&script.setup.join(";\n")).await.unwrap();
        let names = plain
            .run("SELECT name FROM sqlite_schema WHERE type = 'table'", &[])
            .await
            .unwrap();
        let indexes = plain
            .run(
                "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL",
                &[],
            )
            .await;
        let (mut tables, mut rows) = (BTreeMap::new(), BTreeMap::new());
        for name in names.rows.iter().flatten().map(text) {
            let info = format!("SELECT name, type, pk FROM pragma_table_info('{name}')");
            let columns = plain.run(&info, &[]).await.unwrap().rows;
            let columns = columns
                .iter()
                .map(|c| (text(&c[0]), text(&c[1]), c[2] != Value::Int(0)))
                .collect();
            tables.insert(name.clone(), columns);
            rows.insert(
                name.clone(),
                plain
                    .run(&format!("SELECT * FROM {name}"), &[])
                    .await
                    .unwrap()
                    .rows,
            );
        }
        let indexes = indexes.unwrap().rows.iter().flatten().map(text).collect();
        Tables {
            tables,
            rows,
            indexes,
        }
    }

    fn catalog(&self) -> Catalog {
        let mut builder = Catalog::builder().tenant_key("tid", KeyType::BigInt);
        for (name, columns) in &self.tables {
            let names = std::iter::once("tid").chain(columns.iter().map(|(n, _, _)| n.as_str()));
            builder = builder.table(Table::tenant(name).columns(names));
        }
        builder.build().unwrap()
    }

    /// A database of some tenants.
    async fn database(&self, tenants: &[i64]) -> Database {
        let mut db = Database::sqlite().await.unwrap();
        db.script("BEGIN").await.unwrap();
        for (name, columns) in &self.tables {
            let mut parts = vec!["tid INTEGER NOT NULL".to_owned()];
            parts.extend(columns.iter().map(|(n, ty, _)| format!("{n} {ty}")));
            let key: Vec<&str> = columns
                .iter()
                .filter(|(_, _, pk)| *pk)
                .map(|(n, _, _)| n.as_str())
                .collect();
            if !key.is_empty() {
                parts.push(format!("PRIMARY KEY (tid, {})", key.join(", ")));
            }
            db.script(&format!("CREATE TABLE {name} ({})", parts.join(", ")))
                .await
                .unwrap();
            for tenant in tenants {
                for (n, row) in self.rows[name].iter().enumerate() {
                    let Some(row) = perturbed(*tenant, n, row, columns) else {
                        continue;
                    };
                    let places: Vec<String> = (1..=row.len()).map(|n| format!("?{n}")).collect();
                    let insert = format!("INSERT INTO {name} VALUES ({})", places.join(", "));
                    db.run(&insert, &row).await.unwrap();
                }
            }
        }
        for index in &self.indexes {
            // Changed values may meet: the index stays, that it is unique does not.
            let index = index.replacen("UNIQUE ", "", 1);
            db.script(&index.replacen('(', "(tid, ", 1)).await.unwrap();
        }
        db.script("COMMIT").await.unwrap();
        db
    }
}

/// A tenant's row: the first has the corpus' own, the others changed ones, and fewer of them.
fn perturbed(tenant: i64, n: usize, row: &[Value], columns: &[(String, String, bool)]) -> Option<Vec<Value>> {
    let chance =
        |salt: i64| (tenant * 7_919 + i64::try_from(n).unwrap() * 104_729 + salt * 31).rem_euclid(100);
    if tenant > 1 && chance(0) < 10 {
        return None;
    }
    let mut out = vec![Value::Int(tenant)];
    for (at, (value, (_, _, key))) in row.iter().zip(columns).enumerate() {
        let changes = tenant > 1 && !key && chance(i64::try_from(at).unwrap() + 1) < 65;
        out.push(match value {
            Value::Int(v) if changes => Value::Int(v + tenant * 3 - 5),
            Value::Real(v) if changes => Value::Real(v + 1.5),
            Value::Text(v) if changes => Value::Text(format!("{v}{tenant}")),
            other => other.clone(),
        });
    }
    Some(out)
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(v) => v.clone(),
        other => panic!("no text: {other:?}"),
    }
}

#[derive(Debug, Default)]
struct Counts {
    queries: usize,
    refused: BTreeMap<String, usize>,
    with_rows: usize,
    /// Columns that SQLite names by the text of their expression, where the engine had to edit it.
    renamed: usize,
    wrong: Vec<String>,
}

async fn run(folder: &Path, files: &str, most: usize, make: fn(Scoper) -> Box<dyn Engine>) -> Counts {
    let mut scripts = scripts(folder);
    scripts.retain(|(path, _)| path.contains(files));
    let share = most.div_ceil(scripts.len());
    let mut counts = Counts::default();
    for (path, script) in &scripts {
        let tables = Tables::read(script).await;
        let engine = make(Scoper::new(tables.catalog(), tenancy_core::sql::Dialect::Sqlite));
        let mut shared = tables.database(&[1, 2, 3]).await;
        let mut private = Vec::new();
        for tenant in 1..=3 {
            private.push(tables.database(&[tenant]).await);
        }
        let step = (script.queries.len() / share).max(1);
        for (n, sql) in script.queries.iter().step_by(step).take(share).enumerate() {
            counts.queries += 1;
            let output = match engine.scope(sql) {
                Ok(output) => output,
                Err(refusal) => {
                    *counts.refused.entry(refusal.code).or_default() += 1;
                    continue;
                }
            };
            // Each tenant in its turn.
            let at = n % 3;
            let id = TenantId::bigint(i64::try_from(at).unwrap() + 1).unwrap();
            let bind: Vec<Value> = output
                .tenant_bind
                .iter()
                .map(|_| Value::Int(id.to_string().parse().unwrap()))
                .collect();
            let seen = shared.run(&output.text, &bind).await;
            let own = private[at].run(sql, &[]).await;
            match (&seen, &own) {
                (Ok(s), Ok(p)) => {
                    counts.with_rows += usize::from(!s.rows.is_empty());
                    let named = if s.columns == p.columns {
                        s.clone()
                    } else {
                        Answer {
                            columns: p.columns.clone(),
                            ..s.clone()
                        }
                    };
                    // Only a subquery in the select list may show in a name, and nothing but in its name.
                    let selects = sql.to_uppercase().matches("SELECT").count();
                    counts.renamed += usize::from(s.columns != p.columns && selects > 1);
                    let shown = if selects > 1 { &named } else { s };
                    if let Err(difference) = same_rows(shown, p, &[]) {
                        counts.wrong.push(format!("{path}: {sql}\n{difference}"));
                    }
                }
                (Err(_), Err(_)) => {}
                _ => counts.wrong.push(format!("{path}: {sql}\n{seen:?}\n{own:?}")),
            }
        }
    }
    counts
}

fn folder() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("TENANCY_CORPORA").map(std::path::PathBuf::from);
    if folder.is_none() {
        eprintln!("SKIPPED corpora: TENANCY_CORPORA does not name their folder");
    }
    folder
}

#[tokio::test]
async fn outside_queries_answer_as_on_a_private_database() {
    let Some(folder) = folder() else { return };
    let counts = run(&folder, "", QUERIES, |scoper| Box::new(scoper)).await;
    let refused: usize = counts.refused.values().sum();
    eprintln!(
        "{} queries, {} with rows, {} renamed, refused {:?}",
        counts.queries, counts.with_rows, counts.renamed, counts.refused
    );
    assert!(
        counts.wrong.is_empty(),
        "{} wrong:\n{}",
        counts.wrong.len(),
        counts.wrong[..counts.wrong.len().min(5)].join("\n")
    );
    assert!(
        counts.queries >= 2_000
            && refused * 20 <= counts.queries
            && counts.with_rows * 10 >= counts.queries * 3
    );
}

#[tokio::test]
async fn an_engine_without_predicates_is_seen() {
    let Some(folder) = folder() else { return };
    // Not over the joins of dozens of tables: without predicates those do not end.
    let counts = run(&folder, "/random/", 200, |_| {
        Box::new(engine_fn(|sql: &str| -> Result<EngineOutput, EngineRefusal> {
            Ok(EngineOutput {
                text: sql.to_owned(),
                binds: 0,
                tenant_bind: None,
            })
        }))
    })
    .await;
    assert!(
        counts.wrong.len() * 2 > counts.queries,
        "{} of {}",
        counts.wrong.len(),
        counts.queries
    );
}

/// What SQLite opens for a query, before and after scoping, is what the engine told, no more and no less.
#[tokio::test]
async fn what_sqlite_opens_was_told() {
    let Some(folder) = folder() else { return };
    let scripts = scripts(&folder);
    let share = QUERIES.div_ceil(scripts.len());
    let (mut compared, mut less, mut wrong) = (0, 0, Vec::new());
    for (path, script) in &scripts {
        let tables = Tables::read(script).await;
        let scoper = Scoper::new(tables.catalog(), tenancy_core::sql::Dialect::Sqlite);
        let mut db = tables.database(&[1]).await;
        let roots = opened::roots(&mut db).await;
        let step = (script.queries.len() / share).max(1);
        for sql in script.queries.iter().step_by(step).take(share) {
            let Ok(scoped) = scoper.scope(sql) else { continue };
            let told: std::collections::BTreeSet<String> = scoped.reads().iter().cloned().collect();
            let bind = [Value::Int(1)];
            for (text, binds) in [(sql.as_str(), &[][..]), (scoped.text(), &bind[..])] {
                let binds = if scoped.tenant_bind().is_some() {
                    binds
                } else {
                    &[]
                };
                let opened = opened::opened_by_sqlite(&mut db, &roots, text, binds)
                    .await
                    .unwrap();
                compared += 1;
                less += usize::from(opened.reads != told);
                if !opened.reads.is_subset(&told) || !opened.writes.is_empty() {
                    wrong.push(format!("{path}: {text}\n{opened:?}, told {told:?}"));
                }
            }
        }
    }
    println!("{compared} texts compared, of {less} the planner needs fewer tables");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(5)].join("\n")
    );
    assert!(compared >= 4_000 && less * 10 <= compared, "{compared} {less}");
}

/// The sample's queries as NDJSON, for PostgreSQL's own grammar (`tenancy-core/parsers`), where `TENANCY_STATEMENTS` names a
/// folder.
#[tokio::test]
async fn queries_for_other_readers() {
    let (Some(corpora), Some(out)) = (folder(), std::env::var_os("TENANCY_STATEMENTS")) else {
        eprintln!("SKIPPED queries_for_other_readers: TENANCY_STATEMENTS names no folder");
        return;
    };
    let scripts = scripts(&corpora);
    let share = QUERIES.div_ceil(scripts.len());
    let mut lines = String::new();
    for (_, script) in &scripts {
        let tables = Tables::read(script).await;
        let names: Vec<String> = tables
            .tables
            .keys()
            .map(|name| format!("\"{name}\" = \"tenant\""))
            .collect();
        let catalog = format!(
            "[tenant]\nkey = \"tid\"\ntype = \"bigint\"\n[tables]\n{}\n",
            names.join("\n")
        );
        let step = (script.queries.len() / share).max(1);
        for sql in script.queries.iter().step_by(step).take(share) {
            lines.push_str(&format!(
                "{}\n",
                serde_json::json!({ "catalog": catalog, "sql": sql })
            ));
        }
    }
    std::fs::write(Path::new(&out).join("sample.ndjson"), lines).unwrap();
}
