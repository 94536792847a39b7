//! [`DomainName`]: a host name of a tenant's own.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;

use crate::slug::is_label;

/// A host name in its one written form: lower-case ASCII labels with dots between, no trailing dot, no port.
///
/// At most 253 characters and at least two labels (RFC 1035, section 2.3.4). Internationalised names are written in
/// punycode. A name whose last label is all digits is an IPv4 literal or looks like one (RFC 3696, section 2), and
/// refused. Nothing is folded here: who reads a `Host` header, which is case-insensitive, lowers it first.
///
/// ```
/// use tenancy_core::DomainName;
///
/// assert!("shop.example".parse::<DomainName>().is_ok());
/// assert!("xn--bcher-kva.example".parse::<DomainName>().is_ok());
/// for wrong in ["example", "Shop.example", "shop.example.", "shop..example", "127.0.0.1", "[::1]", "a_b.example"] {
///     assert!(wrong.parse::<DomainName>().is_err(), "{wrong:?}");
/// }
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(SmolStr);

impl DomainName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DomainName {
    type Err = InvalidDomain;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let mut labels = value.split('.');
        let numeric = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
        if value.len() > 253
            || !labels.clone().all(is_label)
            || labels.clone().count() < 2
            || labels.next_back().is_none_or(numeric)
        {
            return Err(InvalidDomain(()));
        }
        Ok(Self(SmolStr::new(value)))
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainName({self})")
    }
}

impl Serialize for DomainName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A text that is no [`DomainName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a domain is two or more lower-case labels of a-z, 0-9 and - with dots between, without port or trailing dot"
)]
pub struct InvalidDomain(());
