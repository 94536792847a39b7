//! Every escape that was tried on PostgreSQL, and every place in its grammar where a table can stand, against the
//! engine alone: as a superuser, so that no second wall hides a hole in the first.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod escape;

use escape::{Pair, read, run_all};
use tenancy_testkit::Dialect;
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::Database;

/// Entries that no reading of a statement closes, and what has to.
const KNOWN: [(&str, &str); 5] = [
    (
        "E12",
        "a primary key without the tenant's key tells by its error that a row is there: the auditor's rule",
    ),
    (
        "E13",
        "a foreign key without the tenant's key sees all rows: the auditor's rule",
    ),
    (
        "E16",
        "ON DELETE CASCADE over a foreign key without the tenant's key: the auditor's rule",
    ),
    (
        "E17",
        "ON UPDATE CASCADE over a foreign key without the tenant's key: the auditor's rule",
    ),
    (
        "E29",
        "a foreign key without the tenant's key sees all rows: the auditor's rule",
    ),
];

/// The fixture without its roles and row security.
fn tables() -> String {
    let fixture = include_str!("../data/escapes/fixture-postgres.sql");
    let walls = ["ALTER TABLE", "GRANT", "CREATE POLICY"];
    fixture
        .lines()
        .filter(|line| !walls.iter().any(|wall| line.starts_with(wall)))
        .collect::<Vec<_>>()
        .join("\n")
}

async fn pair() -> Option<(Pair, [PgDatabase; 2])> {
    let one = PgDatabase::or_skip("escapes").await.unwrap()?;
    let two = PgDatabase::or_skip("escapes").await.unwrap()?;
    let mut dbs = Vec::new();
    for db in [&one, &two] {
        let mut db = Database::postgres(db.admin_url()).await.unwrap();
        db.script(&tables()).await.unwrap();
        dbs.push(db);
    }
    let (private, shared) = (dbs.pop().unwrap(), dbs.pop().unwrap());
    Some((
        Pair {
            dialect: Dialect::Postgres,
            shared,
            private,
        },
        [one, two],
    ))
}

/// The roles that the entries name. They are the server's and not a database's, so one test makes and drops them.
const ROLES: [&str; 4] = ["app", "owner1", "byp", "boss"];

#[tokio::test]
async fn no_entry_and_no_position_escapes() {
    let Some((mut pair, kept)) = pair().await else {
        return;
    };
    for role in ROLES {
        pair.shared.script(&format!("CREATE ROLE {role}")).await.unwrap();
    }
    run_all(
        &mut pair,
        &read(include_str!("../data/escapes/postgres.json")),
        &KNOWN,
        20,
    )
    .await;
    let mut positions = read(include_str!("../data/escapes/positions.json"));
    for sql in positions.iter_mut().flat_map(|e| &mut e.sql) {
        // The two databases are asked one after the other.
        *sql = sql.replace("now()", "timestamptz '2026-01-01 00:00:00+00'");
    }
    run_all(&mut pair, &positions, &[], 40).await;
    for role in ROLES {
        pair.shared.script(&format!("DROP ROLE {role}")).await.unwrap();
    }
    drop(kept);
}
