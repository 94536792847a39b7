//! The layer: data only.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, header::HOST};
use tenancy_core::Directory;
use tower_layer::Layer;

use crate::{
    Admit, Evidence, Identify, Public, SetupError, Tenancy, TrustedProxies, head::FORWARDED_HOST,
    service::Pipeline,
};

/// Puts identify → resolve → admit in front of a service: what reaches it carries a
/// [`TenantContext`](tenancy_core::TenantContext) in its extensions, and everything else is answered here.
///
/// What is no tenant's (health checks, the operator's API, sign-up) is routed outside of the layer: there is no way to
/// let a request through it without a tenant.
///
/// ```
/// use tenancy_core::MemoryDirectory;
/// use tenancy_tower::{CustomDomain, Subdomain, TenancyLayer};
///
/// let layer = TenancyLayer::new(MemoryDirectory::new())
///     .identify(Subdomain::of("shops.example"))
///     .identify(CustomDomain);
/// layer.check()?;
/// # Ok::<(), tenancy_tower::SetupError>(())
/// ```
#[derive(Debug, Clone)]
pub struct TenancyLayer {
    directory: Arc<dyn Directory>,
    sources: Vec<Arc<dyn Identify>>,
    admission: Arc<dyn Admit>,
    proxies: Option<TrustedProxies>,
}

impl TenancyLayer {
    /// A layer over a directory. It needs at least one source, and admits with [`Public`] until told otherwise.
    ///
    /// An `Arc` of a directory is one too, so that it can be shared.
    pub fn new(directory: impl Directory + 'static) -> Self {
        Self {
            directory: Arc::new(directory),
            sources: Vec::new(),
            admission: Arc::new(Public),
            proxies: None,
        }
    }

    /// Adds a source to the end of the chain; [`Identify`] says how several get along.
    #[must_use]
    pub fn identify(mut self, source: impl Identify) -> Self {
        self.sources.push(Arc::new(source));
        self
    }

    /// Sets who is admitted.
    #[must_use]
    pub fn admit(mut self, admission: impl Admit) -> Self {
        self.admission = Arc::new(admission);
        self
    }

    /// Takes the host from `X-Forwarded-Host` where a request comes straight from one of these proxies.
    ///
    /// Needed behind a proxy that rewrites `Host`. From any other peer, and without this setting from all, the header
    /// is not read. The peer's address is in [`PeerAddr`](crate::PeerAddr). `Forwarded` (RFC 7239) is never read.
    ///
    /// # Cross-tenant
    /// The host chooses the tenant, so a proxy on this list has to set the header itself and pass no client's on.
    #[must_use]
    pub fn forwarded_host_from(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Some(proxies);
        self
    }

    /// Whether the layer is rightly configured, to be asked at start-up.
    ///
    /// # Errors
    /// There is no source, or one of them says what is wrong with it. Such a layer answers 500 to everything.
    ///
    /// ```
    /// use tenancy_core::MemoryDirectory;
    /// use tenancy_tower::{Subdomain, TenancyLayer};
    ///
    /// let layer = TenancyLayer::new(MemoryDirectory::new());
    /// assert!(layer.check().is_err());
    /// assert!(layer.clone().identify(Subdomain::of("127.0.0.1")).check().is_err());
    /// assert!(layer.identify(Subdomain::of("localhost")).check().is_ok());
    /// ```
    pub fn check(&self) -> Result<(), SetupError> {
        if self.sources.is_empty() {
            return Err(SetupError(
                "`TenancyLayer` has no source of identities: add one with `identify`",
            ));
        }
        self.sources.iter().try_for_each(|source| source.check())
    }

    /// The headers that the answer depends on, for caches: one that does not know would mix up tenants.
    ///
    /// `Host` is part of every cache's key.
    fn vary(&self) -> Vec<HeaderValue> {
        let forwarded = self
            .proxies
            .as_ref()
            .map(|_| HeaderName::from_static(FORWARDED_HOST));
        let headers = self.sources.iter().filter_map(|source| match source.evidence() {
            Evidence::Header(name) if name != HOST => Some(name),
            Evidence::Header(_) | Evidence::Host | Evidence::Path | Evidence::Other(_) => None,
        });
        headers.chain(forwarded).map(HeaderValue::from).collect()
    }
}

impl<S> Layer<S> for TenancyLayer {
    type Service = Tenancy<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let pipeline = Pipeline {
            directory: Arc::clone(&self.directory),
            sources: self.sources.clone(),
            admission: Arc::clone(&self.admission),
            proxies: self.proxies.clone(),
            setup: self.check(),
            vary: self.vary(),
        };
        Tenancy::new(inner, pipeline)
    }
}
