//! Everything that is promised, on SQLite.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use sqlx::{
    AssertSqlSafe, Pool, Sqlite,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};
use tenancy_core::Catalog;
use tenancy_sqlx::TenantDb;

pub(crate) type Db = Sqlite;

/// The cases are written with `$1`, `$2` and the standard's names of types.
pub(crate) fn q(sql: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(sql.to_owned())
}

pub(crate) const TABLES: &str = "
    CREATE TABLE products (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE items (
        tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, sku TEXT NOT NULL, note TEXT NOT NULL,
        qty INTEGER NOT NULL CHECK (qty >= 0), PRIMARY KEY (tenant_id, id));
    CREATE UNIQUE INDEX items_sku ON items (sku);";

/// A database in a file of its own, gone with the test.
pub(crate) struct Place(PathBuf);

impl Place {
    #[allow(clippy::unused_async, reason = "PostgreSQL's is")]
    pub(crate) async fn make() -> Option<Place> {
        use std::hash::{BuildHasher, RandomState};
        let chance = RandomState::new().hash_one(std::process::id());
        Some(Place(
            std::env::temp_dir().join(format!("tenancy-sqlx-{chance:x}.db")),
        ))
    }

    pub(crate) fn options(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.0)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
    }

    pub(crate) async fn pool(&self) -> Pool<Db> {
        SqlitePoolOptions::new()
            .max_connections(2)
            .connect_with(self.options())
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
        let pool = SqlitePoolOptions::new().max_connections(connections);
        TenantDb::connect_with(self.options(), pool, catalog)
            .await
            .unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for end in ["", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(end);
            let _ = std::fs::remove_file(path);
        }
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
#[path = "sqlite/macros.rs"]
mod macros;
#[path = "sqlite/only.rs"]
mod only;
#[path = "cases/stores.rs"]
mod stores;
#[path = "cases/transactions.rs"]
mod transactions;
#[path = "cases/used.rs"]
mod used;
#[path = "sqlite/wall.rs"]
mod wall;
