//! [`TenantDb`]: the database of all tenants.

use std::{fmt, sync::Arc};

use sqlx::{Pool, pool::PoolOptions};
use tenancy_core::{Across, AuditSink, Catalog, CrossTenant, Scoped, TenantContext, sql::Scoper};

use crate::{
    CrossDb, ScopedDb, TenantDatabase,
    database::{Loan, Options},
    error::{Kind, opaque},
};

/// How often a connection that is not clean is closed and another one asked for.
const ATTEMPTS: u8 = 3;

/// The database of all tenants: a pool of connections, and the catalogue that says what belongs to whom.
///
/// It runs nothing itself and gives its pool to nobody. [`scoped`](Scoped::scoped) gives one tenant's slice, and
/// [`across`](Across::across) an operator's view. Clones share the pool.
///
/// ```
/// use tenancy_core::{Catalog, KeyType, Scoped};
/// use tenancy_sqlx::TenantDb;
/// use sqlx::Sqlite;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// let db: TenantDb<Sqlite> = TenantDb::connect("sqlite::memory:", catalog).await?;
/// # db.close().await;
/// # Ok(()) }
/// ```
pub struct TenantDb<DB: TenantDatabase> {
    inner: Inner<DB>,
}

/// What the slices share with the whole.
pub(crate) struct Inner<DB: TenantDatabase> {
    pool: Pool<DB>,
    /// Nobody else has the pool, so its connections are as this crate left them.
    own: bool,
    /// What stands behind the engine on the connections.
    wall: DB::Wall,
    scoper: Arc<Scoper>,
    audit: Option<Arc<dyn AuditSink>>,
}

impl<DB: TenantDatabase> TenantDb<DB> {
    /// Opens the database at `url`, with sqlx's defaults for the pool.
    ///
    /// # Errors
    /// As [`TenantDb::connect_with`], and where `url` is no URL of this database.
    pub async fn connect(url: &str, catalog: Catalog) -> Result<Self, sqlx::Error> {
        Self::connect_with(url.parse()?, PoolOptions::new(), catalog).await
    }

    /// Opens a database.
    ///
    /// What the engine relies on is set on every connection: on PostgreSQL `standard_conforming_strings` is on and
    /// the encoding UTF8, whatever the role's own settings are; on MySQL the `sql_mode` is strict and one in which quotes
    /// and backslashes mean what they do by default and `||` joins texts, the character set is utf8mb4 (the collation of
    /// it is the options'), and `autocommit` is on; on SQLite foreign keys are enforced. One connection is asked whether
    /// this took effect: a pooler between here and the server may keep settings to itself.
    ///
    /// On SQLite each connection gets a wall behind the engine before its first statement, made of temporary views and
    /// triggers and of an authorizer, after the pool's own hooks. `docs/walls.md` in the repository says what it does.
    ///
    /// # Errors
    /// The database could not be reached; or its connections have other settings than the engine relies on, with an
    /// [`Error`](crate::Error) that [`is_connection`](crate::Error::is_connection).
    pub async fn connect_with(
        options: Options<DB>,
        pool: PoolOptions<DB>,
        catalog: Catalog,
    ) -> Result<Self, sqlx::Error> {
        let pool = pool.connect_with(DB::pin(options)).await?;
        let db = Self::build(pool, true, catalog);
        db.inner.verify().await?;
        Ok(db)
    }

    /// Uses a pool that others use too, for migrations or for code that is not scoped yet.
    ///
    /// Others may have left a connection in any state. On PostgreSQL and MySQL each connection is therefore asked before
    /// each use, in one round trip (on MySQL two), whether it has the settings that the engine relies on and is in no
    /// transaction; one that is not is closed and another one taken, and after three the statement fails with an
    /// [`Error`](crate::Error) that [`is_connection`](crate::Error::is_connection). On SQLite no statement can change
    /// how another one is read; that foreign keys are enforced, as sqlx does by default, is the pool's own business. A
    /// wall would stand in the others' way there, so on SQLite there is none behind the engine.
    /// A database that [`TenantDb::connect`] opened needs none of this.
    ///
    /// ```
    /// # use tenancy_core::{Catalog, KeyType};
    /// # use tenancy_sqlx::TenantDb;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
    /// sqlx::raw_sql("CREATE TABLE orders (store_id INTEGER NOT NULL, id INTEGER NOT NULL)").execute(&pool).await?;
    /// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
    /// let db = TenantDb::new(pool, catalog);
    /// # db.close().await;
    /// # Ok(()) }
    /// ```
    pub fn new(pool: Pool<DB>, catalog: Catalog) -> Self {
        Self::build(pool, false, catalog)
    }

    fn build(pool: Pool<DB>, own: bool, catalog: Catalog) -> Self {
        Self {
            inner: Inner::new(pool, own, catalog),
        }
    }

    /// Sets where crossings are recorded. Without it every crossing is refused.
    ///
    /// The log may stand in this very database: see [`SqlAudit`](crate::SqlAudit).
    #[must_use]
    pub fn audit(mut self, sink: Arc<dyn AuditSink>) -> Self {
        self.inner.audit = Some(sink);
        self
    }

    /// What belongs to whom.
    pub fn catalog(&self) -> &Catalog {
        self.inner.catalog()
    }

    /// Waits for the connections to come back and closes them. Slices and clones find the database closed afterwards.
    pub async fn close(&self) {
        self.inner.pool.close().await;
    }
}

// Not derived: that would ask the marker type `DB` to be `Clone`.
impl<DB: TenantDatabase> Clone for TenantDb<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
        }
    }
}

impl<DB: TenantDatabase> Scoped for &TenantDb<DB> {
    type Slice = ScopedDb<DB>;

    fn scoped(self, ctx: &TenantContext) -> ScopedDb<DB> {
        ScopedDb::new(self.inner.clone(), ctx)
    }
}

impl<DB: TenantDatabase> Across for &TenantDb<DB> {
    type Crossing = CrossDb<DB>;

    fn across(self, crossing: &CrossTenant) -> CrossDb<DB> {
        CrossDb::new(self.inner.clone(), crossing)
    }
}

impl<DB: TenantDatabase> fmt::Debug for TenantDb<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDb")
            .field("database", &DB::NAME)
            .finish_non_exhaustive()
    }
}

impl<DB: TenantDatabase> Inner<DB> {
    pub(crate) fn new(pool: Pool<DB>, own: bool, catalog: Catalog) -> Self {
        // On a connection that others use too, a wall would stand in their way.
        let wall = if own {
            DB::wall(&catalog)
        } else {
            DB::Wall::default()
        };
        let scoper = Scoper::new(catalog, DB::DIALECT);
        let scoper = if DB::has_wall(&wall) {
            scoper.behind_views()
        } else {
            scoper
        };
        Self {
            pool,
            own,
            wall,
            scoper: Arc::new(scoper),
            audit: None,
        }
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.scoper.catalog()
    }

    pub(crate) fn wall(&self) -> &DB::Wall {
        &self.wall
    }

    pub(crate) fn scoper(&self) -> &Scoper {
        &self.scoper
    }

    pub(crate) fn audit(&self) -> Option<&dyn AuditSink> {
        self.audit.as_deref()
    }

    /// Asks one connection whether it is as the engine needs it.
    async fn verify(&self) -> Result<(), sqlx::Error> {
        let mut loan = self.pool.acquire().await?;
        if DB::is_clean(&mut loan, false).await? {
            DB::put_up(&self.wall, &mut loan).await
        } else {
            let _ = loan.close().await;
            Err(Kind::Connection.into_sqlx())
        }
    }

    /// Cuts an error down to what says nothing about anybody's rows.
    pub(crate) fn opaque(&self, error: sqlx::Error) -> sqlx::Error {
        opaque(error, self.catalog())
    }

    /// A connection that is as the engine needs it, and, if it is to be written on, remembers nobody.
    pub(crate) async fn acquire(&self, writes: bool) -> Result<Loan<DB>, sqlx::Error> {
        for _ in 0..ATTEMPTS {
            let mut loan = self.pool.acquire().await.map_err(|error| self.opaque(error))?;
            if DB::is_clean(&mut loan, self.own)
                .await
                .map_err(|error| self.opaque(error))?
            {
                // A wall has the connection forget by itself.
                if writes && !DB::has_wall(&self.wall) {
                    DB::forget(&mut loan).await.map_err(|error| self.opaque(error))?;
                }
                return Ok(loan);
            }
            tracing::warn!("a connection with foreign settings or an open transaction was closed");
            // Closed at once and not by a task, so that the pool has room for the next one.
            let _ = loan.close().await;
        }
        Err(Kind::Connection.into_sqlx())
    }
}

impl<DB: TenantDatabase> Clone for Inner<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            own: self.own,
            wall: self.wall.clone(),
            scoper: Arc::clone(&self.scoper),
            audit: self.audit.clone(),
        }
    }
}
