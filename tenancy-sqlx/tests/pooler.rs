//! Behind a PgBouncer in transaction mode: a crowd of tenants on a few of the server's connections.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use futures_util::{FutureExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, postgres::PgPoolOptions};
use tenancy_core::{Catalog, KeyType, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ErrorExt, RowSecurity, ScopedDb, SigningKey, TenantDb, Wall};
use tenancy_testkit::pg::{PgBouncer, PgDatabase};

const TENANTS: i64 = 200;
const ROWS: i64 = 5;
/// Of the server's; the application has more.
const CONNECTIONS: u16 = 5;
const WORKERS: i64 = 24;

const TABLES: &str = "
CREATE TABLE items (tid bigint NOT NULL, id bigint NOT NULL, mark text NOT NULL, n bigint NOT NULL DEFAULT 0, PRIMARY KEY (tid, id));
INSERT INTO items SELECT t, i, 'of ' || t FROM generate_series(1, 200) AS a (t), generate_series(1, 5) AS b (i);
ANALYZE items;";

struct World {
    database: PgDatabase,
    pooler: PgBouncer,
}

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["items"])
        .build()
        .unwrap()
}

fn key() -> SigningKey {
    SigningKey::new(1, &[5; 32]).unwrap()
}

fn ctx(id: i64) -> TenantContext {
    let tenant = Tenant::builder(TenantId::bigint(id).unwrap(), format!("t{id}").parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    TenantContext::public(&Arc::new(tenant)).unwrap()
}

impl World {
    async fn open(test: &str) -> Option<World> {
        let database = PgDatabase::or_skip(test).await.unwrap()?;
        let pooler = PgBouncer::or_skip(test, &database, CONNECTIONS).unwrap()?;
        let operator = format!("{}_operator", database.app());
        run(database.admin_url(), &format!("CREATE ROLE {operator} NOLOGIN")).await;
        let catalog = catalog();
        let migration = RowSecurity::new(&catalog)
            .app_role(database.app())
            .operator_role(operator)
            .migration();
        let text = format!("{TABLES}{migration};{}", key().install("tenancy"));
        run(database.owner_url(), &text).await;
        Some(World { database, pooler })
    }

    async fn db(&self, connections: u32, wall: Wall) -> TenantDb<Postgres> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(120));
        TenantDb::<Postgres>::connect_with(self.pooler.app_url().parse().unwrap(), pool, catalog())
            .await
            .unwrap()
            .wall(wall)
            .unprepared()
    }
}

async fn run(url: &str, text: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(text.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// A sequence of numbers that is another one for each worker (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn tenant(&mut self) -> i64 {
        1 + i64::try_from(self.roll(200)).unwrap()
    }
}

async fn cancelled<F: Future>(future: F, polls: u64) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::time::sleep(Duration::from_micros(100)).await;
    }
    None
}

/// Reads all that it can, and makes sure whose it is.
async fn read(db: &ScopedDb<Postgres>, id: i64) -> sqlx::Result<u64> {
    let rows: Vec<(i64, String)> = sqlx::query_as("SELECT tid, mark FROM items")
        .fetch_all(db)
        .await?;
    assert_eq!(rows.len(), 5, "tenant {id}");
    for (tid, mark) in rows {
        assert_eq!((tid, mark), (id, format!("of {id}")));
    }
    Ok(1)
}

async fn write(db: &ScopedDb<Postgres>) -> sqlx::Result<u64> {
    let done = sqlx::query("UPDATE items SET n = n + 1 WHERE id = $1")
        .bind(1_i64)
        .execute(db)
        .await?;
    assert_eq!(done.rows_affected(), 1);
    Ok(1)
}

async fn transaction(db: &ScopedDb<Postgres>, id: i64, panics: bool) -> sqlx::Result<u64> {
    let mut tx = db.begin().await?;
    let mine: i64 = sqlx::query_scalar("SELECT tid FROM items WHERE id = $1")
        .bind(1_i64)
        .fetch_one(&mut tx)
        .await?;
    assert_eq!(mine, id);
    sqlx::query("UPDATE items SET n = n + 1 WHERE id = $1")
        .bind(2_i64)
        .execute(&mut tx)
        .await?;
    if panics {
        std::panic::panic_any("in the middle");
    }
    tx.commit().await?;
    Ok(2)
}

/// One thing that an application does, or that happens to it. How many statements were answered.
async fn one(db: &TenantDb<Postgres>, dice: &mut Dice) -> u64 {
    let id = dice.tenant();
    let slice = db.scoped(&ctx(id));
    match dice.roll(20) {
        0..8 => read(&slice, id).await.unwrap(),
        8..12 => write(&slice).await.unwrap(),
        12..15 => transaction(&slice, id, false).await.unwrap(),
        15 => {
            let mut rows = sqlx::query_as::<_, (i64,)>("SELECT tid FROM items").fetch(&slice);
            assert_eq!(rows.try_next().await.unwrap(), Some((id,)));
            1
        }
        16 => cancelled(read(&slice, id), dice.roll(12))
            .await
            .map_or(0, Result::unwrap),
        17 => cancelled(write(&slice), dice.roll(12))
            .await
            .map_or(0, Result::unwrap),
        18 => cancelled(transaction(&slice, id, false), dice.roll(16))
            .await
            .map_or(0, Result::unwrap),
        _ => {
            let panics = AssertUnwindSafe(transaction(&slice, id, true));
            assert!(panics.catch_unwind().await.is_err());
            2
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_is_answered_for_another_tenant() {
    let Some(world) = World::open("a crowd behind a pooler").await else {
        return;
    };
    // Panics are part of it.
    std::panic::set_hook(Box::new(|info| {
        if info.payload().downcast_ref::<&str>() != Some(&"in the middle") {
            eprintln!("{info}");
        }
    }));
    let wanted: u64 = std::env::var("TENANCY_POOLED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(4_000);
    let wall = Wall::signed(key());
    let db = world.db(12, wall).await;
    let answered = Arc::new(AtomicU64::new(0));
    let workers = (1..=WORKERS).map(|worker| {
        let (db, answered) = (db.clone(), Arc::clone(&answered));
        tokio::spawn(async move {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ u64::try_from(worker * 7919).unwrap());
            while answered.load(Ordering::Relaxed) < wanted {
                answered.fetch_add(one(&db, &mut dice).await, Ordering::Relaxed);
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    db.close().await;
    println!("{} statements", answered.load(Ordering::Relaxed));

    // Each of the server's connections is nobody's, and in no transaction.
    let mut held = Vec::new();
    let mut pids = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = PgConnection::connect(world.pooler.app_url()).await.unwrap();
        let ask = "BEGIN; SELECT pg_backend_pid(), coalesce(current_setting('tenancy.slice', true), ''), now() = statement_timestamp()";
        let row = sqlx::raw_sql(ask).fetch_one(&mut connection).await.unwrap();
        let (pid, slice, fresh): (i32, String, bool) = sqlx::FromRow::from_row(&row).unwrap();
        assert_eq!((slice.as_str(), fresh), ("", true));
        pids.push(pid);
        held.push(connection);
    }
    pids.sort_unstable();
    pids.dedup();
    assert_eq!(pids.len(), usize::from(CONNECTIONS), "all of them were looked at");
    // And what nobody was to write stands as it was.
    let mut admin = PgConnection::connect(world.database.admin_url()).await.unwrap();
    let (rows, strange): (i64, i64) = sqlx::query_as(
        "SELECT count(*), count(*) FILTER (WHERE mark <> 'of ' || tid OR n <> 0 AND id > 2) FROM items",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert_eq!((rows, strange), (TENANTS * ROWS, 0));
}

#[tokio::test]
async fn what_is_set_on_a_connection_meets_the_next_client_there() {
    let Some(world) = World::open("settings behind a pooler").await else {
        return;
    };
    // The control of the test above: this is what a tenant that is set per connection would come to.
    let mut one = PgConnection::connect(world.pooler.app_url()).await.unwrap();
    let mut two = PgConnection::connect(world.pooler.app_url()).await.unwrap();
    sqlx::raw_sql("SET tenancy.slice = 'one'")
        .execute(&mut one)
        .await
        .unwrap();
    let row = sqlx::raw_sql("SELECT current_setting('tenancy.slice')")
        .fetch_one(&mut two)
        .await
        .unwrap();
    let seen: String = sqlx::Row::get(&row, 0);
    assert_eq!(seen, "one");
    sqlx::raw_sql("RESET tenancy.slice")
        .execute(&mut two)
        .await
        .unwrap();

    // So that is refused.
    let db = world.db(2, Wall::signed(key()).per_checkout()).await;
    let error = read(&db.scoped(&ctx(1)), 1).await.unwrap_err();
    assert!(error.tenancy().is_some_and(tenancy_sqlx::Error::is_wall));
    assert!(error.to_string().contains("pooler"), "{error}");
    // A transaction is carried by itself there too.
    transaction(&db.scoped(&ctx(1)), 1, false).await.unwrap();
}
