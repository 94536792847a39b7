//! The leaks of row security and of the setting that it reads, as other systems had them, behind PostgreSQL's own wall.
//!
//! Each is tried twice in the turn of tenant 1: through the adapter, and raw, as a statement that got past the engine.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use sqlx::{AssertSqlSafe, Postgres};
use tenancy_core::{Catalog, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ErrorExt, RowSecurity, ScopedDb, SigningKey, TenantDb, Wall};
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::Database;

const CATALOG: &str = r#"
[tenant]
key = "store_id"
type = "bigint"
[tables]
orders = { kind = "tenant", columns = ["store_id", "id", "note"], unique = [["store_id", "id"]] }
events = "tenant"
coupons = { kind = "tenant", columns = ["store_id", "code"], unique = [["code"]] }
[views]
own_orders = "tenant"
"#;

const TABLES: &str = "
CREATE TABLE orders (store_id bigint NOT NULL, id bigint NOT NULL, note text, PRIMARY KEY (store_id, id));
CREATE TABLE events (store_id bigint NOT NULL, id bigint) PARTITION BY LIST (store_id);
CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
CREATE TABLE events_2 PARTITION OF events FOR VALUES IN (2);
CREATE TABLE coupons (store_id bigint NOT NULL, code text PRIMARY KEY);
CREATE VIEW own_orders AS SELECT store_id, id, note FROM orders;
CREATE VIEW all_orders AS SELECT store_id, note FROM orders;
CREATE MATERIALIZED VIEW kept_orders AS SELECT store_id, note FROM orders;
CREATE FUNCTION everybody() RETURNS SETOF orders LANGUAGE sql SECURITY DEFINER AS 'SELECT * FROM public.orders';
INSERT INTO orders VALUES (1, 1, 'T1'), (2, 1, 'T2'), (2, 2, 'T2 too');
INSERT INTO events VALUES (1, 1), (2, 2);
INSERT INTO coupons VALUES (1, 'MINE'), (2, 'THEIRS');
REFRESH MATERIALIZED VIEW kept_orders;
";

struct World {
    place: PgDatabase,
    /// In the turn of tenant 1, past the engine.
    raw: Database,
    one: ScopedDb<Postgres>,
    /// Sees all.
    owner: Database,
}

impl World {
    async fn open(test: &str, more: &str) -> Option<World> {
        let place = PgDatabase::or_skip(test).await.unwrap()?;
        let mut owner = Database::postgres(place.owner_url()).await.unwrap();
        owner.script(TABLES).await.unwrap();
        let catalog = Catalog::from_toml(CATALOG).unwrap();
        let key = SigningKey::new(1, &[3; 32]).unwrap();
        let migration = RowSecurity::new(&catalog)
            .app_role(place.app())
            .operator_role(format!("{}_operator", place.app()))
            .migration();
        let mut admin = Database::postgres(place.admin_url()).await.unwrap();
        let make = format!("CREATE ROLE {}_operator", place.app());
        admin.script(&make).await.unwrap();
        owner.script(&migration).await.unwrap();
        owner.script(&key.install("tenancy")).await.unwrap();
        owner.script(more).await.unwrap();
        let mut raw = Database::postgres(place.app_url()).await.unwrap();
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let id = TenantId::bigint(1).unwrap();
        let token = key.token(&id, now.try_into().unwrap());
        let enter = format!("SELECT tenancy.enter_session('{token}', '1kB', '4102444800000')");
        raw.script(&enter).await.unwrap();
        let tenant = Tenant::builder(id, "one".parse().unwrap())
            .status(TenantStatus::Active)
            .build();
        let one = TenantDb::<Postgres>::connect(place.app_url(), catalog)
            .await
            .unwrap()
            .wall(Wall::signed(key))
            .scoped(&TenantContext::public(&Arc::new(tenant)).unwrap());
        Some(World {
            place,
            raw,
            one,
            owner: admin,
        })
    }

    /// How many rows a raw statement shows; `None` where the server refuses it.
    async fn raw(&mut self, sql: &str) -> Option<usize> {
        Some(self.raw.run(sql, &[]).await.ok()?.rows.len())
    }

    async fn all(&mut self, sql: &str) -> usize {
        self.owner.run(sql, &[]).await.unwrap().rows.len()
    }

    /// How many rows a statement shows by way of the adapter; `None` where the engine refuses it.
    async fn scoped(&self, sql: &str) -> Option<usize> {
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .fetch_all(&self.one)
            .await;
        match done {
            Ok(rows) => Some(rows.len()),
            Err(error) if error.is_refused() => None,
            Err(error) => panic!("{sql}: {error}"),
        }
    }
}

#[tokio::test]
async fn l30_a_statement_that_sets_the_setting() {
    let Some(mut world) = World::open("l30", "").await else {
        return;
    };
    let sql = "WITH x AS MATERIALIZED (SELECT set_config('tenancy.slice', '2', false) AS v) SELECT note FROM x, orders";
    assert_eq!(world.all("SELECT note FROM orders WHERE store_id = 2").await, 2);
    assert_eq!(world.scoped(sql).await, None);
    // Its own rows, where the tenant was asked for before it was unset, or none.
    assert!(world.raw(sql).await.unwrap() <= 1);
    assert_eq!(world.raw("SELECT note FROM orders").await, Some(0));
    assert_eq!(world.scoped("SELECT note FROM orders").await, Some(1));
}

#[tokio::test]
async fn l50_views_and_functions_that_run_as_their_owner() {
    let Some(mut world) = World::open("l50", "").await else {
        return;
    };
    for (sql, raw) in [
        // The catalogue names this one, so it looks as the one who asks.
        ("SELECT note FROM own_orders", 1),
        // Their owner is held by the wall as everybody is.
        ("SELECT note FROM all_orders", 0),
        ("SELECT note FROM everybody()", 0),
    ] {
        assert_eq!(world.all("SELECT note FROM orders").await, 3, "control");
        assert_eq!(world.raw(sql).await, Some(raw), "{sql}");
    }
    assert_eq!(world.scoped("SELECT note FROM own_orders").await, Some(1));
    for sql in [
        "SELECT note FROM all_orders",
        "SELECT note FROM everybody()",
        "SELECT note FROM kept_orders",
    ] {
        assert_eq!(world.scoped(sql).await, None, "{sql}");
    }
    // No policy holds what a materialized view has kept: here only the engine refuses, and the auditor tells of it.
    assert_eq!(world.raw("SELECT note FROM kept_orders").await, Some(3));
}

#[tokio::test]
async fn l51_a_partition_read_past_its_parent() {
    let Some(mut world) = World::open("l51", "").await else {
        return;
    };
    assert_eq!(world.all("SELECT id FROM events_2").await, 1);
    assert_eq!(world.raw("SELECT id FROM events_2").await, None);
    assert_eq!(world.scoped("SELECT id FROM events_2").await, None);
    assert_eq!(world.raw("SELECT id FROM events").await, Some(1));
    assert_eq!(world.scoped("SELECT id FROM events").await, Some(1));
}

#[tokio::test]
async fn l52_a_second_policy_that_lets_everything_through() {
    let open = "CREATE POLICY wide_open ON orders USING (true) WITH CHECK (true)";
    let Some(mut world) = World::open("l52", open).await else {
        return;
    };
    assert_eq!(world.all("SELECT note FROM orders").await, 3);
    assert_eq!(world.raw("SELECT note FROM orders").await, Some(1));
    assert_eq!(
        world.raw("UPDATE orders SET note = 'mine' RETURNING id").await,
        Some(1)
    );
    // The control: a policy that was permissive itself would be widened by it.
    let other = format!(
        "DROP POLICY tenancy_slice ON orders; CREATE POLICY tenancy_slice ON orders TO {} USING (store_id = (SELECT tenancy.current_tenant()))",
        world.place.app()
    );
    world.owner.script(&other).await.unwrap();
    assert_eq!(world.raw("SELECT note FROM orders").await, Some(3));
    assert_eq!(world.scoped("SELECT note FROM orders").await, Some(1));
}

#[tokio::test]
async fn l53_answers_that_tell_that_a_row_is_there() {
    let Some(mut world) = World::open("l53", "").await else {
        return;
    };
    // A plan that says how many rows it left out.
    let explain = "EXPLAIN ANALYZE SELECT note FROM orders";
    assert!(world.raw(explain).await.is_some());
    assert_eq!(world.scoped(explain).await, None);
    // An upsert on a key of all tenants together.
    let upsert = "INSERT INTO coupons (code) VALUES ('THEIRS') ON CONFLICT DO NOTHING";
    assert_eq!(world.scoped(upsert).await, None);
    // The error of a plain one says that it is taken, which only another key could keep from it; it says no more.
    let insert = "INSERT INTO coupons (code) VALUES ('THEIRS')";
    let error = sqlx::query(insert).execute(&world.one).await.unwrap_err();
    assert!(error.is_unique_violation());
    assert!(!format!("{error} {error:?}").contains("THEIRS"), "{error:?}");
    let primary = "INSERT INTO orders (id, note) VALUES (2, 'my second')";
    sqlx::query(primary).execute(&world.one).await.unwrap();
}
