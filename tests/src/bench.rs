//! Where the databases of a run come from.

use crate::db::Database;
use crate::{Dialect, Failure};

/// Makes empty databases of one kind.
pub(crate) enum Bench {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres(
        &'static crate::pg::PgServer,
        tokio::sync::Mutex<Vec<crate::pg::PgDatabase>>,
    ),
    #[cfg(feature = "mysql")]
    Mysql(
        &'static crate::maria::MariaServer,
        tokio::sync::Mutex<Vec<crate::maria::MariaDatabase>>,
    ),
}

impl Bench {
    /// The bench for `dialect`; `None` after a visible line when the server is not there.
    pub(crate) async fn find(dialect: Dialect, what: &str) -> Result<Option<Bench>, Failure> {
        match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => Ok(Some(Bench::Sqlite)),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                let Some(first) = crate::pg::PgDatabase::or_skip(what).await? else {
                    return Ok(None);
                };
                let crate::pg::Found::Server(server) = crate::pg::PgServer::find() else {
                    return Ok(None);
                };
                Ok(Some(Bench::Postgres(
                    server,
                    tokio::sync::Mutex::new(vec![first]),
                )))
            }
            #[cfg(feature = "mysql")]
            Dialect::Mysql => {
                let Some(first) = crate::maria::MariaDatabase::or_skip(what).await? else {
                    return Ok(None);
                };
                let crate::maria::Found::Server(server) = crate::maria::MariaServer::find() else {
                    return Ok(None);
                };
                Ok(Some(Bench::Mysql(server, tokio::sync::Mutex::new(vec![first]))))
            }
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            other => Err(Failure::harness(&format!(
                "{what}: the kit was built without {other:?}"
            ))),
        }
    }

    /// Whether a new database costs less than emptying one.
    pub(crate) fn is_cheap(&self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Bench::Sqlite => true,
            #[cfg(feature = "postgres")]
            Bench::Postgres(..) => false,
            #[cfg(feature = "mysql")]
            Bench::Mysql(..) => false,
        }
    }

    /// An empty database: a connection of its owner, where that is another, and one of the application.
    pub(crate) async fn open(&self) -> Result<(Option<Database>, Database), Failure> {
        match self {
            #[cfg(feature = "sqlite")]
            Bench::Sqlite => Ok((None, Database::sqlite().await?)),
            #[cfg(feature = "postgres")]
            Bench::Postgres(server, made) => {
                let db = crate::pg::PgDatabase::create(server).await?;
                let owner = Database::postgres(db.owner_url()).await?;
                let app = Database::postgres(db.app_url()).await?;
                made.lock().await.push(db);
                Ok((Some(owner), app))
            }
            #[cfg(feature = "mysql")]
            Bench::Mysql(server, made) => {
                let db = crate::maria::MariaDatabase::create(server).await?;
                let owner = Database::mysql(db.owner_url()).await?;
                let app = Database::mysql(db.app_url()).await?;
                made.lock().await.push(db);
                Ok((Some(owner), app))
            }
        }
    }

    /// Where the application's connection to the newest database goes; `None` where there is nothing but that connection.
    pub(crate) async fn newest_url(&self) -> Option<String> {
        match self {
            #[cfg(feature = "sqlite")]
            Bench::Sqlite => None,
            #[cfg(feature = "postgres")]
            Bench::Postgres(_, made) => made.lock().await.last().map(|db| db.app_url().to_owned()),
            #[cfg(feature = "mysql")]
            Bench::Mysql(_, made) => made.lock().await.last().map(|db| db.app_url().to_owned()),
        }
    }

    /// An empty database in which its owner is the tenant: what a private one is worked with by.
    pub(crate) async fn open_private(&self) -> Result<(Database, Option<Database>), Failure> {
        Ok(match self.open().await? {
            (Some(owner), app) => (owner, Some(app)),
            (None, only) => (only, None),
        })
    }
}
