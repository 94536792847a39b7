//! The repository on SQLite.

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

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tenancy_sqlx::TenantDb;

use super::{RepositoryError, Result, catalog};

/// The database that the files of `on/` are compiled for here.
type Db = sqlx::Sqlite;

/// What makes the tables.
static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// Opens the file of a URL, makes it where it is not there, and brings its tables up to date.
pub(super) async fn open(url: &str) -> Result<Database> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(RepositoryError::open)?
        .create_if_missing(true)
        .foreign_keys(true)
        // Readers do not wait for the one writer, and a second writer waits for it.
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(Duration::from_secs(15));
    let platform = SqlitePoolOptions::new()
        .max_connections(2)
        .connect_with(options.clone())
        .await
        .map_err(RepositoryError::open)?;
    MIGRATIONS.run(&platform).await?;
    // Each connection has a wall by itself.
    let tenants =
        TenantDb::connect_with(options, SqlitePoolOptions::new().max_connections(8), catalog()?).await;
    Database::new(tenants.map_err(RepositoryError::open)?, platform)
}
