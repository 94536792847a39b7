//! A database for one test, with an owner and an application role that owns nothing.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use super::{Found, Origin, PgError, PgServer};
use crate::server::in_ci;

/// A database of one test on the shared server.
///
/// It has two roles of its own: the *owner*, who makes the tables, and the *app*, who may only select, insert,
/// update and delete in them and use their sequences. Neither is a superuser, so row level security holds for
/// both. On a server from the environment the database and its roles are dropped with this value.
#[derive(Debug)]
pub struct PgDatabase {
    name: String,
    owner: String,
    app: String,
    owner_url: String,
    app_url: String,
    admin_url: String,
    server: &'static PgServer,
}

impl PgDatabase {
    /// A new database, or `None` after a line on stderr that says why `test` is skipped.
    ///
    /// # Errors
    /// Where the variable `CI` is set a missing server is an error, so that no proof is skipped unseen; and
    /// when the server refuses to make the database.
    pub async fn or_skip(test: &str) -> Result<Option<PgDatabase>, PgError> {
        match PgServer::find() {
            Found::Server(server) => PgDatabase::create(server).await.map(Some),
            Found::Missing(reason) if in_ci() => Err(PgError(format!(
                "{test}: no PostgreSQL, and CI must have one: {reason}"
            ))),
            Found::Missing(reason) => {
                eprintln!("SKIPPED {test}: no PostgreSQL: {reason}");
                Ok(None)
            }
        }
    }

    /// A new database on `server`.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses.
    pub async fn create(server: &'static PgServer) -> Result<PgDatabase, PgError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        // Roles are per cluster and the cluster may be shared: the names carry chance.
        let chance = RandomState::new().hash_one(std::process::id());
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tenancy_{chance:x}_{number}");
        let (owner, app) = (format!("{name}_owner"), format!("{name}_app"));
        let secret = format!("{:x}", RandomState::new().hash_one(number));

        let mut admin = PgConnection::connect(server.admin_url()).await?;
        for role in [&owner, &app] {
            run(
                &mut admin,
                format!("CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{secret}'"),
            )
            .await?;
        }
        // Managed servers let only members of a role give it a database.
        run(&mut admin, format!("GRANT {owner} TO CURRENT_USER")).await?;
        run(&mut admin, format!("CREATE DATABASE {name} OWNER {owner}")).await?;
        run(&mut admin, format!("REVOKE {owner} FROM CURRENT_USER")).await?;
        admin.close().await?;

        let url = |user: Option<&str>| url(server, user, &secret, &name);
        let (owner_url, app_url, admin_url) = (url(Some(&owner))?, url(Some(&app))?, url(None)?);
        let mut admin = PgConnection::connect(&admin_url).await?;
        // Before PostgreSQL 15 everybody may create in `public`.
        run(
            &mut admin,
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC".to_owned(),
        )
        .await?;
        run(&mut admin, format!("GRANT ALL ON SCHEMA public TO {owner}")).await?;
        run(&mut admin, format!("GRANT USAGE ON SCHEMA public TO {app}")).await?;
        admin.close().await?;
        let mut connection = PgConnection::connect(&owner_url).await?;
        for (what, on) in [
            ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
            ("USAGE, SELECT", "SEQUENCES"),
        ] {
            run(
                &mut connection,
                format!("ALTER DEFAULT PRIVILEGES GRANT {what} ON {on} TO {app}"),
            )
            .await?;
        }
        connection.close().await?;
        Ok(PgDatabase {
            name,
            owner,
            app,
            owner_url,
            app_url,
            admin_url,
            server,
        })
    }

    /// The URL of the role that owns the database and makes its tables.
    pub fn owner_url(&self) -> &str {
        &self.owner_url
    }

    /// The URL of the role that the application under test connects as.
    pub fn app_url(&self) -> &str {
        &self.app_url
    }

    /// The URL of the server's administrator in this database: for fixtures that need extensions or roles.
    pub fn admin_url(&self) -> &str {
        &self.admin_url
    }

    /// The name of the owner role.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The name of the application role, for grants and policies.
    pub fn app(&self) -> &str {
        &self.app
    }
}

impl Drop for PgDatabase {
    fn drop(&mut self) {
        if self.server.origin != Origin::Environment {
            return;
        }
        let url = self.server.admin_url().to_owned();
        let clean = [
            format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
            // Its own two, and those that its test made beside them.
            format!(
                "DO $$ DECLARE role name; BEGIN FOR role IN SELECT rolname FROM pg_roles WHERE rolname ^@ '{}_' \
                 LOOP EXECUTE format('DROP ROLE %I', role); END LOOP; END $$",
                self.name
            ),
        ];
        // A thread, because this may run inside a runtime that must not block on itself.
        let cleaner = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
                return;
            };
            runtime.block_on(async {
                let Ok(mut admin) = PgConnection::connect(&url).await else {
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

async fn run(connection: &mut PgConnection, sql: String) -> Result<(), PgError> {
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(())
}

/// The URL of `user` (or the administrator) in database `name`.
fn url(server: &PgServer, user: Option<&str>, secret: &str, name: &str) -> Result<String, PgError> {
    if server.origin == Origin::Local {
        // A socket folder as host survives only in this hand-made form.
        let after = server.admin_url.rsplit_once('@').map_or("", |(_, rest)| rest);
        let host = after.split('/').next().unwrap_or_default();
        let user = user.unwrap_or("postgres");
        return Ok(format!("postgres://{user}:{secret}@{host}/{name}"));
    }
    let mut options: PgConnectOptions = server.admin_url.parse()?;
    if let Some(user) = user {
        options = options.username(user).password(secret);
    }
    Ok(options.database(name).to_url_lossy().to_string())
}
