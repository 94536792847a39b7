//! Puts a catalogue together, and checks it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Catalog, Table, TableKind};
use crate::KeyType;

/// The longest identifier that PostgreSQL keeps whole, in bytes; it cuts a longer one, which may then name
/// another table (PostgreSQL documentation, section 4.1.1).
const MAX_IDENTIFIER: usize = 63;

/// Puts a [`Catalog`] together; made by [`Catalog::builder`].
#[derive(Debug, Clone, Default)]
pub struct CatalogBuilder {
    key: Option<(String, KeyType)>,
    tables: Vec<Table>,
}

impl CatalogBuilder {
    /// Says which column carries a row's tenant, and its type. Needed where there is a tenant or a mixed table.
    pub fn tenant_key(mut self, column: impl Into<String>, key_type: KeyType) -> Self {
        self.key = Some((column.into(), key_type));
        self
    }

    /// Adds tables whose rows each carry their tenant's key.
    pub fn tenant_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::tenant)
    }

    /// Adds tables that every tenant reads and none writes.
    ///
    /// # Cross-tenant
    /// Every row of theirs is readable by every tenant.
    pub fn shared_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::shared)
    }

    /// Adds tables whose rows are shared where the key is NULL, and their tenant's own elsewhere.
    ///
    /// # Cross-tenant
    /// Every row of theirs whose key is NULL is readable by every tenant.
    pub fn mixed_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::mixed)
    }

    /// Adds tables that are refused by name.
    pub fn denied_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::denied)
    }

    /// Adds one table with what there is to say of it.
    pub fn table(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    fn all<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>, make: fn(String) -> Table) -> Self {
        self.tables
            .extend(names.into_iter().map(|name| make(name.into())));
        self
    }

    /// The catalogue.
    ///
    /// # Errors
    /// A name is no identifier, two tables share one (in any case, as SQLite would see it), a unique key names
    /// a column that the table does not list, or a tenant or mixed table has no key.
    pub fn build(self) -> Result<Catalog, CatalogError> {
        let (key, key_type) = self.key.unwrap_or_else(|| (String::new(), KeyType::BigInt));
        if !key.is_empty() {
            check_identifier(&key)?;
        }
        let mut tables = BTreeMap::new();
        let mut folded = BTreeSet::new();
        for mut table in self.tables {
            match &mut table.kind {
                TableKind::Tenant { key: own } | TableKind::Mixed { key: own } if own.is_empty() => {
                    own.clone_from(&key)
                }
                TableKind::Tenant { .. }
                | TableKind::Mixed { .. }
                | TableKind::Shared
                | TableKind::Denied => {}
            }
            check_table(&table)?;
            // SQLite folds case, so one catalogue that serves both dialects keeps names apart in either.
            if !folded.insert(table.name.to_ascii_lowercase()) {
                return Err(CatalogError::table(
                    &table.name,
                    "is named twice; upper and lower case count as the same",
                ));
            }
            tables.insert(table.name.clone(), table);
        }
        Ok(Catalog::new(key, key_type, tables))
    }
}

fn check_table(table: &Table) -> Result<(), CatalogError> {
    let fail = |what: &str| Err(CatalogError::table(&table.name, what));
    check_identifier(&table.name)?;
    table.schema.as_deref().map_or(Ok(()), check_identifier)?;
    match table.key() {
        Some("") => return fail("has no key column; name one for the whole catalogue or for this table"),
        Some(key) => check_identifier(key)?,
        None => {}
    }
    let Some(columns) = &table.columns else {
        return check_unique(table, None);
    };
    columns.iter().try_for_each(|column| check_identifier(column))?;
    let folded: BTreeSet<String> = columns.iter().map(|column| column.to_ascii_lowercase()).collect();
    if folded.len() != columns.len() {
        return fail("lists a column twice");
    }
    if table
        .key()
        .is_some_and(|key| !folded.contains(&key.to_ascii_lowercase()))
    {
        return fail("does not list its key column among its columns");
    }
    check_unique(table, Some(&folded))
}

fn check_unique(table: &Table, columns: Option<&BTreeSet<String>>) -> Result<(), CatalogError> {
    for key in table.unique.iter().flatten() {
        if key.is_empty() {
            return Err(CatalogError::table(
                &table.name,
                "has a unique key without columns",
            ));
        }
        for column in key {
            check_identifier(column)?;
            if columns.is_some_and(|columns| !columns.contains(&column.to_ascii_lowercase())) {
                return Err(CatalogError::table(
                    &table.name,
                    "has a unique key on a column that it does not list",
                ));
            }
        }
    }
    Ok(())
}

fn check_identifier(name: &str) -> Result<(), CatalogError> {
    let plain = |c: char| !c.is_control() && !matches!(c, '"' | '\'' | '`' | '[' | ']' | '\\' | '.' | ';');
    if name.is_empty() || name.len() > MAX_IDENTIFIER || !name.chars().all(plain) || name.trim() != name {
        return Err(CatalogError(format!(
            "{name:?} is no name for a table, schema or column here: 1 to {MAX_IDENTIFIER} bytes, \
             without quotes, brackets, dots, semicolons, backslashes or control characters"
        )));
    }
    Ok(())
}

/// A catalogue that contradicts itself, or a `tenancy.toml` that cannot be read. The message says what to mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("catalogue: {0}")]
pub struct CatalogError(String);

impl CatalogError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn table(name: &str, what: &str) -> Self {
        Self(format!("table {name:?} {what}"))
    }
}
