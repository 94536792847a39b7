//! Names in FROM, and what takes their place.

use std::ops::Range;

use sqlparser::{
    ast::{Ident, ObjectName, ObjectNamePart, Query, Spanned, TableAlias, TableFactor, TableWithJoins},
    keywords::Keyword,
};

use super::{
    Walk,
    forms::{Form, Forms},
    table::{keeps_left, keeps_right},
};
use crate::{
    Table, TableKind,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Place},
        mysql, names,
        place::Reading,
    },
};

impl Walk<'_> {
    /// The engine's name for the common table expression that a name means; `None` where it means a table.
    pub(super) fn cte_of(&self, parts: &[&Ident]) -> Option<String> {
        match parts {
            [only] => self
                .frames
                .find(&names::folded(only, self.dialect))
                .map(str::to_owned),
            _ => None,
        }
    }

    /// Notes a name in FROM as a source of columns; what takes its place is put there once the whole SELECT is known.
    pub(super) fn source_relation(
        &mut self,
        name: &ObjectName,
        alias: Option<&TableAlias>,
    ) -> Result<(), Refusal> {
        self.scopes.check_width()?;
        let at = self.offset(name.span());
        let parts = names::parts(name, at)?;
        if self.dialect == Dialect::Mysql && mysql::is_dual(&parts) {
            return Ok(());
        }
        let last = *parts.last().ok_or(Refusal::at(Rule::Name, at))?;
        if let Some(renamed) = self.cte_of(&parts) {
            self.check_ident(last)?;
            let columns = self.scopes.cte(&renamed);
            self.note_relation(last, alias, None, columns);
            return Ok(());
        }
        let table = self.tables.find(&parts, at)?;
        let columns = self.table_columns(&table);
        self.note_relation(last, alias, Some(&table), columns);
        Ok(())
    }

    /// Puts what they mean in the place of the tables of a FROM.
    pub(in crate::sql) fn place_tables(
        &mut self,
        table: &mut TableWithJoins,
        forms: &Forms,
    ) -> Result<(), Refusal> {
        let TableWithJoins { relation, joins } = table;
        let nullable = joins.iter().any(|join| keeps_right(&join.join_operator));
        self.maybe_nullable(nullable, |walk| walk.place_factor(relation, forms))?;
        joins.iter_mut().try_for_each(|join| {
            let nullable = keeps_left(&join.join_operator);
            faults::within(Place::Joined, || {
                self.maybe_nullable(nullable, |walk| walk.place_factor(&mut join.relation, forms))
            })
        })
    }

    pub(in crate::sql) fn place_factor(
        &mut self,
        factor: &mut TableFactor,
        forms: &Forms,
    ) -> Result<(), Refusal> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                index_hints,
                ..
            } => {
                let hints = self.index_hints(&*name, alias.as_ref(), index_hints)?;
                if let Some(slice) = self.relation(name, alias, hints, forms)? {
                    *factor = slice;
                }
                Ok(())
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.place_tables(table_with_joins, forms),
            // The walk has been through them, or has refused them.
            TableFactor::Table { .. }
            | TableFactor::Derived { .. }
            | TableFactor::Function { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::TableFunction { .. }
            | TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => Ok(()),
        }
    }

    /// A name in FROM: a common table expression, or a table of the catalogue. Its slice takes its place.
    fn relation(
        &mut self,
        name: &mut ObjectName,
        alias: &mut Option<TableAlias>,
        hints: Option<Range<usize>>,
        forms: &Forms,
    ) -> Result<Option<TableFactor>, Refusal> {
        let span = name.span();
        let at = self.offset(span);
        let parts = names::parts(name, at)?;
        if hints.is_none() && self.dialect == Dialect::Mysql && mysql::is_dual(&parts) {
            return Ok(None);
        }
        let last = (*parts.last().ok_or(Refusal::at(Rule::Name, at))?).clone();
        if let Some(renamed) = self.cte_of(&parts) {
            super::only(hints.is_none())?;
            let range = self.text.range(span)?;
            let replacement = self.keep_alias(&renamed, &last, alias)?;
            self.edit(range, replacement);
            *name = plain_name([Ident::new(renamed)]);
            return Ok(None);
        }
        let table = self.tables.find(&parts, at)?;
        let range = self.text.range(span)?;
        let only = self.only_before(range.start)?;
        self.note_read(&table);
        match forms.of(at) {
            Form::Slice => {}
            // Behind ONLY there is no place for parentheses.
            Form::Fenced if only.is_some() => {}
            Form::Fenced => return self.fenced(&table, name, &last, alias).map(Some),
            Form::Open(slot) => {
                let known_as = alias.as_ref().map_or(&last, |alias| &alias.name);
                let predicate = self
                    .placer
                    .readable_as(self.tables, &table, &self.written(known_as)?);
                self.note_slice(&table, &known_as.clone());
                self.note_tenant();
                if let Some(predicate) = predicate
                    && !faults::drops_here()
                {
                    self.placed.push((slot, predicate));
                }
                let replacement = self.keep_alias(&self.tables.qualified(&table), &last, alias)?;
                self.edit(range, replacement);
                *name = self.tables.qualified_name(&table);
                return Ok(None);
            }
        }
        self.note_slice(&table, alias.as_ref().map_or(&last, |alias| &alias.name));
        let slice = if let TableKind::View { sql } = table.kind() {
            super::only(hints.is_none() && self.lock.is_none())?;
            // What is wrong with it is told by a check of the catalogue.
            Some(self.view_body(sql).map_err(|_| Refusal::at(Rule::ViewBody, at))?)
        } else if faults::drops_here() {
            None
        } else {
            self.slice(&table, only.is_some())?
        };
        let Some((text, query)) = slice else {
            if self.lock.is_some() {
                return Err(Refusal::at(Rule::RowLock, at));
            }
            self.edit(range, self.tables.qualified(&table));
            *name = self.tables.qualified_name(&table);
            return Ok(None);
        };
        if !matches!(table.kind(), TableKind::View { .. }) {
            self.note_tenant();
        }
        let replacement = self.keep_alias(&format!("({text})"), &last, alias)?;
        self.edit(only.unwrap_or(range.start)..range.end, replacement);
        if let Some(hints) = hints {
            // A statement that chose an index without the key would have its conditions looked at in all tenants' rows.
            self.edit(hints, String::new());
        }
        Ok(Some(TableFactor::Derived {
            lateral: false,
            subquery: Box::new(query),
            alias: alias.take(),
            sample: None,
        }))
    }

    /// The slice of a table, with what the statement says about how to read it.
    fn slice(&self, table: &Table, only: bool) -> Result<Option<(String, Query)>, Refusal> {
        let lock = self.lock.as_deref().unwrap_or_default();
        let reading = Reading { only, lock };
        self.placer.slice(self.tables, table, &reading)
    }

    /// Where the ONLY of `ONLY t` stands, which is hidden from the parser; `start` is where the table's name begins.
    pub(in crate::sql) fn only_before(&mut self, start: usize) -> Result<Option<usize>, Refusal> {
        let before = self.text.tok_at(start)?.checked_sub(1);
        let tok = before.and_then(|index| self.text.toks.get(index));
        let only = tok
            .filter(|tok| self.dialect == Dialect::Postgres && tok.is_keyword(Keyword::ONLY))
            .map(|tok| tok.range.start);
        if only.is_some() {
            self.only = self.only.checked_sub(1).ok_or(Refusal::at(Rule::Syntax, start))?;
        }
        Ok(only)
    }

    /// `text`, with the name that the relation was known by where it has no alias of its own.
    pub(super) fn keep_alias(
        &self,
        text: &str,
        name: &Ident,
        alias: &mut Option<TableAlias>,
    ) -> Result<String, Refusal> {
        if alias.is_some() {
            return Ok(text.to_owned());
        }
        let range = self.ident_range(name)?;
        let written = self
            .text
            .sql
            .get(range.clone())
            .ok_or(Refusal::at(Rule::Verification, range.start))?;
        *alias = Some(TableAlias {
            explicit: true,
            name: name.clone(),
            columns: Vec::new(),
            at: None,
        });
        Ok(format!("{text} AS {written}"))
    }
}

pub(in crate::sql) fn plain_name(idents: impl IntoIterator<Item = Ident>) -> ObjectName {
    ObjectName(idents.into_iter().map(ObjectNamePart::Identifier).collect())
}
