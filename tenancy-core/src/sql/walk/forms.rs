//! The forms in which a tenant's table stands in a SELECT.
//!
//! - *Slice*: a derived table takes its place, `(SELECT … WHERE key = $k) AS t`. Exact everywhere.
//! - *Fenced*, on PostgreSQL: the table stays, joined with a row of no columns under the predicate,
//!   `("s"."t" AS t JOIN (SELECT FROM (VALUES (0)) AS _tq2) AS _tq1 ON key = $k)`. Exact everywhere too, and what depends on the
//!   table itself goes on working (grouping by its primary key, its row type). The planner makes the same of both.
//! - *Open*, on SQLite: the table stays, and the predicate goes to the WHERE, or to the ON of the LEFT JOIN on whose right side
//!   the table stands (see `in_place` for where that is exact). SQLite's planner does more with it.

use std::{collections::HashMap, sync::Arc};

use sqlparser::ast::{
    Ident, Join, ObjectName, Select, SetExpr, Spanned, TableAlias, TableFactor, TableWithJoins,
};

use super::Walk;
use crate::{
    Table,
    sql::{Dialect, Refusal, Rule, faults, names, splice},
};

/// Where the predicate of an open table goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// To the WHERE.
    Where,
    /// To the ON of this number in the FROM.
    On(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Slice,
    Fenced,
    Open(Slot),
}

/// The forms of a FROM's tables by the places of their names; what is not noted is a slice.
#[derive(Debug, Default)]
pub(in crate::sql) struct Forms(HashMap<usize, Form>);

impl Forms {
    pub(super) fn set(&mut self, at: usize, form: Form) {
        self.0.insert(at, form);
    }

    pub(super) fn of(&self, at: usize) -> Form {
        self.0.get(&at).copied().unwrap_or(Form::Slice)
    }
}

impl Walk<'_> {
    /// Puts a SELECT's tables into their forms, once all of it has been walked.
    pub(super) fn settle(&mut self, select: &mut Select) -> Result<(), Refusal> {
        let usage = self.usage.pop().unwrap_or_default();
        let mut keys = Vec::new();
        let forms = match self.dialect {
            Dialect::Postgres => {
                let (forms, appended) = self.grouped_tables(select, &usage)?;
                keys = appended;
                forms
            }
            Dialect::Sqlite => self.open_tables(select)?,
            Dialect::Mysql => Forms::default(),
        };
        self.expand_wildcards(select, &forms)?;
        let before = std::mem::take(&mut self.placed);
        select
            .from
            .iter_mut()
            .try_for_each(|table| self.place_tables(table, &forms))?;
        let placed = std::mem::replace(&mut self.placed, before);
        self.place_predicates(select, placed)?;
        self.group_by_keys(select, keys)
    }

    /// A table that stays behind its fence.
    pub(super) fn fenced(
        &mut self,
        table: &Arc<Table>,
        name: &mut ObjectName,
        last: &Ident,
        alias: &mut Option<TableAlias>,
    ) -> Result<TableFactor, Refusal> {
        let range = self.text.range(name.span())?;
        let known_as = alias.as_ref().map_or(last, |alias| &alias.name).clone();
        let end = match alias {
            Some(alias) => self.alias_end(alias)?,
            None => range.end,
        };
        self.note_in_place(table, names::folded(&known_as, self.dialect));
        self.note_tenant();
        let (fence, row) = (self.frames.fresh(), self.frames.fresh());
        let condition = match self
            .placer
            .readable_as(self.tables, table, &self.written(&known_as)?)
        {
            Some(predicate) if !faults::drops_here() => predicate,
            _ => "true".to_owned(),
        };
        let tail = format!(" JOIN (SELECT FROM (VALUES (0)) AS {row}) AS {fence} ON {condition}");
        let head = self.keep_alias(&self.tables.qualified(table), last, alias)?;
        self.edit(range, format!("({head}"));
        self.put(end, format!("{tail})"));
        *name = self.tables.qualified_name(table);
        let joins = self.parse_joins(&tail)?;
        Ok(TableFactor::NestedJoin {
            table_with_joins: Box::new(TableWithJoins {
                relation: TableFactor::Table {
                    name: name.clone(),
                    alias: alias.take(),
                    args: None,
                    with_hints: Vec::new(),
                    version: None,
                    with_ordinality: false,
                    partitions: Vec::new(),
                    json_path: None,
                    sample: None,
                    index_hints: Vec::new(),
                },
                joins,
            }),
            alias: None,
        })
    }

    /// Joins that the engine wrote, read behind a table of no meaning.
    fn parse_joins(&self, tail: &str) -> Result<Vec<Join>, Refusal> {
        let query = splice::parse_query(&format!("SELECT FROM t{tail}"), self.dialect)?;
        match *query.body {
            SetExpr::Select(mut select) => match select.from.pop() {
                Some(table) => Ok(table.joins),
                None => Err(Refusal::new(Rule::Verification)),
            },
            SetExpr::Query(_)
            | SetExpr::SetOperation { .. }
            | SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => Err(Refusal::new(Rule::Verification)),
        }
    }

    /// An identifier as it is written.
    pub(super) fn written(&self, ident: &Ident) -> Result<String, Refusal> {
        let range = self.ident_range(ident)?;
        let written = self.text.sql.get(range.clone());
        written
            .map(str::to_owned)
            .ok_or(Refusal::at(Rule::Verification, range.start))
    }

    /// The byte after an alias and its columns.
    fn alias_end(&self, alias: &TableAlias) -> Result<usize, Refusal> {
        let name = self.ident_range(&alias.name)?;
        if alias.columns.is_empty() {
            return Ok(name.end);
        }
        let index = self.text.tok_at(name.start)?;
        let close = self.text.close_of(index + 1);
        self.end_of(close)
    }
}
