//! The sources that are open where a statement is read.

use std::{collections::HashMap, sync::Arc};

use super::columns::Columns;
use crate::{
    Table,
    sql::{
        Refusal, Rule,
        faults::{self, Fault},
    },
};

/// The most columns that may be listed for the sources and select lists of one statement, all told. A few lines of `SELECT *`
/// from each other can double them a hundred times.
const MAX_COLUMNS: usize = 1 << 20;

/// A relation under the name that its columns are written with.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    /// The table, where it goes by its own name: its columns may then be written with its schema.
    pub(super) own: Option<Arc<Table>>,
    pub(super) columns: Columns,
    pub(super) system: System,
    /// Whether a `*` shows it.
    pub(super) shown: bool,
    /// The table, where the statement writes it.
    pub(super) target: Option<Arc<Table>>,
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
    pub(super) fn is_merged(&self, source: &str, column: &str) -> bool {
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

    /// The sources that a `*` of the innermost scope shows, each with its name; none where a join merges columns.
    pub(super) fn shown(&self) -> Option<impl Iterator<Item = (&str, &Columns)>> {
        let merges = self.merging.contains(&self.scopes.len());
        let sources = self.scopes.last().filter(|_| !merges)?;
        let shown = sources.iter().filter(|source| source.shown);
        Some(shown.map(|source| (source.name.as_str(), &source.columns)))
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
        let is_column = || {
            self.scopes
                .iter()
                .flatten()
                .any(|source| source.columns.may_have(name))
        };
        self.has_source(name) && (faults::is_on(Fault::AnyRow) || !is_column())
    }

    /// The table that a statement writes, by this name.
    pub(super) fn written(&self, name: &str) -> Option<Arc<Table>> {
        self.named(name).last().and_then(|source| source.target.clone())
    }

    pub(super) fn add(&mut self, source: Source) {
        self.listed += source.columns.len();
        if let Some(scope) = self.scopes.last_mut() {
            scope.push(source);
        }
    }

    pub(super) fn named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Source> {
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
    pub(super) fn have(&self, name: &str, column: &str) -> Option<bool> {
        self.named(name)
            .map(|source| source.columns.may_have(column))
            .reduce(|one, other| one && other)
    }
}
