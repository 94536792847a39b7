//! Every escape that was tried on SQLite and MariaDB by way of the adapter, in the turn of tenant 1: as a statement by itself, in a
//! transaction and as a stream that is dropped after its first row. SQLite with its wall, and without it.
//!
//! (PostgreSQL's are in `escapes_wall.rs`.)

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "escape/entry.rs"]
mod entry;

use std::sync::Arc;

use entry::{Escape, read};
use futures_util::StreamExt;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, Connection, MySql, MySqlConnection, Row, Sqlite, SqliteConnection};
use tenancy_core::{Catalog, KeyType, Scoped, Table, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ErrorExt, TenantDb};
use tenancy_testkit::maria::MariaDatabase;

/// What tenant 2's values hold.
const MARKS: [&str; 3] = ["T2-", "SKU-2", "bob"];

const VICTIM: [&str; 2] = [
    "SELECT * FROM items WHERE tenant_id = 2 ORDER BY id",
    "SELECT * FROM orders WHERE tenant_id = 2 ORDER BY id",
];

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["id", "tenant_id", "sku", "name", "secret", "price", "product_id"])
                .unique(["id"])
                .unique(["sku"])
                .unique(["tenant_id", "name"]),
        )
        .tenant_tables(["orders", "stext", "sint"])
        .shared_tables(["products"])
        .denied_tables(["tenants"])
        .build()
        .unwrap()
}

fn first() -> TenantContext {
    let tenant = Tenant::builder(TenantId::bigint(1).unwrap(), "one".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    TenantContext::public(&Arc::new(tenant)).unwrap()
}

/// The values of a row that are text.
macro_rules! texts {
    ($row:expr) => {{
        let row = $row;
        (0..row.len())
            .filter_map(|column| row.try_get_unchecked::<Option<String>, _>(column).ok())
            .collect::<Vec<_>>()
    }};
}

/// A sign of tenant 2 in what was shown, which the entry did not write itself.
fn mark(entry: &Escape, shown: &str) -> Option<&'static str> {
    let written = entry.sql.concat();
    MARKS
        .into_iter()
        .find(|mark| shown.contains(mark) && !written.contains(mark))
}

/// Runs an entry's statements in all three ways; says how it came out, or how many of its runs were refused.
macro_rules! run {
    ($db:expr, $entry:expr) => {{
        let one = $db.scoped(&first());
        // The control: it is tenant 1's turn, and there is something to see.
        let own: Vec<String> = sqlx::query_scalar("SELECT sku FROM items")
            .fetch_all(&one)
            .await
            .unwrap();
        assert_eq!(own.len(), 2, "{}", $entry.id);
        let mut came = Came::default();
        for sql in $entry.sql.iter().filter(|sql| *sql != "@other") {
            let text = || sqlx::raw_sql(AssertSqlSafe(sql.clone()));
            let alone = text().fetch_all(&one).await;
            let mut tx = one.begin().await.unwrap();
            let within = text().fetch_all(&mut tx).await;
            drop(tx);
            let streamed = text().fetch(&one).next().await.transpose();
            for done in [alone, within, streamed.map(|row| row.into_iter().collect())] {
                let shown = match done {
                    Ok(rows) => format!("{:?}", rows.iter().map(|row| texts!(row)).collect::<Vec<_>>()),
                    Err(error) if error.is_refused() => {
                        came.refused += 1;
                        continue;
                    }
                    Err(error) => format!("{error:?}"),
                };
                came.ran += 1;
                if let Some(mark) = mark($entry, &shown) {
                    came.escaped.get_or_insert(format!("{sql}: {mark} in {shown}"));
                }
            }
        }
        came
    }};
}

/// The rows of tenant 2, or what a connection without an engine is shown.
macro_rules! victim {
    ($connection:expr) => {{
        let mut rows = Vec::new();
        for sql in VICTIM {
            let found = sqlx::raw_sql(sql).fetch_all(&mut $connection).await.unwrap();
            rows.extend(found.iter().map(|row| texts!(row)));
        }
        rows
    }};
}

/// Whether the entry shows tenant 2's values where nothing scopes it.
macro_rules! leaks {
    ($connection:expr, $entry:expr) => {{
        let mut leaks = false;
        let reads = ["SELECT", "WITH", "VALUES", "TABLE"];
        for sql in $entry
            .sql
            .iter()
            .filter(|sql| reads.iter().any(|verb| sql.starts_with(verb)))
        {
            let rows = sqlx::raw_sql(AssertSqlSafe(sql.clone()))
                .fetch_all(&mut $connection)
                .await;
            let shown = match rows {
                Ok(rows) => format!("{:?}", rows.iter().map(|row| texts!(row)).collect::<Vec<_>>()),
                Err(error) => format!("{error:?}"),
            };
            leaks |= mark($entry, &shown).is_some();
        }
        leaks
    }};
}

#[derive(Default)]
struct Came {
    refused: usize,
    ran: usize,
    escaped: Option<String>,
}

/// What came of all entries.
#[derive(Default)]
struct All {
    refused: usize,
    ran: usize,
    leaking: usize,
    escaped: Vec<(String, String)>,
}

impl All {
    fn add(&mut self, entry: &Escape, came: Came, changed: bool) {
        self.refused += came.refused;
        self.ran += came.ran;
        let changed = changed.then(|| "tenant 2's rows changed".to_owned());
        if let Some(how) = came.escaped.or(changed) {
            self.escaped.push((entry.id.clone(), how));
        }
    }

    /// Those came out that `known` names, and only those; many were refused, some ran, and many leak with no engine.
    fn assert_just(&self, known: &[&str]) {
        let ids: Vec<&str> = self.escaped.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, known, "{:#?}", self.escaped);
        assert!(self.refused > 40, "{}", self.refused);
        assert!(self.ran > 20, "{}", self.ran);
        assert!(self.leaking >= 15, "{}", self.leaking);
    }
}

async fn on_sqlite(walled: bool) -> All {
    let folder = tempfile::tempdir().unwrap();
    let mut entries = read(include_str!("../data/escapes/sqlite.json"));
    let out = folder.path().join("out.db");
    for sql in entries.iter_mut().flat_map(|entry| &mut entry.sql) {
        *sql = sql.replace("{out}", &out.to_string_lossy());
    }
    let mut all = All::default();
    for entry in &entries {
        let file = folder.path().join(format!("{}.db", entry.id));
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let mut owner = SqliteConnection::connect_with(&options).await.unwrap();
        let fixture = include_str!("../data/escapes/fixture-sqlite.sql");
        sqlx::raw_sql(fixture).execute(&mut owner).await.unwrap();
        for sql in entry.setup.iter().chain(&entry.before) {
            sqlx::raw_sql(AssertSqlSafe(sql.clone()))
                .execute(&mut owner)
                .await
                .unwrap();
        }
        let before = victim!(owner);
        let pool = || SqlitePoolOptions::new().max_connections(2);
        let db = if walled {
            TenantDb::<Sqlite>::connect_with(options.clone(), pool(), catalog())
                .await
                .unwrap()
        } else {
            TenantDb::new(pool().connect_with(options.clone()).await.unwrap(), catalog())
        };
        let came = run!(db, entry);
        db.close().await;
        all.add(entry, came, victim!(owner) != before);
        assert!(!out.exists(), "{}", entry.id);
        all.leaking += usize::from(leaks!(owner, entry));
        let _ = std::fs::remove_file(&out);
    }
    all
}

#[tokio::test]
async fn nothing_gets_past_sqlites_wall_and_the_engine() {
    on_sqlite(true).await.assert_just(&[]);
}

#[tokio::test]
async fn nothing_gets_past_the_engine_on_sqlite() {
    on_sqlite(false).await.assert_just(&[]);
}

#[tokio::test]
async fn nothing_gets_past_the_engine_on_mariadb() {
    let mut all = All::default();
    let mut entries = read(include_str!("../data/escapes/mariadb.json"));
    for sql in entries.iter_mut().flat_map(|entry| &mut entry.sql) {
        *sql = sql.replace("%s", "0");
    }
    for entry in &entries {
        let Some(place) = MariaDatabase::or_skip("escapes through the adapter")
            .await
            .unwrap()
        else {
            return;
        };
        let mut owner = MySqlConnection::connect(place.owner_url()).await.unwrap();
        let fixture = include_str!("../data/escapes/fixture-mariadb.sql");
        for sql in [fixture]
            .into_iter()
            .chain(entry.setup.iter().chain(&entry.before).map(String::as_str))
        {
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(&mut owner)
                .await
                .unwrap();
        }
        let before = victim!(owner);
        let db = TenantDb::<MySql>::connect(place.app_url(), catalog())
            .await
            .unwrap();
        let came = run!(db, entry);
        db.close().await;
        all.add(entry, came, victim!(owner) != before);
        all.leaking += usize::from(leaks!(owner, entry));
    }
    all.assert_just(&[]);
}
