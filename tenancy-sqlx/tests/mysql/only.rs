//! What is MySQL's own.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use sqlx::{AssertSqlSafe, Connection, MySql, Pool, mysql::MySqlPoolOptions};
use tenancy_core::{Across, CrossTenant, KeyType, MemoryAudit, Operator, Scoped, TenantId, Tenants};
use tenancy_sqlx::{ErrorExt, TenantDb, TransactionMode};

use super::support::{World, catalog, ctx, everything};

/// Two values are named, and one will be bound.
pub(crate) const TWO_NAMED: &str = "SELECT ?, ?";
pub(crate) const TWO_NAMED_OF_A_TENANT: &str = "SELECT id FROM items WHERE id = ? OR id = ?";

pub(crate) const UNIQUE: &str = "23000";

pub(crate) fn says_what_was_violated(text: &str) -> bool {
    text.contains("Duplicate entry") || text.contains("items_sku")
}

pub(crate) fn column_type(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::BigInt => "bigint",
        KeyType::Uuid => "uuid",
        KeyType::Text => "varchar(63)",
    }
}

pub(crate) async fn folding_table(raw: &Pool<MySql>) {
    sqlx::raw_sql(
        "CREATE TABLE folding (id bigint PRIMARY KEY, slug varchar(63) COLLATE utf8mb4_general_ci,
            name varchar(99), status varchar(20));
         INSERT INTO folding VALUES (1, 'GREEN-LEAF', 'n', 'active')",
    )
    .execute(raw)
    .await
    .unwrap();
}

/// How many of the application's connections are in a transaction that has touched a row.
async fn in_transaction(world: &World) -> i64 {
    let mut admin = sqlx::MySqlConnection::connect(world.place.0.admin_url())
        .await
        .unwrap();
    let sql = "SELECT count(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p \
               ON p.id = t.trx_mysql_thread_id WHERE p.user = ?";
    let count = sqlx::query_scalar(sql)
        .bind(world.place.0.app())
        .fetch_one(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
    count
}

/// A transaction is known to the server when it touches its first row: each connection of the pool is given one.
/// Connections come back to the pool, or are closed, by tasks: they are given a moment.
pub(crate) async fn assert_no_open_transaction(world: &World) {
    let one = world.tenant(1);
    join_all((0..6).map(|_| sqlx::query("SELECT id FROM items").fetch_all(&one))).await;
    let mut open = 0;
    for _ in 0..20 {
        open = in_transaction(world).await;
        if open == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{open} connections are in a transaction that nobody holds");
}

/// A pool of the application's own with one connection, whose modes are the engine's from the beginning.
async fn pool_of_one(world: &World) -> sqlx::MySqlPool {
    MySqlPoolOptions::new()
        .max_connections(1)
        .after_connect(|conn, _| {
            Box::pin(async move {
                sqlx::raw_sql("SET sql_mode = 'PIPES_AS_CONCAT,STRICT_TRANS_TABLES'")
                    .execute(conn)
                    .await
                    .map(|_| ())
            })
        })
        .connect(world.place.0.app_url())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_shared_pools_connection_in_a_transaction_or_another_mode_is_not_used() {
    let Some(world) = World::open().await else { return };
    let pool = pool_of_one(&world).await;
    let db = TenantDb::new(pool.clone(), catalog());
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    let id = "SELECT connection_id()";
    let before: u64 = sqlx::query_scalar(id).fetch_one(&pool).await.unwrap();
    sqlx::query("SELECT id FROM items").fetch_all(&one).await.unwrap();
    let same: u64 = sqlx::query_scalar(id).fetch_one(&pool).await.unwrap();
    assert_eq!(before, same, "a clean connection is kept");

    for left in [
        "START TRANSACTION",
        "SET autocommit = 0",
        "SET completion_type = 1",
        "SET sql_auto_is_null = 1",
        "SET NAMES latin1",
        "SET NAMES gbk",
        "SET character_set_connection = latin1",
        "SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
        "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')",
        "SET sql_mode = CONCAT(@@sql_mode, ',IGNORE_SPACE')",
        "SET sql_mode = 'STRICT_TRANS_TABLES'",
        "SET sql_mode = 'PIPES_AS_CONCAT'",
        "SET sql_mode = 'ORACLE'",
    ] {
        sqlx::raw_sql(left).execute(&pool).await.unwrap();
        let before: u64 = sqlx::query_scalar(id).fetch_one(&pool).await.unwrap();
        sqlx::query("UPDATE items SET qty = 7")
            .execute(&one)
            .await
            .unwrap();
        let after: u64 = sqlx::query_scalar(id).fetch_one(&pool).await.unwrap();
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
async fn a_hook_that_undoes_the_settings_is_seen_when_the_database_is_opened() {
    let Some(world) = World::open().await else { return };
    let pool = MySqlPoolOptions::new().after_connect(|conn, _| {
        Box::pin(async move {
            sqlx::raw_sql("SET sql_mode = 'ANSI_QUOTES'")
                .execute(conn)
                .await
                .map(|_| ())
        })
    });
    let error = TenantDb::connect_with(world.place.options(), pool, catalog())
        .await
        .unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_connection),
        "{error:?}"
    );
    world.close().await;
}

#[tokio::test]
async fn a_transaction_that_a_deadlock_ended_is_not_taken_for_one_that_goes_on() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let touch = |id: i64| AssertSqlSafe(format!("UPDATE items SET qty = qty + 10 WHERE id = {id}"));
    let mut a = one.begin_with(TransactionMode::Write).await.unwrap();
    let mut b = one.begin_with(TransactionMode::Write).await.unwrap();
    sqlx::query(touch(1)).execute(&mut a).await.unwrap();
    sqlx::query(touch(2)).execute(&mut b).await.unwrap();
    let (first, second) = tokio::join!(
        sqlx::query(touch(2)).execute(&mut a),
        sqlx::query(touch(1)).execute(&mut b)
    );
    let (lost, kept, error) = match (first, second) {
        (Err(error), Ok(_)) => (a, b, error),
        (Ok(_), Err(error)) => (b, a, error),
        other => panic!("one of them is ended: {other:?}"),
    };
    assert!(error.is_retryable(), "{error:?}");
    kept.commit().await.unwrap();

    let mut lost = lost;
    let error = sqlx::query("UPDATE items SET qty = 0")
        .execute(&mut lost)
        .await
        .unwrap_err();
    assert!(
        error
            .tenancy()
            .is_some_and(tenancy_sqlx::Error::is_transaction_lost),
        "it would stand alone: {error:?}"
    );
    assert!(lost.commit().await.is_err());
    let counts: Vec<i64> = world.rows_of(1).await.iter().map(|row| row.3).collect();
    assert_eq!(counts, [13, 14], "one of the two was done, and once");
    assert_no_open_transaction(&world).await;
    world.close().await;
}

#[tokio::test]
async fn a_lock_that_is_not_to_be_had_may_be_tried_again() {
    let Some(world) = World::open().await else { return };
    let pool = MySqlPoolOptions::new().after_connect(|conn, _| {
        Box::pin(async move {
            sqlx::raw_sql("SET innodb_lock_wait_timeout = 1")
                .execute(conn)
                .await
                .map(|_| ())
        })
    });
    let db = TenantDb::connect_with(world.place.options(), pool, catalog())
        .await
        .unwrap();
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    let mut holds = one.begin_with(TransactionMode::Write).await.unwrap();
    sqlx::query("UPDATE items SET qty = 5")
        .execute(&mut holds)
        .await
        .unwrap();
    let mut waits = one.begin_with(TransactionMode::Write).await.unwrap();
    let error = sqlx::query("UPDATE items SET qty = 6")
        .execute(&mut waits)
        .await
        .unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    // The statement is undone and the transaction goes on.
    sqlx::query("SELECT id FROM items")
        .fetch_all(&mut waits)
        .await
        .unwrap();
    waits.commit().await.unwrap();
    holds.commit().await.unwrap();
    db.close().await;
    world.close().await;
}

#[tokio::test]
async fn the_server_itself_keeps_a_reading_crossing_from_writing() {
    let Some(mut world) = World::open().await else {
        return;
    };
    // A view that writes, behind the back of engine and adapter.
    sqlx::raw_sql(
        "CREATE FUNCTION touch() RETURNS bigint MODIFIES SQL DATA BEGIN UPDATE items SET qty = 0; RETURN 1; END;
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
    world.db = TenantDb::connect_with(world.place.options(), MySqlPoolOptions::new(), catalog)
        .await
        .unwrap()
        .audit(Arc::new(MemoryAudit::new()));
    let olga = Operator::new("olga").unwrap();
    let before = world.rows_of(1).await;
    let crossing = CrossTenant::read(&olga, Tenants::All, "a report").unwrap();
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
    assert_eq!(world.rows_of(1).await, before);
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
    // A number that does not fit is an error, and its words hold the expression.
    let poison = "SELECT id FROM items WHERE qty * 100000000000000000 > 0";
    let raw = sqlx::query(poison).fetch_all(&world.raw).await.unwrap_err();
    assert!(everything(&raw).contains("out of range"), "control: {raw:?}");
    let rows = sqlx::query(poison).fetch_all(&world.tenant(1)).await.unwrap();
    assert_eq!(rows.len(), 2);
    let own = sqlx::query(poison).fetch_all(&world.tenant(2)).await.unwrap_err();
    assert!(
        !everything(&own).contains("out of range"),
        "an error quotes nothing: {own:?}"
    );
    world.close().await;
}

#[tokio::test]
async fn statements_that_carry_a_tenant_are_not_kept_and_the_others_are() {
    let Some(world) = World::open().await else { return };
    let pool = pool_of_one(&world).await;
    let db = TenantDb::new(pool.clone(), catalog());
    for id in 1..20 {
        let one = db.scoped(&ctx(&TenantId::bigint(id).unwrap()));
        sqlx::query("SELECT sku FROM items")
            .fetch_all(&one)
            .await
            .unwrap();
        sqlx::query("SELECT name FROM products")
            .fetch_all(&one)
            .await
            .unwrap();
        sqlx::raw_sql("SELECT id FROM products")
            .fetch_all(&one)
            .await
            .unwrap();
    }
    let kept = pool.acquire().await.unwrap().cached_statements_size();
    assert_eq!(kept, 1, "the one over shared rows");
    let open: (String, String) = sqlx::query_as("SHOW STATUS LIKE 'Com_stmt_close'")
        .persistent(false)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert!(
        open.1.parse::<u64>().unwrap() >= 38,
        "the server forgets them too: {open:?}"
    );
    pool.close().await;
    world.close().await;
}

#[tokio::test]
async fn a_result_tells_nothing_of_who_wrote_on_the_connection_before() {
    let Some(world) = World::open().await else { return };
    sqlx::raw_sql(
        "CREATE TABLE notes (tenant_id bigint NOT NULL, id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, text varchar(99))",
    )
    .execute(&world.raw)
    .await
    .unwrap();
    let catalog = tenancy_core::Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .tenant_tables(["notes", "items"])
        .build()
        .unwrap();
    let pool = MySqlPoolOptions::new().max_connections(1);
    let db = TenantDb::connect_with(world.place.options(), pool, catalog)
        .await
        .unwrap();
    let [one, two] = [1, 2].map(|id| db.scoped(&ctx(&TenantId::bigint(id).unwrap())));
    for _ in 0..7 {
        sqlx::query("INSERT INTO notes (text) VALUES ('n')")
            .execute(&two)
            .await
            .unwrap();
    }
    for harmless in [
        "UPDATE items SET qty = qty + 1",
        "DELETE FROM notes",
        "UPDATE notes SET text = 'x' WHERE id = 3",
        "SELECT id FROM items",
        "INSERT INTO items (id, sku, note, qty) VALUES (50, 'A-50', 'n', 1)",
    ] {
        let done = sqlx::query(harmless).execute(&one).await.unwrap();
        assert_eq!(done.last_insert_id(), 0, "{harmless}");
    }
    let error = sqlx::query("SELECT LAST_INSERT_ID()")
        .fetch_all(&one)
        .await
        .unwrap_err();
    assert!(error.is_refused(), "{error:?}");
    db.close().await;
    world.close().await;
}

/// A connection whose statement was dropped while the server prepared it is out of step: sqlx takes what is still to
/// come for the answer to the next statement.
#[tokio::test]
async fn a_dropped_statement_does_not_answer_the_next_one() {
    let Some(world) = World::open().await else { return };
    // One connection, so that the next statement would be answered on it.
    let pool = MySqlPoolOptions::new().max_connections(1);
    let db = TenantDb::connect_with(world.place.options(), pool, catalog())
        .await
        .unwrap();
    let [one, two] = [1, 2].map(|id| db.scoped(&ctx(&TenantId::bigint(id).unwrap())));
    let (mut cut, mut done) = (0, 0);
    for n in 0..120 {
        let mut tx = None;
        let theirs = async {
            if n % 3 == 0 {
                let tx = tx.insert(two.begin().await?);
                sqlx::query("SELECT sku, note, qty FROM items WHERE qty > ?")
                    .bind(0_i64)
                    .fetch_all(&mut *tx)
                    .await
            } else if n % 3 == 1 {
                sqlx::query("SELECT sku, note, qty FROM items WHERE qty > ?")
                    .bind(0_i64)
                    .fetch_all(&two)
                    .await
            } else {
                sqlx::query("SELECT name FROM products WHERE id > ?")
                    .bind(0_i64)
                    .fetch_all(&two)
                    .await
            }
        };
        match super::cancel::cancelled(theirs, n / 3 % 9).await {
            None => cut += 1,
            Some(rows) => {
                rows.unwrap();
                done += 1;
            }
        }
        drop(tx);
        let own: Vec<(i64, String)> = sqlx::query_as("SELECT id, sku FROM items ORDER BY id")
            .fetch_all(&one)
            .await
            .unwrap();
        assert_eq!(own, [(1, "A-1".to_owned()), (2, "A-2".to_owned())]);
    }
    assert!(cut > 20 && done > 5, "{cut} cut off, {done} done");
    db.close().await;
    world.close().await;
}
