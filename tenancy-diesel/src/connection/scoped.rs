//! [`ScopedConnection`]: diesel's connection, on which every query means one tenant's slice.

use std::{fmt, sync::Arc};

use diesel::{
    ConnectionError, ConnectionResult, QueryResult,
    connection::{
        CacheSize, Connection, ConnectionSealed, Instrumentation, LoadConnection, SimpleConnection,
        TransactionManager,
    },
    expression::QueryMetadata,
    query_builder::{Query, QueryFragment, QueryId},
};
use tenancy_core::{TenantContext, TenantId};

use super::{
    Holder, TenantBind, Transactions, depth, engine::Engine, slice::Slice, transaction::ScopedTransactions,
};
use crate::error::{Error, Kind, opaque};

/// A connection that sees one tenant's slice. It is diesel's [`Connection`], so queries run on it as on any other.
///
/// It is made by `.scoped(&ctx)` from a [`TenantConnection`](super::TenantConnection), or taken from the slice of a
/// [`TenantDb`](super::TenantDb), and has no way back to the whole. A transaction that is open when it is dropped is rolled back.
///
/// # Errors
/// Queries that the engine refuses fail with an [`Error`] inside of
/// [`QueryBuilderError`](diesel::result::Error::QueryBuilderError); see [`ErrorExt`](crate::ErrorExt). What the database says is cut
/// down to what says nothing about anybody's rows.
pub struct ScopedConnection<G: Holder> {
    holder: G,
    engine: Arc<Engine>,
    tenant: TenantId,
    bind: TenantBind,
}

impl<G: Holder> ScopedConnection<G> {
    pub(super) fn new(holder: G, engine: &Arc<Engine>, ctx: &TenantContext) -> Self {
        Self {
            holder,
            engine: Arc::clone(engine),
            tenant: ctx.tenant_id().clone(),
            bind: TenantBind::of(ctx.tenant_id()),
        }
    }

    /// Whose slice it is.
    pub fn tenant_id(&self) -> &TenantId {
        &self.tenant
    }

    pub(super) fn driver(&mut self) -> &mut G::Target {
        &mut self.holder
    }

    pub(super) fn opaque<T>(&self, done: QueryResult<T>) -> QueryResult<T> {
        done.map_err(|error| opaque(error, self.engine.catalog()))
    }

    fn slice<Q>(&self, query: Q) -> QueryResult<Slice<Q>>
    where
        Q: QueryFragment<<G::Target as Connection>::Backend> + QueryId,
    {
        self.engine.check_key(&self.tenant).map_err(Kind::into_diesel)?;
        let scoped = self
            .engine
            .scope(&query)
            .map_err(|Error(kind)| kind.into_diesel())?;
        Ok(Slice {
            query,
            scoped,
            tenant: self.bind.clone(),
        })
    }
}

impl<G: Holder> fmt::Debug for ScopedConnection<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedConnection")
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

impl<G: Holder> Drop for ScopedConnection<G> {
    fn drop(&mut self) {
        // A panic inside of a transaction, or one that was begun by hand: the next tenant's statements are no part of it.
        while depth(self.driver()).is_some_and(|depth| depth > 0) {
            if Transactions::<G::Target>::rollback_transaction(self.driver()).is_err() {
                break;
            }
        }
    }
}

impl<G: Holder> SimpleConnection for ScopedConnection<G> {
    fn batch_execute(&mut self, _: &str) -> QueryResult<()> {
        Err(Kind::Raw.into_diesel())
    }
}

impl<G: Holder> ConnectionSealed for ScopedConnection<G> {}

impl<G: Holder> Connection for ScopedConnection<G> {
    type Backend = <G::Target as Connection>::Backend;
    type TransactionManager = ScopedTransactions;

    /// Always an error: a slice is made from what all tenants share, with a context.
    fn establish(_: &str) -> ConnectionResult<Self> {
        Err(ConnectionError::BadConnection(
            "a scoped connection comes from `.scoped(&ctx)` on a TenantConnection or TenantDb".to_owned(),
        ))
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Self::Backend> + QueryId,
    {
        let slice = self.slice(source)?;
        let done = self.driver().execute_returning_count(&slice);
        self.opaque(done)
    }

    fn transaction_state(
        &mut self,
    ) -> &mut <Self::TransactionManager as TransactionManager<Self>>::TransactionStateData {
        self.driver().transaction_state()
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.driver().instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.driver().set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.driver().set_prepared_statement_cache_size(size);
    }
}

impl<G, B> LoadConnection<B> for ScopedConnection<G>
where
    G: Holder,
    G::Target: LoadConnection<B>,
{
    type Cursor<'conn, 'query>
        = Rows<<G::Target as LoadConnection<B>>::Cursor<'conn, 'query>>
    where
        Self: 'conn;
    type Row<'conn, 'query>
        = <G::Target as LoadConnection<B>>::Row<'conn, 'query>
    where
        Self: 'conn;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Self::Backend> + QueryId + 'query,
        Self::Backend: QueryMetadata<T::SqlType>,
    {
        let slice = self.slice(source)?;
        let engine = Arc::clone(&self.engine);
        match self.driver().load(slice) {
            Ok(rows) => Ok(Rows { rows, engine }),
            Err(error) => Err(opaque(error, engine.catalog())),
        }
    }
}

/// The rows of a query, as the database hands them out.
pub struct Rows<I> {
    rows: I,
    engine: Arc<Engine>,
}

impl<I> fmt::Debug for Rows<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}

impl<R, I: Iterator<Item = QueryResult<R>>> Iterator for Rows<I> {
    type Item = QueryResult<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next()?;
        Some(row.map_err(|error| opaque(error, self.engine.catalog())))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}
