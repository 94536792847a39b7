//! Key columns that the catalogue hides: a statement that names one names a column that is not there.
//!
//! In a slice the column is missing, so the server itself would say so. The target of a write is the table as it is, and
//! there the column has to be refused, in every form that could mean it: alone, with the table's name, or in a whole row.

use sqlparser::ast::Ident;

use super::Walk;
use crate::{
    Table,
    sql::{Breadth, Dialect, Refusal, Rule, names},
};

/// Where tables with hidden keys stand, and the columns that the statement names.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    uses: Vec<Use>,
    /// Qualifier, column, and the place in the text.
    columns: Vec<(Option<String>, String, usize)>,
    /// Names that the statement gives to columns of its own.
    given: Vec<String>,
    /// Whether some table has columns that are not known, or lists the name.
    others: Vec<std::sync::Arc<Table>>,
}

#[derive(Debug)]
struct Use {
    key: String,
    known_as: String,
    /// The columns of a table that stands in the statement as it is; none where its slice does.
    in_place: Option<Vec<String>>,
}

impl Hidden {
    pub(super) fn check(&self, dialect: Dialect) -> Result<(), Refusal> {
        let named = self
            .columns
            .iter()
            .find(|(qualifier, column, _)| self.is_hidden(qualifier.as_deref(), column, dialect));
        named.map_or(Ok(()), |(.., at)| Refusal::at(Rule::HiddenKey, *at).refuse())
    }

    fn is_hidden(&self, qualifier: Option<&str>, column: &str, dialect: Dialect) -> bool {
        self.uses.iter().any(|used| match (qualifier, &used.in_place) {
            (Some(qualifier), _) => used.key == column && used.known_as == qualifier,
            // A whole row has all columns. From PostgreSQL 18 on OLD and NEW are whole rows of the target.
            (None, Some(columns)) => {
                let row = used.known_as == column
                    || dialect == Dialect::Postgres && matches!(column, "old" | "new");
                used.key == column || row && !columns.iter().any(|own| own == column)
            }
            (None, None) => used.key == column && !self.is_given(column, dialect),
        })
    }

    /// Whether something else in the statement has a column of this name.
    fn is_given(&self, column: &str, dialect: Dialect) -> bool {
        self.given.iter().any(|given| given == column)
            || self
                .others
                .iter()
                .any(|table| table.column_names().is_none() || names::lists_column(table, column, dialect))
    }
}

impl Walk<'_> {
    /// Whether statements do not see the table's key. An operator's do: a crossing has to tell the rows apart.
    pub(in crate::sql) fn hides_key(&self, table: &Table) -> bool {
        hides_key(table, self.placer.breadth)
    }

    /// Notes a table that stands in the statement as its slice.
    pub(super) fn note_slice(&mut self, table: &std::sync::Arc<Table>, known_as: &Ident) {
        if self.hides_key(table) {
            let known_as = names::folded(known_as, self.dialect);
            self.note_use(table, known_as, None);
        } else {
            self.hidden.others.push(std::sync::Arc::clone(table));
        }
    }

    /// Notes a table that stands in the statement as it is, under this folded name.
    pub(in crate::sql) fn note_in_place(&mut self, table: &Table, known_as: String) {
        if self.hides_key(table) {
            let columns = table.column_names().unwrap_or_default();
            let folded = columns
                .iter()
                .map(|column| names::folded_name(column, self.dialect))
                .collect();
            self.note_use(table, known_as, Some(folded));
        }
    }

    fn note_use(&mut self, table: &Table, known_as: String, in_place: Option<Vec<String>>) {
        if let Some(key) = table.key() {
            self.hidden.uses.push(Use {
                key: names::folded_name(key, self.dialect),
                known_as,
                in_place,
            });
        }
    }

    /// Notes a column that the statement names.
    pub(super) fn note_column(&mut self, qualifier: Option<&Ident>, column: &Ident) {
        let qualifier = qualifier.map(|ident| names::folded(ident, self.dialect));
        let at = self.offset(column.span);
        self.hidden
            .columns
            .push((qualifier, names::folded(column, self.dialect), at));
    }

    /// Notes a name that the statement gives to a column of its own.
    pub(super) fn note_given(&mut self, name: &Ident) {
        self.names_system |= super::system::is_table_id(name);
        let name = names::folded(name, self.dialect);
        self.hidden.given.push(name);
    }

    /// Refuses the hidden key among the columns that a statement writes.
    pub(super) fn check_not_hidden(&self, table: &Table, column: &Ident) -> Result<(), Refusal> {
        let is_key = table
            .key()
            .is_some_and(|key| names::is_named(column, key, self.dialect));
        if is_key && self.hides_key(table) {
            Refusal::at(Rule::HiddenKey, self.offset(column.span)).refuse()?;
        }
        Ok(())
    }
}

/// Whether statements of this breadth do not see the table's key.
pub(in crate::sql) fn hides_key(table: &Table, breadth: Breadth) -> bool {
    match breadth {
        Breadth::One => table.hides_key(),
        Breadth::Many { .. } | Breadth::All { .. } => false,
    }
}
