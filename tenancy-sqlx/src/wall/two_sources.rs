//! Two walls, two sources: a mistake in what the engine binds, or in what the wall is told, reaches nobody's rows.

#![allow(
    clippy::unwrap_used,
    reason = "tests; the lint's own exception looks for functions alone"
)]

use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Postgres, postgres::PgPoolOptions};
use tenancy_core::{Catalog, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_testkit::pg::PgDatabase;

use super::{RowSecurity, SigningKey, Wall};
use crate::{
    ErrorExt, TenantDb,
    db::Inner,
    scoped::{
        plan::{Reach, plan},
        turn::Turn,
    },
};

const CATALOG: &str = r#"
[tenant]
key = "store_id"
type = "bigint"
[tables]
orders = { kind = "tenant", columns = ["store_id", "id", "total"], unique = [["store_id", "id"]] }
lines = { kind = "via", parent = "orders", on = { order_store = "store_id", order_id = "id" } }
prices = "mixed"
"#;

const TABLES: &str = "
CREATE TABLE orders (store_id bigint NOT NULL, id bigint NOT NULL, total bigint, PRIMARY KEY (store_id, id));
CREATE TABLE lines (order_store bigint NOT NULL, order_id bigint NOT NULL, sku text);
CREATE TABLE prices (store_id bigint, id bigint, amount bigint);
INSERT INTO orders VALUES (1, 1, 10), (2, 1, 20);
INSERT INTO lines VALUES (1, 1, 'one'), (2, 1, 'two');
INSERT INTO prices VALUES (1, 1, 10), (2, 1, 20);
";

struct World {
    database: PgDatabase,
    inner: Inner<Postgres>,
    wall: Wall,
}

fn ctx(id: i64) -> TenantContext {
    let tenant = Tenant::builder(TenantId::bigint(id).unwrap(), "a".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    TenantContext::public(&Arc::new(tenant)).unwrap()
}

impl World {
    async fn open(test: &str, wall: fn(SigningKey) -> Wall) -> Option<World> {
        let database = PgDatabase::or_skip(test).await.unwrap()?;
        let operator = format!("{}_operator", database.app());
        let mut admin = PgConnection::connect(database.admin_url()).await.unwrap();
        let role = format!("CREATE ROLE {operator} NOLOGIN");
        admin.execute(AssertSqlSafe(role)).await.unwrap();
        let catalog = Catalog::from_toml(CATALOG).unwrap();
        let key = SigningKey::new(3, &[9; 32]).unwrap();
        let migration = RowSecurity::new(&catalog)
            .app_role(database.app())
            .operator_role(operator)
            .migration();
        let text = format!("{TABLES}{migration};{}", key.install("tenancy"));
        let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut owner)
            .await
            .unwrap();
        let options = PgPoolOptions::new().max_connections(2);
        let wall = wall(key);
        let db = TenantDb::<Postgres>::connect_with(database.app_url().parse().unwrap(), options, catalog)
            .await
            .unwrap()
            .wall(wall.clone());
        let inner = db.scoped(&ctx(1)).inner();
        Some(World {
            database,
            inner,
            wall,
        })
    }

    /// Runs a statement that the engine binds for one tenant in the turn of another.
    async fn run(&self, sql: &'static str, bound: i64, turn: i64) -> Result<usize, sqlx::Error> {
        let bound = ctx(bound);
        let plan = plan(&self.inner, Reach::One(&bound), sql);
        let steps: Vec<_> = self
            .inner
            .fetch_many(plan, Turn::Tenant(ctx(turn)))
            .try_collect()
            .await?;
        let touched = steps.iter().map(|step| match step {
            sqlx::Either::Left(result) => usize::try_from(result.rows_affected()).unwrap(),
            sqlx::Either::Right(_) => 0,
        });
        Ok(touched.sum())
    }

    /// Everybody's rows.
    async fn all(&self) -> Vec<String> {
        let mut admin = PgConnection::connect(self.database.admin_url()).await.unwrap();
        let sql = "SELECT o::text FROM orders o UNION ALL SELECT l::text FROM lines l UNION ALL SELECT p::text FROM prices p ORDER BY 1";
        sqlx::query_scalar(sql).fetch_all(&mut admin).await.unwrap()
    }
}

#[tokio::test]
async fn a_fault_in_one_of_the_two_alone_reaches_nothing() {
    for wall in [Wall::signed, |key| Wall::signed(key).per_checkout()] {
        let Some(world) = World::open("two sources", wall).await else {
            return;
        };
        let before = world.all().await;
        for (bound, turn) in [(1, 2), (2, 1), (3, 1), (1, 3)] {
            for sql in [
                "SELECT total FROM orders",
                "SELECT sku FROM lines",
                "SELECT amount FROM prices",
                "UPDATE orders SET total = 0",
                "UPDATE lines SET sku = 'mine'",
                "UPDATE prices SET amount = 0",
                "DELETE FROM lines",
                "DELETE FROM prices",
                "DELETE FROM orders",
                "INSERT INTO orders (id, total) SELECT id + 1, total FROM orders",
            ] {
                let touched = world.run(sql, bound, turn).await.unwrap();
                assert_eq!(touched, 0, "{sql}: bound for {bound}, told {turn}");
            }
            for sql in [
                "INSERT INTO orders (id, total) VALUES (9, 9)",
                "INSERT INTO prices (id, amount) VALUES (9, 9)",
            ] {
                let done = world.run(sql, bound, turn).await;
                let error = done.unwrap_err();
                let code = error.as_database_error().unwrap().code().unwrap().into_owned();
                assert_eq!(code, "42501", "{sql}: bound for {bound}, told {turn}");
            }
        }
        assert_eq!(world.all().await, before);
        // The control: where both say the same, there is something to be had.
        for sql in [
            "SELECT total FROM orders",
            "SELECT sku FROM lines",
            "SELECT amount FROM prices",
        ] {
            assert_eq!(world.run(sql, 1, 1).await.unwrap(), 1, "{sql}");
        }
        assert_eq!(world.run("DELETE FROM prices", 2, 2).await.unwrap(), 1);
        assert_ne!(world.all().await, before);
    }
}

#[tokio::test]
async fn clocks_that_differ_are_found_out() {
    for wall in [Wall::signed, |key| Wall::signed(key).per_checkout()] {
        let Some(world) = World::open("clocks", wall).await else {
            return;
        };
        for off in [-3_600_000, 3_600_000, 0] {
            world
                .wall
                .learn(super::carry::now() + off, "1kB".to_owned(), 1024);
            for _ in 0..2 {
                assert_eq!(world.run("SELECT total FROM orders", 1, 1).await.unwrap(), 1);
            }
        }
        // What it shows of a statement is asked for in the same way.
        world.wall.learn(super::carry::now(), "100B".to_owned(), 100);
        assert_eq!(world.run("SELECT total FROM orders", 1, 1).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn an_id_of_another_type_is_told_to_nobody() {
    let Some(world) = World::open("ids of other types", Wall::signed).await else {
        return;
    };
    // An id of another type is refused, whichever of the two has it.
    let error = world.run("SELECT total FROM orders", 1, 1).await;
    assert!(error.is_ok());
    let wrong = TenantContext::public(&Arc::new(
        Tenant::builder(TenantId::text("one").unwrap(), "a".parse().unwrap())
            .status(TenantStatus::Active)
            .build(),
    ))
    .unwrap();
    let own = ctx(1);
    let plan = plan(&world.inner, Reach::One(&own), "SELECT total FROM orders");
    let done = world.inner.fetch_optional(plan, Turn::Tenant(wrong)).await;
    let error = done.unwrap_err();
    assert!(
        error.tenancy().is_some_and(crate::Error::is_key_type),
        "{error:?}"
    );
}
