//! Names as the server compares them, and what each table name means where it stands.

use std::{collections::HashMap, sync::Arc};

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::{Dialect, Refusal, Rule, reserved};
use crate::{Catalog, Table, TableKind, Via};

/// Names that begin so are the engine's own.
pub(super) const RESERVED: &str = "_tq";

/// The longest name that PostgreSQL keeps whole, in bytes.
const MAX_NAME: usize = 63;

/// An identifier of a column, function or common table expression as the server compares it: PostgreSQL folds unquoted
/// names, SQLite and MySQL all.
pub(super) fn folded(ident: &Ident, dialect: Dialect) -> String {
    match (dialect, ident.quote_style) {
        (Dialect::Postgres, Some(_)) => ident.value.clone(),
        (Dialect::Postgres, None) | (Dialect::Sqlite, _) => ident.value.to_ascii_lowercase(),
        (Dialect::Mysql, _) => lowered(&ident.value),
    }
}

/// A name of the catalogue, which writes names as they are, as the server compares it.
pub(super) fn folded_name(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => name.to_owned(),
        Dialect::Sqlite => name.to_ascii_lowercase(),
        Dialect::Mysql => lowered(name),
    }
}

/// A name as MySQL compares columns: every letter that has a case is folded, and not only those of ASCII.
fn lowered(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).collect()
}

/// Whether some server could take two names of columns for one.
pub(super) fn are_alike(one: &str, other: &str) -> bool {
    lowered(one) == lowered(other)
}

/// Whether a letter beyond ASCII has at most one other of its kind, upper or lower, so that every version of a server folds
/// it alike.
fn folds_alike(letter: char) -> bool {
    let single = |mut letters: Box<dyn Iterator<Item = char>>| match (letters.next(), letters.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    };
    let lower = |letter: char| single(Box::new(letter.to_lowercase()));
    let Some(small) = lower(letter) else { return false };
    let capital = single(Box::new(small.to_uppercase())).unwrap_or(small);
    !small.is_ascii()
        && !capital.is_ascii()
        && lower(capital) == Some(small)
        && [small, capital].contains(&letter)
}

/// An identifier of a table or of a table's alias as the server compares it: MySQL folds none of these.
pub(super) fn table_folded(ident: &Ident, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => folded(ident, dialect),
        Dialect::Mysql => ident.value.clone(),
    }
}

/// A table's name in the catalogue as the server compares it.
pub(super) fn table_folded_name(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres | Dialect::Sqlite => folded_name(name, dialect),
        Dialect::Mysql => name.to_owned(),
    }
}

/// Whether an identifier names the column or schema `name` of the catalogue.
pub(super) fn is_named(ident: &Ident, name: &str, dialect: Dialect) -> bool {
    folded(ident, dialect) == folded_name(name, dialect)
}

/// Refuses identifiers that the server could read as another one, or as a word of its grammar.
pub(super) fn check(ident: &Ident, dialect: Dialect, at: usize) -> Result<(), Refusal> {
    if ident.quote_style.is_none() && reserved::is_reserved(dialect, &ident.value.to_ascii_lowercase()) {
        Refusal::at(Rule::Name, at).refuse()?;
    }
    check_function(ident, dialect, at)
}

/// As [`check`], for the name of a function, which has a list of its own and may be a word of the grammar.
pub(super) fn check_function(ident: &Ident, dialect: Dialect, at: usize) -> Result<(), Refusal> {
    let Ident {
        value,
        quote_style,
        span: _,
    } = ident;
    let quotes = match (dialect, quote_style) {
        (_, None) => true,
        (Dialect::Postgres | Dialect::Sqlite, Some('"')) => true,
        (Dialect::Sqlite, Some('`' | '[')) => true,
        (Dialect::Mysql, Some('`')) => true,
        (Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql, Some(_)) => false,
    };
    // Quotes inside of a quoted name stand doubled in the text, and would be compared so.
    let plain = !value.is_empty() && !value.contains(['"', '`', '[', ']', '\'']);
    let reserved = value
        .get(..RESERVED.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(RESERVED));
    let folds = dialect != Dialect::Mysql || value.chars().all(|c| c.is_ascii() || folds_alike(c));
    if !quotes || !plain || !folds || reserved || value.len() > MAX_NAME {
        Refusal::at(Rule::Name, at).refuse()?;
    }
    Ok(())
}

/// The identifiers of a dotted name; a part that is computed is refused.
pub(super) fn parts(name: &ObjectName, at: usize) -> Result<Vec<&Ident>, Refusal> {
    let ObjectName(parts) = name;
    parts
        .iter()
        .map(|part| match part {
            ObjectNamePart::Identifier(ident) => Ok(ident),
            ObjectNamePart::Function(_) => Err(Refusal::at(Rule::Name, at)),
        })
        .collect()
}

/// Whether the catalogue lists a column of this name for the table.
pub(super) fn lists_column(table: &Table, folded: &str, dialect: Dialect) -> bool {
    let columns = table.column_names().unwrap_or_default();
    columns
        .iter()
        .any(|column| folded_name(column, dialect) == folded)
}

/// The catalogue's tables by the name that the server compares.
#[derive(Debug)]
pub(super) struct Tables {
    dialect: Dialect,
    /// What is only read is a view of the same name in this schema.
    views: Option<&'static str>,
    by_name: HashMap<String, Arc<Table>>,
    /// The application's own, each with its schema.
    functions: Vec<(Option<String>, String)>,
    types: Vec<(Option<String>, String)>,
    operators: Vec<String>,
}

impl Tables {
    pub(super) fn new(catalog: &Catalog, dialect: Dialect) -> Self {
        let by_name = catalog
            .tables()
            .map(|table| (table_folded_name(table.name(), dialect), Arc::new(table.clone())))
            .collect();
        let split = |name: &str| match name.split_once('.') {
            Some((schema, name)) => (Some(schema.to_owned()), name.to_owned()),
            None => (None, name.to_owned()),
        };
        Self {
            dialect,
            views: None,
            by_name,
            functions: catalog.allowed_functions().map(split).collect(),
            types: catalog.allowed_types().map(split).collect(),
            operators: catalog.allowed_operators().map(str::to_owned).collect(),
        }
    }

    /// The same tables, where what is only read is read through views that the adapter has made, as only SQLite's does.
    pub(super) fn behind_views(mut self) -> Self {
        self.views = match self.dialect {
            Dialect::Sqlite => Some("temp"),
            Dialect::Postgres | Dialect::Mysql => None,
        };
        self
    }

    /// Whether what is only read is read through views.
    pub(super) fn has_views(&self) -> bool {
        self.views.is_some()
    }

    /// The schema in which a table is read.
    pub(super) fn read_schema<'a>(&self, table: &'a Table) -> Option<&'a str> {
        self.views.or_else(|| self.schema(table))
    }

    /// The schema that a table stands in; `None` where that is the connection's own.
    pub(super) fn schema<'a>(&self, table: &'a Table) -> Option<&'a str> {
        table.schema_name().or(self.dialect.default_schema())
    }

    /// `"schema"."table"`, which no temporary table and no search path can turn into another: a table that is read.
    ///
    /// On MySQL, where the schema is the connection's database, it is the table's name alone: names that a WITH gives
    /// are the engine's own by then, and temporary tables are not for tenants to make.
    pub(super) fn qualified(&self, table: &Table) -> String {
        self.in_schema(self.read_schema(table), table)
    }

    /// The same in the tree.
    pub(super) fn qualified_name(&self, table: &Table) -> ObjectName {
        self.name_in(self.read_schema(table), table)
    }

    /// A table that is written, as [`Tables::qualified`] one that is read.
    pub(super) fn target(&self, table: &Table) -> String {
        self.in_schema(self.schema(table), table)
    }

    /// The same in the tree.
    pub(super) fn target_name(&self, table: &Table) -> ObjectName {
        self.name_in(self.schema(table), table)
    }

    fn in_schema(&self, schema: Option<&str>, table: &Table) -> String {
        let name = self.dialect.quoted(table.name());
        match schema {
            Some(schema) => format!("{}.{name}", self.dialect.quoted(schema)),
            None => name,
        }
    }

    fn name_in(&self, schema: Option<&str>, table: &Table) -> ObjectName {
        let parts = schema.into_iter().chain([table.name()]);
        ObjectName(
            parts
                .map(|part| ObjectNamePart::Identifier(self.dialect.ident(part)))
                .collect(),
        )
    }

    /// Whether an operator is one that the catalogue allows. Only PostgreSQL has such.
    pub(super) fn allows_operator(&self, name: &str) -> bool {
        self.dialect == Dialect::Postgres && self.operators.iter().any(|own| own == name)
    }

    /// The table that a name of one or two parts means, unless the catalogue does not know it or denies it.
    pub(super) fn find(&self, parts: &[&Ident], at: usize) -> Result<Arc<Table>, Refusal> {
        let (schema, name) = match parts {
            [name] => (None, name),
            [schema, name] => (Some(schema), name),
            _ => return Err(Refusal::at(Rule::Name, at)),
        };
        for part in parts {
            check(part, self.dialect, at)?;
        }
        let table = self
            .by_name
            .get(&table_folded(name, self.dialect))
            .ok_or(Refusal::at(Rule::UnknownTable, at))?;
        let own = |schema: &Ident| {
            self.schema(table)
                .is_some_and(|own| table_folded(schema, self.dialect) == table_folded_name(own, self.dialect))
        };
        if schema.is_some_and(|schema| !own(schema)) {
            Refusal::at(Rule::UnknownTable, at).refuse()?;
        }
        match table.kind() {
            TableKind::Denied => Refusal::at(Rule::DeniedTable, at)
                .refuse()
                .map(|()| Arc::clone(table)),
            TableKind::Tenant { .. }
            | TableKind::Mixed { .. }
            | TableKind::Shared
            | TableKind::Via(_)
            | TableKind::Party(_)
            | TableKind::View { .. } => Ok(Arc::clone(table)),
        }
    }

    /// Whether there is a view with a body.
    pub(super) fn has_bodies(&self) -> bool {
        self.iter()
            .any(|table| matches!(table.kind(), TableKind::View { .. }))
    }

    /// The application's own functions, each with its schema where that is not the default one.
    pub(super) fn functions(&self) -> &[(Option<String>, String)] {
        &self.functions
    }

    /// The application's own types, likewise.
    pub(super) fn types(&self) -> &[(Option<String>, String)] {
        &self.types
    }

    /// The parent of a child, of which a catalogue is sure.
    pub(super) fn parent(&self, via: &Via) -> Option<&Table> {
        self.by_name
            .get(&folded_name(via.parent(), self.dialect))
            .map(|table| &**table)
    }

    /// Where the way from a child over its parents ends.
    pub(super) fn root<'a>(&'a self, table: &'a Table) -> Option<&'a Table> {
        let mut table = table;
        for _ in 0..=self.by_name.len() {
            let TableKind::Via(via) = table.kind() else {
                return Some(table);
            };
            table = self.parent(via)?;
        }
        None
    }

    /// Whether some table lists a column of this name.
    pub(super) fn list_column(&self, folded: &str) -> bool {
        self.iter().any(|table| lists_column(table, folded, self.dialect))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.by_name.values()
    }
}

/// The names that the WITH clauses around a place have given, innermost last.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: Vec<HashMap<String, String>>,
    named: usize,
}

impl Frames {
    pub(super) fn push(&mut self) {
        self.frames.push(HashMap::new());
    }

    pub(super) fn pop(&mut self) {
        self.frames.pop();
    }

    /// A name of the engine's own, so that a slip ends in "no such table", never in a base table.
    pub(super) fn fresh(&mut self) -> String {
        self.named += 1;
        format!("{RESERVED}{}", self.named)
    }

    /// From here on `name` means the common table expression `renamed`.
    pub(super) fn define(&mut self, name: String, renamed: String) {
        if let Some(frame) = self.frames.last_mut() {
            frame.insert(name, renamed);
        }
    }

    /// What the common table expression `name` is called now, if there is one.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.frames
            .iter()
            .rev()
            .find_map(|frame| frame.get(name))
            .map(String::as_str)
    }
}
