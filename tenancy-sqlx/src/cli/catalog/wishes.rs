//! What the operator says of a database, checked against it.

use std::collections::BTreeMap;

use tenancy_core::KeyType;

use super::model::{Column, Database, Kind, Relation};

/// What the operator says of the database.
#[derive(Debug)]
pub(super) struct Wishes {
    pub(super) key: Option<String>,
    pub(super) key_type: Option<KeyType>,
    pub(super) shared: Vec<String>,
}

impl Wishes {
    /// Checks that what is named is there.
    pub(super) fn check(&self, database: &Database) -> Result<(), String> {
        let is_there = |name: &str| database.relations.iter().any(|relation| is_named(relation, name));
        match self.shared.iter().find(|name| !is_there(name)) {
            Some(name) => Err(format!(
                "--shared names {name:?}, and there is no such table or view"
            )),
            None => Ok(()),
        }
    }

    /// The type of the key columns, as it is said or as they all have it.
    pub(super) fn key_type(&self, database: &Database) -> Result<Option<KeyType>, String> {
        let Some(key) = &self.key else {
            return Ok(None);
        };
        let columns: Vec<&Column> = database
            .relations
            .iter()
            .filter(|relation| relation.kind == Kind::Table)
            .filter_map(|relation| relation.column(database.product, key))
            .collect();
        if columns.is_empty() {
            return Err(format!(
                "no table has a column {key:?}; {}",
                candidates(database).unwrap_or_else(|| "and no other column is in several tables".to_owned())
            ));
        }
        if let Some(key_type) = self.key_type {
            return Ok(Some(key_type));
        }
        let mut likeliest = columns
            .iter()
            .map(|column| database.product.ids(&column.column_type).first().copied());
        let first = likeliest.next().flatten();
        match first {
            Some(key_type) if likeliest.all(|other| other == first) => Ok(Some(key_type)),
            Some(_) | None => Err(format!(
                "the columns {key:?} have several types, or one that is no id's; say which with --type bigint, uuid or text"
            )),
        }
    }
}

/// Whether `name`, with its schema or without, is the relation's.
pub(super) fn is_named(relation: &Relation, name: &str) -> bool {
    let full = relation
        .schema
        .as_ref()
        .map(|schema| format!("{schema}.{}", relation.name));
    relation.name == name || full.as_deref() == Some(name)
}

/// Columns that could be the key, for a comment.
pub(super) fn candidates(database: &Database) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let tables = database
        .relations
        .iter()
        .filter(|relation| relation.kind == Kind::Table);
    let columns = tables.flat_map(|relation| &relation.columns);
    for column in columns.filter(|column| column.name.to_ascii_lowercase().ends_with("_id")) {
        *counts.entry(&column.name).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().filter(|(_, count)| *count > 1).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let told: Vec<String> = counts
        .iter()
        .take(5)
        .map(|(name, count)| format!("{name:?} in {count}"))
        .collect();
    (!told.is_empty()).then(|| format!("columns that are in several tables: {}", told.join(", ")))
}
