//! Identify: what a request claims about its tenant. One file a source.
//!
//! A claim opens nothing. It is looked up (`resolve`), and what is found is admitted or not (`admit`).

mod custom_domain;
mod error;
mod header;
mod naming;
mod path_prefix;
mod subdomain;

use std::{fmt, sync::Arc};

use http::{HeaderName, uri::PathAndQuery};
use tenancy_core::Lookup;

pub use custom_domain::CustomDomain;
pub use error::{IdentifyError, SetupError};
pub use header::Header;
pub use path_prefix::PathPrefix;
pub use subdomain::Subdomain;

use crate::RequestHead;

/// A source of claims: one way in which a request can say whose it is.
///
/// Sources are asked in the order in which [`TenancyLayer::identify`](crate::TenancyLayer::identify) was called. Two that
/// read the same [`Evidence`] are two readings of one thing: the first that makes something of it has settled it, and
/// the other is not asked. Two that read different evidence must agree: a request whose parts name different
/// tenants is answered 400.
///
/// ```
/// use tenancy_core::Lookup;
/// use tenancy_tower::{Claim, Evidence, Identify, IdentifyError, Identity, RequestHead};
///
/// /// `?store=green-leaf`, for a storefront that is embedded elsewhere.
/// #[derive(Debug)]
/// struct StoreParameter;
///
/// impl Identify for StoreParameter {
///     fn evidence(&self) -> Evidence {
///         Evidence::Other("store parameter")
///     }
///
///     fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError> {
///         let query = request.uri().query().unwrap_or_default();
///         let mut values = query.split('&').filter_map(|pair| pair.strip_prefix("store="));
///         match (values.next(), values.next()) {
///             (None, _) => Ok(Claim::Nothing),
///             (Some(slug), None) => match slug.parse() {
///                 Ok(slug) => Ok(Claim::Tenant(Identity::new(Lookup::Slug(slug)))),
///                 Err(_) => Err(IdentifyError::malformed("the store parameter is no store's name")),
///             },
///             (Some(_), Some(_)) => Err(IdentifyError::malformed("the store parameter is given twice")),
///         }
///     }
/// }
/// # let (parts, ()) = http::Request::get("/?store=green-leaf").body(())?.into_parts();
/// # assert!(matches!(StoreParameter.identify(&RequestHead::new(&parts))?, Claim::Tenant(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cross-tenant
/// A source decides which tenant a request is for, so it must read only what the deployment lets nobody forge, or
/// what admission proves afterwards. An empty or malformed value is an error, never "no claim": a guard that takes
/// an empty value for an absent one can be walked around. One that reads a header says so by [`Evidence::Header`],
/// and then the answers tell shared caches that they vary with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no source of tenant identities",
    note = "use `Subdomain`, `CustomDomain`, `Header` or `PathPrefix`, or implement `tenancy_tower::Identify`"
)]
pub trait Identify: fmt::Debug + Send + Sync + 'static {
    /// Which part of a request this source reads.
    fn evidence(&self) -> Evidence;

    /// What that part claims.
    ///
    /// # Errors
    /// The part is there, and no claim can be made of it.
    fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError>;

    /// Whether the source is rightly configured.
    ///
    /// # Errors
    /// What is wrong; the layer then answers 500 to everything.
    fn check(&self) -> Result<(), SetupError> {
        Ok(())
    }
}

/// A part of a request that can tell whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// The host name that the request was sent to.
    Host,
    /// A header.
    Header(HeaderName),
    /// The path.
    Path,
    /// Something of the application's own, by any name.
    Other(&'static str),
}

/// What a source makes of its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nothing; a later source may.
    Nothing,
    /// The evidence is this source's to read and names no tenant (the platform's own host, say), so that no later
    /// source may take it for one. Other evidence still may name a tenant.
    Platform,
    /// The request is for this tenant.
    Tenant(Identity),
}

/// The tenant that a request claims to be for: a claim, which opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    lookup: Lookup,
    remaining: Option<PathAndQuery>,
}

impl Identity {
    /// A claim, by what is to be looked up.
    pub fn new(lookup: Lookup) -> Self {
        Self {
            lookup,
            remaining: None,
        }
    }

    /// Has the handler see this path in place of the one that was requested, once the request is admitted.
    #[must_use]
    pub fn with_remaining_path(mut self, path: PathAndQuery) -> Self {
        self.remaining = Some(path);
        self
    }

    /// What is to be looked up.
    pub fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    pub(crate) fn remaining_path(&self) -> Option<&PathAndQuery> {
        self.remaining.as_ref()
    }
}

/// What all the evidence of a request claims, at most one claim for each kind.
pub(crate) fn claims(
    sources: &[Arc<dyn Identify>],
    request: &RequestHead<'_>,
) -> Result<Vec<Identity>, IdentifyError> {
    let mut settled = Vec::new();
    let mut identities = Vec::new();
    for source in sources {
        let evidence = source.evidence();
        if settled.contains(&evidence) {
            continue;
        }
        match source.identify(request)? {
            Claim::Nothing => continue,
            Claim::Platform => {}
            Claim::Tenant(identity) => identities.push(identity),
        }
        settled.push(evidence);
    }
    Ok(identities)
}
