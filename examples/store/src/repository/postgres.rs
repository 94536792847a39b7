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
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tenancy_sqlx::{TenantDb, Wall};

use super::wall::{self, Walled};
use super::{RepositoryError, Result, catalog};

/// The database that the files of `on/` are compiled for here.
type Db = sqlx::Postgres;

/// What makes the tables.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// Opens the database of a URL of its owner, brings its tables and its wall up to date, and runs what is the stores' as a
/// role that owns nothing: the one of `stores`, or one that is made here.
pub(super) async fn open(url: &str, stores: Option<&str>) -> Result<Database> {
    let owner = PgConnectOptions::from_str(url).map_err(RepositoryError::open)?;
    let stores = stores
        .map(PgConnectOptions::from_str)
        .transpose()
        .map_err(RepositoryError::open)?;
    // A pool would try again for a while where nobody listens; whoever starts the shop wants to know at once.
    let mut connection = owner.connect().await.map_err(RepositoryError::open)?;
    let Walled {
        stores,
        operator,
        key,
    } = wall::put_up(&mut connection, &MIGRATIONS, &owner, stores).await?;
    connection.close().await.map_err(RepositoryError::open)?;

    let pool = || PgPoolOptions::new().acquire_timeout(Duration::from_secs(15));
    let become_operator = format!("SET ROLE {operator}");
    let platform = pool()
        .max_connections(3)
        .after_connect(move |connection, _| {
            let become_operator = AssertSqlSafe(become_operator.clone());
            Box::pin(async move { connection.execute(become_operator).await.map(|_| ()) })
        })
        .connect_with(owner)
        .await
        .map_err(RepositoryError::open)?;
    let tenants = TenantDb::connect_with(stores, pool().max_connections(10), catalog()?)
        .await
        .map_err(RepositoryError::open)?
        .wall(Wall::signed(key))
        .operators(platform.clone());
    Database::new(tenants, platform)
}
