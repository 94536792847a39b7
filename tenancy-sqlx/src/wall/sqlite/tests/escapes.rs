//! Every escape that was tried on SQLite, against the wall alone.

use serde::Deserialize;
use tenancy_core::{Catalog, KeyType, Table};
use tenancy_testkit::probe::{Answer, Database, Fault, same_rows};

use super::{Walled, tenant, with_bare_target};

#[derive(Debug, Deserialize)]
struct Escape {
    id: String,
    #[serde(default)]
    setup: Vec<String>,
    sql: Vec<String>,
    unscoped: String,
}

const FIXTURE: &str = include_str!("../../../../../tests/data/escapes/fixture-sqlite.sql");
const ESCAPES: &str = include_str!("../../../../../tests/data/escapes/sqlite.json");
const WITHOUT_TENANT_2: &str = "DELETE FROM orders WHERE tenant_id = 2; DELETE FROM items WHERE tenant_id = 2; \
    DELETE FROM notes WHERE tenant_id = 2; DELETE FROM tenants WHERE id = 2; DELETE FROM stext WHERE id <> 1; \
    DELETE FROM snoc WHERE tenant_id <> 'acme'; DROP TABLE IF EXISTS sqlite_nothing;";

/// Entries that no wall on rows closes, and what does.
const KNOWN: [(&str, &str); 3] = [
    (
        "S21",
        "a unique key without the tenant's tells that a value is taken (the row stays as it is): the engine's target, the auditor's rule",
    ),
    (
        "S49",
        "the condition of an UPDATE is run on every row, and may fail on any: the engine's predicate stands in front of it",
    ),
    (
        "S54",
        "a foreign key without the tenant's key sees all rows: the auditor's rule",
    ),
];

/// How a text says that it did not get what it wanted. What a text before it was to make is not there.
const REFUSED: [&str; 7] = [
    "not authorized",
    "authorization",
    "prohibited",
    "tenancy: refused",
    "is a view",
    "may not be altered",
    "no such",
];

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .unique(["id"])
                .unique(["sku"])
                .unique(["tenant_id", "name"]),
        )
        .table(Table::tenant("orders").unique(["id"]))
        .tenant_tables(["stext", "sint"])
        .shared_tables(["products"])
        .denied_tables(["tenants"])
        .build()
        .unwrap()
}

const OTHER: &str =
    "INSERT INTO main.items (tenant_id, sku, name, secret) VALUES (2, 'SKU-2-o', 'T2-o', 'T2-SECRET-o')";

/// Both forms in which a text can come: with the names as they are, and with the tables themselves as targets.
fn forms(sql: &str) -> Vec<String> {
    let reads = ["SELECT", "WITH", "VALUES"]
        .iter()
        .any(|verb| sql.starts_with(verb));
    let bare = with_bare_target(sql);
    if reads || bare == sql {
        vec![sql.to_owned()]
    } else {
        vec![sql.to_owned(), bare]
    }
}

async fn victim(walled: &mut Walled) -> String {
    let mut seen = String::new();
    for table in ["items", "orders"] {
        let sql = format!("SELECT * FROM main.{table} WHERE tenant_id = 2 ORDER BY id");
        seen.push_str(&format!("{:?}", walled.whole(&sql).await.rows));
    }
    seen
}

fn shows(answer: &Result<Answer, Fault>, sql: &str) -> Option<String> {
    let shown = format!("{answer:?}");
    ["T2-", "SKU-2", "bob"]
        .iter()
        .find(|sign| shown.contains(**sign) && !sql.contains(**sign))
        .map(|sign| format!("shows {sign}: {shown}"))
}

/// What a tenant 1 that got past the engine with this text finds out or does.
async fn escapes(entry: &Escape, writes: &[String]) -> Result<usize, String> {
    let mut walled = Walled::with(&catalog(), &format!("{FIXTURE};{}", entry.setup.join(";"))).await;
    let mut private = Database::sqlite().await.unwrap();
    private.script(FIXTURE).await.unwrap();
    for sql in &entry.setup {
        private.script(sql).await.unwrap();
    }
    private.script(WITHOUT_TENANT_2).await.unwrap();
    let mut denied = 0;
    for sql in &entry.sql {
        if sql == "@other" {
            let writes = ["items".to_owned()];
            walled.run(&tenant(2), &writes, OTHER, &[]).await.unwrap();
            continue;
        }
        for form in forms(&sql.replace("{out}", "/tmp/tenancy-wall-escape")) {
            let before = victim(&mut walled).await;
            let answer = walled.run(&tenant(1), writes, &form, &[]).await;
            if victim(&mut walled).await != before {
                return Err(format!("{form}: the victim's rows changed"));
            }
            if let Some(shown) = shows(&answer, sql) {
                return Err(format!("{form}: {shown}"));
            }
            let own = private.run(&form, &[]).await;
            match (&answer, &own) {
                (Err(fault), _) if REFUSED.iter().any(|sign| fault.text.contains(sign)) => denied += 1,
                (Ok(one), Ok(other)) => same_rows(one, other, &[]).map_err(|e| format!("{form}: {e}"))?,
                (Err(one), Err(other)) if one.kind == other.kind => {}
                (one, other) => return Err(format!("{form}: {one:?} and not {other:?}")),
            }
        }
    }
    Ok(denied)
}

#[tokio::test]
async fn no_entry_escapes() {
    let entries: Vec<Escape> = serde_json::from_str(ESCAPES).unwrap();
    let (mut wrong, mut denied) = (Vec::new(), 0);
    for entry in &entries {
        // Whatever the engine takes a text to write: nothing, or the very tables.
        for writes in [
            &[][..],
            &["items".to_owned()],
            &["orders".to_owned()],
            &["items".to_owned(), "orders".to_owned()],
        ] {
            match escapes(entry, writes).await {
                Ok(count) => denied += count,
                Err(what) => wrong.push((
                    entry.id.as_str(),
                    format!("{} writing {writes:?}: {what}", entry.id),
                )),
            }
        }
    }
    eprintln!("{} entries, {denied} texts denied", entries.len());
    let new: Vec<&String> = wrong
        .iter()
        .filter(|(id, _)| !KNOWN.iter().any(|(known, _)| known == id))
        .map(|(_, what)| what)
        .collect();
    assert!(new.is_empty(), "{new:#?}");
    for (id, _) in KNOWN {
        assert!(
            wrong.iter().any(|(other, _)| *other == id),
            "{id} is closed: take it off the list"
        );
    }
}

/// Without the wall they leak, as the catalogue of escapes says.
#[tokio::test]
async fn the_control_leaks() {
    let entries: Vec<Escape> = serde_json::from_str(ESCAPES).unwrap();
    let (mut leaks, mut expected) = (0, 0);
    for entry in entries.iter().filter(|entry| entry.unscoped == "LEAK") {
        expected += 1;
        let mut db = Database::sqlite().await.unwrap();
        db.script(FIXTURE).await.unwrap();
        for sql in &entry.setup {
            db.script(sql).await.unwrap();
        }
        let count =
            "SELECT group_concat(id || sku || name || coalesce(price, 0)) FROM items WHERE tenant_id = 2";
        let before = format!("{:?}", db.run(count, &[]).await.map(|a| a.rows));
        let mut leaked = false;
        for sql in &entry.sql {
            let sql = if sql == "@other" { OTHER } else { sql };
            let answer = db.run(&sql.replace("{out}", "/nowhere/x"), &[]).await;
            leaked |= shows(&answer, sql).is_some();
        }
        leaked |= format!("{:?}", db.run(count, &[]).await.map(|a| a.rows)) != before;
        leaks += usize::from(leaked);
    }
    eprintln!("{leaks} of {expected} show or change the victim's rows at first sight");
    assert!(leaks >= 20, "{leaks}");
}

/// What a text is granted to write it may not read past the view: the engine could be wrong about what it does.
#[tokio::test]
async fn a_table_that_is_written_is_not_read() {
    let mut walled = Walled::with(&catalog(), FIXTURE).await;
    let writes = ["items".to_owned()];
    for sql in [
        "SELECT secret FROM main.items",
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM main.items WHERE secret LIKE 'T2%')",
        "SELECT max(secret) AS \"delete\" FROM main.items",
        "VALUES ((SELECT count(*) FROM main.items WHERE secret LIKE 'T2%'))",
    ] {
        // The control: a connection without the wall does read it.
        assert!(!walled.whole(sql).await.rows.is_empty(), "{sql}");
        let fault = walled.run(&tenant(1), &writes, sql, &[]).await.unwrap_err();
        assert!(
            fault.text.contains("authoriz") || fault.text.contains("prohibited"),
            "{sql}: {}",
            fault.text
        );
    }
}
