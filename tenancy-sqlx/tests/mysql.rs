//! Everything that is promised, on MariaDB.
#![cfg(feature = "mysql")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sqlx::{
    AssertSqlSafe, MySql, Pool,
    mysql::{MySqlConnectOptions, MySqlPoolOptions},
};
use tenancy_core::Catalog;
use tenancy_sqlx::TenantDb;
use tenancy_testkit::maria::MariaDatabase;

pub(crate) type Db = MySql;

/// The cases are written with `$1`, `$2` and the standard's names of types; here values are numbered by their order.
pub(crate) fn q(sql: &str) -> AssertSqlSafe<String> {
    let mut out = String::new();
    for (n, piece) in sql.split('$').enumerate() {
        let rest = if n == 0 {
            piece
        } else {
            out.push('?');
            piece
                .strip_prefix(&n.to_string())
                .expect("values are named in their order")
        };
        out.push_str(rest);
    }
    AssertSqlSafe(
        out.replace(" AS bigint)", " AS SIGNED)")
            .replace(" AS text)", " AS CHAR)"),
    )
}

pub(crate) const TABLES: &str = "
    CREATE TABLE products (id bigint NOT NULL PRIMARY KEY, name varchar(100) NOT NULL);
    CREATE TABLE items (
        tenant_id bigint NOT NULL, id bigint NOT NULL, sku varchar(100) NOT NULL, note varchar(100) NOT NULL,
        qty bigint NOT NULL CHECK (qty >= 0), PRIMARY KEY (tenant_id, id));
    CREATE UNIQUE INDEX items_sku ON items (sku);";

/// A database of its own, gone with the test's process.
pub(crate) struct Place(pub(crate) MariaDatabase);

impl Place {
    pub(crate) async fn make() -> Option<Place> {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        MariaDatabase::or_skip(&test).await.unwrap().map(Place)
    }

    pub(crate) fn options(&self) -> MySqlConnectOptions {
        self.0.app_url().parse().unwrap()
    }

    pub(crate) async fn pool(&self) -> Pool<Db> {
        MySqlPoolOptions::new()
            .max_connections(2)
            .connect(self.0.owner_url())
            .await
            .unwrap()
    }

    /// As one whom the database's own wall does not hold.
    pub(crate) async fn unwalled(&self) -> Pool<Db> {
        self.pool().await
    }

    pub(crate) async fn db(&self, catalog: Catalog) -> TenantDb<Db> {
        self.db_of(catalog, 3).await
    }

    /// With so many connections.
    pub(crate) async fn db_of(&self, catalog: Catalog, connections: u32) -> TenantDb<Db> {
        let pool = MySqlPoolOptions::new().max_connections(connections);
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
#[path = "mysql/only.rs"]
mod only;
#[path = "cases/stores.rs"]
mod stores;
#[path = "cases/transactions.rs"]
mod transactions;
#[path = "cases/used.rs"]
mod used;
