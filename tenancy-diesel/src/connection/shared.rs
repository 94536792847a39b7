//! What all tenants share: a connection, or a pool of them.

use std::{fmt, ops::DerefMut, sync::Arc};

use diesel::{Connection, QueryResult};
use tenancy_core::{Catalog, Scoped, TenantContext};

use super::{ScopedConnection, ScopedDriver, depth, engine::Engine};
use crate::error::Kind;

/// A connection that tenants take turns on.
///
/// `(&mut connection).scoped(&ctx)` is a tenant's turn. Nothing of it is left when it ends.
pub struct TenantConnection<C> {
    connection: C,
    engine: Arc<Engine>,
}

impl<C: ScopedDriver> TenantConnection<C> {
    /// A connection whose tables the catalogue describes.
    pub fn new(connection: C, catalog: Catalog) -> Self {
        Self {
            connection,
            engine: Arc::new(Engine::new::<<C as Connection>::Backend>(catalog)),
        }
    }

    /// Gives the connection back to whoever owns it, which no tenant does.
    ///
    /// # Cross-tenant
    /// It reaches all tenants' rows.
    pub fn into_inner(self) -> C {
        self.connection
    }
}

impl<C> fmt::Debug for TenantConnection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantConnection").finish_non_exhaustive()
    }
}

impl<'c, C: ScopedDriver> Scoped for &'c mut TenantConnection<C> {
    type Slice = ScopedConnection<&'c mut C>;

    fn scoped(self, ctx: &TenantContext) -> Self::Slice {
        ScopedConnection::new(&mut self.connection, &self.engine, ctx)
    }
}

/// A pool of connections, of any crate.
///
/// ```
/// # #[cfg(feature = "sqlite")] {
/// use std::sync::{Mutex, MutexGuard};
/// use diesel::sqlite::SqliteConnection;
/// use tenancy_diesel::ConnectionPool;
///
/// /// One connection, handed out and back.
/// struct One(Box<dyn Fn() -> Option<Box<SqliteConnection>> + Send + Sync>);
///
/// impl ConnectionPool for One {
///     type Connection = SqliteConnection;
///     type Guard = Box<SqliteConnection>;
///     type Error = std::io::Error;
///
///     fn get(&self) -> Result<Self::Guard, Self::Error> {
///         (self.0)().ok_or_else(|| std::io::ErrorKind::WouldBlock.into())
///     }
/// }
/// # }
/// ```
pub trait ConnectionPool {
    /// What the pool holds.
    type Connection: ScopedDriver;
    /// What it gives, and takes back when it is dropped.
    type Guard: DerefMut<Target = Self::Connection> + Send;
    /// Why it gives none.
    type Error: std::error::Error + Send + Sync + 'static;

    /// Takes a connection.
    ///
    /// # Errors
    /// The pool's own.
    fn get(&self) -> Result<Self::Guard, Self::Error>;
}

#[cfg(feature = "r2d2")]
impl<C> ConnectionPool for diesel::r2d2::Pool<diesel::r2d2::ConnectionManager<C>>
where
    C: ScopedDriver + diesel::r2d2::R2D2Connection,
{
    type Connection = C;
    type Guard = diesel::r2d2::PooledConnection<diesel::r2d2::ConnectionManager<C>>;
    type Error = diesel::r2d2::PoolError;

    fn get(&self) -> Result<Self::Guard, Self::Error> {
        diesel::r2d2::Pool::get(self)
    }
}

/// A pool that all tenants share.
///
/// ```
/// # #[cfg(all(feature = "sqlite", feature = "r2d2"))] {
/// use diesel::{prelude::*, r2d2::{ConnectionManager, Pool}, sqlite::SqliteConnection};
/// use tenancy_core::{Catalog, KeyType, Scoped, TenantContext};
/// use tenancy_diesel::TenantDb;
///
/// diesel::table! { orders (store_id, id) { store_id -> BigInt, id -> BigInt, total -> BigInt } }
///
/// type Db = TenantDb<Pool<ConnectionManager<SqliteConnection>>>;
///
/// fn totals(db: &Db, ctx: &TenantContext) -> Result<Vec<i64>, Box<dyn std::error::Error>> {
///     let mut connection = db.scoped(ctx).get()?;
///     Ok(orders::table.select(orders::total).load(&mut connection)?)
/// }
///
/// let pool = Pool::builder().max_size(1).build(ConnectionManager::new(":memory:"))?;
/// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// let db: Db = TenantDb::new(pool, catalog);
/// # let _ = (db, totals);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TenantDb<P> {
    pool: P,
    engine: Arc<Engine>,
}

impl<P: ConnectionPool> TenantDb<P> {
    /// A pool of a database whose tables the catalogue describes.
    pub fn new(pool: P, catalog: Catalog) -> Self {
        let engine = Engine::new::<<P::Connection as Connection>::Backend>(catalog);
        Self {
            pool,
            engine: Arc::new(engine),
        }
    }
}

impl<P> fmt::Debug for TenantDb<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantDb").finish_non_exhaustive()
    }
}

impl<'p, P: ConnectionPool> Scoped for &'p TenantDb<P> {
    type Slice = ScopedDb<'p, P>;

    fn scoped(self, ctx: &TenantContext) -> Self::Slice {
        ScopedDb {
            db: self,
            ctx: ctx.clone(),
        }
    }
}

/// A tenant's slice of a pool.
pub struct ScopedDb<'p, P> {
    db: &'p TenantDb<P>,
    ctx: TenantContext,
}

impl<P> fmt::Debug for ScopedDb<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedDb")
            .field("tenant", self.ctx.tenant_id())
            .finish_non_exhaustive()
    }
}

impl<P: ConnectionPool> ScopedDb<'_, P> {
    /// Takes a connection, which sees this tenant's slice.
    ///
    /// # Errors
    /// The pool has none, or gave one in the middle of a transaction.
    pub fn get(&self) -> QueryResult<ScopedConnection<P::Guard>> {
        let mut guard = self.db.pool.get().map_err(|error| {
            // diesel has no error of its own for this.
            diesel::result::Error::QueryBuilderError(Box::new(error))
        })?;
        if depth(&mut *guard) != Some(0) {
            return Err(Kind::Busy.into_diesel());
        }
        Ok(ScopedConnection::new(guard, &self.db.engine, &self.ctx))
    }
}
