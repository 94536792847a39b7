//! What tenancy-sqlx costs: a point lookup through a scoped executor, by the side of the same sqlx query with the predicate
//! written by hand.
//!
//! `cargo bench -p tenancy-testkit --bench adapter` prints both medians and their ratio, on SQLite in memory and on PostgreSQL.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a benchmark, not part of the crate"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{
    Connection, PgConnection, Postgres, Sqlite, SqliteConnection, pool::PoolOptions,
    postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};
use tenancy_core::{Catalog, KeyType, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ScopedDb, TenantDb};
use tenancy_testkit::pg::PgDatabase;

mod times;
use times::median;

const TENANTS: i64 = 100;
const ROWS: i64 = 100;
const RUNS: i64 = 4_000;

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["orders"])
        .build()
        .unwrap()
}

fn contexts() -> Vec<TenantContext> {
    let context = |id: i64| {
        let tenant = Tenant::builder(TenantId::bigint(id).unwrap(), format!("t{id}").parse().unwrap())
            .status(TenantStatus::Active)
            .build();
        TenantContext::public(&Arc::new(tenant)).unwrap()
    };
    (1..=TENANTS).map(context).collect()
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    println!(
        "{:28} {:>12} {:>12} {:>6}",
        "point lookup", "by hand, µs", "scoped, µs", "ratio"
    );
    sqlite().await;
    postgres().await;
}

async fn sqlite() {
    let options = || SqliteConnectOptions::new().in_memory(true);
    // A database in memory is its connection's own: each is filled when it is opened.
    let one = || {
        PoolOptions::<Sqlite>::new()
            .max_connections(1)
            .after_connect(|conn, _| Box::pin(fill(conn)))
    };
    let pool = one().connect_with(options()).await.unwrap();
    let shared = TenantDb::new(pool.clone(), catalog());
    let own = TenantDb::<Sqlite>::connect_with(options(), one(), catalog())
        .await
        .unwrap();
    for (name, db) in [
        ("SQLite in memory, no wall", &shared),
        ("SQLite in memory, with wall", &own),
    ] {
        compare(
            name,
            async |tenant, id| {
                sqlx::query_scalar("SELECT total FROM orders WHERE tid = ? AND id = ?")
                    .bind(tenant)
                    .bind(id)
                    .fetch_one(&pool)
                    .await
            },
            async |ctx, id| {
                let slice: ScopedDb<Sqlite> = db.scoped(ctx);
                sqlx::query_scalar("SELECT total FROM orders WHERE id = ?")
                    .bind(id)
                    .fetch_one(&slice)
                    .await
            },
        )
        .await;
    }
}

async fn fill(conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("CREATE TABLE orders (tid INTEGER NOT NULL, id INTEGER NOT NULL, total INTEGER NOT NULL, PRIMARY KEY (tid, id))")
        .execute(&mut *conn)
        .await?;
    for tenant in 1..=TENANTS {
        for id in 1..=ROWS {
            sqlx::query("INSERT INTO orders VALUES (?, ?, ?)")
                .bind(tenant)
                .bind(id)
                .bind(id * 7)
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

async fn postgres() {
    let Some(database) = PgDatabase::or_skip("the benchmark of the adapter").await.unwrap() else {
        return;
    };
    let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE orders (tid BIGINT NOT NULL, id BIGINT NOT NULL, total BIGINT NOT NULL, PRIMARY KEY (tid, id));
         INSERT INTO orders SELECT t, i, i * 7 FROM generate_series(1, 100) AS a (t), generate_series(1, 100) AS b (i);
         ANALYZE orders",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let options: PgConnectOptions = database.app_url().parse().unwrap();
    let one = || PoolOptions::<Postgres>::new().max_connections(1);
    let pool = one().connect_with(options.clone()).await.unwrap();
    let own = TenantDb::<Postgres>::connect_with(options, one(), catalog())
        .await
        .unwrap();
    let shared = TenantDb::new(pool.clone(), catalog());
    for (name, db) in [
        ("PostgreSQL, own pool", &own),
        ("PostgreSQL, shared pool", &shared),
    ] {
        compare(
            name,
            async |tenant, id| {
                sqlx::query_scalar("SELECT total FROM orders WHERE tid = $1 AND id = $2")
                    .bind(tenant)
                    .bind(id)
                    .fetch_one(&pool)
                    .await
            },
            async |ctx, id| {
                let slice: ScopedDb<Postgres> = db.scoped(ctx);
                sqlx::query_scalar("SELECT total FROM orders WHERE id = $1")
                    .bind(id)
                    .fetch_one(&slice)
                    .await
            },
        )
        .await;
    }
}

/// Looks rows up on both sides in turn, and prints a line.
async fn compare(
    name: &str,
    by_hand: impl AsyncFn(i64, i64) -> Result<i64, sqlx::Error>,
    scoped: impl AsyncFn(&TenantContext, i64) -> Result<i64, sqlx::Error>,
) {
    let (mut hand_times, mut scoped_times) = (Vec::new(), Vec::new());
    for (ctx, tenant, id) in lookups(&contexts()) {
        hand_times.push(timed(async { assert_eq!(by_hand(tenant, id).await.unwrap(), id * 7) }).await);
        scoped_times.push(timed(async { assert_eq!(scoped(ctx, id).await.unwrap(), id * 7) }).await);
    }
    let (by_hand, scoped) = (median(hand_times), median(scoped_times));
    println!(
        "{name:28} {by_hand:>12.1} {scoped:>12.1} {:>6.2}",
        scoped / by_hand
    );
}

/// A tenant and one of its rows, each time others.
fn lookups(contexts: &[TenantContext]) -> impl Iterator<Item = (&TenantContext, i64, i64)> {
    (0..RUNS).map(move |run| {
        let tenant = 1 + run * 37 % TENANTS;
        let at = usize::try_from(tenant - 1).unwrap();
        (&contexts[at], tenant, 1 + run * 11 % ROWS)
    })
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let started = Instant::now();
    work.await;
    started.elapsed()
}
