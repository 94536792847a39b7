//! Every escape that was tried on MariaDB, against the engine, as a user who may read and write all rows.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod escape;

use escape::{Escape, Pair, read, run_all};
use tenancy_testkit::Dialect;
use tenancy_testkit::maria::MariaDatabase;
use tenancy_testkit::probe::Database;

/// Entries that no reading of a statement closes, and what has to.
const KNOWN: [(&str, &str); 1] = [(
    "M05",
    "a unique key without the tenant's key sees all rows: the auditor's rule, and an adapter that quotes nothing",
)];

/// MariaDB commits with each definition: what the entries define is there from the beginning.
async fn define(owner: &mut Database, entries: &mut [Escape]) {
    for entry in entries {
        let (defines, rest): (Vec<String>, Vec<String>) =
            entry.setup.drain(..).partition(|sql| sql.starts_with("CREATE"));
        entry.setup = rest;
        for sql in defines {
            owner.script(&sql).await.unwrap();
        }
    }
}

#[tokio::test]
async fn no_entry_escapes() {
    let mut entries = Vec::new();
    let mut dbs = Vec::new();
    let mut kept = Vec::new();
    for _ in 0..2 {
        let Some(place) = MariaDatabase::or_skip("escapes").await.unwrap() else {
            return;
        };
        let mut owner = Database::mysql(place.owner_url()).await.unwrap();
        owner
            .script(include_str!("../data/escapes/fixture-mariadb.sql"))
            .await
            .unwrap();
        entries = read(include_str!("../data/escapes/mariadb.json"));
        define(&mut owner, &mut entries).await;
        dbs.push(Database::mysql(place.app_url()).await.unwrap());
        kept.push(place);
    }
    for sql in entries.iter_mut().flat_map(|e| &mut e.sql) {
        *sql = sql.replace("%s", "0");
    }
    let (private, shared) = (dbs.pop().unwrap(), dbs.pop().unwrap());
    let mut pair = Pair {
        dialect: Dialect::Mysql,
        shared,
        private,
    };
    run_all(&mut pair, &entries, &KNOWN, 15).await;
}
