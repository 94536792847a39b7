//! PostgreSQL's own regression scripts through the engine.
//!
//! Runs when `TENANCY_CORPORA` names the folder with `postgres-regress`. `TENANCY_REGRESS` names single files, divided by
//! commas; `TENANCY_REGRESS_REPORT` a file for the whole report.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod regress;

use regress::reasons;
use regress::report::{Class, FileReport, percent, text};

/// What share of the statements that name only tables has to be accepted, in percent.
const ACCEPTED: f64 = 98.0;

/// Lines that nobody can answer alike, and why.
const NOT_COMPARABLE: [(&str, &str, &str); 2] = [
    (
        "insert",
        "56:",
        "a row that fills a page to its last byte, which with the tenant's column it does not fit",
    ),
    (
        "with",
        "1341:",
        "ten of the rows that a write returns, in no order: which ones nobody says",
    ),
];

/// The scripts, in the order in which they are told.
const FILES: [&str; 16] = [
    "select",
    "select_implicit",
    "select_having",
    "select_distinct",
    "subselect",
    "join",
    "join_hash",
    "with",
    "aggregates",
    "groupingsets",
    "window",
    "insert",
    "insert_conflict",
    "update",
    "delete",
    "returning",
];

#[tokio::test]
async fn postgres_own_scripts_answer_as_on_a_private_database() {
    let Some(folder) = std::env::var_os("TENANCY_CORPORA").map(std::path::PathBuf::from) else {
        eprintln!("SKIPPED regress_postgres: TENANCY_CORPORA does not name the corpora's folder");
        return;
    };
    let read =
        |name: &str| std::fs::read_to_string(folder.join(format!("postgres-regress/{name}.sql"))).unwrap();
    let Some(base) = regress::Base::make(&read("test_setup")).await else {
        return;
    };
    let only = std::env::var("TENANCY_REGRESS").unwrap_or_default();
    let mut files = Vec::new();
    for name in FILES {
        if only.is_empty() || only.split(',').any(|o| o == name) {
            let began = std::time::Instant::now();
            files.push(base.run(name, &read(name)).await);
            eprintln!("{name}: {:.1} s", began.elapsed().as_secs_f32());
        }
    }
    let report = text(&files);
    match std::env::var_os("TENANCY_REGRESS_REPORT") {
        Some(path) => std::fs::write(path, &report).unwrap(),
        None => eprintln!("{report}"),
    }
    if only.is_empty() {
        let table = reasons::table(&files);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/regress-refusals.md");
            std::fs::write(path, table).unwrap();
        }
    }
    let without = reasons::without(&files);
    assert!(without.is_empty(), "refused, and nobody says why: {without:?}");
    let sum = |counts: fn(&FileReport) -> usize| files.iter().map(counts).sum::<usize>();
    let valid = sum(|f| FileReport::of(&f.valid, Class::Tables));
    let accepted = sum(|f| FileReport::of(&f.accepted, Class::Tables));
    let share = percent(accepted, valid);
    let different = sum(|f| {
        let open = |line: &&String| {
            !NOT_COMPARABLE
                .iter()
                .any(|(file, at, _)| f.name == *file && line.starts_with(at))
        };
        f.different.iter().filter(open).count()
    });
    eprintln!("{valid} statements that name only tables, {share:.2} % accepted, {different} differences");
    assert_eq!(different, 0, "differences, see the report");
    assert!(share >= ACCEPTED, "{share:.2} % accepted");
}
