//! The repository on PostgreSQL.

#[path = "on/catalogue.rs"]
mod catalogue;
#[path = "on/database.rs"]
mod database;
#[path = "on/import.rs"]
mod import;
#[path = "on/master.rs"]
mod master;
#[path = "on/orders.rs"]
mod orders;
#[path = "on/people.rs"]
mod people;
#[path = "on/platform.rs"]
mod platform;
#[path = "on/staff.rs"]
mod staff;

use database::Database;

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use tenancy_sqlx::{TenantDb, Wall};

use super::{RepositoryError, Result};

/// The database that the files of `on/` are compiled for here.
type Db = sqlx::Postgres;

/// What makes the tables.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// The shop logs in as one role, which owns the tables and writes what is the platform's: row security holds a role that owns
/// nothing, so only the engine stands before the stores here. `tenancy rls` and a role of its own put the wall up.
fn behind_wall(tenants: TenantDb<Db>) -> TenantDb<Db> {
    tenants.wall(Wall::engine_only())
}

/// Opens the database of a URL.
pub(super) async fn open(url: &str) -> Result<Database> {
    let options = PgConnectOptions::from_str(url).map_err(RepositoryError::open)?;
    // A pool would try again for a while where nobody listens; whoever starts the shop wants to know at once.
    let probe = options.connect().await.map_err(RepositoryError::open)?;
    probe.close().await.map_err(RepositoryError::open)?;
    let pool = || PgPoolOptions::new().acquire_timeout(Duration::from_secs(15));
    let platform = pool()
        .max_connections(3)
        .connect_with(options.clone())
        .await
        .map_err(RepositoryError::open)?;
    Database::new(options, pool().max_connections(10), platform).await
}
