//! What stands in FROM, under which name, and with which columns.
//!
//! PostgreSQL reads `a.f` as `f(a)` where `a` has no column `f`, and takes a row for any function of one argument that fits it:
//! the application's own functions of a table's row type, and, of a function in FROM that returns a plain value, every
//! function of that value. No list allows those calls. So a field is only one that its source is known to have.
//!
//! The server decides by rules of its own which of several sources of a name is meant (a plain derived table does not see
//! its neighbours, a LATERAL one does). Here each source of the name that is open has to have the field: the server means
//! one of them. A table whose columns the catalogue does not list may have any.

use std::{collections::HashMap, sync::Arc};

use sqlparser::ast::{Ident, ObjectName, Spanned, TableAlias};

use super::Walk;
use crate::{
    Table, TableKind,
    sql::{Breadth, Dialect, Refusal, Rule, names},
};

/// The name of the row that an upsert could not insert.
pub(in crate::sql) const EXCLUDED: &str = "excluded";

/// The fields that functions in FROM have by themselves, whatever they are called there.
const OWN_FIELDS: [&str; 3] = ["key", "ordinality", "value"];

/// The most columns that may be listed for the sources and select lists of one statement, all told. A few lines of `SELECT *`
/// from each other can double them a hundred times.
const MAX_COLUMNS: usize = 1 << 20;

/// The columns of a source, as the server compares names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) enum Columns {
    /// These in this order, and no others; one without a name that is certain has an empty one.
    Exactly(Vec<String>),
    /// These, and no others.
    Known(Vec<String>),
    /// The catalogue does not list them.
    Unknown,
}

impl Columns {
    pub(super) fn none() -> Self {
        Columns::Exactly(Vec::new())
    }

    /// How many there are, where that is certain.
    pub(super) fn width(&self) -> Option<usize> {
        match self {
            Columns::Exactly(columns) => Some(columns.len()),
            Columns::Known(_) | Columns::Unknown => None,
        }
    }

    /// The same, of which the number and the order are not certain.
    fn loosely(self) -> Self {
        match self {
            Columns::Exactly(columns) | Columns::Known(columns) => Columns::Known(columns),
            Columns::Unknown => Columns::Unknown,
        }
    }

    fn len(&self) -> usize {
        match self {
            Columns::Exactly(columns) | Columns::Known(columns) => columns.len(),
            Columns::Unknown => 0,
        }
    }

    pub(super) fn may_have(&self, column: &str) -> bool {
        match self {
            Columns::Exactly(columns) | Columns::Known(columns) => {
                columns.iter().any(|known| known == column)
            }
            Columns::Unknown => true,
        }
    }

    /// Both, one after the other.
    pub(super) fn and(self, more: Columns) -> Columns {
        match (self, more) {
            (Columns::Exactly(mut columns), Columns::Exactly(more)) => {
                columns.extend(more);
                Columns::Exactly(columns)
            }
            (
                Columns::Exactly(mut columns) | Columns::Known(mut columns),
                Columns::Exactly(more) | Columns::Known(more),
            ) => {
                columns.extend(more);
                Columns::Known(columns)
            }
            (Columns::Unknown, _) | (_, Columns::Unknown) => Columns::Unknown,
        }
    }

    /// Those of both.
    fn common(self, other: Columns) -> Columns {
        match (self, other) {
            (
                Columns::Exactly(mut columns) | Columns::Known(mut columns),
                Columns::Exactly(other) | Columns::Known(other),
            ) => {
                columns.retain(|column| other.contains(column));
                Columns::Known(columns)
            }
            (Columns::Unknown, known) | (known, Columns::Unknown) => known,
        }
    }

    /// With new names for the first ones.
    pub(super) fn renamed(self, names: Vec<String>) -> Columns {
        match self {
            Columns::Exactly(columns) if names.len() <= columns.len() => {
                let rest = columns.into_iter().skip(names.len());
                Columns::Exactly(names.iter().cloned().chain(rest).collect())
            }
            Columns::Exactly(columns) | Columns::Known(columns) => {
                let rest = columns.into_iter().skip(names.len());
                Columns::Known(names.iter().cloned().chain(rest).collect())
            }
            Columns::Unknown => Columns::Unknown,
        }
    }
}

/// A relation under the name that its columns are written with.
#[derive(Debug)]
struct Source {
    name: String,
    /// The table, where it goes by its own name: its columns may then be written with its schema.
    own: Option<Arc<Table>>,
    columns: Columns,
    system: System,
    /// Whether a `*` shows it.
    shown: bool,
    /// The table, where the statement writes it.
    target: Option<Arc<Table>>,
}

/// Whether a source has the column with which PostgreSQL tells the table of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// It stands as a table, or can, and its column is known by itself.
    Has,
    /// The same, inside of a join: there the column is known by the table's name alone.
    Named,
    /// It has no column of that name.
    Lacks,
    /// It may have one, of whatever value, or one that a slice takes from it.
    May,
}

/// The sources that are open at a place of the statement, the outermost first.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    scopes: Vec<Vec<Source>>,
    /// The columns of the common table expressions, by the engine's name for them.
    ctes: HashMap<String, Columns>,
    /// Names in phrases that are hidden from the parser: of joins (`USING (…) AS x`), and of columns that SEARCH and CYCLE
    /// make.
    hidden: Vec<String>,
    /// The columns that some USING names.
    merged: Vec<String>,
    /// How many columns were listed.
    listed: usize,
    /// The depths of scopes with joins that merge columns.
    merging: Vec<usize>,
}

impl Scopes {
    pub(super) fn depth(&self) -> usize {
        self.scopes.len()
    }

    pub(super) fn open(&mut self) {
        self.scopes.push(Vec::new());
    }

    pub(super) fn close_to(&mut self, depth: usize) {
        self.scopes.truncate(depth);
        self.merging.retain(|merging| *merging <= depth);
    }

    /// Notes that a join of the innermost scope merges columns.
    pub(super) fn merges(&mut self) {
        self.merging.push(self.scopes.len());
    }

    pub(super) fn hide(&mut self, names: impl IntoIterator<Item = String>) {
        self.hidden.extend(names);
    }

    /// Notes a column that a USING names.
    pub(super) fn merge(&mut self, column: String) {
        self.merged.push(column);
    }

    /// Whether a join that is hidden from the parser has this name and may have this column.
    fn is_merged(&self, source: &str, column: &str) -> bool {
        self.hidden.iter().any(|name| name == source) && self.merged.iter().any(|merged| merged == column)
    }

    pub(super) fn set_cte(&mut self, renamed: String, columns: Columns) {
        let columns = if self.hidden.is_empty() {
            columns
        } else {
            columns.and(Columns::Known(self.hidden.clone()))
        };
        self.ctes.insert(renamed, columns);
    }

    /// The columns of a common table expression; none before it has been walked.
    pub(super) fn cte(&self, renamed: &str) -> Columns {
        let unread = Columns::none().loosely();
        self.ctes.get(renamed).cloned().unwrap_or(unread)
    }

    /// Refuses a statement with more columns than are worth listing.
    pub(super) fn check_width(&self) -> Result<(), Refusal> {
        if self.listed > MAX_COLUMNS {
            return Err(Refusal::new(Rule::TooLong));
        }
        Ok(())
    }

    /// How many sources the innermost scope has, to tell later which came after.
    pub(super) fn count(&self) -> usize {
        self.scopes.last().map_or(0, Vec::len)
    }

    /// The columns of the innermost scope's sources, from the `from`th on.
    pub(super) fn columns_from(&mut self, from: usize) -> Result<Columns, Refusal> {
        let sources = || self.scopes.last().into_iter().flatten().skip(from);
        self.listed += sources().map(|source| source.columns.len()).sum::<usize>();
        self.check_width()?;
        let shown = sources().filter(|source| source.shown);
        let columns = shown.fold(Columns::none(), |all, source| all.and(source.columns.clone()));
        Ok(if self.merging.contains(&self.scopes.len()) {
            columns.loosely()
        } else {
            columns
        })
    }

    /// Whether the column with which the server tells the table of a row means that and nothing else, behind the name of a
    /// source.
    pub(super) fn tells_table(&self, source: &str) -> bool {
        let mut named = self.named(source).peekable();
        named.peek().is_some() && named.all(|source| matches!(source.system, System::Has | System::Named))
    }

    /// The one source that the column means which stands alone, and whether the statement writes it.
    pub(super) fn told_alone(&self) -> Option<(String, bool)> {
        let open = || {
            self.scopes.iter().rev().map(|scope| {
                scope
                    .iter()
                    .filter(|source| source.system == System::Has)
                    .collect::<Vec<_>>()
            })
        };
        let certain = self
            .scopes
            .iter()
            .flatten()
            .all(|source| source.system != System::May);
        match open().find(|has| !has.is_empty())?.as_slice() {
            [only] if certain => Some((only.name.clone(), only.target.is_some())),
            _ => None,
        }
    }

    pub(super) fn has_source(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    /// Whether a name means the whole row of a source: there is one of the name, and no column.
    pub(super) fn is_row(&self, name: &str) -> bool {
        self.has_source(name)
            && !self
                .scopes
                .iter()
                .flatten()
                .any(|source| source.columns.may_have(name))
    }

    /// The table that a statement writes, by this name.
    pub(super) fn written(&self, name: &str) -> Option<Arc<Table>> {
        self.named(name).last().and_then(|source| source.target.clone())
    }

    fn add(&mut self, source: Source) {
        self.listed += source.columns.len();
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(source);
        }
    }

    fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Source> {
        self.scopes
            .iter()
            .flatten()
            .filter(move |source| source.name == name)
    }

    /// The columns that a source of this name has for certain; `None` where there is no such source.
    pub(super) fn columns_of(&mut self, name: &str) -> Result<Option<Columns>, Refusal> {
        self.listed += self.named(name).map(|source| source.columns.len()).sum::<usize>();
        self.check_width()?;
        let columns = self.named(name).map(|source| source.columns.clone());
        Ok(columns.reduce(Columns::common))
    }

    /// Whether each source of this name may have this column; `None` where there is no such source.
    fn have(&self, name: &str, column: &str) -> Option<bool> {
        self.named(name)
            .map(|source| source.columns.may_have(column))
            .reduce(|one, other| one && other)
    }
}

impl Walk<'_> {
    fn fold(&self, ident: &Ident) -> String {
        names::folded(ident, self.dialect)
    }

    /// The columns of a table that statements see.
    pub(in crate::sql) fn table_columns(&self, table: &Table) -> Columns {
        match table.column_names() {
            Some(columns) => Columns::Exactly(
                columns
                    .iter()
                    .map(|column| names::folded_name(column, self.dialect))
                    .collect(),
            ),
            None => Columns::Unknown,
        }
    }

    fn alias_columns(&self, alias: &TableAlias) -> Vec<String> {
        alias
            .columns
            .iter()
            .map(|column| self.fold(&column.name))
            .collect()
    }

    /// Notes a query or a join in FROM that goes by its alias; one without an alias has no name.
    pub(in crate::sql) fn note_source(&mut self, alias: Option<&TableAlias>, columns: Columns) {
        let system = self.given_system(&columns);
        self.note_as(alias, columns, system);
    }

    /// What a source has that is made of queries, and not of tables. Columns that are not all known, as those of a type of
    /// the application's own, may be called anything.
    fn given_system(&self, columns: &Columns) -> System {
        if self.names_system || columns.width().is_none() {
            System::May
        } else {
            System::Lacks
        }
    }

    fn note_as(&mut self, alias: Option<&TableAlias>, columns: Columns, system: System) {
        let (name, columns) = match alias {
            Some(alias) => (
                names::table_folded(&alias.name, self.dialect),
                columns.renamed(self.alias_columns(alias)),
            ),
            None => (String::new(), columns),
        };
        self.scopes.add(Source {
            name,
            own: None,
            columns,
            system,
            shown: true,
            target: None,
        });
    }

    /// What a table of a FROM has; `stays` is whether it can stand there as itself.
    fn table_system(&self, table: &Table, stays: bool) -> System {
        let alone = if self.in_join { System::Named } else { System::Has };
        let stands = match table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } => {
                stays && self.placer.breadth == Breadth::One
            }
            TableKind::Shared => true,
            TableKind::Via(_) | TableKind::Party(_) | TableKind::View { .. } | TableKind::Denied => false,
        };
        // A view of the database has no such column, and may have one of its own.
        if stands && !table.is_view() {
            alone
        } else {
            System::May
        }
    }

    /// Notes a table of the catalogue or a common table expression.
    pub(super) fn note_relation(
        &mut self,
        name: &Ident,
        alias: Option<&TableAlias>,
        own: Option<&Arc<Table>>,
        columns: Columns,
    ) {
        let stays = self
            .usage
            .last()
            .is_some_and(|usage| usage.depth == self.scopes.depth());
        let system = own.map_or_else(
            || self.given_system(&columns),
            |table| self.table_system(table, stays),
        );
        if alias.is_some() {
            return self.note_as(alias, columns, system);
        }
        let name = names::table_folded(name, self.dialect);
        self.scopes.add(Source {
            name,
            own: own.cloned(),
            columns,
            system,
            shown: true,
            target: None,
        });
    }

    /// Notes the table that a statement writes, under its folded name there.
    pub(in crate::sql) fn note_target(&mut self, table: &Arc<Table>, known_as: &str) {
        self.note_written(table, known_as, (System::Has, true));
    }

    /// Notes the row that an upsert could not insert.
    pub(in crate::sql) fn note_excluded(&mut self, table: &Arc<Table>) {
        self.note_written(table, EXCLUDED, (System::Lacks, false));
    }

    fn note_written(&mut self, table: &Arc<Table>, known_as: &str, (system, shown): (System, bool)) {
        let columns = self.table_columns(table);
        let own = known_as == names::table_folded_name(table.name(), self.dialect);
        self.scopes.add(Source {
            name: known_as.to_owned(),
            own: own.then(|| Arc::clone(table)),
            columns,
            system,
            shown,
            target: Some(Arc::clone(table)),
        });
    }

    /// Opens a scope for a statement that writes; [`Walk::close_scopes`] ends it.
    pub(in crate::sql) fn open_scope(&mut self) -> usize {
        let depth = self.scopes.depth();
        self.scopes.open();
        depth
    }

    pub(in crate::sql) fn close_scopes(&mut self, depth: usize) {
        self.scopes.close_to(depth);
    }

    /// Notes a function in FROM.
    pub(super) fn note_row_function(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
    ) -> Result<(), Refusal> {
        let called = match alias {
            Some(alias) => self.fold(&alias.name),
            None => match names::parts(name, self.offset(name.span()))?.last() {
                Some(last) => self.fold(last),
                None => return Ok(()),
            },
        };
        let named = alias.map(|alias| self.alias_columns(alias)).unwrap_or_default();
        let columns = if named.is_empty() {
            let own = OWN_FIELDS.iter().map(ToString::to_string);
            own.chain([called.clone()]).collect()
        } else {
            named
        };
        self.scopes.add(Source {
            name: called,
            own: None,
            columns: Columns::Known(columns),
            system: System::May,
            shown: true,
            target: None,
        });
        Ok(())
    }

    /// Notes `source.field` for a refusal, unless the field is known to be a column or its source may have any.
    pub(super) fn check_field(&mut self, source: &Ident, field: &Ident) {
        if self.dialect != Dialect::Postgres {
            return;
        }
        let field_name = self.fold(field);
        let source = self.fold(source);
        let known = self.scopes.have(&source, &field_name);
        let merged = known.is_none() && self.scopes.is_merged(&source, &field_name);
        if !merged && known != Some(true) {
            let at = self.offset(field.span);
            self.no_field.get_or_insert(Refusal::at(Rule::Field, at));
        }
    }

    /// Takes the schema off `schema.table.column` and `schema.table.*`: a slice goes by the table's name alone.
    pub(super) fn drop_schema(&mut self, schema: &Ident, table: &Ident) -> Result<(), Refusal> {
        let at = self.offset(schema.span);
        let name = names::table_folded(table, self.dialect);
        self.check_ident(schema)?;
        let is_meant = |source: &Source| {
            source
                .own
                .as_ref()
                .and_then(|own| self.tables.schema(own))
                .is_some_and(|own| names::is_named(schema, own, self.dialect))
        };
        let found = self.scopes.named(&name).next().is_some();
        if !found || !self.scopes.named(&name).all(is_meant) {
            return Err(Refusal::at(Rule::Name, at));
        }
        let range = at..self.offset(table.span);
        self.edit(range, String::new());
        Ok(())
    }
}
