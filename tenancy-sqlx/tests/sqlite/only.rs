//! What is SQLite's own.

use std::time::Duration;

use sqlx::{Pool, Sqlite, sqlite::SqlitePoolOptions};
use tenancy_core::{Catalog, KeyType, Scoped, Table, TenantId};
use tenancy_sqlx::{ErrorExt, TenantDb, TransactionMode};

use super::support::{World, ctx};

/// SQLITE_CONSTRAINT_UNIQUE
/// Two values are named; the second place would be the tenant's.
pub(crate) const TWO_NAMED: &str = "SELECT $2";
pub(crate) const TWO_NAMED_OF_A_TENANT: &str = "SELECT id FROM items WHERE id = $2";

pub(crate) const UNIQUE: &str = "2067";

pub(crate) fn says_what_was_violated(text: &str) -> bool {
    text.contains("items.sku")
}

pub(crate) fn column_type(key_type: KeyType) -> &'static str {
    match key_type {
        KeyType::BigInt => "INTEGER",
        KeyType::Uuid | KeyType::Text => "TEXT",
    }
}

pub(crate) async fn folding_table(raw: &Pool<Sqlite>) {
    sqlx::raw_sql(
        "CREATE TABLE folding (id INTEGER PRIMARY KEY, slug TEXT COLLATE NOCASE, name TEXT, status TEXT);
         INSERT INTO folding VALUES (1, 'GREEN-LEAF', 'n', 'active')",
    )
    .execute(raw)
    .await
    .unwrap();
}

/// A transaction that was left open would hold the write lock, or count as one on its connection.
pub(crate) async fn assert_no_open_transaction(world: &World) {
    let mut tx = world
        .raw
        .begin_with("BEGIN IMMEDIATE")
        .await
        .expect("nobody holds the write lock");
    sqlx::query("UPDATE products SET name = name")
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_sqlite_ended_is_not_taken_for_one_that_goes_on() {
    let Some(world) = World::open().await else { return };
    sqlx::raw_sql(
        "CREATE TRIGGER boom BEFORE INSERT ON items WHEN NEW.sku = 'BOOM'
         BEGIN SELECT RAISE(ROLLBACK, 'SECRET'); END",
    )
    .execute(&world.raw)
    .await
    .unwrap();
    let one = world.tenant(1);
    let insert = "INSERT INTO items (id, sku, note, qty) VALUES ($1, $2, 'n', 1)";
    for then in ["statement", "commit", "savepoint", "rollback", "drop"] {
        let mut tx = one.begin().await.unwrap();
        sqlx::query(insert)
            .bind(10)
            .bind("N-10")
            .execute(&mut tx)
            .await
            .unwrap();
        let error = sqlx::query(insert)
            .bind(11)
            .bind("BOOM")
            .execute(&mut tx)
            .await
            .unwrap_err();
        assert!(
            !super::support::everything(&error).contains("SECRET"),
            "{error:?}"
        );
        if then == "rollback" {
            tx.rollback().await.unwrap();
            continue;
        }
        let lost = match then {
            "statement" => {
                let insert = || sqlx::query(insert).bind(12).bind("N-12");
                let first = insert().execute(&mut tx).await.map(|_| ());
                let again = insert().execute(&mut tx).await.unwrap_err();
                assert!(
                    again
                        .tenancy()
                        .is_some_and(tenancy_sqlx::Error::is_transaction_lost)
                );
                let kept = tx.commit().await.unwrap_err();
                assert!(
                    kept.tenancy()
                        .is_some_and(tenancy_sqlx::Error::is_transaction_lost)
                );
                first
            }
            "commit" => tx.commit().await,
            "savepoint" => tx.begin().await.map(|_| ()),
            _ => continue,
        };
        assert!(
            lost.unwrap_err()
                .tenancy()
                .is_some_and(tenancy_sqlx::Error::is_transaction_lost),
            "{then}"
        );
    }
    assert_eq!(world.rows_of(1).await.len(), 2, "nothing of it was kept");
    // The connections are good for transactions afterwards, each of the pool's three.
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(one.begin().await.unwrap());
    }
    for tx in open {
        tx.commit().await.unwrap();
    }
    for id in 20..26 {
        let mut tx = one.begin().await.unwrap();
        sqlx::query(insert)
            .bind(id)
            .bind(format!("N-{id}"))
            .execute(&mut tx)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
    }
    assert_eq!(world.rows_of(1).await.len(), 2);
    world.close().await;
}

#[tokio::test]
async fn a_database_in_memory_outlives_a_transaction_that_sqlite_ended() {
    // sqlx closes a connection whose test was cancelled, whoever asked for it.
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    sqlx::raw_sql(super::TABLES).execute(&pool).await.unwrap();
    sqlx::raw_sql(
        "INSERT INTO items VALUES (1, 1, 'A-1', 'n', 3);
         CREATE TRIGGER boom BEFORE UPDATE ON items BEGIN SELECT RAISE(ROLLBACK, 'boom'); END",
    )
    .execute(&pool)
    .await
    .unwrap();
    let db = TenantDb::new(pool, super::support::catalog());
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    for polls in 0..6 {
        let mut tx = one.begin().await.unwrap();
        sqlx::query("UPDATE items SET qty = 1")
            .execute(&mut tx)
            .await
            .unwrap_err();
        drop(tx);
        super::cancel::cancelled(one.begin(), polls).await;
        let qty: i64 = sqlx::query_scalar("SELECT qty FROM items")
            .fetch_one(&one)
            .await
            .unwrap();
        assert_eq!(qty, 3, "its one connection was kept");
    }
    db.close().await;
}

#[tokio::test]
async fn write_mode_takes_the_lock_at_once_and_busy_is_retryable() {
    let Some(world) = World::open().await else { return };
    let options = world.place.options().busy_timeout(Duration::from_millis(20));
    let hasty = TenantDb::connect_with(options, SqlitePoolOptions::new(), super::support::catalog())
        .await
        .unwrap();
    let hasty = hasty.scoped(&ctx(&TenantId::bigint(2).unwrap()));

    let held = world.tenant(1).begin_with(TransactionMode::Write).await.unwrap();
    let busy = hasty.begin_with(TransactionMode::Write).await.unwrap_err();
    assert!(busy.is_retryable(), "{busy:?}");
    let reading = hasty.begin().await.unwrap();
    held.rollback().await.unwrap();
    reading.rollback().await.unwrap();
    hasty
        .begin_with(TransactionMode::Write)
        .await
        .unwrap()
        .rollback()
        .await
        .unwrap();

    // read first, and somebody else wrote meanwhile: the upgrade fails at once
    let mut late = hasty.begin().await.unwrap();
    sqlx::query("SELECT id FROM items")
        .fetch_all(&mut late)
        .await
        .unwrap();
    sqlx::query("UPDATE items SET qty = 1")
        .execute(&world.tenant(1))
        .await
        .unwrap();
    let busy = sqlx::query("UPDATE items SET qty = 1")
        .execute(&mut late)
        .await
        .unwrap_err();
    assert!(busy.is_retryable(), "{busy:?}");
    drop(late);
    world.close().await;
}

#[tokio::test]
async fn foreign_keys_are_enforced_whatever_the_options_say() {
    let Some(world) = World::open().await else { return };
    sqlx::raw_sql("CREATE TABLE parts (tenant_id INTEGER NOT NULL, product_id INTEGER NOT NULL REFERENCES products (id))")
        .execute(&world.raw)
        .await
        .unwrap();
    let catalog = Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .tenant_tables(["parts"])
        .shared_tables(["products"])
        .build()
        .unwrap();
    let options = world.place.options().foreign_keys(false);
    let db = TenantDb::connect_with(options, SqlitePoolOptions::new(), catalog)
        .await
        .unwrap();
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    let insert = "INSERT INTO parts (product_id) VALUES (?)";
    sqlx::query(insert).bind(1).execute(&one).await.unwrap();
    assert!(
        sqlx::query(insert)
            .bind(99)
            .execute(&one)
            .await
            .unwrap_err()
            .is_foreign_key_violation()
    );
    db.close().await;
    world.close().await;
}

#[tokio::test]
async fn a_pool_that_is_shared_serves_too() {
    let Some(world) = World::open().await else { return };
    let db = TenantDb::new(world.raw.clone(), super::support::catalog());
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM items WHERE qty > ? ORDER BY id")
        .bind(0)
        .fetch_all(&one)
        .await
        .unwrap();
    assert_eq!(ids, [1, 2]);
    world.close().await;
}

#[tokio::test]
async fn a_result_tells_nothing_of_who_wrote_on_the_connection_before() {
    let Some(world) = World::open().await else { return };
    sqlx::raw_sql(
        "CREATE TABLE notes (tenant_id INTEGER NOT NULL, n INTEGER PRIMARY KEY, id INTEGER, UNIQUE (tenant_id, id));
         CREATE TABLE bare (tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (tenant_id, id)) WITHOUT ROWID;
         INSERT INTO notes VALUES (1, 1, 1)",
    )
    .execute(&world.raw)
    .await
    .unwrap();
    let catalog = Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .table(
            Table::tenant("notes")
                .columns(["tenant_id", "n", "id"])
                .unique(["tenant_id", "id"])
                .unique(["n"]),
        )
        .tenant_tables(["bare"])
        .build()
        .unwrap();
    // One connection, which all statements share.
    let pool = SqlitePoolOptions::new().max_connections(1);
    let db = TenantDb::connect_with(world.place.options(), pool, catalog)
        .await
        .unwrap();
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    let two = db.scoped(&ctx(&TenantId::bigint(2).unwrap()));
    let cases = [
        ("SELECT id FROM notes", 0),
        ("DELETE FROM notes WHERE id = 99", 0),
        ("UPDATE notes SET id = 1", 1),
        (
            "INSERT INTO notes (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 1",
            1,
        ),
        ("INSERT INTO notes (id) VALUES (1) ON CONFLICT (id) DO NOTHING", 0),
        ("INSERT INTO bare (id) VALUES (7)", 1),
    ];
    for (n, (sql, changes)) in cases.into_iter().enumerate() {
        let big = 1_000_000 + i64::try_from(n).unwrap();
        let theirs = sqlx::query("INSERT INTO notes (n, id) VALUES (?, ?), (?, ?)")
            .bind(big * 2)
            .bind(big * 2)
            .bind(big * 2 + 1)
            .bind(big * 2 + 1)
            .execute(&two)
            .await
            .unwrap();
        assert_eq!(
            (theirs.rows_affected(), theirs.last_insert_rowid()),
            (2, big * 2 + 1),
            "one's own is told"
        );
        let result = sqlx::query(sql).execute(&one).await.unwrap();
        assert_eq!(
            (result.rows_affected(), result.last_insert_rowid()),
            (changes, 0),
            "{sql}"
        );
        if n == 0 {
            let mut tx = one.begin().await.unwrap();
            for (sql, changes) in cases.into_iter().take(5) {
                let result = sqlx::query(sql).execute(&mut tx).await.unwrap();
                assert_eq!(
                    (result.rows_affected(), result.last_insert_rowid()),
                    (changes, 0),
                    "{sql}"
                );
            }
            tx.rollback().await.unwrap();
        }
    }
    db.close().await;
    world.close().await;
}
