//! The dialects, and what differs between them in a word.

use sqlparser::{
    ast::Ident,
    dialect::{Dialect as ParserDialect, PostgreSqlDialect},
};

use super::{literal, mysql::MySqlReader, sqlite::SqliteReader};
use crate::KeyType;

/// The database whose SQL is scoped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// PostgreSQL, from version 15 on, with `standard_conforming_strings` on.
    Postgres,
    /// SQLite, from version 3.35 on.
    Sqlite,
    /// MySQL and MariaDB; MariaDB, from version 10.11 on, is what is tested.
    ///
    /// The `sql_mode` has neither `ANSI_QUOTES` nor `NO_BACKSLASH_ESCAPES` nor `ORACLE` in it, and the client's character
    /// set is `utf8mb4`: a server that reads texts otherwise reads other statements than the engine did. Table names
    /// are compared as on Linux, case by case.
    ///
    /// Without `index_condition_pushdown` in the `optimizer_switch`: with it a server looks at conditions in an index that
    /// lacks the key before it looks at whose the row is, and an error can tell that somebody has such a row.
    ///
    /// The tenant is no bind: it stands in the text as a literal, which [`ScopedSql::text_for`](super::ScopedSql::text_for)
    /// writes.
    Mysql,
}

impl Dialect {
    /// Whether a scoped statement may call a built-in function of this name, in lower case and without a schema, with some
    /// number of arguments: for a second wall that goes by the same list.
    ///
    /// ```
    /// use tenancy_core::sql::Dialect;
    ///
    /// assert!(Dialect::Sqlite.allows_function("lower"));
    /// assert!(!Dialect::Sqlite.allows_function("load_extension"));
    /// ```
    pub fn allows_function(self, name: &str) -> bool {
        super::functions::is_harmless(self, name)
    }

    pub(super) fn parser(self) -> &'static dyn ParserDialect {
        match self {
            Dialect::Postgres => &PostgreSqlDialect {},
            Dialect::Sqlite => &SqliteReader,
            Dialect::Mysql => &MySqlReader,
        }
    }

    /// The schema of tables for which the catalogue names none; `None` where that is the connection's.
    pub(super) fn default_schema(self) -> Option<&'static str> {
        match self {
            Dialect::Postgres => Some("public"),
            Dialect::Sqlite => Some("main"),
            Dialect::Mysql => None,
        }
    }

    /// What the dialect quotes names in.
    pub(super) fn quote(self) -> char {
        match self {
            Dialect::Postgres | Dialect::Sqlite => '"',
            Dialect::Mysql => '`',
        }
    }

    /// Quotes a name of the catalogue, which has no quotes in it.
    pub(super) fn quoted(self, name: &str) -> String {
        let quote = self.quote();
        format!("{quote}{name}{quote}")
    }

    /// A name of the catalogue in the tree.
    pub(super) fn ident(self, name: &str) -> Ident {
        Ident::with_quote(self.quote(), name)
    }

    /// A value that the caller binds.
    pub(super) fn placeholder(self, number: usize) -> String {
        match self {
            Dialect::Postgres => format!("${number}"),
            Dialect::Sqlite => format!("?{number}"),
            Dialect::Mysql => "?".to_owned(),
        }
    }

    /// The tenant, or the tenants, bound at this number.
    pub(super) fn tenant(self, number: usize) -> String {
        match self {
            Dialect::Postgres | Dialect::Sqlite => self.placeholder(number),
            Dialect::Mysql => literal::SLOT.to_owned(),
        }
    }

    /// The bound tenant as a value. PostgreSQL is told its type, which a select list would not tell it.
    pub(super) fn tenant_value(self, number: usize, key_type: KeyType) -> String {
        match self {
            Dialect::Postgres => format!("CAST(${number} AS {key_type})"),
            Dialect::Sqlite | Dialect::Mysql => self.tenant(number),
        }
    }
}
