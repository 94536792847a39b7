//! `tenancy.toml`: a catalogue as a file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Table, TableKind};
use crate::KeyType;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<Key>,
    #[serde(default)]
    tables: BTreeMap<String, Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
    #[serde(rename = "type")]
    key_type: KeyType,
}

/// A table in short (`orders = "tenant"`) or in full.
#[derive(Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a kind (\"tenant\", \"shared\", \"mixed\", \"denied\") or a table { kind, key, schema, columns, unique }"
)]
enum Entry {
    Short(Kind),
    Full(Full),
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Tenant,
    Shared,
    Mixed,
    Denied,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique: Option<Vec<Vec<String>>>,
}

pub(super) fn read(text: &str) -> Result<Catalog, CatalogError> {
    let file: File = toml::from_str(text).map_err(|error| CatalogError::new(error.to_string()))?;
    let mut builder = Catalog::builder();
    if let Some(Key { key, key_type }) = file.tenant {
        builder = builder.tenant_key(key, key_type);
    }
    for (name, entry) in file.tables {
        builder = builder.table(table(name, entry)?);
    }
    builder.build()
}

fn table(name: String, entry: Entry) -> Result<Table, CatalogError> {
    let full = match entry {
        Entry::Short(kind) => Full {
            kind,
            key: None,
            schema: None,
            columns: None,
            unique: None,
        },
        Entry::Full(full) => full,
    };
    let Full {
        kind,
        key,
        schema,
        columns,
        unique,
    } = full;
    let table = match kind {
        Kind::Tenant => Table::tenant(name),
        Kind::Mixed => Table::mixed(name),
        Kind::Shared => Table::shared(name),
        Kind::Denied => Table::denied(name),
    };
    let mut table = match (key, kind) {
        (None, _) => table,
        (Some(key), Kind::Tenant | Kind::Mixed) => table.key_column(key),
        // A key on a shared table would be ignored, and its author believe that it scopes.
        (Some(_), Kind::Shared | Kind::Denied) => {
            return Err(CatalogError::new(format!(
                "table {:?} has a key, but its kind has none",
                table.name
            )));
        }
    };
    table.schema = schema;
    table.columns = columns;
    table.unique = unique;
    Ok(table)
}

pub(super) fn write(catalog: &Catalog) -> String {
    let tenant = (!catalog.key.is_empty()).then(|| Key {
        key: catalog.key.clone(),
        key_type: catalog.key_type,
    });
    let tables = catalog
        .tables()
        .map(|table| (table.name.clone(), entry(table)))
        .collect();
    // Strings, lists and maps of them always serialise.
    toml::to_string(&File { tenant, tables }).unwrap_or_default()
}

fn entry(table: &Table) -> Entry {
    let kind = match table.kind {
        TableKind::Tenant { .. } => Kind::Tenant,
        TableKind::Mixed { .. } => Kind::Mixed,
        TableKind::Shared => Kind::Shared,
        TableKind::Denied => Kind::Denied,
    };
    Entry::Full(Full {
        kind,
        key: table.key().map(str::to_owned),
        schema: table.schema.clone(),
        columns: table.columns.clone(),
        unique: table.unique.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_equal() {
        let catalog = Catalog::builder()
            .tenant_key("store_id", KeyType::Text)
            .tenant_tables(["a", "b"])
            .shared_tables(["c"])
            .table(
                Table::mixed("d")
                    .key_column("shop")
                    .schema("s")
                    .columns(["shop", "id"])
                    .unique(["shop", "id"]),
            )
            .denied_tables(["secrets"])
            .build()
            .unwrap();
        assert_eq!(Catalog::from_toml(&catalog.to_toml()).unwrap(), catalog);
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text: &str, part: &str| {
            let error = Catalog::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check("[tables]\norders = \"tenant\"", "no key column");
        check("[tables]\norders = \"tenat\"", "kind");
        check("[tenant]\nkey = \"k\"\ntype = \"int\"", "int");
        check("[tenant]\nkey = \"k\"\ntype = \"bigint\"\n[tabels]", "tabels");
        check(
            "[tables]\nbrands = { kind = \"shared\", key = \"k\" }",
            "has a key",
        );
        check("[tables]\n\"a b\\\"\" = \"shared\"", "no name");
        check("[tables]\nt = \"shared\"\nT = \"shared\"", "twice");
        check(
            "[tables]\nt = { kind = \"tenant\", key = \"k\", columns = [\"id\"] }",
            "key column",
        );
        check(
            "[tables]\nt = { kind = \"tenant\", key = \"k\", unique = [[]] }",
            "without columns",
        );
    }
}
