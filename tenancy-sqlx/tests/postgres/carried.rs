//! The wall is told whose turn it is: when, by how many round trips, and what is left of it.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{FutureExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row, postgres::PgPoolOptions};
use tenancy_core::{Across, CrossTenant, MemoryAudit, Operator, Scoped, TenantId, Tenants};
use tenancy_sqlx::{ErrorExt, ScopedDb, TenantDb, TransactionMode, Wall};

use super::{
    Db,
    cancel::cancelled,
    proxy::Proxy,
    support::{World, catalog, ctx},
    wall,
};

const READ: &str = "SELECT sku FROM items WHERE id = $1";
const WRITE: &str = "UPDATE items SET qty = qty + 1 WHERE id = $1";

fn tenant(db: &TenantDb<Db>, id: i64) -> ScopedDb<Db> {
    db.scoped(&ctx(&TenantId::bigint(id).unwrap()))
}

async fn read(db: &ScopedDb<Db>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(READ).bind(1_i64).fetch_all(db).await
}

/// Waits for what is done in the background when a connection goes back to its pool.
async fn settled() {
    tokio::time::sleep(Duration::from_millis(60)).await;
}

/// The round trips of a reading statement by itself, a writing one, and a transaction with one statement. What runs them has
/// types of its own on each side.
macro_rules! round_trips {
    ($proxy:ident, $on:expr, $begin:expr, |$tx:ident| $within:expr) => {{
        let mut trips = Vec::new();
        // The first time statements are prepared, and the pool is probed.
        for _ in 0..2 {
            trips.clear();
            for sql in [READ, WRITE] {
                settled().await;
                $proxy.trips();
                sqlx::query(sql).bind(1_i64).execute($on).await.unwrap();
                trips.push($proxy.trips());
            }
            settled().await;
            $proxy.trips();
            let mut transaction = $begin.await.unwrap();
            let $tx = &mut transaction;
            sqlx::query(READ).bind(1_i64).execute($within).await.unwrap();
            transaction.commit().await.unwrap();
            trips.push($proxy.trips());
        }
        trips
    }};
}

#[tokio::test]
async fn a_transaction_takes_no_more_round_trips_than_one_without_a_wall() {
    let Some(world) = World::open().await else { return };
    let proxy = Proxy::before(world.place.options()).await;
    let options = proxy.options(world.place.0.app_url());

    let mut counted = Vec::new();
    for way in ["sqlx", "no wall", "transaction", "checkout"] {
        let pool = PgPoolOptions::new().max_connections(1);
        if way == "sqlx" {
            let pool = pool.connect_with(options.clone()).await.unwrap();
            let trips = round_trips!(proxy, &pool, pool.begin(), |tx| &mut **tx);
            pool.close().await;
            counted.push((way, trips));
            continue;
        }
        let wall = match way {
            "no wall" => Wall::engine_only(),
            "transaction" => wall(),
            _ => wall().per_checkout(),
        };
        let db = TenantDb::connect_with(options.clone(), pool, catalog())
            .await
            .unwrap()
            .wall(wall);
        let one = tenant(&db, 1);
        let trips = round_trips!(proxy, &one, one.begin(), |tx| tx);
        db.close().await;
        counted.push((way, trips));
    }
    assert_eq!(
        counted,
        [
            // sqlx asks an idle connection first whether it is still there.
            ("sqlx", vec![2, 2, 4]),
            ("no wall", vec![2, 2, 4]),
            ("transaction", vec![2, 3, 3]),
            ("checkout", vec![2, 2, 3]),
        ]
    );
    world.close().await;
}

/// A database whose connections tell, each time that they are taken from the pool, whose they were left.
async fn observed(world: &World, wall: Wall) -> (TenantDb<Db>, Arc<Mutex<Vec<String>>>) {
    let left = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&left);
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .before_acquire(move |conn, _| {
            let seen = Arc::clone(&seen);
            Box::pin(async move {
                let ask = "SELECT coalesce(current_setting('tenancy.slice', true), '')";
                let row = sqlx::raw_sql(ask).fetch_one(conn).await?;
                seen.lock().unwrap().push(row.try_get(0)?);
                Ok(true)
            })
        });
    let db = TenantDb::connect_with(world.place.options(), pool, catalog())
        .await
        .unwrap()
        .wall(wall);
    (db, left)
}

#[tokio::test]
async fn nothing_leaves_a_tenant_on_a_connection() {
    let Some(world) = World::open().await else { return };
    for wall in [wall(), wall().per_checkout()] {
        let (db, left) = observed(&world, wall).await;
        let mut cut = 0;
        for n in 0..150 {
            let one = tenant(&db, 1 + n % 2);
            let polls = usize::try_from(n / 2).unwrap() % 9;
            match n % 5 {
                0 => cut += usize::from(cancelled(read(&one), polls).await.is_none()),
                1 => {
                    let write = sqlx::query(WRITE).bind(1_i64).execute(&one);
                    cut += usize::from(cancelled(write, polls).await.is_none());
                }
                2 => {
                    // A stream that is dropped after its first row.
                    let mut rows = sqlx::query("SELECT sku FROM items").fetch(&one);
                    rows.try_next().await.unwrap().unwrap();
                }
                3 => {
                    let panics = AssertUnwindSafe(async {
                        let mut tx = one.begin().await.unwrap();
                        sqlx::query(READ).bind(1_i64).execute(&mut tx).await.unwrap();
                        std::panic::panic_any("in the middle");
                    });
                    assert!(panics.catch_unwind().await.is_err());
                }
                _ => {
                    let error = sqlx::query("UPDATE items SET qty = -1").execute(&one).await;
                    assert!(error.unwrap_err().is_check_violation());
                }
            }
        }
        assert!(cut > 10, "{cut} were cut off");
        // What is on its way back to the pool is looked at too.
        for _ in 0..12 {
            settled().await;
            let held = futures_util::future::join_all((0..3).map(|_| async {
                let two = tenant(&db, 2);
                let tx = two.begin().await.unwrap();
                settled().await;
                drop(tx);
            }));
            held.await;
        }
        let left = left.lock().unwrap().clone();
        assert!(left.len() > 100, "{}", left.len());
        assert!(left.iter().all(String::is_empty), "{left:?}");
        db.close().await;
    }
    world.close().await;
}

#[tokio::test]
async fn connections_that_the_server_closed_are_replaced() {
    let Some(world) = World::open().await else { return };
    for (wall, stands) in [
        (wall(), true),
        (wall().per_checkout(), true),
        (Wall::engine_only(), false),
    ] {
        let pool = PgPoolOptions::new().max_connections(4).min_connections(4);
        let db = TenantDb::connect_with(world.place.options(), pool, catalog())
            .await
            .unwrap()
            .wall(wall);
        let one = tenant(&db, 1);
        let several = futures_util::future::join_all((0..4).map(|_| read(&one)));
        assert!(several.await.iter().all(Result::is_ok));
        settled().await;
        let mut admin = PgConnection::connect(world.place.0.admin_url()).await.unwrap();
        let end = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{}'",
            world.place.0.app()
        );
        let ended: i64 = sqlx::query_scalar(AssertSqlSafe(end))
            .fetch_one(&mut admin)
            .await
            .unwrap();
        assert!(ended >= 4, "{ended}");
        settled().await;
        let rows = read(&one).await;
        if stands {
            assert_eq!(rows.unwrap(), ["A-1"]);
        } else {
            // The wall hides everything from who does not say whose turn it is.
            assert!(rows.unwrap().is_empty());
        }
        db.close().await;
    }
    world.close().await;
}

#[tokio::test]
async fn nothing_runs_before_somebody_said_whether_there_is_a_wall() {
    let Some(world) = World::open().await else { return };
    let unsaid = TenantDb::connect_with(world.place.options(), PgPoolOptions::new(), catalog())
        .await
        .unwrap();
    let other_key = tenancy_sqlx::SigningKey::new(1, &[7; 32]).unwrap();
    for (db, says) in [
        (unsaid.clone(), "nobody said"),
        (
            unsaid.clone().wall(Wall::signed(other_key)),
            "does not know the key",
        ),
        (unsaid.clone().wall(wall().schema("elsewhere")), "`tenancy rls`"),
        (
            TenantDb::new(world.raw.clone(), catalog()).wall(wall().per_checkout()),
            "needs a pool that",
        ),
    ] {
        let one = tenant(&db, 1);
        let error = read(&one).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.tenancy().is_some_and(tenancy_sqlx::Error::is_wall));
        let error = sqlx::query(WRITE).bind(1_i64).fetch_optional(&one).await;
        assert!(
            error
                .unwrap_err()
                .tenancy()
                .is_some_and(tenancy_sqlx::Error::is_wall)
        );
    }
    // A crossing needs somebody whom the wall lets see.
    let db = unsaid.wall(wall()).audit(Arc::new(MemoryAudit::new()));
    let olga = Operator::new("olga").unwrap();
    let crossing = CrossTenant::read(&olga, Tenants::All, "a report").unwrap();
    let error = read_across(&db, &crossing).await.unwrap_err();
    assert!(error.to_string().contains("operators"), "{error}");
    let db = world.place.behind_wall(db).await;
    assert_eq!(read_across(&db, &crossing).await.unwrap(), 4);
    world.close().await;
}

async fn read_across(db: &TenantDb<Db>, crossing: &CrossTenant) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT count(*) FROM items")
        .fetch_one(&db.across(crossing))
        .await
}

#[tokio::test]
async fn the_server_shows_no_token_to_the_same_role() {
    let Some(world) = World::open().await else { return };
    let mut tx = world
        .tenant(1)
        .begin_with(TransactionMode::ReadOnly)
        .await
        .unwrap();
    let mut other = PgConnection::connect(world.place.0.app_url()).await.unwrap();
    let ask =
        "SELECT query FROM pg_stat_activity WHERE usename = current_user AND state = 'idle in transaction'";
    let shown: Vec<String> = sqlx::query_scalar(ask).fetch_all(&mut other).await.unwrap();
    // The control: it does show the statement, as far as it does.
    assert_eq!(shown.len(), 1);
    assert!(shown[0].starts_with("BEGIN READ ONLY;"), "{shown:?}");
    assert!(!shown[0].contains("enter"), "{shown:?}");
    sqlx::query(READ).bind(1_i64).execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    world.close().await;
}

#[tokio::test]
async fn a_statement_that_gets_past_the_engine_sees_its_own_tenants_rows() {
    let Some(world) = World::open().await else { return };
    // A function of the application's, which the catalogue lets statements call, reads all that it can.
    sqlx::raw_sql(
        "CREATE FUNCTION everybody() RETURNS bigint LANGUAGE sql AS 'SELECT count(DISTINCT tenant_id) FROM public.items'",
    )
    .execute(&world.raw)
    .await
    .unwrap();
    let catalog = tenancy_core::Catalog::builder()
        .tenant_key("tenant_id", tenancy_core::KeyType::BigInt)
        .tenant_tables(["items"])
        .allow_functions(["everybody"])
        .build()
        .unwrap();
    let db = TenantDb::connect_with(world.place.options(), PgPoolOptions::new(), catalog)
        .await
        .unwrap()
        .wall(wall());
    let ask = || sqlx::query_scalar::<_, i64>("SELECT everybody()");
    assert_eq!(ask().fetch_one(&tenant(&db, 1)).await.unwrap(), 1);
    // The control: there are more.
    assert_eq!(ask().fetch_one(&world.raw).await.unwrap(), 2);
    world.close().await;
}
