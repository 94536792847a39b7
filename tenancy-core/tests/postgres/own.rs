//! The statements of this folder: how they are read, and their catalogue.

use tenancy_core::{Catalog, KeyType, Table};

/// `items` shows its key, `notes` hides it, of `orders` no columns are known.
pub(crate) fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["tid", "id", "name", "qty"])
                .unique(["tid", "id"])
                .unique(["tid", "name"])
                .constraint("items_name_key", ["tid", "name"]),
        )
        .table(
            Table::tenant("notes")
                .columns(["id", "body", "tags"])
                .unique(["tid", "id"]),
        )
        .tenant_tables(["orders"])
        .mixed_tables(["tags"])
        .shared_tables(["brands"])
        .allow_operators(["<=>", "%>"])
        .build()
        .unwrap()
}

/// The statements of a script, without its comments and psql's own commands.
pub(crate) fn statements(script: &str) -> Vec<String> {
    let lines: Vec<&str> = script
        .lines()
        .filter(|line| !line.starts_with('\\') && !line.trim_start().starts_with("--"))
        .collect();
    let script = lines.join("\n");
    script
        .split(";\n")
        .map(|statement| statement.trim().trim_end_matches(';').to_owned())
        .filter(|statement| !statement.is_empty())
        .collect()
}
