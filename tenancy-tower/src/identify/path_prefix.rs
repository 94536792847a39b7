//! `/t/green-leaf/…`.

use http::uri::PathAndQuery;
use tenancy_core::KeyType;

use super::{Claim, Evidence, Identify, IdentifyError, Identity, SetupError, naming::Naming};
use crate::RequestHead;

/// The tenant's slug as the path segment behind a prefix: `/t/green-leaf/products`.
///
/// The handler sees the rest of the path (`/products`, with the query), and the URI as it was sent in the extension
/// [`RequestedUri`](crate::RequestedUri); with [`keep_path`](PathPrefix::keep_path) it sees the path as it was sent.
/// Since the path is what a router matches, a layer that takes the prefix off goes around the router
/// (`layer.layer(router)`), not onto its routes.
///
/// | path, for the prefix `/t` | answer |
/// |---|---|
/// | `/t/green-leaf`, `/t/green-leaf/`, `/t/green-leaf/a?b` | the tenant with this slug |
/// | `/t/Green-Leaf`, `/t/green%2Dleaf`, `/t/..`, `/t//a`, `/t/green-leaf//a` | 400: nothing is folded or decoded |
/// | `/t`, `/t/`, `/two`, `/a`, `*` | not read here; the next source is asked |
///
/// ```
/// use tenancy_tower::{Claim, Identify, PathPrefix, RequestHead};
///
/// let (parts, ()) = http::Request::get("/t/green-leaf/products?page=2").body(())?.into_parts();
/// let claim = PathPrefix::new("/t").identify(&RequestHead::new(&parts))?;
/// assert!(matches!(claim, Claim::Tenant(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cross-tenant
/// Whoever can type a URL chooses the tenant, as with a host name. All tenants then share one origin, and with it
/// cookies and browser storage: keep sessions apart by tenant, and let admission check the membership.
#[derive(Debug, Clone)]
pub struct PathPrefix {
    prefix: Result<String, SetupError>,
    naming: Naming,
    keep: bool,
}

impl PathPrefix {
    /// The source for one prefix: `/t`, `/shops/of`, or `/` where the first segment is the tenant's.
    ///
    /// It cannot fail, so that a chain of sources reads as one; what is no path is found by
    /// [`TenancyLayer::check`](crate::TenancyLayer::check), and answered 500 until it is mended.
    pub fn new(prefix: &str) -> Self {
        let trimmed = prefix.strip_suffix('/').unwrap_or(prefix);
        let plain = trimmed
            .parse::<PathAndQuery>()
            .is_ok_and(|path| path.path() == trimmed);
        let empty_segment = trimmed.ends_with('/') || trimmed.contains("//");
        let prefix = if prefix == "/" || (plain && trimmed.starts_with('/') && !empty_segment) {
            Ok(trimmed.to_owned())
        } else {
            Err(SetupError(
                "the prefix of `PathPrefix` is a path that starts with a slash, such as `/t`",
            ))
        };
        Self {
            prefix,
            naming: Naming::Slug,
            keep: false,
        }
    }

    /// Takes the segment for an id of this type.
    #[must_use]
    pub fn by_id(mut self, key_type: KeyType) -> Self {
        self.naming = Naming::Id(key_type);
        self
    }

    /// Leaves the path as it was sent.
    #[must_use]
    pub fn keep_path(mut self) -> Self {
        self.keep = true;
        self
    }
}

impl Identify for PathPrefix {
    fn evidence(&self) -> Evidence {
        Evidence::Path
    }

    fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError> {
        let prefix = self.prefix.as_ref().map_err(Clone::clone)?;
        let behind = request
            .uri()
            .path()
            .strip_prefix(prefix.as_str())
            .and_then(|path| path.strip_prefix('/'));
        let Some(behind) = behind.filter(|behind| !behind.is_empty()) else {
            return Ok(Claim::Nothing);
        };
        let (segment, rest) = behind.split_once('/').unwrap_or((behind, ""));
        let lookup = self.naming.read(segment).ok_or_else(|| {
            IdentifyError::malformed(
                "the path segment that names the tenant is not a name in its written form",
            )
        })?;
        let identity = Identity::new(lookup);
        if self.keep {
            return Ok(Claim::Tenant(identity));
        }
        let rest = remaining(rest, request.uri().query())
            .ok_or_else(|| IdentifyError::malformed("the path has an empty segment behind the tenant's"))?;
        Ok(Claim::Tenant(identity.with_remaining_path(rest)))
    }

    fn check(&self) -> Result<(), SetupError> {
        self.prefix.as_ref().map(drop).map_err(Clone::clone)
    }
}

/// The rest of the path as a path of its own. `//host` is none: sent back as a redirect, it is another site's URL.
fn remaining(rest: &str, query: Option<&str>) -> Option<PathAndQuery> {
    if rest.starts_with('/') {
        return None;
    }
    let text = match query {
        Some(query) => format!("/{rest}?{query}"),
        None => format!("/{rest}"),
    };
    PathAndQuery::try_from(text).ok()
}
