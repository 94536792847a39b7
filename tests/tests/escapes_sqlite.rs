//! Every escape that was tried on SQLite, against the engine alone.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod escape;

use escape::{Pair, read, run_all};
use tenancy_testkit::Dialect;
use tenancy_testkit::probe::Database;

/// Entries that no reading of a statement closes, and what has to.
const KNOWN: [(&str, &str); 1] = [(
    "S54",
    "a foreign key without the tenant's key sees all rows: the auditor's rule",
)];

#[tokio::test]
async fn no_entry_escapes() {
    let fixture = include_str!("../data/escapes/fixture-sqlite.sql");
    let mut dbs = Vec::new();
    for _ in 0..2 {
        let mut db = Database::sqlite().await.unwrap();
        db.script(fixture).await.unwrap();
        dbs.push(db);
    }
    let (private, shared) = (dbs.pop().unwrap(), dbs.pop().unwrap());
    let mut pair = Pair {
        dialect: Dialect::Sqlite,
        shared,
        private,
    };
    let mut entries = read(include_str!("../data/escapes/sqlite.json"));
    let out = std::env::temp_dir().join(format!("tenancy-escape-{}", std::process::id()));
    for sql in entries.iter_mut().flat_map(|e| &mut e.sql) {
        *sql = sql.replace("{out}", &out.to_string_lossy());
    }
    run_all(&mut pair, &entries, &KNOWN, 15).await;
}
