//! `green-leaf.shops.example`.

use tenancy_core::{Lookup, Slug};

use super::{Claim, Evidence, Identify, IdentifyError, Identity, SetupError};
use crate::{Host, RequestHead};

/// The tenant's slug as a label in front of the platform's own domain: `green-leaf.shops.example`.
///
/// The base domain is mandatory: without one, an address, a bare domain or somebody else's host would have a first
/// label too. `localhost` is a base domain like any other.
///
/// | host, for the base `shops.example` | answer |
/// |---|---|
/// | `green-leaf.shops.example`, in any case, with a port, with one trailing dot | the tenant with this slug |
/// | `shops.example`, `www.shops.example`, a [reserved](Subdomain::reserve) label | the platform's own: no tenant |
/// | `a.green-leaf.shops.example`, `-.shops.example`, `xn--….shops.example` | 400: the label is no slug |
/// | any other host, an IP address, none | not read here; the next source is asked |
///
/// ```
/// use tenancy_tower::{Claim, Identify, RequestHead, Subdomain};
///
/// let source = Subdomain::of("shops.example").reserve(["api"]);
/// let claim = |host| {
///     let (parts, ()) = http::Request::get("/").header("host", host).body(()).unwrap().into_parts();
///     source.identify(&RequestHead::new(&parts))
/// };
/// assert!(matches!(claim("Green-Leaf.shops.example:8080"), Ok(Claim::Tenant(_))));
/// assert_eq!(claim("www.shops.example"), Ok(Claim::Platform));
/// assert_eq!(claim("api.shops.example"), Ok(Claim::Platform));
/// assert_eq!(claim("elsewhere.example"), Ok(Claim::Nothing));
/// assert!(claim("a.b.shops.example").is_err());
/// ```
#[derive(Debug, Clone)]
pub struct Subdomain {
    base: Result<String, SetupError>,
    reserved: Vec<Result<Slug, SetupError>>,
}

impl Subdomain {
    /// The source for one base domain, such as `shops.example` or `localhost`.
    ///
    /// It cannot fail, so that a chain of sources reads as one; what is no host name is found by
    /// [`TenancyLayer::check`](crate::TenancyLayer::check), and answered 500 until it is mended.
    pub fn of(base: &str) -> Self {
        let base = match Host::parse(base.as_bytes()).as_ref().map(Host::name) {
            // A port or a trailing dot would never be part of what a request is compared with.
            Ok(Some(name)) if name.eq_ignore_ascii_case(base) => Ok(name.to_owned()),
            Ok(_) | Err(_) => Err(SetupError(
                "the base domain of `Subdomain` is a host name without a port",
            )),
        };
        Self {
            base,
            reserved: Vec::new(),
        }
        .reserve(["www"])
    }

    /// Keeps labels for the platform itself: under them no tenant is found, whatever its slug.
    ///
    /// `www` is reserved always. A directory should give out no slug that is reserved here.
    #[must_use]
    pub fn reserve<'a>(mut self, labels: impl IntoIterator<Item = &'a str>) -> Self {
        let error = SetupError("a reserved label of `Subdomain` is one that a slug could be");
        self.reserved.extend(
            labels
                .into_iter()
                .map(|label| label.parse().map_err(|_| error.clone())),
        );
        self
    }
}

impl Identify for Subdomain {
    fn evidence(&self) -> Evidence {
        Evidence::Host
    }

    fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError> {
        let base = self.base.as_ref().map_err(Clone::clone)?;
        let Some(front) = request
            .host()?
            .and_then(Host::name)
            .and_then(|name| name.strip_suffix(base.as_str()))
        else {
            return Ok(Claim::Nothing);
        };
        if front.is_empty() {
            return Ok(Claim::Platform);
        }
        // `evilshops.example` ends in `shops.example` too.
        let Some(label) = front.strip_suffix('.') else {
            return Ok(Claim::Nothing);
        };
        let slug: Slug = label.parse().map_err(|_| {
            IdentifyError::malformed(
                "the host name has one label in front of the platform's domain: a tenant's slug",
            )
        })?;
        if self.reserved.iter().flatten().any(|reserved| *reserved == slug) {
            return Ok(Claim::Platform);
        }
        Ok(Claim::Tenant(Identity::new(Lookup::Slug(slug))))
    }

    fn check(&self) -> Result<(), SetupError> {
        self.base.as_ref().map_err(Clone::clone)?;
        self.reserved
            .iter()
            .try_for_each(|label| label.as_ref().map(drop).map_err(Clone::clone))
    }
}
