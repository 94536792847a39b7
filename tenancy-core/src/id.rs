//! [`TenantId`]: an identity that no collation, cast or file system can make equal to another one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smol_str::SmolStr;
use uuid::Uuid;

/// The longest text id, in bytes. It fits a DNS label, a PostgreSQL identifier and a directory name.
const MAX_TEXT: usize = 63;

/// The SQL type of the key column that holds a tenant's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    /// A 64-bit integer from 1 on.
    BigInt,
    /// A UUID.
    Uuid,
    /// Text of a closed lower-case alphabet.
    Text,
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyType::BigInt => "bigint",
            KeyType::Uuid => "uuid",
            KeyType::Text => "text",
        })
    }
}

/// The identity of a tenant: a positive `bigint`, a UUID that is not nil, or text.
///
/// Each id has exactly one written form, and no two ids share one: text starts with a letter (so it is no
/// number), is not of UUID form, and consists of `a-z`, `0-9`, `-` and `_` (so no collation, no case folding and no
/// file system can make two of them equal). What is not in that form is refused, never folded or trimmed.
///
/// ```
/// use tenancy_core::{KeyType, TenantId};
///
/// let id: TenantId = "42".parse()?;
/// assert_eq!(id, TenantId::bigint(42)?);
/// assert_eq!(id.to_string(), "42");
/// assert_eq!(TenantId::text("acme")?.key_type(), KeyType::Text);
///
/// for wrong in ["", "0", "-1", "042", "+42", " 42", "Acme", "acme ", "ácme", "a/b", "../a", "9223372036854775808"] {
///     assert!(wrong.parse::<TenantId>().is_err(), "{wrong:?}");
/// }
/// # Ok::<(), tenancy_core::InvalidTenantId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Repr);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Repr {
    BigInt(i64),
    Uuid(Uuid),
    Text(SmolStr),
}

/// The value of a [`TenantId`], for an adapter that binds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyValue<'a> {
    /// A positive 64-bit integer.
    BigInt(i64),
    /// The sixteen bytes of a UUID, most significant first.
    Uuid([u8; 16]),
    /// Text of the closed alphabet.
    Text(&'a str),
}

impl TenantId {
    /// An id for a `bigint` key column.
    ///
    /// # Errors
    /// `value` is not positive: zero is what an unset field holds, so it is nobody's id.
    pub fn bigint(value: i64) -> Result<Self, InvalidTenantId> {
        if value < 1 {
            return Err(InvalidTenantId("a bigint tenant id is a whole number from 1 on"));
        }
        Ok(Self(Repr::BigInt(value)))
    }

    /// An id for a `uuid` key column, from the sixteen bytes of the UUID, most significant first.
    ///
    /// # Errors
    /// The UUID is nil (all zeros), which is what an unset field holds.
    pub fn uuid(bytes: [u8; 16]) -> Result<Self, InvalidTenantId> {
        let uuid = Uuid::from_bytes(bytes);
        if uuid.is_nil() {
            return Err(InvalidTenantId("the nil UUID is nobody's tenant id"));
        }
        Ok(Self(Repr::Uuid(uuid)))
    }

    /// An id for a `text` key column.
    ///
    /// # Errors
    /// `value` is not 1 to 63 characters of `a-z`, `0-9`, `-`, `_` that start with a letter, or has the form of a UUID.
    pub fn text(value: &str) -> Result<Self, InvalidTenantId> {
        let starts_with_letter = value.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let closed = value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !starts_with_letter || !closed || value.len() > MAX_TEXT || has_uuid_form(value) {
            return Err(InvalidTenantId(
                "a text tenant id is 1 to 63 of the characters a-z, 0-9, - and _, starts with a letter, and is no UUID",
            ));
        }
        Ok(Self(Repr::Text(SmolStr::new(value))))
    }

    /// Reads an id of a given type in its one written form.
    ///
    /// # Errors
    /// `value` is not exactly the form that [`Display`](fmt::Display) writes for an id of this type.
    ///
    /// ```
    /// use tenancy_core::{KeyType, TenantId};
    ///
    /// assert!(TenantId::parse(KeyType::BigInt, "7").is_ok());
    /// assert!(TenantId::parse(KeyType::Text, "7").is_err());
    /// ```
    pub fn parse(key_type: KeyType, value: &str) -> Result<Self, InvalidTenantId> {
        match key_type {
            KeyType::BigInt => {
                let error = InvalidTenantId(
                    "a bigint tenant id is a whole number from 1 on, without sign or leading zero",
                );
                // The round trip refuses what `parse` would fold: "+7", "007".
                let number: i64 = value.parse().map_err(|_| error.clone())?;
                if number.to_string() != value {
                    return Err(error);
                }
                Self::bigint(number)
            }
            KeyType::Uuid => {
                let error = InvalidTenantId(
                    "a uuid tenant id is 32 lower-case hexadecimal digits grouped 8-4-4-4-12",
                );
                let uuid = Uuid::try_parse(value).map_err(|_| error.clone())?;
                if uuid.hyphenated().to_string() != value {
                    return Err(error);
                }
                Self::uuid(uuid.into_bytes())
            }
            KeyType::Text => Self::text(value),
        }
    }

    /// The type of key column that this id fits.
    pub fn key_type(&self) -> KeyType {
        match &self.0 {
            Repr::BigInt(_) => KeyType::BigInt,
            Repr::Uuid(_) => KeyType::Uuid,
            Repr::Text(_) => KeyType::Text,
        }
    }

    /// The value to bind to the key column.
    pub fn value(&self) -> KeyValue<'_> {
        match &self.0 {
            Repr::BigInt(value) => KeyValue::BigInt(*value),
            Repr::Uuid(value) => KeyValue::Uuid(value.into_bytes()),
            Repr::Text(value) => KeyValue::Text(value),
        }
    }
}

/// Whether `value` is written like a UUID, in either case: such a text would share its written form with one.
fn has_uuid_form(value: &str) -> bool {
    value.len() == 36 && Uuid::try_parse(value).is_ok()
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if value.bytes().next().is_some_and(|b| b.is_ascii_digit())
            && value.bytes().all(|b| b.is_ascii_digit())
        {
            Self::parse(KeyType::BigInt, value)
        } else if has_uuid_form(value) {
            Self::parse(KeyType::Uuid, value)
        } else {
            Self::text(value)
        }
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::BigInt(value) => write!(f, "{value}"),
            Repr::Uuid(value) => write!(f, "{}", value.hyphenated()),
            Repr::Text(value) => f.write_str(value),
        }
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({self})")
    }
}

impl Serialize for TenantId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TenantId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = String::deserialize(deserializer)?;
        value.parse().map_err(de::Error::custom)
    }
}

/// A text that is no tenant id. The message says what one looks like, and does not repeat the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTenantId(&'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_three_types_never_share_a_written_form() {
        let uuid = "0d3e2c1b-0000-4000-8000-000000000001";
        assert_eq!(uuid.parse::<TenantId>().unwrap().key_type(), KeyType::Uuid);
        assert!(TenantId::text("ad3e2c1b-0000-4000-8000-000000000001").is_err());
        assert!(
            "AD3E2C1B-0000-4000-8000-000000000001"
                .parse::<TenantId>()
                .is_err()
        );
        assert!(
            "{0d3e2c1b-0000-4000-8000-000000000001}"
                .parse::<TenantId>()
                .is_err()
        );
        assert!("0d3e2c1b000040008000000000000001".parse::<TenantId>().is_err());
        assert!(
            "00000000-0000-0000-0000-000000000000"
                .parse::<TenantId>()
                .is_err()
        );
        assert!(TenantId::bigint(0).is_err());
        assert!(TenantId::text(&"a".repeat(63)).is_ok());
        assert!(TenantId::text(&"a".repeat(64)).is_err());
    }

    #[test]
    fn serde_uses_the_written_form() {
        let id = TenantId::bigint(5).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"5\"");
        assert_eq!(serde_json::from_str::<TenantId>("\"5\"").unwrap(), id);
        assert!(serde_json::from_str::<TenantId>("5").is_err());
        assert!(serde_json::from_str::<TenantId>("\"Acme\"").is_err());
    }

    proptest! {
        /// Whatever is read comes out as it went in, so two texts are never one id.
        #[test]
        fn parse_is_injective(text in "\\PC{0,40}|[a-zA-Z0-9_-]{0,70}|[0-9+]{0,22}") {
            if let Ok(id) = text.parse::<TenantId>() {
                prop_assert_eq!(id.to_string(), text.clone());
                prop_assert_eq!(TenantId::parse(id.key_type(), &text).unwrap(), id);
            }
        }
    }
}
