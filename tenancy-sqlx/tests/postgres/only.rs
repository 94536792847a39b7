//! What is PostgreSQL's own.

use std::{sync::Arc, time::Duration};

use sqlx::{AssertSqlSafe, Connection, Pool, Postgres, postgres::PgPoolOptions};
use tenancy_core::{Across, CrossTenant, KeyType, MemoryAudit, Operator, Scoped, TenantId, Tenants};
use tenancy_sqlx::{ErrorExt, TenantDb, TransactionMode, Wall};

use super::{
    cancel::cancelled,
    support::{World, catalog, ctx, everything},
    wall,
};

/// Two values are named; the second place would be the tenant's.
pub(crate) const TWO_NAMED: &str = "SELECT $2";
pub(crate) const TWO_NAMED_OF_A_TENANT: &str = "SELECT id FROM items WHERE id = $2";

pub(crate) const UNIQUE: &str = "23505";

pub(crate) fn says_what_was_violated(text: &str) -> bool {
    text.contains("already exists") || text.contains("Key (")
}

pub(crate) fn column_type(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::BigInt => "bigint",
        KeyType::Uuid => "uuid",
        KeyType::Text => "text",
    }
}

pub(crate) async fn folding_table(raw: &Pool<Postgres>) {
    sqlx::raw_sql(
        "CREATE COLLATION folding (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE folding (id bigint PRIMARY KEY, slug text COLLATE folding, name text, status text);
         INSERT INTO folding VALUES (1, 'GREEN-LEAF', 'n', 'active')",
    )
    .execute(raw)
    .await
    .unwrap();
}

async fn idle_in_transaction(world: &World) -> i64 {
    let mut admin = sqlx::PgConnection::connect(world.place.0.admin_url())
        .await
        .unwrap();
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let count = sqlx::query_scalar(sql).fetch_one(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    count
}

/// Connections come back to the pool, or are closed, by tasks: they are given a moment.
pub(crate) async fn assert_no_open_transaction(world: &World) {
    let mut open = 0;
    for _ in 0..20 {
        open = idle_in_transaction(world).await;
        if open == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{open} connections are in a transaction that nobody holds");
}

/// The control of `a_begin_that_is_dropped_leaves_no_transaction`: the same with sqlx alone. When this fails, sqlx has
/// mended it, and `CLOSE_INTERRUPTED` has lost its first reason.
#[tokio::test]
async fn sqlx_alone_leaves_transactions_open() {
    let Some(world) = World::open().await else { return };
    let mut left = 0;
    for n in 0..400 {
        if cancelled(world.raw.begin(), n % 8).await.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            left = idle_in_transaction(&world).await;
        }
        if left > 0 {
            break;
        }
    }
    assert!(left > 0, "control");
    // A shared pool is looked at before each use, so nobody inherits what was left there.
    let db = TenantDb::new(world.raw.clone(), catalog()).wall(wall());
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    for _ in 0..4 {
        sqlx::query("SELECT id FROM items").fetch_all(&one).await.unwrap();
        one.begin().await.unwrap().commit().await.unwrap();
    }
    world.close().await;
}

#[tokio::test]
async fn what_the_engine_relies_on_is_set_whatever_the_role_says() {
    let Some(world) = World::open().await else { return };
    let mut admin = sqlx::PgConnection::connect(world.place.0.admin_url())
        .await
        .unwrap();
    let off = format!(
        "ALTER ROLE {} SET standard_conforming_strings = off",
        world.place.0.app()
    );
    sqlx::raw_sql(AssertSqlSafe(off))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();

    // Two literals to the parser; with the setting off, the server would read one literal and then a UNION.
    let hostile = r"SELECT '\' AS a, ' UNION SELECT sku, sku FROM items --' AS b";
    let one = ctx(&TenantId::bigint(1).unwrap());

    let options = world.place.options();
    let shared = PgPoolOptions::new().connect_with(options.clone()).await.unwrap();
    // control: this is what the server makes of it
    let read = sqlx::raw_sql(r"SELECT '\' AS a, ' UNION SELECT name FROM products --'")
        .fetch_all(&shared)
        .await
        .unwrap();
    assert_eq!(
        read.len(),
        3,
        "control: the setting is off and what stood in a literal is run"
    );

    let db = TenantDb::new(shared.clone(), catalog()).wall(wall());
    let error = sqlx::query(hostile)
        .fetch_all(&db.scoped(&one))
        .await
        .unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_connection),
        "{error:?}"
    );
    assert!(
        db.scoped(&one)
            .begin()
            .await
            .unwrap_err()
            .tenancy()
            .is_some_and(tenancy_sqlx::Error::is_connection)
    );

    let db = TenantDb::connect_with(options, PgPoolOptions::new(), catalog())
        .await
        .unwrap()
        .wall(wall());
    let rows: Vec<(String, String)> = sqlx::query_as(hostile).fetch_all(&db.scoped(&one)).await.unwrap();
    assert_eq!(
        rows,
        [(r"\".to_owned(), " UNION SELECT sku, sku FROM items --".to_owned())]
    );
    db.close().await;
    shared.close().await;
    world.close().await;
}

#[tokio::test]
async fn a_hook_that_undoes_the_settings_is_seen_when_the_database_is_opened() {
    let Some(world) = World::open().await else { return };
    for undo in [
        "SET standard_conforming_strings = off",
        "SET client_encoding = 'SJIS'",
        "BEGIN",
    ] {
        let pool = PgPoolOptions::new().after_connect(move |conn, _| {
            Box::pin(async move { sqlx::raw_sql(undo).execute(conn).await.map(|_| ()) })
        });
        let error = TenantDb::connect_with(world.place.options(), pool, catalog())
            .await
            .unwrap_err();
        assert!(
            error.tenancy().is_some_and(tenancy_sqlx::Error::is_connection),
            "{undo}: {error:?}"
        );
    }
    world.close().await;
}

#[tokio::test]
async fn a_shared_pools_connection_in_a_transaction_is_not_used() {
    let Some(world) = World::open().await else { return };
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(world.place.0.app_url())
        .await
        .unwrap();
    let db = TenantDb::new(pool.clone(), catalog()).wall(wall());
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    let pid = "SELECT pg_backend_pid()";
    let before: i32 = sqlx::query_scalar(pid).fetch_one(&pool).await.unwrap();
    sqlx::query("SELECT id FROM items").fetch_all(&one).await.unwrap();
    let same: i32 = sqlx::query_scalar(pid).fetch_one(&pool).await.unwrap();
    assert_eq!(before, same, "a clean connection is kept");

    for left in [
        "BEGIN",
        "BEGIN; SELECT 1/0",
        "SET client_encoding = 'LATIN1'",
        "SET standard_conforming_strings = off",
    ] {
        let _ = sqlx::raw_sql(left).execute(&pool).await;
        // In a failed transaction it does not even say that.
        let before: i32 = sqlx::query_scalar(pid).fetch_one(&pool).await.unwrap_or_default();
        sqlx::query("UPDATE items SET qty = 7")
            .execute(&one)
            .await
            .unwrap();
        let after: i32 = sqlx::query_scalar(pid).fetch_one(&pool).await.unwrap();
        assert_ne!(before, after, "{left}");
        assert_eq!(
            world.rows_of(1).await.iter().map(|row| row.3).collect::<Vec<_>>(),
            [7, 7],
            "and what ran is kept"
        );
        sqlx::query("UPDATE items SET qty = 1 WHERE tenant_id = 1")
            .execute(&world.raw)
            .await
            .unwrap();
    }
    pool.close().await;
    world.close().await;
}

#[tokio::test]
async fn a_commit_after_a_failure_says_that_nothing_was_kept() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let mut tx = one.begin().await.unwrap();
    sqlx::query("DELETE FROM items").execute(&mut tx).await.unwrap();
    sqlx::query("INSERT INTO items (id, sku, note, qty) VALUES (1, 'x', 'n', -1)")
        .execute(&mut tx)
        .await
        .unwrap_err();
    let error = tx.commit().await.unwrap_err();
    assert!(
        error
            .tenancy()
            .is_some_and(tenancy_sqlx::Error::is_transaction_lost),
        "{error:?}"
    );
    assert_eq!(world.rows_of(1).await.len(), 2);
    world.close().await;
}

#[tokio::test]
async fn the_server_itself_keeps_a_reading_crossing_from_writing() {
    let Some(mut world) = World::open().await else {
        return;
    };
    // A view that writes, behind the back of engine and adapter.
    sqlx::raw_sql(
        "CREATE FUNCTION touch() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN UPDATE public.items SET qty = 0; RETURN 1; END $$;
         CREATE VIEW sneaky AS SELECT touch() AS id",
    )
    .execute(&world.raw)
    .await
    .unwrap();
    let catalog = tenancy_core::Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .shared_tables(["sneaky"])
        .build()
        .unwrap();
    // On the owner's connections, which no wall holds.
    world.db = TenantDb::new(world.raw.clone(), catalog)
        .wall(Wall::engine_only())
        .audit(Arc::new(MemoryAudit::new()));
    let olga = Operator::new("olga").unwrap();
    let before = world.rows_of(1).await;
    let crossing = CrossTenant::read(&olga, Tenants::All, "a report").unwrap();
    for _ in 0..2 {
        let error = sqlx::query("SELECT id FROM sneaky")
            .fetch_all(&world.db.across(&crossing))
            .await
            .unwrap_err();
        // read_only_sql_transaction
        assert_eq!(
            error.as_database_error().and_then(|e| e.code()).as_deref(),
            Some("25006"),
            "{error:?}"
        );
        let error = sqlx::query("SELECT id FROM sneaky")
            .fetch_one(&world.db.across(&crossing))
            .await
            .unwrap_err();
        assert_eq!(
            error.as_database_error().and_then(|e| e.code()).as_deref(),
            Some("25006"),
            "{error:?}"
        );
    }
    assert_eq!(world.rows_of(1).await, before);
    assert_no_open_transaction(&world).await;
    // control: it does write where it may
    let crossing = CrossTenant::write(&olga, Tenants::All, "a correction").unwrap();
    sqlx::query("SELECT id FROM sneaky")
        .fetch_all(&world.db.across(&crossing))
        .await
        .unwrap();
    assert_ne!(world.rows_of(1).await, before);
    world.close().await;
}

#[tokio::test]
async fn a_poisoned_row_of_another_tenant_is_neither_read_nor_quoted() {
    let Some(world) = World::open().await else { return };
    let poison = "SELECT id FROM items WHERE to_date(note, 'YYYY') IS NOT NULL";
    let raw = sqlx::query(poison).fetch_all(&world.raw).await.unwrap_err();
    assert!(
        everything(&raw).contains("SECR") || everything(&raw).contains("alph"),
        "control: {raw:?}"
    );
    sqlx::raw_sql("UPDATE items SET note = '2020' WHERE tenant_id = 1")
        .execute(&world.raw)
        .await
        .unwrap();
    let raw = sqlx::query(poison).fetch_all(&world.raw).await.unwrap_err();
    assert!(everything(&raw).contains("SECR"), "control: {raw:?}");

    match sqlx::query(poison).fetch_all(&world.tenant(1)).await {
        Ok(rows) => assert_eq!(rows.len(), 2),
        Err(error) => assert!(error.is_refused(), "not read, or not allowed: {error:?}"),
    }
    let own = sqlx::query(poison).fetch_all(&world.tenant(2)).await.unwrap_err();
    assert!(
        !everything(&own).contains("SECR"),
        "an error quotes nothing, not even what is one's own: {own:?}"
    );
    world.close().await;
}

#[tokio::test]
async fn modes_reach_the_server() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    // Two serializable transactions that each read what the other writes: one has to be tried again.
    let mut a = one.begin_with(TransactionMode::Serializable).await.unwrap();
    let mut b = one.begin_with(TransactionMode::Serializable).await.unwrap();
    for tx in [&mut a, &mut b] {
        sqlx::query("SELECT CAST(sum(qty) AS bigint) FROM items")
            .fetch_all(tx)
            .await
            .unwrap();
    }
    sqlx::query("UPDATE items SET qty = qty + 1 WHERE id = 1")
        .execute(&mut a)
        .await
        .unwrap();
    let second = sqlx::query("UPDATE items SET qty = qty + 1 WHERE id = 2")
        .execute(&mut b)
        .await
        .map(|_| ());
    let results = [a.commit().await, second.and(b.commit().await)];
    let failed: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed.iter().all(ErrorExt::is_retryable), "{failed:?}");
    world.close().await;
}

#[tokio::test]
async fn prepared_statements_are_shared_between_tenants_and_kept_only_if_asked() {
    let Some(world) = World::open().await else { return };
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect(world.place.0.app_url())
        .await
        .unwrap();
    let db = TenantDb::new(pool.clone(), catalog()).wall(wall());
    for id in [1, 2, 3] {
        let one = db.scoped(&ctx(&TenantId::bigint(id).unwrap()));
        sqlx::query("SELECT sku FROM items")
            .fetch_all(&one)
            .await
            .unwrap();
        sqlx::query("SELECT note FROM items")
            .persistent(false)
            .fetch_all(&one)
            .await
            .unwrap();
        sqlx::raw_sql("SELECT qty FROM items")
            .fetch_all(&one)
            .await
            .unwrap();
    }
    let kept: Vec<String> = sqlx::query_scalar("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%items%' AND statement NOT LIKE '%pg_prep%'")
        .persistent(false)
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert!(
        kept.iter()
            .all(|text| text.contains("sku") && text.contains("$1")),
        "{kept:?}"
    );
    pool.close().await;
    world.close().await;
}
