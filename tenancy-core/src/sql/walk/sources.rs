//! What stands in FROM, under which name, and with which columns.
//!
//! PostgreSQL reads `a.f` as `f(a)` where `a` has no column `f`, and takes a row for any function of one argument that fits it:
//! the application's own functions of a table's row type, and, of a function in FROM that returns a plain value, every
//! function of that value. No list allows those calls. So a field is only one that its source is known to have.
//!
//! The server decides by rules of its own which of several sources of a name is meant (a plain derived table does not see
//! its neighbours, a LATERAL one does). Here each source of the name that is open has to have the field: the server means
//! one of them. A table whose columns the catalogue does not list may have any.

use std::sync::Arc;

use sqlparser::ast::{Ident, ObjectName, Spanned, TableAlias};

use super::{
    Walk,
    columns::Columns,
    scopes::{Source, System},
};
use crate::{
    Table, TableKind,
    sql::{Breadth, Dialect, Refusal, Rule, functions, mend, names},
};

/// The name of the row that an upsert could not insert.
pub(in crate::sql) const EXCLUDED: &str = "excluded";

/// The fields that functions in FROM have by themselves, whatever they are called there.
const OWN_FIELDS: [&str; 3] = ["key", "ordinality", "value"];

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
            // A function of one value has one column, which goes by the name of the source.
            let makes_rows = match names::parts(name, self.offset(name.span()))?.last() {
                Some(last) => {
                    functions::is_table_function_allowed(self.dialect, &self.fold(last))
                        || last.value == mend::ROWS_FROM
                }
                None => false,
            };
            let own = OWN_FIELDS.iter().filter(|_| makes_rows);
            own.map(ToString::to_string).chain([called.clone()]).collect()
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
