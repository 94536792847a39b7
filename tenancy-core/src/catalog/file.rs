//! `tenancy.toml`: a catalogue as a file.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Catalog, CatalogError, Party, Table, TableKind};
use crate::KeyType;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<Key>,
    #[serde(default)]
    tables: BTreeMap<String, Entry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    views: BTreeMap<String, Entry>,
    #[serde(default, skip_serializing_if = "Allow::is_empty")]
    allow: Allow,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    key: String,
    #[serde(rename = "type")]
    key_type: KeyType,
}

/// The application's own functions, types and operators.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    #[serde(default)]
    functions: BTreeSet<String>,
    #[serde(default)]
    types: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    operators: BTreeSet<String>,
}

impl Allow {
    fn is_empty(&self) -> bool {
        self.functions.is_empty() && self.types.is_empty() && self.operators.is_empty()
    }
}

/// A table or view in short (`orders = "tenant"`) or in full.
#[derive(Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a kind (\"tenant\", \"shared\", \"mixed\", \"denied\") or a table { kind, key, schema, columns, unique, primary, \
                 constraints }, \
                 with { parent, on } for the kind \"via\" and { parties } for the kind \"party\", or a view { sql, schema }, or \
                 { kind, key, schema, columns, view = true }"
)]
enum Entry {
    Short(Kind),
    Full(Box<Full>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Tenant,
    Shared,
    Mixed,
    Via,
    Party,
    Denied,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unique: Option<Vec<Vec<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    primary: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    constraints: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sql: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    view: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parties: Option<BTreeMap<String, Rights>>,
}

/// What a party may write.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rights {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    insert: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    update: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    delete: bool,
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
    for (name, entry) in file.views {
        builder = builder.table(table(name, entry)?.as_view());
    }
    builder
        .allow_functions(file.allow.functions)
        .allow_types(file.allow.types)
        .allow_operators(file.allow.operators)
        .build()
}

fn table(name: String, entry: Entry) -> Result<Table, CatalogError> {
    let full = match entry {
        Entry::Short(kind) => Full {
            kind: Some(kind),
            ..Full::default()
        },
        Entry::Full(full) => *full,
    };
    let Full {
        kind,
        key,
        schema,
        columns,
        unique,
        primary,
        constraints,
        parent,
        sql,
        view,
        on,
        parties,
    } = full;
    let fail = |what: &str| Err(CatalogError::table(&name, what));
    // What a kind has no use for would be ignored, and its author believe that it scopes.
    if key.is_some() && !matches!(kind, Some(Kind::Tenant | Kind::Mixed)) {
        return fail("has a key, but its kind has none");
    }
    if (parent.is_some() || on.is_some()) && kind != Some(Kind::Via) {
        return fail("has a parent, but its kind has none; the kind \"via\" has");
    }
    if parties.is_some() && kind != Some(Kind::Party) {
        return fail("has parties, but its kind has none; the kind \"party\" has");
    }
    let mut table = match (kind, sql) {
        (Some(_), Some(_)) => {
            return fail("has a kind and a body; a view with a body has the kinds of its tables");
        }
        (None, None) => return fail("has no kind"),
        (None, Some(sql)) => Table::view(name, sql),
        (Some(Kind::Tenant), None) => Table::tenant(name),
        (Some(Kind::Mixed), None) => Table::mixed(name),
        (Some(Kind::Shared), None) => Table::shared(name),
        (Some(Kind::Denied), None) => Table::denied(name),
        (Some(Kind::Via), None) => match parent {
            Some(parent) => Table::via(name, parent, on.unwrap_or_default()),
            None => return fail("is of the kind \"via\", but names no parent"),
        },
        (Some(Kind::Party), None) => Table::party(name, parties.unwrap_or_default().into_iter().map(party)),
    };
    if let Some(key) = key {
        table = table.key_column(key);
    }
    table.schema = schema;
    table.columns = columns;
    table.unique = unique;
    table.primary = primary;
    table.constraints = constraints;
    table.view |= view;
    Ok(table)
}

fn party((key, rights): (String, Rights)) -> Party {
    let Rights {
        insert,
        update,
        delete,
    } = rights;
    let mut party = Party::new(key).updates(update);
    if insert {
        party = party.inserts();
    }
    if delete {
        party = party.deletes();
    }
    party
}

pub(super) fn write(catalog: &Catalog) -> String {
    let tenant = (!catalog.key.is_empty()).then(|| Key {
        key: catalog.key.clone(),
        key_type: catalog.key_type,
    });
    let entries = |views: bool| {
        catalog
            .tables()
            .filter(|table| table.view == views)
            .map(|table| (table.name.clone(), Entry::Full(Box::new(entry(table)))))
            .collect()
    };
    let file = File {
        tenant,
        tables: entries(false),
        views: entries(true),
        allow: Allow {
            functions: catalog.allowed.functions.clone(),
            types: catalog.allowed.types.clone(),
            operators: catalog.allowed.operators.clone(),
        },
    };
    // Strings, lists and maps of them always serialise.
    toml::to_string(&file).unwrap_or_default()
}

fn entry(table: &Table) -> Full {
    let mut full = Full {
        key: table.key().map(str::to_owned),
        schema: table.schema.clone(),
        columns: table.columns.clone(),
        unique: table.unique.clone(),
        primary: table.primary.clone(),
        constraints: table.constraints.clone(),
        ..Full::default()
    };
    match &table.kind {
        TableKind::Tenant { key: _ } => full.kind = Some(Kind::Tenant),
        TableKind::Mixed { key: _ } => full.kind = Some(Kind::Mixed),
        TableKind::Shared => full.kind = Some(Kind::Shared),
        TableKind::Denied => full.kind = Some(Kind::Denied),
        TableKind::View { sql } => full.sql = Some(sql.clone()),
        TableKind::Via(via) => {
            full.kind = Some(Kind::Via);
            full.parent = Some(via.parent().to_owned());
            let pair = |(column, references): (&str, &str)| (column.to_owned(), references.to_owned());
            full.on = Some(via.on().map(pair).collect());
        }
        TableKind::Party(parties) => {
            full.kind = Some(Kind::Party);
            let rights = |party: &Party| {
                let rights = Rights {
                    insert: party.may_insert(),
                    update: party.updatable().to_vec(),
                    delete: party.may_delete(),
                };
                (party.key().to_owned(), rights)
            };
            full.parties = Some(parties.iter().map(rights).collect());
        }
    }
    full
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
                    .unique(["shop", "id"])
                    .constraint("d_key", ["shop", "id"]),
            )
            .denied_tables(["secrets"])
            .table(
                Table::tenant("hidden")
                    .columns(["id"])
                    .primary(["id"])
                    .unique(["store_id", "id"]),
            )
            .table(Table::via("lines", "hidden", [("hidden_id", "id")]).unique(["hidden_id", "line"]))
            .table(
                Table::party(
                    "deals",
                    [
                        Party::new("seller").updates(["status"]),
                        Party::new("buyer").inserts().updates(["qty"]).deletes(),
                    ],
                )
                .columns(["id", "buyer", "seller", "status", "qty"]),
            )
            .table(Table::tenant("totals").as_view())
            .table(Table::view("recent", "SELECT id FROM a WHERE b > 'it''s'"))
            .allow_functions(["slugify", "app.price"])
            .allow_types(["status"])
            .allow_operators(["<=>", "%>"])
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
            "[tables]\nt = { kind = \"tenant\", key = \"k\", unique = [[]] }",
            "without columns",
        );
        check("[tables]\nt = { kind = \"tenant\", colums = [] }", "columns");
        check("[tables]\nt = { columns = [\"a\"] }", "no kind");
        check("[tables]\nt = { kind = \"via\" }", "names no parent");
        check(
            "[tables]\nt = { kind = \"shared\", parent = \"p\" }",
            "has a parent",
        );
        check("[tables]\nt = { kind = \"shared\", parties = {} }", "has parties");
        check("[tables]\nt = { kind = \"party\" }", "two parties");
        check("[views]\nt = { kind = \"shared\", sql = \"SELECT 1\" }", "a body");
        check("[views]\nt = { sql = \" \" }", "empty body");
        check("[allow]\nfunctions = [\"a.b.c\"]", "no name");
        check(
            "[allow]\ntypes = [\"app.T\"]\n[tables]\nt = \"shared\"",
            "it is a table",
        );
        check("[allow]\nfunction = [\"f\"]", "functions");
        for operator in ["", "a", "<->-", "--", "</*", "public.<->"] {
            check(&format!("[allow]\noperators = [{operator:?}]"), "no operator");
        }
        let constraint = |fields: &str| format!("[tables]\nt = {{ kind = \"shared\", {fields} }}");
        check(
            &constraint("unique = [[\"a\"]], constraints = { t_key = [\"b\"] }"),
            "none of its unique keys",
        );
        check(&constraint("constraints = { t_key = [] }"), "without columns");
        check(
            &constraint("constraints = { t_key = [\"a\"] }, view = true"),
            "no constraints",
        );
    }

    #[test]
    fn children_need_a_parent_that_is_one_tenants() {
        let check = |tables: &str, part: &str| {
            let text = format!("[tenant]\nkey = \"k\"\ntype = \"bigint\"\n[tables]\n{tables}");
            let outcome = Catalog::from_toml(&text)
                .map(drop)
                .map_err(|error| error.to_string());
            match outcome {
                Ok(()) => assert!(part.is_empty(), "{tables}"),
                Err(error) => assert!(!part.is_empty() && error.contains(part), "{error}"),
            }
        };
        let c = "c = { kind = \"via\", parent = \"p\", on = { p_id = \"id\" } }\n";
        check(c, "does not name");
        check(&format!("{c}p = \"shared\""), "no tenant");
        check(
            &format!("{c}p = {{ kind = \"tenant\", view = true }}"),
            "no tenant",
        );
        check(&format!("{c}p = \"mixed\""), "");
        check(
            &format!("{c}p = {{ kind = \"via\", parent = \"c\", on = {{ c_id = \"id\" }} }}"),
            "its own ancestor",
        );
        check(
            &format!("{c}p = {{ kind = \"tenant\", unique = [[\"k\", \"id\"]] }}"),
            "no unique key",
        );
        check(
            &format!("{c}p = {{ kind = \"tenant\", unique = [[\"id\"]], columns = [\"id\"] }}"),
            "",
        );
        check(
            &format!("{c}p = {{ kind = \"tenant\", columns = [\"number\"] }}"),
            "does not list",
        );
    }
}
