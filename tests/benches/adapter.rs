//! What tenancy-sqlx costs: a point lookup through a scoped executor, by the side of the same sqlx query with the predicate
//! written by hand.
//!
//! `cargo bench -p tenancy-testkit --bench adapter` prints both medians and their ratio, on SQLite in memory and on PostgreSQL;
//! `-- transaction` behind it takes only the lines with this word.

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

use sqlx::{Sqlite, SqliteConnection, pool::PoolOptions, sqlite::SqliteConnectOptions};
use tenancy_core::{Catalog, KeyType, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ScopedDb, TenantDb};

mod times;
mod walls;
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
        "{:32} {:>12} {:>12} {:>6}",
        "point lookup", "by hand, µs", "scoped, µs", "ratio"
    );
    sqlite().await;
    walls::postgres().await;
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
            async |ctx, id| {
                sqlx::query_scalar("SELECT total FROM orders WHERE tid = ? AND id = ?")
                    .bind(walls::number(ctx))
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

/// Looks rows up on both sides in turn, and prints a line: of those whose names hold what the command asked for.
async fn compare(
    name: &str,
    by_hand: impl AsyncFn(&TenantContext, i64) -> Result<i64, sqlx::Error>,
    scoped: impl AsyncFn(&TenantContext, i64) -> Result<i64, sqlx::Error>,
) {
    if std::env::args()
        .skip(1)
        .any(|asked| !asked.starts_with('-') && !name.contains(&asked))
    {
        return;
    }
    let (mut hand_times, mut scoped_times) = (Vec::new(), Vec::new());
    for (ctx, id) in lookups(&contexts()) {
        hand_times.push(timed(async { assert_eq!(by_hand(ctx, id).await.unwrap(), id * 7) }).await);
        scoped_times.push(timed(async { assert_eq!(scoped(ctx, id).await.unwrap(), id * 7) }).await);
    }
    let (by_hand, scoped) = (median(hand_times), median(scoped_times));
    println!(
        "{name:32} {by_hand:>12.1} {scoped:>12.1} {:>6.2}",
        scoped / by_hand
    );
}

/// A tenant and one of its rows, each time others.
fn lookups(contexts: &[TenantContext]) -> impl Iterator<Item = (&TenantContext, i64)> {
    (0..RUNS).map(move |run| {
        let tenant = 1 + run * 37 % TENANTS;
        let at = usize::try_from(tenant - 1).unwrap();
        (&contexts[at], 1 + run * 11 % ROWS)
    })
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let started = Instant::now();
    work.await;
    started.elapsed()
}
