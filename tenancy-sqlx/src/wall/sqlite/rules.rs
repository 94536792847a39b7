//! What a statement may do on a walled connection, asked when it is prepared.
//!
//! SQLite tells what a statement would do one thing at a time, by the names of tables and columns and never by rows. So rows
//! are the views' and triggers' business, and this is about the ways around those: everything is denied that is not
//! said to be allowed. The innermost view, trigger **or common table expression** that something stands in is told by its
//! name alone, and a statement chooses the names of its own; so the wall's views and triggers have names that nobody can guess,
//! and the application's triggers are trusted only where the text cannot have named a query like them. What it does not tell at
//! all, `tokens` looks for.

use std::ffi::c_int;

use libsqlite3_sys as ffi;
use tenancy_core::sql::Dialect;

use super::{
    guard::{Grant, Guard},
    tokens::could_name_query,
};

/// What a statement would do, as far as a rule allows it at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// A query begins, or one that names itself.
    Query,
    Read,
    Insert,
    Update,
    Delete,
    Call,
    /// A transaction or a savepoint begins or ends.
    Transaction,
    /// All else: definitions, ATTACH, PRAGMA, ANALYZE, REINDEX, virtual tables, and what SQLite does not have yet.
    Other,
}

impl Action {
    pub(super) fn of(code: c_int) -> Action {
        match code {
            ffi::SQLITE_SELECT | ffi::SQLITE_RECURSIVE => Action::Query,
            ffi::SQLITE_READ => Action::Read,
            ffi::SQLITE_INSERT => Action::Insert,
            ffi::SQLITE_UPDATE => Action::Update,
            ffi::SQLITE_DELETE => Action::Delete,
            ffi::SQLITE_FUNCTION => Action::Call,
            ffi::SQLITE_TRANSACTION | ffi::SQLITE_SAVEPOINT => Action::Transaction,
            // A number is no enum: what is not listed is denied.
            _ => Action::Other,
        }
    }
}

/// A question of SQLite's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) action: Action,
    /// The table of a read or write.
    pub(super) first: Option<&'a str>,
    /// The column of a read or update; the function of a call.
    pub(super) second: Option<&'a str>,
    /// The database; not told where a table is named without one and none of its columns is read.
    pub(super) schema: Option<&'a str>,
    /// The innermost view, trigger or common table expression.
    pub(super) inside: Option<&'a str>,
}

/// Functions that tell what was done on the connection, which a trigger of the application's own may ask.
const SESSION: [&str; 3] = ["changes", "last_insert_rowid", "total_changes"];

/// Operators that SQLite asks about as functions.
const OPERATORS: [&str; 3] = ["->", "->>", "regexp"];

/// Functions that reach outside of their arguments: files, code, SQL as text, whole indexes.
const OUTSIDE: [&str; 19] = [
    "bm25",
    "edit",
    "eval",
    "fts3_tokenizer",
    "fts5",
    "fts5_get_locale",
    "fts5_insttoken",
    "fts5_locale",
    "fts5_source_id",
    "highlight",
    "load_extension",
    "matchinfo",
    "offsets",
    "optimize",
    "readfile",
    "rtreecheck",
    "snippet",
    "writefile",
    "zipfile",
];

/// SQLite's own functions that stand in FROM and look at their arguments alone.
pub(super) const ROW_FUNCTIONS: [&str; 4] = ["json_each", "json_tree", "jsonb_each", "jsonb_tree"];

impl Guard {
    /// Whether a statement may do this.
    pub(super) fn allows(&self, ask: &Ask<'_>) -> bool {
        if self.is_open() {
            return true;
        }
        let grant = self.current();
        let grant = grant.as_deref();
        if grant.is_some_and(|grant| !grant.stays_behind_views(&self.schema)) {
            return false;
        }
        match ask.action {
            Action::Query => true,
            // The driver's own, between two statements.
            Action::Transaction => grant.is_none(),
            Action::Call => self.may_call(ask, grant),
            Action::Read => grant.is_some_and(|grant| self.may_read(ask, grant)),
            Action::Insert | Action::Update | Action::Delete => {
                grant.is_some_and(|grant| self.may_write(ask, grant))
            }
            Action::Other => false,
        }
    }

    fn may_call(&self, ask: &Ask<'_>, grant: Option<&Grant>) -> bool {
        let Some(name) = ask.second.map(str::to_ascii_lowercase) else {
            return false;
        };
        let name = name.as_str();
        if name == "tenancy_enter" {
            return grant.is_none() && ask.inside.is_none();
        }
        if name == "tenancy_slice" {
            // It tells a tenant who it is; and SQLite asks again for it outside of the view, where it has merged the two.
            return grant.is_some();
        }
        if name.starts_with("tenancy_") {
            return grant.is_some_and(|grant| self.is_ours(ask.inside, grant));
        }
        if self.schema.allows_function(name) {
            return true;
        }
        if SESSION.contains(&name) {
            return grant.is_some_and(|grant| self.is_trusted(ask.inside, grant));
        }
        if Dialect::Sqlite.allows_function(name) || OPERATORS.contains(&name) {
            return true;
        }
        // The application's own views and triggers call what they always called.
        let own = ask.inside.zip(grant);
        own.is_some_and(|(name, grant)| !could_name_query(&grant.text, name))
            && !OUTSIDE.contains(&name)
            && !name.starts_with("sqlite_")
    }

    fn may_read(&self, ask: &Ask<'_>, grant: &Grant) -> bool {
        let (Some(table), Some(column)) = (ask.first, ask.second) else {
            return false;
        };
        let (table, column) = (table.to_ascii_lowercase(), column.to_ascii_lowercase());
        if self.is_ours(ask.inside, grant) || self.is_trusted(ask.inside, grant) {
            return true;
        }
        match ask.schema {
            Some(schema) if schema.eq_ignore_ascii_case("temp") => self.schema.is_view(&table),
            Some(schema) => {
                let is_json = ROW_FUNCTIONS.contains(&&*table) && !self.schema.has(&table);
                is_json
                    // That there are rows; what a shared table's views read goes without them once they are merged.
                    || column.is_empty() && self.schema.is_shared(schema, &table)
                    || grant.crosses() && self.may_cross(schema, &table, ask.inside)
                    || ask.inside.is_none()
                        && grant
                            .writes
                            .iter()
                            .any(|target| self.schema.reads_for(target, schema, &table, &column))
            }
            // Not a column of it is read. Without a schema the name means the wall's view, or a query of the statement's own.
            None => {
                column.is_empty()
                    && (self.schema.is_view(&table) || !self.schema.has(&table) && !is_library(&table))
            }
        }
    }

    /// Whether an operator's statement may read a table: one of the catalogue's, or what a view of the application's reads.
    fn may_cross(&self, schema: &str, table: &str, inside: Option<&str>) -> bool {
        self.schema.is_catalogued(schema, table)
            || inside.is_some_and(|view| self.schema.has(&view.to_ascii_lowercase())) && !is_library(table)
    }

    fn may_write(&self, ask: &Ask<'_>, grant: &Grant) -> bool {
        let (Some(table), Some(schema)) = (ask.first, ask.schema) else {
            return false;
        };
        let table = table.to_ascii_lowercase();
        if grant.writes.is_empty() || is_library(&table) || schema.eq_ignore_ascii_case("temp") {
            return false;
        }
        // A table that the catalogue knows has its rows guarded, whoever writes.
        let guarded = self.schema.is_guarded(&table) || !self.schema.is_catalogued(schema, &table);
        if self.is_trusted(ask.inside, grant) {
            return guarded;
        }
        if ask.inside.is_some() || !guarded {
            return false;
        }
        let column = match (ask.action, ask.second) {
            (Action::Update, Some(column)) => Some(column.to_ascii_lowercase()),
            (Action::Update, None) => return false,
            _ => None,
        };
        let is_target = grant.writes.contains(&table)
            && self
                .schema
                .may_be_target(schema, &table, column.as_deref(), grant.crosses());
        is_target
            || grant
                .writes
                .iter()
                .any(|target| self.schema.follows(target, schema, &table))
    }

    /// Whether something stands in a view or trigger of the wall's.
    fn is_ours(&self, inside: Option<&str>, grant: &Grant) -> bool {
        // No text has reason to name them, so that one that found a name out is not believed.
        inside.is_some_and(|name| self.schema.is_ours(name) && !could_name_query(&grant.text, name))
    }

    /// Whether something stands in a trigger that the application has, and that the text cannot have named a query after.
    fn is_trusted(&self, inside: Option<&str>, grant: &Grant) -> bool {
        !grant.writes.is_empty()
            && inside.is_some_and(|name| {
                self.schema.is_trigger(&name.to_ascii_lowercase()) && !could_name_query(&grant.text, name)
            })
    }
}

/// Whether a table is the library's own.
fn is_library(table: &str) -> bool {
    table.starts_with("sqlite_")
        || table.starts_with("pragma_")
        || ["bytecode", "dbstat", "tables_used"].contains(&table)
}
