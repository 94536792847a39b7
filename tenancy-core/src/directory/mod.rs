//! [`Directory`]: from a claim to the tenant that it names.

#[cfg(feature = "cache")]
mod cached;
mod memory;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use crate::{DomainName, Slug, Tenant, TenantId};

#[cfg(feature = "cache")]
pub use cached::CachedDirectory;
pub use memory::MemoryDirectory;

/// What a request says of its tenant: a claim, which opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lookup {
    /// By its identity, as a trusted header or a token carries it.
    Id(TenantId),
    /// By its slug, as a subdomain or a path carries it.
    Slug(Slug),
    /// By a host name of its own.
    Domain(DomainName),
}

/// Where tenants are looked up.
///
/// It answers for tenants of every status: whether one may be seen is for admission to say.
/// Implementations are kept as `Arc<dyn Directory>`.
///
/// ```
/// use tenancy_core::{Directory, Lookup, MemoryDirectory, Tenant, TenantId};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let directory = MemoryDirectory::new();
/// directory.insert(Tenant::builder(TenantId::bigint(1)?, "green-leaf".parse()?).build());
/// let found = directory.find(&Lookup::Slug("green-leaf".parse()?)).await?;
/// assert_eq!(found.map(|tenant| tenant.id().to_string()).as_deref(), Some("1"));
/// assert!(directory.find(&Lookup::Slug("no-such".parse()?)).await?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[async_trait]
pub trait Directory: Send + Sync + fmt::Debug {
    /// The tenant that `by` names, or `None`.
    ///
    /// # Errors
    /// The directory could not be asked. An unknown tenant is no error.
    async fn find(&self, by: &Lookup) -> Result<Option<Arc<Tenant>>, DirectoryError>;
}

#[async_trait]
impl<D: Directory + ?Sized> Directory for Arc<D> {
    async fn find(&self, by: &Lookup) -> Result<Option<Arc<Tenant>>, DirectoryError> {
        (**self).find(by).await
    }
}

/// The directory could not be asked. What went wrong is the error's source, for the operator's log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the tenant directory could not be asked")]
pub struct DirectoryError(#[source] Arc<dyn std::error::Error + Send + Sync>);

impl DirectoryError {
    /// Wraps what went wrong.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Arc::from(source.into()))
    }
}
