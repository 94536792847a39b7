//! The dialects, and what differs between them in a word.

use sqlparser::dialect::{Dialect as ParserDialect, PostgreSqlDialect, SQLiteDialect};

use crate::KeyType;

/// The database whose SQL is scoped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// PostgreSQL, from version 15 on, with `standard_conforming_strings` on.
    Postgres,
    /// SQLite, from version 3.35 on.
    Sqlite,
}

impl Dialect {
    pub(super) fn parser(self) -> &'static dyn ParserDialect {
        match self {
            Dialect::Postgres => &PostgreSqlDialect {},
            Dialect::Sqlite => &SQLiteDialect {},
        }
    }

    /// The schema of tables for which the catalogue names none.
    pub(super) fn default_schema(self) -> &'static str {
        match self {
            Dialect::Postgres => "public",
            Dialect::Sqlite => "main",
        }
    }

    pub(super) fn placeholder(self, number: usize) -> String {
        match self {
            Dialect::Postgres => format!("${number}"),
            Dialect::Sqlite => format!("?{number}"),
        }
    }

    /// The bound tenant as a value. PostgreSQL is told its type, which a select list would not tell it.
    pub(super) fn tenant_value(self, number: usize, key_type: KeyType) -> String {
        match self {
            Dialect::Postgres => format!("CAST(${number} AS {key_type})"),
            Dialect::Sqlite => format!("?{number}"),
        }
    }
}
