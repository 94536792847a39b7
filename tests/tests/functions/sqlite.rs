//! The bundled SQLite's `pragma_function_list` and `pragma_module_list`.

use std::collections::BTreeMap;

use sqlx::{Connection, SqliteConnection};

use super::{Entry, check_known, table};

/// May be called from the top of a statement alone: it does something.
const DIRECT_ONLY: i64 = 0x8_0000;
const DETERMINISTIC: i64 = 0x800;

fn functions() -> BTreeMap<&'static str, Entry> {
    table(include_str!("../../../tenancy-core/src/sql/functions/sqlite.txt"))
}

async fn connect() -> SqliteConnection {
    SqliteConnection::connect("sqlite::memory:").await.unwrap()
}

#[tokio::test]
async fn every_built_in_is_in_the_table() {
    let mut connection = connect().await;
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM pragma_function_list WHERE name NOT IN ('->', '->>')
         UNION SELECT name FROM pragma_module_list WHERE name NOT LIKE 'pragma\\_%' ESCAPE '\\'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert!(names.len() > 100, "{}", names.len());
    check_known(&functions(), names.iter().map(String::as_str));
    assert!(!functions().keys().any(|name| name.starts_with("pragma_")));
}

#[tokio::test]
async fn what_is_allowed_has_nothing_that_contradicts_it() {
    let mut connection = connect().await;
    let facts: Vec<(String, String, i64)> =
        sqlx::query_as("SELECT name, type, flags FROM pragma_function_list WHERE name NOT IN ('->', '->>')")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let table = functions();
    let mut wrong = Vec::new();
    for (name, kind, flags) in &facts {
        let entry = table[name.as_str()];
        if !entry.is_harmless() {
            continue;
        }
        if flags & DIRECT_ONLY != 0 {
            wrong.push(format!("{name} does something"));
        }
        if entry.class == "pure" && kind == "s" && flags & DETERMINISTIC == 0 {
            wrong.push(format!("{name} is pure and not deterministic"));
        }
        // min and max are both: over their arguments, and over rows.
        let scalar = kind == "s";
        if scalar != (entry.place == "scalar") && !["min", "max"].contains(&name.as_str()) {
            wrong.push(format!("{name} is of kind {kind}, against its place"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
