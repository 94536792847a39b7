//! Ids of rows: random, so that they tell nothing about how many others there are.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The id of a row: a random UUID in its usual form, lower case.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(try_from = "String")]
#[sqlx(transparent)]
#[schema(value_type = String, format = "uuid", example = "0b5f0a6e-3c52-4d0f-9a58-9d9a4a1f7c3e")]
pub struct Id(String);

impl Id {
    /// A new random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4().to_string())
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no id.
#[derive(Debug, thiserror::Error)]
#[error("an id looks like 0b5f0a6e-3c52-4d0f-9a58-9d9a4a1f7c3e")]
pub struct InvalidId;

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // One form only: two spellings of an id would be two keys of a cache, or of a log.
        match Uuid::try_parse(text) {
            Ok(uuid) if uuid.to_string() == text => Ok(Self(text.to_owned())),
            _ => Err(InvalidId),
        }
    }
}

impl TryFrom<String> for Id {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form() {
        let id = Id::random();
        assert_eq!(id.to_string().parse::<Id>().unwrap(), id);
        for bad in [
            "",
            "1",
            "0B5F0A6E-3C52-4D0F-9A58-9D9A4A1F7C3E",
            "0b5f0a6e3c524d0f9a589d9a4a1f7c3e",
            "' OR 1=1",
        ] {
            assert!(bad.parse::<Id>().is_err(), "{bad}");
        }
    }
}
