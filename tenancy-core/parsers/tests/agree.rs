//! Two parsers: what the engine says that a statement reads and writes, PostgreSQL's own grammar finds in it too, and in the
//! scoped text it finds nothing else.
//!
//! The statements are the engine's own (`tests/postgres/*.sql`); where `TENANCY_CORPORA` names the folder, PostgreSQL's
//! regression scripts; and where `TENANCY_STATEMENTS` names a folder, those that the test kit has put there: made-up ones, and
//! what PostgreSQL reads of the sample of SQLite's corpus.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;
use tenancy_core::{
    Catalog, KeyType, Table, TableKind,
    sql::{Dialect, Scoper},
};

#[path = "../../tests/postgres/own.rs"]
mod own;

/// A relation's schema and name, as the grammar has them.
type Named = BTreeSet<(String, String)>;

/// What a tree names: relations, common table expressions, and functions that are not of `pg_catalog`.
#[derive(Debug, Default)]
struct Names {
    relations: Named,
    ctes: BTreeSet<String>,
    functions: BTreeSet<String>,
}

fn text(value: &Value, field: &str) -> String {
    value
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// Goes through the whole tree, whatever its nodes are.
fn collect(value: &Value, names: &mut Names) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(fields) => {
            if fields.contains_key("relname") && fields.contains_key("relpersistence") {
                names
                    .relations
                    .insert((text(value, "schemaname"), text(value, "relname")));
            }
            if fields.contains_key("ctename") {
                names.ctes.insert(text(value, "ctename"));
            }
            if let Some(Value::Array(called)) = fields.get("funcname") {
                let mut parts = Vec::new();
                called.iter().for_each(|part| strings(part, &mut parts));
                if parts.first().is_none_or(|schema| schema != "pg_catalog") {
                    names.functions.insert(parts.join("."));
                }
            }
            // `FOR UPDATE OF x` names what stands in FROM, by its alias.
            let named = fields.iter().filter(|(field, _)| *field != "locked_rels");
            named.for_each(|(_, field)| collect(field, names));
        }
        _ => {}
    }
}

fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, out)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, out)),
        _ => {}
    }
}

fn names(sql: &str) -> Option<Names> {
    let parsed = pg_query::parse(sql, pg_query::ParserOptions::DEFAULT).ok()?;
    let tree = serde_json::to_value(&parsed.protobuf).unwrap();
    let mut names = Names::default();
    collect(&tree, &mut names);
    Some(names)
}

/// The functions that are grammar where they stand without a schema: the parser of the engine knows them by their words.
/// `unnest` is grammar with several arrays alone: the server then calls its own, whatever the search path has.
const GRAMMAR: [&str; 6] = ["overlay", "position", "substring", "trim", "extract", "unnest"];

fn wrong(scoper: &Scoper, sql: &str) -> Option<Result<(), String>> {
    let scoped = scoper.scope(sql).ok()?;
    let told: BTreeSet<&str> = scoped
        .reads()
        .iter()
        .chain(scoped.writes())
        .map(String::as_str)
        .collect();
    let Some(user) = names(sql) else {
        // Newer words of the parser's, or none of this server's grammar: then the server refuses it.
        return None;
    };
    let unknown = user
        .relations
        .iter()
        .find(|(_, name)| !user.ctes.contains(name) && !told.contains(name.as_str()));
    if let Some((schema, name)) = unknown {
        return Some(Err(format!("the text names {schema}.{name}, which was not told")));
    }
    let kind = |name: &str| scoper.catalog().table(name).map(Table::kind);
    // The tables in a view's body are told too.
    let viewed = told
        .iter()
        .any(|name| matches!(kind(name), Some(TableKind::View { .. })));
    let unnamed = told
        .iter()
        .find(|told| !viewed && !user.relations.iter().any(|(_, name)| name == *told));
    if let Some(name) = unnamed {
        return Some(Err(format!("{name} was told, and the text does not name it")));
    }
    // A child's predicate asks its parents whose it is.
    let mut asked = told.clone();
    let mut next: Vec<&str> = told.iter().copied().collect();
    while let Some(name) = next.pop() {
        if let Some(TableKind::Via(via)) = kind(name)
            && asked.insert(via.parent())
        {
            next.push(via.parent());
        }
    }
    let Some(result) = names(scoped.text()) else {
        return Some(Err("PostgreSQL's grammar cannot read the scoped text".to_owned()));
    };
    for (schema, name) in &result.relations {
        let known = match schema.as_str() {
            "" => name.starts_with("_tq") && result.ctes.contains(name),
            "public" => asked.contains(name.as_str()),
            _ => false,
        };
        if !known {
            return Some(Err(format!("the scoped text names {schema}.{name}")));
        }
    }
    if let Some(function) = result
        .functions
        .iter()
        .find(|name| !GRAMMAR.contains(&name.as_str()))
    {
        return Some(Err(format!("the scoped text calls {function} by its mere name")));
    }
    Some(Ok(()))
}

fn compare(scoper: &Scoper, statements: &[String]) -> (usize, Vec<String>) {
    let mut compared = 0;
    let mut wrongs = Vec::new();
    for sql in statements {
        match wrong(scoper, sql) {
            None => {}
            Some(Ok(())) => compared += 1,
            Some(Err(why)) => wrongs.push(format!("{why}:\n{sql}\n{}", scoper.scope(sql).unwrap().text())),
        }
    }
    (compared, wrongs)
}

#[test]
fn the_engines_own_statements() {
    let scoper = Scoper::new(own::catalog(), Dialect::Postgres);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/postgres");
    let mut all = Vec::new();
    for file in ["mended", "reads", "writes"] {
        all.extend(own::statements(
            &std::fs::read_to_string(folder.join(format!("{file}.sql"))).unwrap(),
        ));
    }
    let (compared, wrongs) = compare(&scoper, &all);
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n\n"));
    assert!(compared > 50, "{compared}");
}

#[test]
fn postgres_own_scripts() {
    let Some(corpora) = std::env::var_os("TENANCY_CORPORA") else {
        eprintln!("SKIPPED postgres_own_scripts: TENANCY_CORPORA does not name the corpora's folder");
        return;
    };
    let folder = Path::new(&corpora).join("postgres-regress");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            all.extend(own::statements(&std::fs::read_to_string(path).unwrap()));
        }
    }
    // Every table that a script makes is a tenant's.
    let mut tables = BTreeSet::new();
    for sql in &all {
        if sql.to_ascii_lowercase().starts_with("create")
            && let Some(names) = names(sql)
        {
            tables.extend(names.relations.into_iter().map(|(_, name)| name));
        }
    }
    let catalog = Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(tables.iter().map(String::as_str))
        .build()
        .unwrap();
    let (compared, wrongs) = compare(&Scoper::new(catalog, Dialect::Postgres), &all);
    println!("{compared} statements compared");
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n\n"));
    assert!(compared > 1_000, "{compared}");
}

#[test]
fn statements_of_the_test_kit() {
    let Some(folder) = std::env::var_os("TENANCY_STATEMENTS") else {
        eprintln!("SKIPPED statements_of_the_test_kit: TENANCY_STATEMENTS does not name their folder");
        return;
    };
    let (mut compared, mut wrongs) = (0, Vec::new());
    for (file, least) in [("made.ndjson", 4_000), ("sample.ndjson", 1_500)] {
        let path = Path::new(&folder).join(file);
        if !path.exists() && std::env::var_os("TENANCY_CORPORA").is_none() {
            eprintln!("SKIPPED {file}: TENANCY_CORPORA did not name the corpora's folder");
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let mut all: Vec<(String, Vec<String>)> = Vec::new();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let (catalog, sql) = (self::text(&line, "catalog"), self::text(&line, "sql"));
            match all.last_mut().filter(|(known, _)| *known == catalog) {
                Some((_, statements)) => statements.push(sql),
                None => all.push((catalog, vec![sql])),
            }
        }
        let before = compared;
        for (catalog, statements) in &all {
            let scoper = Scoper::new(Catalog::from_toml(catalog).unwrap(), Dialect::Postgres);
            let (more, wrong) = compare(&scoper, statements);
            compared += more;
            wrongs.extend(wrong);
        }
        println!("{} statements of {file} compared", compared - before);
        assert!(compared - before >= least, "{file}: {}", compared - before);
    }
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n\n"));
}
