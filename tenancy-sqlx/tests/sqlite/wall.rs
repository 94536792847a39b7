//! What the wall of a SQLite connection must not get in the way of.

use sqlx::{Row, Sqlite, sqlite::SqlitePoolOptions};
use tenancy_core::{Catalog, KeyType, Party, Scoped, Table, TenantId};
use tenancy_sqlx::{ErrorExt, ScopedDb, TenantDb};

use super::{
    Place, q,
    support::{World, ctx},
};

const TABLES: &str = "
    CREATE TABLE orders (shop INTEGER NOT NULL, id INTEGER PRIMARY KEY, note TEXT, changed INTEGER NOT NULL DEFAULT 0,
        UNIQUE (shop, note));
    CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id) ON DELETE CASCADE, n INTEGER);
    CREATE TABLE pages (shop INTEGER, id INTEGER PRIMARY KEY, title TEXT);
    CREATE TABLE brands (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE deals (id INTEGER PRIMARY KEY, buyer INTEGER, seller INTEGER, qty INTEGER, state TEXT);
    CREATE TABLE keyed (shop INTEGER NOT NULL, code TEXT NOT NULL, n INTEGER, PRIMARY KEY (shop, code)) WITHOUT ROWID;
    CREATE TABLE history (what TEXT);
    CREATE VIEW totals AS SELECT o.shop, o.id, sum(l.n) AS total FROM orders AS o JOIN lines AS l ON l.order_id = o.id
        GROUP BY o.shop, o.id;
    CREATE TRIGGER note_order AFTER INSERT ON orders BEGIN
        INSERT INTO history SELECT 'order ' || NEW.id || ' of ' || count(*) FROM orders WHERE shop = NEW.shop;
        UPDATE orders SET changed = changed + 1 WHERE id = NEW.id;
    END;
    CREATE TRIGGER count_change AFTER UPDATE OF note ON orders BEGIN
        UPDATE orders SET changed = changed + 1 WHERE id = NEW.id;
    END;
    INSERT INTO orders (shop, id, note) VALUES (1, 1, 'mine'), (2, 2, 'SECRET');
    INSERT INTO lines VALUES (1, 1, 10), (2, 2, 900);
    INSERT INTO pages VALUES (NULL, 1, 'imprint'), (1, 2, 'mine'), (2, 3, 'SECRET');
    INSERT INTO brands VALUES (1, 'a');
    INSERT INTO deals VALUES (1, 1, 2, 5, 'new'), (2, 2, 3, 900, 'SECRET');
    INSERT INTO keyed VALUES (1, 'a', 1), (2, 'a', 900);
    DELETE FROM history";

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("shop", KeyType::BigInt)
        .table(Table::tenant("orders").unique(["id"]).unique(["shop", "note"]))
        .table(Table::via("lines", "orders", [("order_id", "id")]))
        .table(Table::mixed("pages"))
        .table(Table::tenant("keyed").unique(["shop", "code"]))
        .table(Table::tenant("totals").as_view())
        .table(Table::party(
            "deals",
            [
                Party::new("buyer").inserts().updates(["qty"]).deletes(),
                Party::new("seller").updates(["state"]),
            ],
        ))
        .table(Table::tenant("later").columns(["shop", "id", "name"]))
        .shared_tables(["brands"])
        .build()
        .unwrap()
}

/// The owner's pool, the walled database, and tenant 1's slice of it.
async fn open() -> (Place, sqlx::SqlitePool, TenantDb<Sqlite>, ScopedDb<Sqlite>) {
    let place = Place::make().await.unwrap();
    let raw = place.pool().await;
    sqlx::raw_sql(TABLES).execute(&raw).await.unwrap();
    let db = place.db_of(catalog(), 1).await;
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    (place, raw, db, one)
}

async fn all(raw: &sqlx::SqlitePool, sql: &str) -> String {
    let row: Option<String> = sqlx::query_scalar(q(sql)).fetch_one(raw).await.unwrap();
    row.unwrap_or_default()
}

#[tokio::test]
async fn kinds_of_tables_are_read_and_written() {
    let (_place, raw, db, mut one) = open().await;
    let read = async |sql: &'static str| -> Vec<String> {
        let rows = sqlx::query(sql).fetch_all(&one).await.unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect()
    };
    assert_eq!(read("SELECT note FROM orders").await, ["mine"]);
    assert_eq!(
        read("SELECT title FROM pages ORDER BY id").await,
        ["imprint", "mine"]
    );
    assert_eq!(read("SELECT state FROM deals").await, ["new"]);
    assert_eq!(read("SELECT 'n' || n FROM lines").await, ["n10"]);
    assert_eq!(read("SELECT 't' || total FROM totals").await, ["t10"]);
    assert_eq!(read("SELECT name FROM brands, json_each('[1]')").await, ["a"]);

    let wrote = async |sql: &'static str| sqlx::query(sql).execute(&one).await.unwrap().rows_affected();
    assert_eq!(wrote("UPDATE pages SET title = 'x'").await, 1);
    assert_eq!(wrote("UPDATE deals SET qty = 6").await, 1);
    assert_eq!(wrote("UPDATE lines SET n = 11").await, 1);
    assert_eq!(
        wrote("UPDATE keyed SET n = n + 1 WHERE code = replace('b', 'b', 'a')").await,
        1
    );
    assert_eq!(wrote("INSERT INTO lines (order_id, n) VALUES (1, 3)").await, 1);
    assert_eq!(wrote("DELETE FROM deals").await, 1);
    assert_eq!(
        all(&raw, "SELECT group_concat(title) FROM pages").await,
        "imprint,x,SECRET"
    );
    assert_eq!(all(&raw, "SELECT group_concat(n) FROM lines").await, "11,900,3");
    assert_eq!(all(&raw, "SELECT group_concat(n) FROM keyed").await, "2,900");

    // The last row's number is the statement's own, and one that gives none tells none.
    let inserted = sqlx::query("INSERT INTO orders (note) VALUES ('new')")
        .execute(&one)
        .await
        .unwrap();
    assert_eq!((inserted.rows_affected(), inserted.last_insert_rowid()), (1, 3));
    let changed = sqlx::query("UPDATE orders SET note = 'newer' WHERE id = 3")
        .execute(&mut one)
        .await
        .unwrap();
    assert_eq!((changed.rows_affected(), changed.last_insert_rowid()), (1, 0));
    db.close().await;
}

#[tokio::test]
async fn upserts_replacements_and_returning() {
    let (_place, raw, db, one) = open().await;
    let upsert = "INSERT INTO orders (note) VALUES ('mine') ON CONFLICT (note) DO UPDATE SET note = 'again' RETURNING id, note";
    let row = sqlx::query(upsert).fetch_one(&one).await.unwrap();
    assert_eq!(
        (row.get::<i64, _>(0), row.get::<String, _>(1)),
        (1, "again".to_owned())
    );
    let fresh: String = sqlx::query_scalar(
        "INSERT INTO orders (note) VALUES ('SECRET') ON CONFLICT (note) DO NOTHING RETURNING note",
    )
    .fetch_one(&one)
    .await
    .unwrap();
    assert_eq!(fresh, "SECRET", "another tenant's note is no conflict");
    let replaced = sqlx::query("REPLACE INTO keyed (code, n) VALUES ('a', 7)")
        .execute(&one)
        .await
        .unwrap();
    assert_eq!(replaced.rows_affected(), 1);
    assert_eq!(all(&raw, "SELECT group_concat(n) FROM keyed").await, "7,900");
    // A key of all tenants says that a value is taken, as it did.
    let taken = sqlx::query("INSERT INTO orders (id, note) VALUES (2, 'b')")
        .execute(&one)
        .await
        .unwrap_err();
    assert!(taken.is_unique_violation(), "{taken:?}");
    db.close().await;
}

#[tokio::test]
async fn the_applications_triggers_and_foreign_keys_go_on() {
    let (_place, raw, db, one) = open().await;
    sqlx::query("INSERT INTO orders (note) VALUES ('new')")
        .execute(&one)
        .await
        .unwrap();
    assert_eq!(
        all(&raw, "SELECT group_concat(what) FROM history").await,
        "order 3 of 2"
    );
    sqlx::query("UPDATE orders SET note = 'b' WHERE id = 3")
        .execute(&one)
        .await
        .unwrap();
    assert_eq!(
        all(&raw, "SELECT 'c' || changed FROM orders WHERE id = 3").await,
        "c2"
    );
    sqlx::query("DELETE FROM orders").execute(&one).await.unwrap();
    assert_eq!(all(&raw, "SELECT group_concat(id) FROM orders").await, "2");
    assert_eq!(
        all(&raw, "SELECT group_concat(id) FROM lines").await,
        "2",
        "its lines went with it"
    );
    // A line of another tenant's order fails as one of an order that is not there.
    for order in ["2", "99"] {
        let sql = format!("INSERT INTO lines (order_id, n) VALUES ({order}, 1)");
        let error = sqlx::query(q(&sql)).execute(&one).await.unwrap_err();
        assert_eq!(
            error.as_database_error().unwrap().code().as_deref(),
            Some("1299"),
            "{order}"
        );
    }
    // A query that is named like a trigger is no trigger.
    let named =
        "WITH note_order AS (SELECT 1 AS n) INSERT INTO orders (note) SELECT 'n' || n FROM note_order";
    sqlx::query(named).execute(&one).await.unwrap();
    db.close().await;
}

#[tokio::test]
async fn what_is_made_later_is_behind_the_wall_too() {
    let (_place, raw, db, one) = open().await;
    let missing = sqlx::query("SELECT name FROM later").fetch_all(&one).await;
    assert!(missing.is_err(), "it is not there");
    let missing = sqlx::query("INSERT INTO later (id, name) VALUES (1, 'a')")
        .execute(&one)
        .await;
    assert!(missing.is_err(), "it is not there");
    sqlx::raw_sql(
        "CREATE TABLE later (shop INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT, PRIMARY KEY (shop, id));
         INSERT INTO later VALUES (2, 2, 'SECRET')",
    )
    .execute(&raw)
    .await
    .unwrap();
    sqlx::query("INSERT INTO later (id, name) VALUES (1, 'a')")
        .execute(&one)
        .await
        .unwrap();
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM later")
        .fetch_all(&one)
        .await
        .unwrap();
    assert_eq!(names, ["a"]);

    // A column, while statements over it are prepared.
    sqlx::raw_sql("ALTER TABLE brands ADD COLUMN country TEXT DEFAULT 'x'; ALTER TABLE orders ADD COLUMN extra TEXT DEFAULT 'y'")
        .execute(&raw)
        .await
        .unwrap();
    let row = sqlx::query("SELECT b.country, o.extra FROM brands AS b, orders AS o")
        .fetch_one(&one)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>("country"), "x");
    assert_eq!(row.get::<String, _>("extra"), "y");

    // A trigger, in a transaction that begins afterwards.
    sqlx::raw_sql(
        "CREATE TRIGGER later_one AFTER DELETE ON later BEGIN INSERT INTO history VALUES ('gone'); END",
    )
    .execute(&raw)
    .await
    .unwrap();
    let mut tx = one.begin().await.unwrap();
    sqlx::query("DELETE FROM later").execute(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(all(&raw, "SELECT group_concat(what) FROM history").await, "gone");

    // A table that is made anew has its triggers again.
    sqlx::raw_sql(
        "DROP TABLE later; CREATE TABLE later (shop INTEGER NOT NULL, id INTEGER PRIMARY KEY, name TEXT)",
    )
    .execute(&raw)
    .await
    .unwrap();
    sqlx::query("INSERT INTO later (id, name) VALUES (1, 'a')")
        .execute(&one)
        .await
        .unwrap();
    db.close().await;
}

#[tokio::test]
async fn a_rollback_takes_no_wall_with_it() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    for _ in 0..4 {
        let mut tx = one.begin().await.unwrap();
        sqlx::query("UPDATE items SET qty = 1")
            .execute(&mut tx)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM items")
            .fetch_one(&one)
            .await
            .unwrap();
        assert_eq!(count, 2);
    }
    world.close().await;
}

#[tokio::test]
async fn a_database_in_memory_and_a_hook_of_the_applications_own() {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .after_connect(|conn, _| {
            Box::pin(async move {
                sqlx::raw_sql(TABLES).execute(conn).await?;
                Ok(())
            })
        });
    let db: TenantDb<Sqlite> = TenantDb::connect_with("sqlite::memory:".parse().unwrap(), pool, catalog())
        .await
        .unwrap();
    let one = db.scoped(&ctx(&TenantId::bigint(1).unwrap()));
    let notes: Vec<String> = sqlx::query_scalar("SELECT note FROM orders")
        .fetch_all(&one)
        .await
        .unwrap();
    assert_eq!(notes, ["mine"]);
    db.close().await;
}
