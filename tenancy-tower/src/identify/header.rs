//! `X-Store-ID: 7`, where it is trusted.

use http::HeaderName;
use tenancy_core::KeyType;

use super::{Claim, Evidence, Identify, IdentifyError, Identity, SetupError, naming::Naming};
use crate::{RequestHead, TrustedProxies};

/// A header that names the tenant, such as `X-Store-ID`. It is read only where it was configured here, as trusted.
///
/// The value is the tenant's id in its one written form, or its slug after [`by_slug`](Header::by_slug). A header that
/// is absent claims nothing; an empty one, one that is there twice and one that is no id are answered 400.
///
/// ```
/// use tenancy_core::{KeyType, Lookup};
/// use tenancy_tower::{Claim, Header, Identify, Identity, RequestHead};
///
/// let source = Header::trusted("x-store-id").by_id(KeyType::BigInt);
/// let (parts, ()) = http::Request::get("/").header("X-Store-ID", "7").body(())?.into_parts();
/// let expected = Identity::new(Lookup::Id("7".parse()?));
/// assert_eq!(source.identify(&RequestHead::new(&parts))?, Claim::Tenant(expected));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cross-tenant
/// Any client can send any header, so whoever reaches the service chooses the tenant. That is right in two cases:
///
/// - behind a proxy that removes the header from what clients send and sets it itself; name the proxy with
///   [`from_proxies`](Header::from_proxies), so that a request that comes another way is not believed;
/// - where admission proves afterwards that the actor is a member of the tenant, as
///   [`Admit`](crate::Admit) can: then a wrong header is a 403. The default admission, [`Public`](crate::Public),
///   proves nothing, and every public page is then open under every tenant's name.
///
/// Responses carry `Vary` with the header's name, so that no shared cache answers one tenant with another's page.
#[derive(Debug, Clone)]
pub struct Header {
    name: Result<HeaderName, SetupError>,
    naming: Naming,
    proxies: Option<TrustedProxies>,
}

impl Header {
    /// Trusts a header to name the tenant by its id.
    ///
    /// It cannot fail, so that a chain of sources reads as one; what is no header's name is found by
    /// [`TenancyLayer::check`](crate::TenancyLayer::check), and answered 500 until it is mended.
    pub fn trusted(name: &str) -> Self {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| SetupError("`Header` needs a header's name"));
        Self {
            name,
            naming: Naming::AnyId,
            proxies: None,
        }
    }

    /// Accepts ids of one type only.
    #[must_use]
    pub fn by_id(mut self, key_type: KeyType) -> Self {
        self.naming = Naming::Id(key_type);
        self
    }

    /// Takes the value for a slug.
    #[must_use]
    pub fn by_slug(mut self) -> Self {
        self.naming = Naming::Slug;
        self
    }

    /// Believes the header only where the request comes straight from one of these proxies.
    ///
    /// From anybody else it is as if it were not there. Where the peer's address is not known
    /// (see [`PeerAddr`](crate::PeerAddr)), that is anybody.
    #[must_use]
    pub fn from_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.proxies = Some(proxies);
        self
    }
}

impl Identify for Header {
    fn evidence(&self) -> Evidence {
        match &self.name {
            Ok(name) => Evidence::Header(name.clone()),
            Err(_) => Evidence::Other("header"),
        }
    }

    fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError> {
        let name = self.name.as_ref().map_err(Clone::clone)?;
        if self
            .proxies
            .as_ref()
            .is_some_and(|proxies| !proxies.trust(request))
        {
            return Ok(Claim::Nothing);
        }
        let mut values = request.headers().get_all(name).iter();
        let Some(value) = values.next() else {
            return Ok(Claim::Nothing);
        };
        if values.next().is_some() {
            return Err(IdentifyError::malformed(
                "the header that names the tenant is there more than once",
            ));
        }
        let lookup = value.to_str().ok().and_then(|value| self.naming.read(value));
        lookup
            .map(|lookup| Claim::Tenant(Identity::new(lookup)))
            .ok_or_else(|| {
                IdentifyError::malformed(
                    "the header that names the tenant is not a tenant's name in its written form",
                )
            })
    }

    fn check(&self) -> Result<(), SetupError> {
        self.name.as_ref().map(drop).map_err(Clone::clone)
    }
}
