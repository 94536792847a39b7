//! [`TenantDb`]: the database of all tenants.

use std::{fmt, sync::Arc};

use sqlx::{Connection, Pool, pool::PoolOptions};
use tenancy_core::{Across, AuditSink, Catalog, CrossTenant, Scoped, TenantContext, sql::Scoper};

use crate::{
    CrossDb, ScopedDb, TenantDatabase,
    database::{Loan, Options},
    error::{Kind, opaque},
    scoped::{
        plan::fits,
        turn::{Carry, Turn},
    },
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
    /// Whether each connection is to be asked whether it is still there.
    ping: bool,
    /// Whether prepared statements are kept.
    prepares: bool,
    /// Whether the catalogue names code of the application's own.
    own_code: bool,
    scoper: Arc<Scoper>,
    audit: Option<Arc<dyn AuditSink>>,
    wall: DB::Wall,
    /// Where crossings run, if not on the pool.
    operators: Option<Pool<DB>>,
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
        let test = pool.get_test_before_acquire();
        // Most statements begin by telling the wall whose turn it is, which is an answer to that as well.
        let pool = pool.test_before_acquire(test && !DB::TELLS);
        let pool = pool.connect_with(DB::pin(options)).await?;
        let mut db = Self::build(pool, true, catalog);
        db.inner.ping = test && DB::TELLS;
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

    /// Sets where crossings run: on connections of the operators' role, where the database's own wall keeps the
    /// application's from everybody's rows. Without it every crossing is refused there.
    ///
    /// # Cross-tenant
    /// These connections see all tenants' rows. They are used for crossings alone, which are recorded before they read.
    #[must_use]
    pub fn operators(mut self, pool: Pool<DB>) -> Self {
        self.inner.operators = Some(pool);
        self
    }

    /// Keeps no prepared statement on a connection: for a pooler that gives each transaction another connection and does not
    /// know what was prepared on which (PgBouncer before 1.21). A statement with values then takes one round trip more.
    /// (sqlx's `statement_cache_capacity(0)` prepares under names all the same, which meet each other there.)
    #[must_use]
    pub fn unprepared(mut self) -> Self {
        self.inner.prepares = false;
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

#[cfg(feature = "postgres")]
impl TenantDb<sqlx::Postgres> {
    /// Says what stands behind the engine in this database, and how it is told whose turn it is. Nothing runs before this
    /// was said.
    ///
    /// ```
    /// # use tenancy_core::{Catalog, KeyType};
    /// # use tenancy_sqlx::{SigningKey, TenantDb, Wall};
    /// # async fn open(catalog: Catalog, url: &str, secret: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    /// let wall = Wall::signed(SigningKey::new(1, secret)?);
    /// let db: TenantDb<sqlx::Postgres> = TenantDb::connect(url, catalog).await?.wall(wall);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn wall(mut self, wall: crate::Wall) -> Self {
        self.inner.wall = Some(Arc::new(wall));
        self
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
        let own_code = catalog.allowed_functions().next().is_some()
            || catalog.allowed_operators().next().is_some()
            || catalog.allowed_types().next().is_some()
            || catalog.tables().any(tenancy_core::Table::is_view);
        let scoper = Scoper::new(catalog, DB::DIALECT);
        let scoper = if DB::has_wall(&wall) {
            scoper.behind_views()
        } else {
            scoper
        };
        Self {
            pool,
            own,
            ping: false,
            prepares: true,
            own_code,
            wall,
            scoper: Arc::new(scoper),
            audit: None,
            operators: None,
        }
    }

    pub(crate) fn prepares(&self) -> bool {
        self.prepares
    }

    pub(crate) fn wall(&self) -> &DB::Wall {
        &self.wall
    }

    /// How often it is tried to open a transaction: each connection may turn out to be one that the server has closed.
    pub(crate) fn tries(&self) -> u32 {
        self.pool.size().saturating_add(u32::from(ATTEMPTS))
    }

    /// How this crate connects, for a connection beside the pool.
    pub(crate) fn options(&self) -> Arc<Options<DB>> {
        self.pool.connect_options()
    }

    /// How the wall is told whose turn it is.
    pub(crate) fn carry(&self) -> Result<Carry, sqlx::Error> {
        match DB::carry(&self.wall) {
            Carry::Unsaid => Err(Kind::NoWall.into_sqlx()),
            Carry::Checkout if !self.own => Err(Kind::Wall(
                "is told per checkout, which needs a pool that `TenantDb::connect` opened",
            )
            .into_sqlx()),
            carry @ (Carry::Nothing | Carry::Transaction | Carry::Checkout) => Ok(carry),
        }
    }

    /// Whether what only reads may run functions of the application's own, which may write.
    pub(crate) fn has_own_code(&self) -> bool {
        self.own_code
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        self.scoper.catalog()
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

    /// What is told where a transaction or a connection could not be made a tenant's.
    pub(crate) fn not_entered(&self, error: sqlx::Error) -> sqlx::Error {
        match DB::why_not(&error) {
            Some(error) => sqlx::Error::Configuration(Box::new(error)),
            None => self.opaque(error),
        }
    }

    /// Where the connections of a turn come from, and whether nobody else has them.
    fn pool_of(&self, turn: &Turn, carry: Carry) -> Result<(&Pool<DB>, bool), sqlx::Error> {
        match (turn, carry, &self.operators) {
            (Turn::Operator, Carry::Transaction | Carry::Checkout, Some(operators)) => Ok((operators, false)),
            (Turn::Operator, Carry::Transaction | Carry::Checkout, None) => {
                Err(Kind::NoOperators.into_sqlx())
            }
            (Turn::Tenant(_), _, _) | (Turn::Operator, Carry::Nothing | Carry::Unsaid, _) => {
                Ok((&self.pool, self.own))
            }
        }
    }

    /// A connection that is as the engine needs it, and, if it is to be written on, remembers nobody. `tells` says that
    /// the next thing on it is to tell the wall whose turn it is, if there is a wall: the server looks for itself then.
    pub(crate) async fn acquire(
        &self,
        writes: bool,
        turn: &Turn,
        tells: bool,
    ) -> Result<Loan<DB>, sqlx::Error> {
        let carry = self.carry()?;
        if let Some(tenant) = turn.tenant() {
            fits(self.catalog().key_type(), tenant)?;
        }
        let (pool, own) = self.pool_of(turn, carry)?;
        let tells = tells && carry != Carry::Nothing && turn.tenant().is_some();
        let mut attempts = 0;
        while attempts < ATTEMPTS {
            let mut loan = pool.acquire().await.map_err(|error| self.opaque(error))?;
            if tells {
                return Ok(loan);
            }
            if own && self.ping && loan.ping().await.is_err() {
                // As sqlx does it: another one, until there is none that was idle.
                drop(loan.detach());
                continue;
            }
            attempts += 1;
            if DB::is_clean(&mut loan, own)
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
            ping: self.ping,
            prepares: self.prepares,
            own_code: self.own_code,
            scoper: Arc::clone(&self.scoper),
            audit: self.audit.clone(),
            wall: self.wall.clone(),
            operators: self.operators.clone(),
        }
    }
}
