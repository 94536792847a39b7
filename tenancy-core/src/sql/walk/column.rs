//! Columns, and the names that only look like one.

use sqlparser::{ast::Ident, tokenizer::Token};

use super::Walk;
use crate::{
    Table,
    sql::{Dialect, Refusal, Rule, functions, names, text::Tok},
};

/// Columns that PostgreSQL adds to every table: they tell where and when a row was written, among all tenants'.
const SYSTEM_COLUMNS: [&str; 6] = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// The names of a row's number in every table of SQLite.
pub(super) const ROW_NUMBERS: [&str; 3] = ["_rowid_", "oid", "rowid"];

/// Whether a token may name a row's number.
pub(super) fn is_row_number(tok: &Tok) -> bool {
    match &tok.token {
        Token::Word(word) => ROW_NUMBERS
            .iter()
            .any(|name| word.value.eq_ignore_ascii_case(name)),
        _ => false,
    }
}

impl Walk<'_> {
    /// As [`Walk::column`], with the table's schema in front.
    pub(super) fn qualified_column(&mut self, parts: &mut Vec<Ident>) -> Result<(), Refusal> {
        if let [schema, table, _] = parts.as_slice() {
            self.drop_schema(schema, table)?;
            parts.remove(0);
        }
        self.column(parts)
    }

    /// A column, alone or with its table.
    pub(super) fn column(&mut self, parts: &[Ident]) -> Result<(), Refusal> {
        let behind_a_period = parts.get(1..).unwrap_or_default();
        self.check_idents(parts.first())?;
        behind_a_period
            .iter()
            .try_for_each(|part| self.check_part(part))?;
        let (Some(column), true) = (parts.last(), parts.len() <= 2) else {
            return Err(Refusal::at(
                Rule::Name,
                parts.first().map_or(0, |part| self.offset(part.span)),
            ));
        };
        self.check_column(column)?;
        self.note_column(parts.first().filter(|_| parts.len() == 2), column);
        self.use_column(parts);
        if let [name] = parts {
            let name = names::folded(name, self.dialect);
            self.names_row |= self.scopes.has_source(&name);
        }
        if let [source, field] = parts {
            let name = names::folded(field, self.dialect);
            // `t.pg_typeof` calls the function with the row where `t` has no such column.
            let is_call = name.starts_with("pg_") && functions::is_refused(self.dialect, &name);
            if self.dialect == Dialect::Postgres && is_call {
                Refusal::at(Rule::Field, self.offset(field.span)).refuse()?;
            }
            self.check_field(source, field);
        }
        Ok(())
    }

    /// The name of a column behind its table: there PostgreSQL and MySQL read any word as a name (`ride.from`), if nothing
    /// stands between the two and the period.
    fn check_part(&self, part: &Ident) -> Result<(), Refusal> {
        let at = self.text.offset(part.span.start)?;
        let before = self.text.sql.as_bytes().get(..at).unwrap_or_default();
        let glued =
            matches!(before, [.., b, b'.'] if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'"' | b'`'));
        match self.dialect {
            Dialect::Postgres | Dialect::Mysql if glued => names::check_function(part, self.dialect, at),
            Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql => self.check_ident(part),
        }
    }

    /// Refuses the columns that a server adds to every table, however they are quoted.
    ///
    /// PostgreSQL lets no table have a column of such a name; SQLite does, and the catalogue may then list it. SQLite's
    /// row number is also a unique key of all tenants' rows that no catalogue knows.
    fn check_column(&self, column: &Ident) -> Result<(), Refusal> {
        let name = names::folded(column, self.dialect);
        let is_system = match self.dialect {
            Dialect::Postgres => SYSTEM_COLUMNS.contains(&name.as_str()),
            // It means the column of a unique key, whichever that is.
            Dialect::Mysql => name == "_rowid",
            Dialect::Sqlite => ROW_NUMBERS.contains(&name.as_str()) && !self.tables.list_column(&name),
        };
        if is_system {
            Refusal::at(Rule::SystemColumn, self.offset(column.span)).refuse()
        } else {
            Ok(())
        }
    }

    /// As for any column, and of the table that is written: another table's column of the name does not excuse it.
    pub(in crate::sql) fn check_written_column(&self, table: &Table, column: &Ident) -> Result<(), Refusal> {
        self.check_ident(column)?;
        self.check_column(column)?;
        self.check_not_hidden(table, column)?;
        let name = names::folded(column, self.dialect);
        let is_row_number = self.dialect == Dialect::Sqlite
            && ROW_NUMBERS.contains(&name.as_str())
            && !names::lists_column(table, &name, self.dialect);
        if is_row_number {
            Refusal::at(Rule::SystemColumn, self.offset(column.span)).refuse()?;
        }
        Ok(())
    }
}
