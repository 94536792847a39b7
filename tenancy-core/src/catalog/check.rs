//! What a catalogue must not say.

use std::collections::{BTreeMap, BTreeSet};

use super::{Party, Table, TableKind, Via};

/// The longest identifier that PostgreSQL keeps whole, in bytes; it cuts a longer one, which may then name
/// another table (PostgreSQL documentation, section 4.1.1).
const MAX_IDENTIFIER: usize = 63;

/// Checks what a table says of itself.
pub(super) fn table(table: &Table) -> Result<(), CatalogError> {
    let fail = |what: &str| Err(CatalogError::table(&table.name, what));
    identifier(&table.name)?;
    table.schema.as_deref().map_or(Ok(()), identifier)?;
    match table.key() {
        Some("") => return fail("has no key column; name one for the whole catalogue or for this table"),
        Some(key) => identifier(key)?,
        None => {}
    }
    let columns = table.columns.as_deref().map(folded);
    if let Some(listed) = &table.columns {
        listed.iter().try_for_each(|column| identifier(column))?;
        if columns
            .as_ref()
            .is_some_and(|columns| columns.len() != listed.len())
        {
            return fail("lists a column twice");
        }
    }
    match &table.kind {
        TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Shared | TableKind::Denied => {}
        TableKind::Via(own) => via(table, own, columns.as_ref())?,
        TableKind::Party(own) => parties(table, own, columns.as_ref())?,
        TableKind::View { sql } => {
            if sql.trim().is_empty() {
                return fail("is a view with an empty body");
            }
            if table.columns.is_some() {
                return fail("is a view with a body; name its columns in the body's select list");
            }
        }
    }
    if table.view && (table.unique.is_some() || table.primary.is_some()) {
        return fail("is a view, and has no unique keys");
    }
    let keys = table.unique.iter().flatten().chain(&table.primary);
    keys.into_iter()
        .try_for_each(|key| unique(table, key, columns.as_ref()))?;
    constraints(table, columns.as_ref())
}

/// Each names a unique key, one of those that are given where all are.
fn constraints(table: &Table, columns: Option<&BTreeSet<String>>) -> Result<(), CatalogError> {
    let fail = |what: &str| Err(CatalogError::table(&table.name, what));
    if table.view && !table.constraints.is_empty() {
        return fail("is a view, and has no constraints");
    }
    for (name, key) in &table.constraints {
        identifier(name)?;
        unique(table, key, columns)?;
        let is_given = |keys: &Vec<Vec<String>>| {
            let mut keys = keys.iter().chain(&table.primary);
            keys.any(|given| folded(given) == folded(key))
        };
        if !table.unique.as_ref().is_none_or(is_given) {
            return fail("has a constraint on columns that are none of its unique keys");
        }
    }
    Ok(())
}

fn unique(table: &Table, key: &[String], columns: Option<&BTreeSet<String>>) -> Result<(), CatalogError> {
    let fail = |what: &str| Err(CatalogError::table(&table.name, what));
    if key.is_empty() {
        return fail("has a unique key without columns");
    }
    for column in key {
        identifier(column)?;
        // A hidden key column is not listed, and in the unique keys all the same.
        let hidden = table.hides_key() && table.key().is_some_and(|own| own.eq_ignore_ascii_case(column));
        if !hidden && !lists(columns, column) {
            return fail("has a unique key on a column that it does not list");
        }
    }
    Ok(())
}

fn via(table: &Table, own: &Via, columns: Option<&BTreeSet<String>>) -> Result<(), CatalogError> {
    let fail = |what: &str| Err(CatalogError::table(&table.name, what));
    identifier(own.parent())?;
    if own.on().len() == 0 {
        return fail(
            "has a parent, but no column that leads to it; say on = { column = \"parent's column\" }",
        );
    }
    for (column, references) in own.on() {
        identifier(column)?;
        identifier(references)?;
        if !lists(columns, column) {
            return fail("has a foreign key on a column that it does not list");
        }
    }
    let names: BTreeSet<String> = own.columns().map(str::to_ascii_lowercase).collect();
    if names.len() != own.on().len() {
        return fail("has a column twice in its foreign key");
    }
    Ok(())
}

fn parties(table: &Table, own: &[Party], columns: Option<&BTreeSet<String>>) -> Result<(), CatalogError> {
    let fail = |what: &str| Err(CatalogError::table(&table.name, what));
    let keys: BTreeSet<String> = own.iter().map(|party| party.key().to_ascii_lowercase()).collect();
    if own.len() < 2 || keys.len() != own.len() {
        return fail("needs at least two parties, each with a column of its own");
    }
    if own.iter().filter(|party| party.may_insert()).count() > 1 {
        return fail("lets more than one party insert: whose key would a new row get?");
    }
    for party in own {
        identifier(party.key())?;
        if !lists(columns, party.key()) {
            return fail("has a party whose column it does not list");
        }
        for column in party.updatable() {
            identifier(column)?;
            if keys.contains(&column.to_ascii_lowercase()) {
                return fail(
                    "lets a party change a column that names a party: no statement gives a row away",
                );
            }
            if !lists(columns, column) {
                return fail("lets a party change a column that it does not list");
            }
        }
    }
    Ok(())
}

/// Checks that each child has a parent that it can belong to.
pub(super) fn parents(tables: &BTreeMap<String, Table>) -> Result<(), CatalogError> {
    for table in tables.values() {
        let fail = |what: &str| Err(CatalogError::table(&table.name, what));
        let mut child = table;
        // No chain is longer than there are tables, unless it is a ring.
        for step in 0.. {
            let TableKind::Via(via) = &child.kind else { break };
            if step > tables.len() {
                return fail("is its own ancestor");
            }
            let Some(parent) = tables.get(via.parent()) else {
                return fail("has a parent that the catalogue does not name");
            };
            if step == 0 {
                parent_of(table, via, parent)?;
            }
            child = parent;
        }
    }
    Ok(())
}

fn parent_of(table: &Table, via: &Via, parent: &Table) -> Result<(), CatalogError> {
    let fail = |what: &str| Err(CatalogError::table(&table.name, what));
    let owned = match &parent.kind {
        TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Via(_) | TableKind::Party(_) => true,
        TableKind::Shared | TableKind::View { .. } | TableKind::Denied => false,
    };
    if !owned || parent.view {
        return fail(
            "has a parent that belongs to no tenant; it has to be a tenant, mixed, via or party table",
        );
    }
    let columns = parent.columns.as_deref().map(folded);
    if via
        .on()
        .any(|(_, references)| !lists(columns.as_ref(), references))
    {
        return fail("references a column that its parent does not list");
    }
    let referenced: BTreeSet<String> = via
        .on()
        .map(|(_, references)| references.to_ascii_lowercase())
        .collect();
    let is_unique = |keys: &[Vec<String>]| keys.iter().any(|key| folded(key).is_subset(&referenced));
    if parent.unique.as_deref().is_some_and(|keys| !is_unique(keys)) {
        return fail(
            "references columns of its parent that are no unique key of it: two tenants' rows could be parents of one",
        );
    }
    Ok(())
}

/// Checks the application's own functions, types and operators.
pub(super) fn allowed(
    functions: &BTreeSet<String>,
    types: &BTreeSet<String>,
    operators: &BTreeSet<String>,
    tables: &BTreeSet<String>,
) -> Result<(), CatalogError> {
    operators.iter().try_for_each(|name| operator(name))?;
    for name in functions.iter().chain(types) {
        let (schema, name) = name
            .split_once('.')
            .map_or((None, name.as_str()), |(schema, name)| (Some(schema), name));
        schema.map_or(Ok(()), identifier)?;
        identifier(name)?;
    }
    // Every table of PostgreSQL is a type too, whose values are its rows.
    let last = |name: &String| name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match types.iter().find(|name| tables.contains(&last(name))) {
        Some(name) => Err(CatalogError::new(format!(
            "{name:?} is allowed as a type, but it is a table"
        ))),
        None => Ok(()),
    }
}

/// Checks the name of an operator, by the rules of PostgreSQL (documentation, section 4.1.3).
fn operator(name: &str) -> Result<(), CatalogError> {
    let is_sign = |c: char| "+-*/<>=~!@#%^&|`?".contains(c);
    let begins_comment = name.contains("--") || name.contains("/*");
    let ends_alone = name.len() > 1
        && name.ends_with(['+', '-'])
        && !name.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']);
    if name.is_empty()
        || name.len() > MAX_IDENTIFIER
        || !name.chars().all(is_sign)
        || begins_comment
        || ends_alone
    {
        return Err(CatalogError(format!(
            "{name:?} is no operator: give it as in statements, without a schema"
        )));
    }
    Ok(())
}

fn lists(columns: Option<&BTreeSet<String>>, column: &str) -> bool {
    columns.is_none_or(|columns| columns.contains(&column.to_ascii_lowercase()))
}

fn folded(columns: &[String]) -> BTreeSet<String> {
    columns.iter().map(|column| column.to_ascii_lowercase()).collect()
}

/// Checks the name of a table, schema, column, function or type.
pub(super) fn identifier(name: &str) -> Result<(), CatalogError> {
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
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    pub(super) fn table(name: &str, what: &str) -> Self {
        Self(format!("table {name:?} {what}"))
    }
}
