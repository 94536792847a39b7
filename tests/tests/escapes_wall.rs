//! Every escape that was tried on PostgreSQL, in the turn of tenant 1, after whatever an entry had set up before the wall went
//! up: against the wall alone, as raw statements of the application's role, and against both walls, by way of the adapter.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "escape/entry.rs"]
mod entry;

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use entry::{Escape, read};
use futures_util::{StreamExt, stream};
use sqlx::{AssertSqlSafe, Postgres, Row, postgres::PgRow};
use tenancy_core::{Catalog, KeyType, Scoped, Table, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ErrorExt, RowSecurity, SigningKey, TenantDb, Wall};
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::{Answer, Database};

/// What no row security closes, and what does.
const KNOWN: [(&str, &str); 9] = [
    (
        "A08",
        "a table that the catalogue does not know, granted by somebody: the engine refuses its name, the auditor tells of it",
    ),
    (
        "B07",
        "a SECURITY DEFINER function of a superuser, whom no policy holds: the engine refuses the call, the auditor tells of it",
    ),
    (
        "B09",
        "partitions of a table that the catalogue does not know: as A08",
    ),
    (
        "B12",
        "a rule on a superuser's view, which the catalogue does not know: as A08",
    ),
    (
        "B13",
        "a superuser's view, which the catalogue does not know: as A08",
    ),
    ("C22", "a SECURITY DEFINER function of a superuser: as B07"),
    ("D24", "a table that the catalogue does not know: as A08"),
    (
        "E16",
        "ON DELETE CASCADE over a foreign key without the tenant's key: the server follows it for everybody; the auditor tells of it",
    ),
    (
        "E17",
        "ON UPDATE CASCADE over a foreign key without the tenant's key: as E16",
    ),
];

/// What tenant 2's values begin with.
const MARKS: [&str; 2] = ["T2-", "SKU-2"];

const ROWS: &str = "SELECT i::text FROM items AS i WHERE tenant_id = 2 UNION ALL SELECT o::text FROM orders AS o WHERE tenant_id = 2 ORDER BY 1";

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        // With its columns: `items.whole` could be a function of the application's.
        .table(Table::tenant("items").columns([
            "id",
            "tenant_id",
            "sku",
            "name",
            "secret",
            "price",
            "product_id",
        ]))
        .tenant_tables(["orders"])
        .shared_tables(["products"])
        .denied_tables(["tenants"])
        .build()
        .unwrap()
}

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

/// A statement with the names of the entries' roles as those of this database: roles are the server's.
fn with_roles(sql: &str, roles: &[(&str, String)]) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while !rest.is_empty() {
        let word: usize = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        if word == 0 {
            let next = rest.chars().next().unwrap();
            out.push(next);
            rest = rest.get(next.len_utf8()..).unwrap();
            continue;
        }
        let (name, after) = rest.split_at(word);
        // `app.tenant_id` is a setting, and no role.
        let role = roles
            .iter()
            .find(|(role, _)| *role == name && !after.starts_with('.'));
        out.push_str(role.map_or(name, |(_, own)| own));
        rest = after;
    }
    out
}

/// A database behind the wall, which went up after what an entry had set up.
struct Walled {
    database: PgDatabase,
    roles: [(&'static str, String); 4],
    admin: Database,
    key: SigningKey,
    /// The rows of tenant 2.
    before: Answer,
    /// All that the entry writes itself, which is no news to it.
    written: String,
}

impl Walled {
    /// `None` where the wall does not go up, around a role that no policy holds.
    async fn up(entry: &Escape) -> Option<Walled> {
        let database = PgDatabase::or_skip("escapes through the wall").await.unwrap()?;
        let app = database.app().to_owned();
        let roles = [
            ("app", app.clone()),
            ("owner1", database.owner().to_owned()),
            ("byp", format!("{app}_byp")),
            ("boss", format!("{app}_boss")),
        ];
        let mut admin = Database::postgres(database.admin_url()).await.unwrap();
        let make = format!("CREATE ROLE {app}_byp BYPASSRLS; CREATE ROLE {app}_boss");
        admin.script(&make).await.unwrap();
        let mut owner = Database::postgres(database.owner_url()).await.unwrap();
        owner.script(&tables()).await.unwrap();
        for sql in &entry.setup {
            // Some of it changes policies that are not there.
            let _ = admin.script(&with_roles(sql, &roles)).await;
            admin.script("RESET ROLE").await.unwrap();
        }
        let key = SigningKey::new(1, &[3; 32]).unwrap();
        let up = RowSecurity::new(&catalog())
            .app_role(&app)
            .operator_role(format!("{app}_operator"))
            .migration();
        let up = format!("BEGIN; {up}; {}; COMMIT", key.install("tenancy"));
        match admin.script(&up).await {
            Ok(()) => {}
            Err(fault) if fault.text.contains("whom no policy holds") => return None,
            Err(fault) => panic!("{}: {}", entry.id, fault.text),
        }
        let before = admin.run(ROWS, &[]).await.unwrap();
        assert!(before.rows.len() >= 3, "{}", entry.id);
        let written = entry.before.iter().chain(&entry.sql).cloned().collect();
        Some(Walled {
            database,
            roles,
            admin,
            key,
            before,
            written,
        })
    }

    fn statements(&self, entry: &Escape) -> Vec<String> {
        let all = entry.before.iter().chain(&entry.sql);
        all.map(|sql| with_roles(sql, &self.roles)).collect()
    }

    /// A sign of tenant 2 in what was shown.
    fn mark(&self, shown: &str) -> Option<&'static str> {
        MARKS
            .into_iter()
            .find(|mark| shown.contains(mark) && !self.written.contains(mark))
    }
}

/// How an entry came out of the wall, where it did.
async fn escapes(entry: &Escape) -> Option<String> {
    let mut place = Walled::up(entry).await?;
    let mut thief = Database::postgres(place.database.app_url()).await.unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let token = place
        .key
        .token(&TenantId::bigint(1).unwrap(), now.try_into().unwrap());
    let enter = format!("SELECT tenancy.enter_session('{token}', '1kB', '4102444800000')");
    thief.script(&enter).await.unwrap();
    // The control of the whole: it is tenant 1's turn.
    let own = thief.run("SELECT secret FROM items", &[]).await.unwrap();
    assert!(!own.rows.is_empty(), "{}", entry.id);
    for sql in place.statements(entry) {
        let shown = match thief.run(&sql, &[]).await {
            Ok(answer) => format!("{:?}", answer.rows),
            Err(fault) => fault.text,
        };
        if let Some(mark) = place.mark(&shown) {
            return Some(format!("{sql}: {mark} in {shown}"));
        }
    }
    thief.script("ROLLBACK").await.ok();
    changed(&mut place.admin, &place.before).await
}

async fn changed(admin: &mut Database, before: &Answer) -> Option<String> {
    let after = admin.run(ROWS, &[]).await.unwrap();
    (before.rows != after.rows).then(|| format!("rows of tenant 2 are {:?} after it", after.rows))
}

/// How an entry came out of both walls, by way of the adapter.
async fn escapes_both(entry: &Escape, refused: &AtomicUsize) -> Option<String> {
    let mut place = Walled::up(entry).await?;
    let db = TenantDb::<Postgres>::connect(place.database.app_url(), catalog())
        .await
        .unwrap()
        .wall(Wall::signed(place.key.clone()));
    let tenant = Tenant::builder(TenantId::bigint(1).unwrap(), "one".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    let one = db.scoped(&TenantContext::public(&Arc::new(tenant)).unwrap());
    let own: Vec<String> = sqlx::query_scalar("SELECT sku FROM items")
        .fetch_all(&one)
        .await
        .unwrap();
    assert!(!own.is_empty(), "{}", entry.id);
    let mut tx = one.begin().await.unwrap();
    for sql in place.statements(entry) {
        for done in [
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_all(&one).await,
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).fetch_all(&mut tx).await,
        ] {
            let shown = match done {
                Ok(rows) => format!("{:?}", rows.iter().map(texts).collect::<Vec<_>>()),
                Err(error) if error.is_refused() => {
                    refused.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Err(error) => format!("{error:?}"),
            };
            if let Some(mark) = place.mark(&shown) {
                return Some(format!("{sql}: {mark} in {shown}"));
            }
        }
    }
    drop(tx);
    db.close().await;
    changed(&mut place.admin, &place.before).await
}

/// The values of a row that are text.
fn texts(row: &PgRow) -> Vec<Option<String>> {
    (0..row.len())
        .map(|column| row.try_get_unchecked(column).ok())
        .collect()
}

async fn all<'e, F: Future<Output = Option<String>>>(
    entries: &'e [Escape],
    run: impl Fn(&'e Escape) -> F,
) -> Vec<(String, String)> {
    let out = stream::iter(entries).map(|entry| {
        let came = run(entry);
        async move { came.await.map(|how| (entry.id.clone(), how)) }
    });
    let out: Vec<_> = out.buffer_unordered(4).collect().await;
    assert!(out.len() > 130, "{}", out.len());
    out.into_iter().flatten().collect()
}

fn assert_just(came: &[(String, String)], known: &[&str]) {
    let ids: BTreeSet<&str> = came.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, known.iter().copied().collect(), "{came:#?}");
}

#[tokio::test]
async fn what_gets_past_the_engine_meets_the_wall() {
    if PgDatabase::or_skip("escapes through the wall")
        .await
        .unwrap()
        .is_none()
    {
        return;
    }
    let entries = read(include_str!("../data/escapes/postgres.json"));
    let came = all(&entries, escapes).await;
    assert_just(&came, &KNOWN.map(|(id, _)| id));
}

#[tokio::test]
async fn nothing_gets_past_both() {
    if PgDatabase::or_skip("escapes through both walls")
        .await
        .unwrap()
        .is_none()
    {
        return;
    }
    let entries = read(include_str!("../data/escapes/postgres.json"));
    let refused = AtomicUsize::new(0);
    let came = all(&entries, |entry| escapes_both(entry, &refused)).await;
    assert_just(&came, &["E16", "E17"]);
    assert!(refused.into_inner() > 200);
}
