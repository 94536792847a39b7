//! [`Slug`]: the name of a tenant in a host name or a path.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;

/// A tenant's name in host names and paths: one DNS label in lower case.
///
/// 1 to 63 of `a-z`, `0-9` and `-`, with no hyphen at either end (RFC 1035, section 2.3.1, with the digit-first
/// relaxation of RFC 1123, section 2.1). Labels with hyphens in third and fourth place are reserved (RFC 5891,
/// section 4.2.3.1, punycode among them) and refused.
///
/// ```
/// use tenancy_core::Slug;
///
/// let slug: Slug = "green-leaf".parse()?;
/// assert_eq!(slug.as_str(), "green-leaf");
/// for wrong in ["", "Green", "-a", "a-", "a.b", "a_b", "xn--bcher-kva", "a b"] {
///     assert!(wrong.parse::<Slug>().is_err(), "{wrong:?}");
/// }
/// # Ok::<(), tenancy_core::InvalidSlug>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(SmolStr);

impl Slug {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `label` is a DNS label in lower case that is not of a reserved form.
pub(crate) fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && bytes.first() != Some(&b'-')
        && bytes.last() != Some(&b'-')
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let reserved = value.as_bytes().get(2..4) == Some(b"--".as_slice());
        if !is_label(value) || reserved {
            return Err(InvalidSlug(()));
        }
        Ok(Self(SmolStr::new(value)))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Slug({self})")
    }
}

impl Serialize for Slug {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// A text that is no [`Slug`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a slug is 1 to 63 of the characters a-z, 0-9 and -, with no hyphen at either end nor in third and fourth place"
)]
pub struct InvalidSlug(());
