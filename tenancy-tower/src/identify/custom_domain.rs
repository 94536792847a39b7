//! `www.green-leaf.example`, a host name of the tenant's own.

use tenancy_core::{DomainName, Lookup};

use super::{Claim, Evidence, Identify, IdentifyError, Identity};
use crate::{Host, RequestHead};

/// A host name of the tenant's own, as the directory has it: `www.green-leaf.example`.
///
/// It takes every domain name for a claim, so it stands behind a [`Subdomain`](crate::Subdomain), which settles
/// the platform's own names: then a tenant that has entered `shops.example` or `login.shops.example` as a domain
/// of its own gains nothing. Addresses and single labels such as `localhost` are nobody's domain. An
/// internationalised name is looked up in punycode, as clients send it.
///
/// ```
/// use tenancy_core::Lookup;
/// use tenancy_tower::{Claim, CustomDomain, Identify, Identity, RequestHead};
///
/// let (parts, ()) = http::Request::get("http://WWW.Green-Leaf.example/").body(())?.into_parts();
/// let expected = Identity::new(Lookup::Domain("www.green-leaf.example".parse()?));
/// assert_eq!(CustomDomain.identify(&RequestHead::new(&parts))?, Claim::Tenant(expected));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cross-tenant
/// Who controls the directory's list of domains decides which tenant a host belongs to: a domain goes on it after its
/// holder has proved to control it, and is on it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomDomain;

impl Identify for CustomDomain {
    fn evidence(&self) -> Evidence {
        Evidence::Host
    }

    fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError> {
        let domain: Option<DomainName> = request
            .host()?
            .and_then(Host::name)
            .and_then(|name| name.parse().ok());
        Ok(match domain {
            Some(domain) => Claim::Tenant(Identity::new(Lookup::Domain(domain))),
            None => Claim::Nothing,
        })
    }
}
