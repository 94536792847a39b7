//! From a query to its scoped text.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use diesel::query_builder::{QueryFragment, QueryId};
use tenancy_core::{
    Catalog,
    sql::{ScopedSql, Scoper},
};

use crate::{
    error::{Error, Kind},
    query::{ScopedBackend, scope_query},
};

/// The engine of a shared connection or pool.
#[derive(Debug)]
pub(super) struct Engine {
    scoper: Scoper,
    /// What queries were scoped to whose type says all of their text. There are as many as the program's source has.
    known: RwLock<HashMap<TypeId, Arc<ScopedSql>>>,
}

impl Engine {
    pub(super) fn new<DB: ScopedBackend>(catalog: Catalog) -> Self {
        Self {
            // diesel does not tell how many values a query binds.
            scoper: Scoper::new(catalog, DB::DIALECT).binding_tenant_first(),
            known: RwLock::new(HashMap::new()),
        }
    }

    pub(super) fn catalog(&self) -> &Catalog {
        self.scoper.catalog()
    }

    pub(super) fn scope<DB, Q>(&self, query: &Q) -> Result<Arc<ScopedSql>, Error>
    where
        DB: ScopedBackend,
        Q: QueryFragment<DB> + QueryId,
    {
        let Some(of_type) = Q::query_id() else {
            return scope_query::<DB, Q>(&self.scoper, query);
        };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(scoped) = known.get(&of_type) {
            return Ok(Arc::clone(scoped));
        }
        drop(known);
        let scoped = scope_query::<DB, Q>(&self.scoper, query)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(of_type, Arc::clone(&scoped));
        Ok(scoped)
    }

    /// Whether an id can be bound where the catalogue has its key.
    pub(super) fn check_key(&self, tenant: &tenancy_core::TenantId) -> Result<(), Kind> {
        let (catalog, tenant) = (self.catalog().key_type(), tenant.key_type());
        if catalog == tenant {
            Ok(())
        } else {
            Err(Kind::KeyType { catalog, tenant })
        }
    }
}
