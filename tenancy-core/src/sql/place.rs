//! Where the tenant's predicate goes, and what it looks like.

use sqlparser::ast::Query;

use super::{
    Breadth, Dialect, Refusal,
    faults::{self, Fault},
    kinds::Rows,
    names::Tables,
    splice,
    walk::hides_key,
};
use crate::{KeyType, Table};

/// What a statement says about how a table is to be read.
#[derive(Debug, Default)]
pub(super) struct Reading<'a> {
    /// Without the rows of its children.
    pub(super) only: bool,
    /// Behind the query.
    pub(super) lock: &'a str,
}

/// Writes the predicates and values of one statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placer {
    pub(super) dialect: Dialect,
    pub(super) breadth: Breadth,
    key_type: KeyType,
    /// The number of the tenant's bind.
    number: usize,
    /// Whether something in the statement may fail on a value of a row.
    pub(super) may_fail: bool,
    /// Whether the server must not make slices a part of the joins around them.
    unmerged: bool,
}

impl Placer {
    pub(super) fn new(dialect: Dialect, key_type: KeyType, breadth: Breadth, number: usize) -> Self {
        Self {
            dialect,
            breadth,
            key_type,
            number,
            may_fail: true,
            unmerged: false,
        }
    }

    /// The same, where it is known whether the server must not make slices a part of the joins around them.
    pub(super) fn with_slices_apart(self, apart: bool) -> Self {
        Self {
            unmerged: self.unmerged || apart,
            ..self
        }
    }

    /// The same, where it is known whether something in the statement may fail on a value of a row.
    pub(super) fn that_may_fail(self, may_fail: bool) -> Self {
        Self { may_fail, ..self }
    }

    /// A writer whose bind is one too low: a mistake that only tests switch on.
    pub(super) fn off_by_one(self) -> Self {
        Self {
            number: self.number.saturating_sub(1).max(1),
            ..self
        }
    }

    /// The bound tenant as a value, for an INSERT.
    pub(super) fn value(&self) -> String {
        self.dialect.tenant_value(self.number, self.key_type)
    }

    /// The rows of `table` that may be read, as a query; `None` where all may.
    pub(super) fn slice(
        &self,
        tables: &Tables,
        table: &Table,
        reading: &Reading<'_>,
    ) -> Result<Option<(String, Query)>, Refusal> {
        let Some(predicate) = self.readable(tables, table) else {
            return Ok(None);
        };
        // A test of many tenants is dearer than a condition that may fail, which the guard cannot keep behind it.
        let many = matches!(self.breadth, Breadth::Many { .. }) && self.dialect == Dialect::Postgres;
        let fence = match self.dialect {
            Dialect::Postgres if many || self.needs_wall(table, Rows::Readable) => " OFFSET 0",
            Dialect::Sqlite if self.needs_wall(table, Rows::Readable) => " LIMIT -1",
            // The most that it can count to, as its manual says to write it.
            Dialect::Mysql if self.unmerged || self.needs_wall(table, Rows::Readable) => {
                " LIMIT 18446744073709551615"
            }
            Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql => "",
        };
        let Reading { only, lock } = reading;
        let space = |text: &str| if text.is_empty() { "" } else { " " };
        let text = format!(
            "SELECT {} FROM {}{} WHERE {predicate}{fence}{}{lock}",
            self.columns(table),
            if *only { "ONLY " } else { "" },
            tables.qualified(table),
            space(lock),
        );
        let query = splice::parse_query(&text, self.dialect)?;
        Ok(Some((text, query)))
    }

    /// What a slice shows: all columns, or those that the catalogue lists where the key is hidden.
    pub(super) fn columns(&self, table: &Table) -> String {
        if !hides_key(table, self.breadth) || faults::is_on(Fault::KeyShown) {
            return "*".to_owned();
        }
        let name = self.dialect.quoted(table.name());
        let columns = table.column_names().unwrap_or_default();
        // Qualified: a mere name in quotes that is no column would be a text to SQLite.
        let listed: Vec<String> = columns
            .iter()
            .map(|column| format!("{name}.{}", self.dialect.quoted(column)))
            .collect();
        listed.join(", ")
    }

    /// The predicate of the rows that may be read; `None` where all may.
    pub(super) fn readable(&self, tables: &Tables, table: &Table) -> Option<String> {
        self.readable_as(tables, table, &self.dialect.quoted(table.name()))
    }

    /// As [`Placer::readable`], of a table that goes by `name`.
    pub(super) fn readable_as(&self, tables: &Tables, table: &Table, name: &str) -> Option<String> {
        self.rows(tables, table, name, Rows::Readable)
    }

    /// The test that a row is one of those reached.
    pub(super) fn own(&self, name: &str, key: &str) -> Option<String> {
        let column = format!("{name}.{}", self.dialect.quoted(key));
        let bind = self.dialect.tenant(self.number);
        let key_type = self.key_type;
        match (self.breadth, self.dialect) {
            (Breadth::One, Dialect::Postgres) => Some(format!("{column} = {}", self.value())),
            // The collation of the column could fold case; an id never does.
            (Breadth::One, Dialect::Sqlite) => Some(match key_type {
                KeyType::BigInt => format!("{column} = {bind}"),
                KeyType::Uuid | KeyType::Text => format!("{column} = {bind} COLLATE BINARY"),
            }),
            (Breadth::Many { .. }, Dialect::Postgres) => {
                Some(format!("{column} = ANY(CAST({bind} AS {key_type}[]))"))
            }
            (Breadth::Many { .. }, Dialect::Sqlite) => {
                Some(format!("{column} IN (SELECT \"value\" FROM json_each({bind}))"))
            }
            // As for SQLite. What takes the index stands first, what is exact behind it.
            (Breadth::One, Dialect::Mysql) => Some(match key_type {
                KeyType::BigInt | KeyType::Uuid => format!("{column} = {bind}"),
                // The parser would take all that follows for the operand of a `BINARY` without parentheses.
                KeyType::Text => format!("{column} = {bind} AND {column} = CAST({bind} AS BINARY)"),
            }),
            (Breadth::Many { .. }, Dialect::Mysql) => Some(match key_type {
                KeyType::BigInt | KeyType::Uuid => format!("{column} IN ({bind})"),
                KeyType::Text => format!("{column} IN ({bind}) AND CAST({column} AS BINARY) IN ({bind})"),
            }),
            (Breadth::All { .. }, Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql) => None,
        }
    }

    /// PostgreSQL may run the user's own conditions before the test, and their errors quote the row. A CASE is no
    /// equivalence class, so it keeps its place in front of conditions that cost as much. The planner takes a CASE for one
    /// that half of the rows pass, and IS NOT NULL for one that nearly all do.
    pub(super) fn guarded(&self, test: String) -> Option<String> {
        Some(match self.dialect {
            Dialect::Postgres => format!("{test} AND CASE WHEN {test} THEN true END IS NOT NULL"),
            Dialect::Sqlite | Dialect::Mysql => test,
        })
    }
}
