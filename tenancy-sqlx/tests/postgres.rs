//! Everything that is promised, on PostgreSQL.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sqlx::{
    AssertSqlSafe, Connection, PgConnection, Pool, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tenancy_core::Catalog;
use tenancy_sqlx::{RowSecurity, SigningKey, TenantDb, Wall};
use tenancy_testkit::pg::PgDatabase;

pub(crate) type Db = Postgres;

/// The cases are written with `$1`, `$2` and the standard's names of types.
pub(crate) fn q(sql: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql.to_owned())
}

pub(crate) const TABLES: &str = "
    CREATE TABLE products (id bigint NOT NULL PRIMARY KEY, name text NOT NULL);
    CREATE TABLE items (
        tenant_id bigint NOT NULL, id bigint NOT NULL, sku text NOT NULL, note text NOT NULL,
        qty bigint NOT NULL CHECK (qty >= 0), PRIMARY KEY (tenant_id, id));
    CREATE UNIQUE INDEX items_sku ON items (sku);";

fn key() -> SigningKey {
    SigningKey::new(1, b"a secret of the tests, 32 bytes and more").unwrap()
}

pub(crate) fn wall() -> Wall {
    Wall::signed(key())
}

/// A database of its own, gone with the test.
pub(crate) struct Place(pub(crate) PgDatabase);

impl Place {
    pub(crate) async fn make() -> Option<Place> {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let place = PgDatabase::or_skip(&test).await.unwrap().map(Place)?;
        // The owner is an operator too, so that a test sees what the wall hides.
        let operator = place.operator();
        let grant = format!(
            "CREATE ROLE {operator} NOLOGIN; GRANT {operator} TO {}",
            place.0.owner()
        );
        let mut admin = PgConnection::connect(place.0.admin_url()).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(grant))
            .execute(&mut admin)
            .await
            .unwrap();
        admin.close().await.unwrap();
        Some(place)
    }

    fn operator(&self) -> String {
        format!("{}_operator", self.0.app())
    }

    /// Puts the wall up, for the tables of a catalogue.
    pub(crate) async fn put_up_wall(&self, catalog: &Catalog) {
        let migration = RowSecurity::new(catalog)
            .app_role(self.0.app())
            .operator_role(self.operator())
            .migration();
        let install = key().install("tenancy");
        let mut owner = PgConnection::connect(self.0.owner_url()).await.unwrap();
        let text = format!("BEGIN; {migration}; {install}; COMMIT");
        sqlx::raw_sql(AssertSqlSafe(text))
            .execute(&mut owner)
            .await
            .unwrap();
        owner.close().await.unwrap();
    }

    /// Tells a database behind the wall whose turn it is, and lets operators in.
    pub(crate) async fn behind_wall(&self, db: TenantDb<Db>) -> TenantDb<Db> {
        let role = self.operator();
        let options: PgConnectOptions = self.0.owner_url().parse().unwrap();
        let operators = PgPoolOptions::new().max_connections(2);
        db.wall(wall())
            .operators(operators.connect_lazy_with(options.options([("role", role)])))
    }

    pub(crate) fn options(&self) -> PgConnectOptions {
        self.0.app_url().parse().unwrap()
    }

    pub(crate) async fn pool(&self) -> Pool<Db> {
        PgPoolOptions::new()
            .max_connections(2)
            .connect(self.0.owner_url())
            .await
            .unwrap()
    }

    /// As one whom the database's own wall does not hold.
    pub(crate) async fn unwalled(&self) -> Pool<Db> {
        PgPoolOptions::new().connect_lazy(self.0.admin_url()).unwrap()
    }

    pub(crate) async fn db(&self, catalog: Catalog) -> TenantDb<Db> {
        self.db_of(catalog, 3).await
    }

    /// With so many connections.
    pub(crate) async fn db_of(&self, catalog: Catalog, connections: u32) -> TenantDb<Db> {
        let pool = PgPoolOptions::new().max_connections(connections);
        self.put_up_wall(&catalog).await;
        let db = TenantDb::connect_with(self.options(), pool, catalog)
            .await
            .unwrap();
        self.behind_wall(db).await
    }
}

#[path = "cases/support.rs"]
mod support;

#[path = "cases/binds.rs"]
mod binds;
#[path = "cases/cancel.rs"]
mod cancel;
#[path = "postgres/carried.rs"]
mod carried;
#[path = "cases/crossing.rs"]
mod crossing;
#[path = "cases/errors.rs"]
mod errors;
#[path = "cases/isolation.rs"]
mod isolation;
#[path = "cases/keys.rs"]
mod keys;
#[path = "postgres/macros.rs"]
mod macros;
#[path = "postgres/only.rs"]
mod only;
#[path = "postgres/proxy.rs"]
mod proxy;
#[path = "cases/stores.rs"]
mod stores;
#[path = "cases/transactions.rs"]
mod transactions;
#[path = "cases/used.rs"]
mod used;
