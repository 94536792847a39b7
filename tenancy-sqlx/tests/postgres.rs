//! Everything that is promised, on PostgreSQL.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sqlx::{
    AssertSqlSafe, Pool, Postgres,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tenancy_core::Catalog;
use tenancy_sqlx::TenantDb;
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

/// A database of its own, gone with the test.
pub(crate) struct Place(pub(crate) PgDatabase);

impl Place {
    pub(crate) async fn make() -> Option<Place> {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        PgDatabase::or_skip(&test).await.unwrap().map(Place)
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

    pub(crate) async fn db(&self, catalog: Catalog) -> TenantDb<Db> {
        self.db_of(catalog, 3).await
    }

    /// With so many connections.
    pub(crate) async fn db_of(&self, catalog: Catalog, connections: u32) -> TenantDb<Db> {
        let pool = PgPoolOptions::new().max_connections(connections);
        TenantDb::connect_with(self.options(), pool, catalog)
            .await
            .unwrap()
    }
}

#[path = "cases/support.rs"]
mod support;

#[path = "cases/binds.rs"]
mod binds;
#[path = "cases/cancel.rs"]
mod cancel;
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
#[path = "cases/stores.rs"]
mod stores;
#[path = "cases/transactions.rs"]
mod transactions;
#[path = "cases/used.rs"]
mod used;
