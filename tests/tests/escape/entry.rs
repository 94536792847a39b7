//! The entries of `data/escapes`.

use serde::Deserialize;

/// An entry of a catalogue of escapes; the fields of other runs are left out.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Escape {
    #[serde(alias = "position")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) setup: Vec<String>,
    #[serde(default)]
    pub(crate) before: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(crate) sql: Vec<String>,
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Either::deserialize(from)? {
        Either::One(sql) => vec![sql],
        Either::Many(all) => all,
    })
}

pub(crate) fn read(json: &str) -> Vec<Escape> {
    serde_json::from_str(json).unwrap()
}
