//! A real MariaDB for tests, without a step to install or start one.
//!
//! It is looked for in this order: the URL in `TENANCY_TEST_MYSQL_URL` (a user who may create databases and
//! users), the machine's own server binaries (`MARIADB_BIN`, `PATH`, `/usr/sbin`) run as an unprivileged user in
//! a temporary folder, and Docker (feature `docker`; `TENANCY_TEST_MYSQL=docker` asks for it alone). One server
//! serves a whole test process and ends with it; every test gets a database of its own.
//!
//! MariaDB is what is tested. MySQL speaks the same protocol and may be named by the URL, at one's own risk.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use tenancy_testkit::maria::MariaDatabase;
//!
//! let Some(db) = MariaDatabase::or_skip("a name for the skip line").await? else { return Ok(()) };
//! let mut app = <sqlx::MySqlConnection as sqlx::Connection>::connect(db.app_url()).await?;
//! # sqlx::query("SELECT 1").execute(&mut app).await?;
//! # Ok(())
//! # }) }
//! ```

mod database;
#[cfg(feature = "docker")]
mod docker;
mod local;

use std::sync::OnceLock;

pub use database::MariaDatabase;

/// Where a server was found, or why there is none.
#[derive(Debug, Clone, Copy)]
pub enum Found {
    /// A server that runs until this process ends.
    Server(&'static MariaServer),
    /// None of the three ways led to a server; the text says what was tried.
    Missing(&'static str),
}

/// A running MariaDB and how to reach it as a user who may create databases and users.
#[derive(Debug)]
pub struct MariaServer {
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

impl MariaServer {
    /// Finds or starts the server of this process. The first call starts it, which takes about a second; later
    /// calls give the same one.
    pub fn find() -> Found {
        static SERVER: OnceLock<Result<MariaServer, String>> = OnceLock::new();
        match SERVER.get_or_init(start) {
            Ok(server) => Found::Server(server),
            Err(reason) => Found::Missing(reason),
        }
    }

    /// The URL of a user who may create databases and users: for fixtures, never for the code under test.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }
}

fn start() -> Result<MariaServer, String> {
    let server = |admin_url, origin| MariaServer { admin_url, origin };
    if let Ok(url) = std::env::var("TENANCY_TEST_MYSQL_URL")
        && !url.is_empty()
    {
        // A URL that was asked for and does not work is an error at the first connection, never a fall back.
        return Ok(server(url, Origin::Environment));
    }
    // A machine that has both can be told to prove the second.
    let from_docker = std::env::var_os("TENANCY_TEST_MYSQL").is_some_and(|source| source == "docker");
    let found = if from_docker {
        Err("TENANCY_TEST_MYSQL asks for Docker".to_owned())
    } else {
        local::start()
    };
    let local = match found {
        Ok(admin_url) => return Ok(server(admin_url, Origin::Local)),
        Err(reason) => reason,
    };
    #[cfg(feature = "docker")]
    let docker = match docker::start() {
        Ok(admin_url) => return Ok(server(admin_url, Origin::Docker)),
        Err(reason) => reason,
    };
    #[cfg(not(feature = "docker"))]
    let docker = "the feature `docker` is off";
    Err(format!(
        "TENANCY_TEST_MYSQL_URL is not set; server binaries: {local}; Docker: {docker}"
    ))
}

/// What went wrong with a test database.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MariaError(pub(crate) String);

impl From<sqlx::Error> for MariaError {
    fn from(e: sqlx::Error) -> Self {
        MariaError(format!("MariaDB for the tests: {e}"))
    }
}
