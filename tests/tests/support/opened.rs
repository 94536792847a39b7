//! SQLite as a second reader: the tables that its program for a statement opens.

use std::collections::{BTreeMap, BTreeSet};

use tenancy_testkit::Value;
use tenancy_testkit::probe::{Database, Fault};

/// What a server opens for a statement: tables that it reads, tables that it writes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) reads: BTreeSet<String>,
    pub(crate) writes: BTreeSet<String>,
}

/// The tables of SQLite by their root pages, indexes by the table that they are of.
pub(crate) async fn roots(db: &mut Database) -> BTreeMap<i64, String> {
    let known = db
        .run(
            "SELECT rootpage, tbl_name FROM sqlite_schema WHERE rootpage > 0",
            &[],
        )
        .await
        .unwrap();
    let rows = known.rows.iter().map(|row| match row.as_slice() {
        [Value::Int(root), Value::Text(name)] => (*root, name.clone()),
        other => panic!("{other:?}"),
    });
    rows.collect()
}

/// What SQLite's program for a statement opens.
pub(crate) async fn opened_by_sqlite(
    db: &mut Database,
    roots: &BTreeMap<i64, String>,
    sql: &str,
    binds: &[Value],
) -> Result<Opened, Fault> {
    let program = db.run(&format!("EXPLAIN {sql}"), binds).await?;
    let mut opened = Opened::default();
    for row in &program.rows {
        let (Value::Text(opcode), Value::Int(p1), Value::Int(p2), Value::Int(p3)) =
            (&row[1], &row[2], &row[3], &row[4])
        else {
            panic!("{row:?}");
        };
        let name = |root: &i64| roots.get(root).cloned().unwrap_or(format!("root page {root}"));
        match opcode.as_str() {
            // The second number is the root page, the third the database: anything but the main one is nobody's.
            "OpenRead" | "ReopenIdx" if *p3 == 0 => {
                opened.reads.insert(name(p2));
            }
            "OpenWrite" if *p3 == 0 => {
                opened.writes.insert(name(p2));
            }
            "OpenRead" | "ReopenIdx" | "OpenWrite" => {
                opened.reads.insert(format!("database {p3}"));
            }
            "Clear" => {
                opened.writes.insert(name(p1));
            }
            // The one such function that is allowed, which makes rows of its argument.
            "VOpen" if sql.contains("json_each(") => {}
            "VOpen" => {
                opened.reads.insert("a virtual table".to_owned());
            }
            _ => {}
        }
    }
    Ok(opened)
}
