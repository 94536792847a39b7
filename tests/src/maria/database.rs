//! A database for one test, with an owner and an application user who may only read and write rows.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::mysql::MySqlConnection;
use sqlx::{ConnectOptions, Connection};

use super::{Found, MariaError, MariaServer, Origin};
use crate::server::in_ci;

/// A database of one test on the shared server.
///
/// It has two users of its own: the *owner*, who has all privileges in it and makes the tables, and the *app*, who
/// may only select, insert, update and delete in them. Neither has a privilege on the server. The database's text
/// is utf8mb4, compared byte by byte without padding, so that an answer is one and the same everywhere; a table or
/// column may say otherwise. On a server from the environment the database and its users are dropped with this
/// value.
#[derive(Debug)]
pub struct MariaDatabase {
    name: String,
    app: String,
    owner_url: String,
    app_url: String,
    admin_url: String,
    server: &'static MariaServer,
}

impl MariaDatabase {
    /// A new database, or `None` after a line on stderr that says why `test` is skipped.
    ///
    /// # Errors
    /// Where the variable `CI` is set a missing server is an error, so that no proof is skipped unseen; and
    /// when the server refuses to make the database.
    pub async fn or_skip(test: &str) -> Result<Option<MariaDatabase>, MariaError> {
        match MariaServer::find() {
            Found::Server(server) => MariaDatabase::create(server).await.map(Some),
            Found::Missing(reason) if in_ci() => Err(MariaError(format!(
                "{test}: no MariaDB, and CI must have one: {reason}"
            ))),
            Found::Missing(reason) => {
                eprintln!("SKIPPED {test}: no MariaDB: {reason}");
                Ok(None)
            }
        }
    }

    /// A new database on `server`.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn create(server: &'static MariaServer) -> Result<MariaDatabase, MariaError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // Users are the server's and it may be shared: the names carry chance. MySQL's end after 32 characters.
        let chance = RandomState::new().hash_one(std::process::id());
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tq_{chance:x}_{number}");
        let (owner, app) = (format!("{name}_o"), format!("{name}_a"));
        let secret = format!("{:x}", RandomState::new().hash_one(number));

        let mut admin = admin(server).await?;
        for sql in [
            format!("CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"),
            format!("CREATE USER '{owner}'@'%' IDENTIFIED BY '{secret}'"),
            format!("CREATE USER '{app}'@'%' IDENTIFIED BY '{secret}'"),
            format!("GRANT ALL ON {name}.* TO '{owner}'@'%'"),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO '{app}'@'%'"),
        ] {
            run(&mut admin, sql).await?;
        }
        admin.close().await?;
        let url = |user: Option<&str>| url(server, user, &secret, &name);
        let (owner_url, app_url, admin_url) = (url(Some(&owner))?, url(Some(&app))?, url(None)?);
        Ok(MariaDatabase {
            name,
            app,
            owner_url,
            app_url,
            admin_url,
            server,
        })
    }

    /// The URL of the user who makes the tables.
    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    /// The URL of the user whom the application under test connects as.
    pub fn app_url(&self) -> &str {
        &self.app_url
    }

    /// The URL of the server's administrator in this database: for fixtures that change the server.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the application's user, for grants.
    pub fn app(&self) -> &str {
        &self.app
    }
}

impl Drop for MariaDatabase {
    fn drop(&mut self) {
        if self.server.origin != Origin::Environment {
            return;
        }
        let url = self.server.admin_url().to_owned();
        let name = &self.name;
        let clean = [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("DROP USER IF EXISTS '{name}_a'@'%', '{name}_o'@'%'"),
        ];
        // A thread, because this may run inside a runtime that must not block on itself.
        let cleaner = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let Ok(mut admin) = MySqlConnection::connect(&url).await else {
                    return;
                };
                for sql in clean {
                    if let Err(e) = run(&mut admin, sql).await {
                        eprintln!("a test database stays behind: {e}");
                    }
                }
            });
        });
        let _ = cleaner.join();
    }
}

/// The administrator's connection. A server of this process's own may just be starting again, after a statement of another
/// test that it fell over.
async fn admin(server: &MariaServer) -> Result<MySqlConnection, MariaError> {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        match MySqlConnection::connect(server.admin_url()).await {
            Err(sqlx::Error::Io(_)) if server.origin == Origin::Local && Instant::now() < until => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return Ok(other?),
        }
    }
}

async fn run(connection: &mut MySqlConnection, sql: String) -> Result<(), MariaError> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

/// The URL of `user` (or the administrator) in database `name`.
fn url(server: &MariaServer, user: Option<&str>, secret: &str, name: &str) -> Result<String, MariaError> {
    let mut options: sqlx::mysql::MySqlConnectOptions = server.admin_url.parse()?;
    if let Some(user) = user {
        options = options.username(user).password(secret);
    }
    Ok(options.database(name).to_url_lossy().to_string())
}
