//! A real PostgreSQL for tests, without a step to install or start one.
//!
//! It is looked for in this order: the URL in `TENANCY_TEST_POSTGRES_URL` (a role that may create databases
//! and roles), the machine's own server binaries (`PG_BIN`, `PATH`, `/usr/lib/postgresql/*/bin`) run as an
//! unprivileged user in a temporary folder, and Docker (feature `docker`). One server serves a whole test
//! process and ends with it; every test gets a database of its own.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use tenancy_testkit::pg::PgDatabase;
//!
//! let Some(db) = PgDatabase::or_skip("a name for the skip line").await? else { return Ok(()) };
//! let mut app = <sqlx::PgConnection as sqlx::Connection>::connect(db.app_url()).await?;
//! # sqlx::query("SELECT 1").execute(&mut app).await?;
//! # Ok(())
//! # }) }
//! ```

mod database;
#[cfg(feature = "docker")]
mod docker;
mod local;
mod pooler;

use std::sync::OnceLock;

pub use database::PgDatabase;
pub use pooler::PgBouncer;

/// Where a server was found, or why there is none.
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// A server that runs until this process ends.
    Server(&'static PgServer),
    /// None of the three ways led to a server; the text says what was tried.
    Missing(&'static str),
}

/// A running PostgreSQL and how to reach it as a role that may create databases and roles.
#[derive(Debug)]
pub struct PgServer {
    admin_url: String,
    origin: Origin,
}

/// How the server was found; only a server that outlives the process is cleaned up after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Environment,
    Local,
    #[cfg(feature = "docker")]
    Docker,
}

impl PgServer {
    /// Finds or starts the server of this process. The first call starts it, which takes about a second;
    /// later calls give the same one.
    pub fn find() -> Found {
        static SERVER: OnceLock<Result<PgServer, String>> = OnceLock::new();
        match SERVER.get_or_init(start) {
            Ok(server) => Found::Server(server),
            Err(reason) => Found::Missing(reason),
        }
    }

    /// The URL of a role that may create databases and roles: for fixtures, never for the code under test.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }
}

fn start() -> Result<PgServer, String> {
    if let Ok(url) = std::env::var("TENANCY_TEST_POSTGRES_URL")
        && !url.is_empty()
    {
        // A URL that was asked for and does not work is an error at the first connection, never a fall back.
        return Ok(PgServer {
            admin_url: url,
            origin: Origin::Environment,
        });
    }
    // A machine that has both can be told to prove the second.
    let from_docker = std::env::var_os("TENANCY_TEST_POSTGRES").is_some_and(|source| source == "docker");
    let found = if from_docker {
        Err("TENANCY_TEST_POSTGRES asks for Docker".to_owned())
    } else {
        local::start()
    };
    let local = match found {
        Ok(admin_url) => {
            return Ok(PgServer {
                admin_url,
                origin: Origin::Local,
            });
        }
        Err(reason) => reason,
    };
    #[cfg(feature = "docker")]
    let docker = match docker::start() {
        Ok(admin_url) => {
            return Ok(PgServer {
                admin_url,
                origin: Origin::Docker,
            });
        }
        Err(reason) => reason,
    };
    #[cfg(not(feature = "docker"))]
    let docker = "the feature `docker` is off";
    Err(format!(
        "TENANCY_TEST_POSTGRES_URL is not set; server binaries: {local}; Docker: {docker}"
    ))
}

/// What went wrong with a test database.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct PgError(pub(crate) String);

impl From<sqlx::Error> for PgError {
    fn from(e: sqlx::Error) -> Self {
        PgError(format!("PostgreSQL for the tests: {e}"))
    }
}
