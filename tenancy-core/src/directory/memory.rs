//! A directory in memory.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;

use super::{Directory, DirectoryError, Lookup};
use crate::{DomainName, Tenant, TenantId};

/// A directory in memory, for tests and for deployments whose tenants stand in a configuration file.
#[derive(Debug, Default)]
pub struct MemoryDirectory(RwLock<Records>);

#[derive(Debug, Default)]
struct Records {
    tenants: HashMap<TenantId, Arc<Tenant>>,
    domains: HashMap<DomainName, TenantId>,
}

impl MemoryDirectory {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tenant, or replaces the record of the same id.
    ///
    /// Returns `false`, and changes nothing, where another tenant has the slug already.
    pub fn insert(&self, tenant: Tenant) -> bool {
        let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if records
            .tenants
            .values()
            .any(|other| other.slug() == tenant.slug() && other.id() != tenant.id())
        {
            return false;
        }
        records.tenants.insert(tenant.id().clone(), Arc::new(tenant));
        true
    }

    /// Gives a tenant a host name of its own.
    ///
    /// Returns `false`, and changes nothing, where another tenant has it already.
    pub fn add_domain(&self, domain: DomainName, tenant: TenantId) -> bool {
        let mut records = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if records.domains.get(&domain).is_some_and(|owner| *owner != tenant) {
            return false;
        }
        records.domains.insert(domain, tenant);
        true
    }
}

#[async_trait]
impl Directory for MemoryDirectory {
    async fn find(&self, by: &Lookup) -> Result<Option<Arc<Tenant>>, DirectoryError> {
        let records = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let found = match by {
            Lookup::Id(id) => records.tenants.get(id),
            Lookup::Slug(slug) => records.tenants.values().find(|tenant| tenant.slug() == slug),
            Lookup::Domain(domain) => records.domains.get(domain).and_then(|id| records.tenants.get(id)),
        };
        Ok(found.cloned())
    }
}
