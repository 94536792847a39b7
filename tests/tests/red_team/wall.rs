//! Against PostgreSQL's wall alone: any statement of the application's role, in a transaction that is tenant 1's.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, Postgres, postgres::PgPoolOptions};
use std::sync::Arc;
use tenancy_core::{Catalog, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{RowSecurity, SigningKey, TenantDb, Wall};
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::Database;

use crate::{CATALOG, OTHERS, TABLES};

/// Each reaches tenant 2 where no policy holds.
const ENTRIES: &[&str] = &[
    "SELECT table_to_xml('items', true, true, '')::text",
    "SELECT query_to_xml('SELECT * FROM parts', true, true, '')::text",
    "SELECT word FROM ts_stat('SELECT to_tsvector(''simple'', note) FROM items')",
    "SELECT (SELECT i FROM items AS i WHERE id = 11)::text",
    "SELECT id FROM items WHERE ctid = '(0,3)' AND note LIKE 'T2%'",
    "WITH x AS MATERIALIZED (SELECT set_config('row_security', 'off', true)) SELECT note FROM x, items",
    "WITH x AS MATERIALIZED (SELECT set_config('tenancy.slice', '2', true)) SELECT note FROM x, items WHERE tid = 2",
    "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT string_agg(note, ',') FROM items); END $$",
    "DO $$ BEGIN SET LOCAL row_security = off; RAISE EXCEPTION '%', (SELECT string_agg(note, ',') FROM items); END $$",
    "SELECT most_common_vals::text || histogram_bounds::text FROM pg_stats WHERE tablename = 'items' AND attname = 'note'",
    "SELECT 1 / n FROM items WHERE id = 11",
    "SELECT id FROM items WHERE 1 / n = 0",
    "SELECT order_id FROM parts WHERE 1 / (order_id - 11) > 5",
    "UPDATE items SET tid = 1 WHERE id = 11 RETURNING note",
    "UPDATE items SET tid = 2 RETURNING id",
    "UPDATE parts SET order_id = 11, no = 9",
    "UPDATE prices SET note = 'mine' WHERE note LIKE 'T2%' RETURNING id",
    "UPDATE deals SET qty = 9 WHERE id = 11 RETURNING note",
    "DELETE FROM parts RETURNING note",
    "DELETE FROM deals WHERE id = 11 RETURNING note",
    "INSERT INTO items (id, tid, note) VALUES (50, 2, 'planted')",
    "INSERT INTO parts (order_id, no) VALUES (11, 9)",
    "INSERT INTO items (id, tid) VALUES (11, 1) ON CONFLICT (id) DO UPDATE SET note = 'mine' RETURNING id",
    "MERGE INTO items USING (VALUES (11)) v(x) ON id = x WHEN MATCHED THEN UPDATE SET note = 'mine'",
    "MERGE INTO items USING (VALUES (99)) v(x) ON id = x WHEN NOT MATCHED THEN INSERT (id, tid, note) VALUES (99, 2, 'planted')",
    "TRUNCATE parts",
    "SELECT id, note FROM items WHERE tid = 2 FOR UPDATE",
];

fn ctx(id: i64) -> TenantContext {
    let tenant = Tenant::builder(TenantId::bigint(id).unwrap(), "a".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    TenantContext::public(&Arc::new(tenant)).unwrap()
}

fn key() -> SigningKey {
    SigningKey::new(1, &[3; 32]).unwrap()
}

/// What opens a transaction of a tenant's.
fn enter(tenant: i64) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let token = key().token(&TenantId::bigint(tenant).unwrap(), now.try_into().unwrap());
    format!("BEGIN; SELECT tenancy.enter('{token}', '1kB')")
}

/// A database behind the wall.
async fn walled() -> Option<PgDatabase> {
    let database = PgDatabase::or_skip("red team").await.unwrap()?;
    let catalog = Catalog::from_toml(CATALOG).unwrap();
    let mut owner = Database::postgres(database.owner_url()).await.unwrap();
    owner.script(&format!("{TABLES} ANALYZE items")).await.unwrap();
    let up = RowSecurity::new(&catalog)
        .app_role(database.app())
        .operator_role(format!("{}_operator", database.app()))
        .migration();
    let mut admin = Database::postgres(database.admin_url()).await.unwrap();
    admin
        .script(&format!("{up}; {}", key().install("tenancy")))
        .await
        .unwrap();
    Some(database)
}

/// What a statement shows.
async fn shown(db: &mut Database, sql: &str) -> String {
    match db.run(sql, &[]).await {
        Ok(answer) => format!("{} rows, {:?}", answer.affected, answer.rows),
        Err(fault) => fault.text,
    }
}

#[tokio::test]
async fn no_statement_reaches_past_the_policies() {
    let Some(database) = walled().await else { return };
    let mut thief = Database::postgres(database.app_url()).await.unwrap();
    let mut admin = Database::postgres(database.admin_url()).await.unwrap();
    let before = admin.run(OTHERS, &[]).await.unwrap();
    let mut wrong = Vec::new();
    for sql in ENTRIES {
        // The control: an administrator, whom no policy holds, does reach them.
        admin.script("BEGIN; SAVEPOINT a").await.unwrap();
        let open = shown(&mut admin, sql).await;
        let failed = admin.run("SELECT 1", &[]).await.is_err();
        let undo = if failed {
            "ROLLBACK TO SAVEPOINT a"
        } else {
            "SELECT 1"
        };
        admin.script(undo).await.unwrap();
        let reached = admin.run(OTHERS, &[]).await.unwrap().rows != before.rows;
        admin.script("ROLLBACK").await.unwrap();

        thief.script(&enter(1)).await.unwrap();
        let seen = shown(&mut thief, sql).await;
        thief.script("COMMIT").await.unwrap();
        if !reached && open == seen {
            wrong.push(format!(
                "{sql}: has no control, an administrator sees as much: {open}"
            ));
        }
        let after = admin.run(OTHERS, &[]).await.unwrap();
        if seen.contains("T2-") || seen.contains("division by zero") || after.rows != before.rows {
            wrong.push(format!("{sql}: {seen}"));
        }
        // What it did to its own rows is undone.
        let mend = "DELETE FROM parts WHERE order_id < 10; DELETE FROM items WHERE tid = 1; DELETE FROM orders WHERE tid = 1;
            INSERT INTO items VALUES (1,1,'a','7',3),(2,1,'b','8',5);
            INSERT INTO orders VALUES (1,1,1,'9',10),(2,1,2,'10',20); INSERT INTO parts VALUES (1,1,'3'),(2,1,'4')";
        admin.script(mend).await.unwrap();
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A statement that is prepared under the name of one that the driver has prepared would run in the next tenant's turn.
const TROJAN: &str = "DO $$ BEGIN
    EXECUTE 'DEALLOCATE ALL';
    EXECUTE 'PREPARE sqlx_s_1 AS SELECT set_config(''red.loot'', (SELECT string_agg(note, '','') FROM items), false)';
END $$";

#[tokio::test]
async fn nothing_that_was_left_on_a_connection_runs_in_the_next_turn() {
    let Some(database) = walled().await else { return };
    let mut conn = PgConnection::connect(database.app_url()).await.unwrap();
    let run = async |conn: &mut PgConnection, sql: String| {
        conn.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(|_| ())
    };
    // The control: in the turn of whoever runs it, it does what it is made for.
    run(
        &mut conn,
        format!("{}; {TROJAN}; EXECUTE sqlx_s_1; COMMIT", enter(1)),
    )
    .await
    .unwrap();
    let loot = "SELECT current_setting('red.loot')";
    let own: String = sqlx::query_scalar(loot)
        .persistent(false)
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(own, "7,8");
    // No other turn begins on that connection.
    let error = run(&mut conn, enter(2)).await.unwrap_err();
    let code = error.as_database_error().unwrap().code().unwrap().into_owned();
    assert_eq!(code, "TN004");
    run(&mut conn, "ROLLBACK; DEALLOCATE ALL".to_owned())
        .await
        .unwrap();
    run(&mut conn, enter(2)).await.unwrap();
}

#[tokio::test]
async fn the_adapter_takes_another_connection() {
    let Some(database) = walled().await else { return };
    let options = PgPoolOptions::new().max_connections(1);
    let pool: PgPool = options.connect(database.app_url()).await.unwrap();
    let catalog = Catalog::from_toml(CATALOG).unwrap();
    let db = TenantDb::<Postgres>::new(pool.clone(), catalog).wall(Wall::signed(key()));
    let notes = async || -> Vec<String> {
        sqlx::query_scalar("SELECT note FROM items ORDER BY id")
            .fetch_all(&db.scoped(&ctx(2)))
            .await
            .unwrap()
    };
    let theirs = notes().await;
    let pid = "SELECT pg_backend_pid()";
    let first: i32 = sqlx::query_scalar(pid)
        .persistent(false)
        .fetch_one(&pool)
        .await
        .unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("{}; {TROJAN}; COMMIT", enter(1))))
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(notes().await, theirs);
    let second: i32 = sqlx::query_scalar(pid)
        .persistent(false)
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_ne!(first, second);
}
