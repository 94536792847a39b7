//! The generator of the test kit reaches every kind of node that the engine is known to accept.
//!
//! What it accepts is known from the statements beside this file (`postgres/*.sql`, `sqlite/*.sql`, `mysql/*.sql`) and, where
//! `TENANCY_CORPORA` names the folder, from PostgreSQL's own scripts. The kinds are those of the parser's tree: each variant,
//! and each clause that a statement has or has not. One that is accepted and never made up is a hole in the proof, or is
//! listed below with the reason.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use sqlparser::{
    dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect},
    parser::Parser,
};
use tenancy_core::{
    Catalog, KeyType,
    sql::{Dialect, Scoper},
};
use tenancy_testkit::probe;

/// How many schemas, and statements over each.
const SCHEMAS: u64 = 40;
const STATEMENTS: u64 = 50;

#[path = "../postgres/own.rs"]
mod own;
mod reasons;
use reasons::REASONS;

/// The kinds of node in the parser's tree of a statement: `Variant`, and `Struct.clause` for a clause that is there.
///
/// They are read off the tree's own description of itself, so that a new version of the parser brings its new kinds along.
fn kinds(dialect: Dialect, sql: &str) -> BTreeSet<String> {
    let parsed = match dialect {
        Dialect::Postgres => Parser::parse_sql(&PostgreSqlDialect {}, sql),
        Dialect::Sqlite => Parser::parse_sql(&SQLiteDialect {}, sql),
        Dialect::Mysql => Parser::parse_sql(&MySqlDialect {}, sql),
    };
    // What the engine mends, this parser cannot read.
    let Ok(parsed) = parsed else {
        return BTreeSet::new();
    };
    let text = format!("{parsed:?}");
    let mut reader = Reader {
        rest: &text,
        inside: Vec::new(),
        field: "",
        found: BTreeSet::new(),
    };
    while reader.step() {}
    reader.found
}

/// Reads what `{:?}` writes of a tree.
struct Reader<'t> {
    rest: &'t str,
    /// The names of what is open, empty for a list, a tuple or an `Some`.
    inside: Vec<&'t str>,
    /// The field whose value comes next.
    field: &'t str,
    found: BTreeSet<String>,
}

/// Places in the text, and names: no kinds of node.
const SKIPPED: [&str; 4] = ["Span", "TokenWithSpan", "AttachedToken", "Ident"];

impl<'t> Reader<'t> {
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        if first == '"' || first == '\'' {
            self.rest = behind_text(self.rest, first);
            return true;
        }
        if first.is_ascii_alphabetic() || first == '_' {
            self.word();
            return true;
        }
        match first {
            '[' => {
                if !self.rest.starts_with("[]") {
                    self.clause();
                }
                self.field = "";
                self.inside.push("");
            }
            '(' | '{' => self.inside.push(""),
            ')' | '}' | ']' => {
                self.inside.pop();
            }
            _ => {}
        }
        self.rest = self.rest.get(first.len_utf8()..).unwrap_or_default();
        true
    }

    fn word(&mut self) {
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, behind) = self.rest.split_at(end);
        self.rest = behind;
        if behind.starts_with(": ") {
            self.field = word;
            return;
        }
        let opens = behind.strip_prefix(" {").or_else(|| behind.strip_prefix('('));
        if SKIPPED.contains(&word) {
            let depth = self.inside.len();
            self.field = "";
            if let Some(rest) = opens {
                self.rest = rest;
                self.inside.push("");
                let found = std::mem::take(&mut self.found);
                while self.inside.len() > depth && self.step() {}
                self.found = found;
            }
            return;
        }
        let there = word == "true" || word == "Some";
        if there {
            self.clause();
        }
        self.field = "";
        if let Some(rest) = opens {
            self.rest = rest;
            self.inside.push(if there { "" } else { word });
        }
        if !there && word != "None" && word.starts_with(|c: char| c.is_ascii_uppercase()) {
            self.found.insert(word.to_owned());
        }
    }

    /// Notes that the field that was named is there.
    fn clause(&mut self) {
        if !self.field.is_empty() {
            let owner = self.inside.iter().rev().find(|name| !name.is_empty());
            self.found
                .insert(format!("{}.{}", owner.unwrap_or(&""), self.field));
        }
    }
}

/// What stands behind a text in quotes.
fn behind_text(rest: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\\' if !escaped => escaped = true,
            c if c == quote && !escaped => return rest.get(at + 1..).unwrap_or_default(),
            _ => escaped = false,
        }
    }
    ""
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn scripts(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .flat_map(|path| own::statements(&std::fs::read_to_string(path).unwrap()))
        .collect()
}

/// The kinds of what the engine accepts of these statements, each with the first statement that has it.
fn accepted(dialect: Dialect, scoper: &Scoper, all: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for sql in all.iter().filter(|sql| scoper.scope(sql).is_ok()) {
        for kind in kinds(dialect, sql) {
            found.entry(kind).or_insert_with(|| sql.clone());
        }
    }
    found
}

/// Every word behind CREATE TABLE and its kin is a tenant's table.
fn regress_catalog(all: &[String]) -> Catalog {
    let mut names = BTreeSet::new();
    for sql in all {
        let mut words = sql.split(|c: char| c.is_whitespace() || c == '(');
        while let Some(word) = words.next() {
            if word.eq_ignore_ascii_case("table")
                && let Some(name) = words.next()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && name.bytes().any(|b| b.is_ascii_lowercase())
            {
                names.insert(name.to_owned());
            }
        }
    }
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(names.iter().map(String::as_str))
        .build()
        .unwrap()
}

/// The kinds of what is made up and accepted.
fn made(dialect: Dialect, kit: tenancy_testkit::Dialect) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for stream in 0..SCHEMAS {
        let sample = probe::sample(kit, 20_240_229, stream, STATEMENTS).unwrap();
        let scoper = Scoper::new(Catalog::from_toml(&sample.catalog).unwrap(), dialect);
        for (_, sql, _) in sample.statements {
            if scoper.scope(&sql).is_ok() {
                found.extend(kinds(dialect, &sql));
            }
        }
    }
    found
}

fn reaches(dialect: Dialect, kit: tenancy_testkit::Dialect, folder_name: &str) {
    let all = scripts(&folder(folder_name));
    let mut known = accepted(dialect, &Scoper::new(own::catalog(), dialect), &all);
    if let (Dialect::Postgres, Some(corpora)) = (dialect, std::env::var_os("TENANCY_CORPORA")) {
        let all = scripts(&Path::new(&corpora).join("postgres-regress"));
        let scoper = Scoper::new(regress_catalog(&all), dialect);
        for (kind, sql) in accepted(dialect, &scoper, &all) {
            known.entry(kind).or_insert(sql);
        }
    }
    let made = made(dialect, kit);
    let missing: Vec<String> = known
        .iter()
        .filter(|(kind, _)| !made.contains(*kind) && !REASONS.iter().any(|(known, _)| known == kind))
        .map(|(kind, sql)| format!("{kind}: {}", sql.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect();
    println!("{dialect:?}: {} kinds known, {} made up", known.len(), made.len());
    assert!(
        missing.is_empty(),
        "{} kinds are accepted and never made up; make them, or say in reasons.rs why not:\n{}",
        missing.len(),
        missing.join("\n")
    );
}

#[test]
fn every_accepted_kind_is_made_up_for_postgres() {
    reaches(Dialect::Postgres, tenancy_testkit::Dialect::Postgres, "postgres");
}

#[test]
fn every_accepted_kind_is_made_up_for_sqlite() {
    reaches(Dialect::Sqlite, tenancy_testkit::Dialect::Sqlite, "sqlite");
}

#[test]
fn every_accepted_kind_is_made_up_for_mysql() {
    reaches(Dialect::Mysql, tenancy_testkit::Dialect::Mysql, "mysql");
}

#[test]
fn kinds_are_read_off_the_tree() {
    let found = kinds(
        Dialect::Postgres,
        "SELECT DISTINCT a + 1 AS \"Some(X)\" FROM t HAVING 'Cast { }' = b",
    );
    for kind in [
        "Select",
        "BinaryOp",
        "Plus",
        "Select.having",
        "Select.distinct",
        "Distinct",
    ] {
        assert!(found.contains(kind), "{kind}: {found:?}");
    }
    for kind in ["X", "Cast", "Select.selection"] {
        assert!(!found.contains(kind), "{kind}: {found:?}");
    }
}
