//! PostgreSQL with and without its own wall, each time in a database of its own.

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Pool, Postgres, pool::PoolOptions, postgres::PgConnectOptions,
};
use tenancy_core::{Scoped, TenantContext};
use tenancy_sqlx::{RowSecurity, ScopedDb, SigningKey, TenantDb, Wall};
use tenancy_testkit::pg::PgDatabase;

use super::{catalog, compare};

const TABLES: &str = "
CREATE TABLE orders (tid BIGINT NOT NULL, id BIGINT NOT NULL, total BIGINT NOT NULL, PRIMARY KEY (tid, id));
INSERT INTO orders SELECT t, i, i * 7 FROM generate_series(1, 100) AS a (t), generate_series(1, 100) AS b (i);
ANALYZE orders;";

const BY_HAND: &str = "SELECT total FROM orders WHERE tid = $1 AND id = $2";
const SCOPED: &str = "SELECT total FROM orders WHERE id = $1";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Nothing,
    Unsigned,
    Signed,
}

struct Place {
    database: PgDatabase,
    wall: Wall,
}

impl Place {
    async fn make(stands: Stands) -> Option<Place> {
        let database = PgDatabase::or_skip("the benchmark of the adapter")
            .await
            .unwrap()?;
        let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
        let mut admin = PgConnection::connect(database.admin_url()).await.unwrap();
        let operator = format!("{}_operator", database.app());
        let role = format!("CREATE ROLE {operator} NOLOGIN");
        sqlx::raw_sql(AssertSqlSafe(role))
            .execute(&mut admin)
            .await
            .unwrap();
        sqlx::raw_sql(TABLES).execute(&mut owner).await.unwrap();
        let catalog = catalog();
        let security = RowSecurity::new(&catalog)
            .app_role(database.app())
            .operator_role(operator);
        let key = SigningKey::new(1, &[7; 32]).unwrap();
        let (migration, wall) = match stands {
            Stands::Nothing => (String::new(), Wall::engine_only()),
            Stands::Unsigned => (security.unsigned().migration(), Wall::unsigned()),
            Stands::Signed => (
                format!("{};{}", security.migration(), key.install("tenancy")),
                Wall::signed(key),
            ),
        };
        sqlx::raw_sql(AssertSqlSafe(migration))
            .execute(&mut owner)
            .await
            .unwrap();
        Some(Place { database, wall })
    }

    fn options(&self) -> PgConnectOptions {
        self.database.app_url().parse().unwrap()
    }

    async fn pool(&self) -> Pool<Postgres> {
        two().connect_with(self.options()).await.unwrap()
    }

    async fn db(&self, wall: Wall) -> TenantDb<Postgres> {
        TenantDb::connect_with(self.options(), two(), catalog())
            .await
            .unwrap()
            .wall(wall)
    }
}

/// Two connections: what ends behind an answer is no part of what the caller waits for.
fn two() -> PoolOptions<Postgres> {
    PoolOptions::new().min_connections(2).max_connections(2)
}

/// A lookup by itself.
async fn alone(slice: &ScopedDb<Postgres>, id: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar(SCOPED).bind(id).fetch_one(slice).await
}

/// A transaction with one lookup.
async fn within(slice: &ScopedDb<Postgres>, id: i64) -> sqlx::Result<i64> {
    let mut tx = slice.begin().await?;
    let total = sqlx::query_scalar(SCOPED).bind(id).fetch_one(&mut tx).await?;
    tx.commit().await?;
    Ok(total)
}

async fn within_by_hand(pool: &Pool<Postgres>, tenant: i64, id: i64) -> sqlx::Result<i64> {
    let mut tx = pool.begin().await?;
    let by_hand = sqlx::query_scalar(BY_HAND).bind(tenant).bind(id);
    let total = by_hand.fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(total)
}

pub(crate) async fn postgres() {
    let Some(open) = Place::make(Stands::Nothing).await else {
        return;
    };
    let unsigned = Place::make(Stands::Unsigned).await.unwrap();
    let signed = Place::make(Stands::Signed).await.unwrap();
    let pool = open.pool().await;
    let by_hand = async |tenant: &TenantContext, id: i64| {
        sqlx::query_scalar(BY_HAND)
            .bind(number(tenant))
            .bind(id)
            .fetch_one(&pool)
            .await
    };
    let engine = open.db(Wall::engine_only()).await;
    let shared = TenantDb::new(pool.clone(), catalog()).wall(Wall::engine_only());
    let by_transaction = signed.db(signed.wall.clone()).await;
    let by_checkout = signed.db(signed.wall.clone().per_checkout()).await;
    for (name, db) in [
        ("engine alone, own pool", &engine),
        ("engine alone, shared pool", &shared),
        ("signed, own pool", &by_transaction),
        ("signed, per checkout", &by_checkout),
    ] {
        compare(name, by_hand, async |ctx, id| alone(&db.scoped(ctx), id).await).await;
    }
    let hand_tx = async |tenant: &TenantContext, id: i64| within_by_hand(&pool, number(tenant), id).await;
    compare("transaction, engine alone", hand_tx, async |ctx, id| {
        within(&engine.scoped(ctx), id).await
    })
    .await;
    compare("transaction, signed", hand_tx, async |ctx, id| {
        within(&by_transaction.scoped(ctx), id).await
    })
    .await;
    let plain = unsigned.db(unsigned.wall.clone()).await;
    compare(
        "transaction, signed : unsigned",
        async |ctx, id| within(&plain.scoped(ctx), id).await,
        async |ctx, id| within(&by_transaction.scoped(ctx), id).await,
    )
    .await;
}

pub(crate) fn number(ctx: &TenantContext) -> i64 {
    ctx.tenant_id().to_string().parse().unwrap()
}
