//! INSERT: the key is forced in every row, whatever the statement says.

use std::sync::Arc;

use sqlparser::{
    ast::{
        Ident, Insert, ObjectName, OnInsert, Query, Select, SetExpr, Spanned, TableAliasWithoutColumns,
        TableObject,
    },
    keywords::Keyword,
    tokenizer::Token,
};

use super::{NewRow, Target, source::Place};
use crate::{
    Table,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Fault},
        names, splice,
        walk::{Walk, only, plain_name},
    },
};

impl Walk<'_> {
    pub(in crate::sql) fn insert(&mut self, insert: &mut Insert) -> Result<(), Refusal> {
        let at_top = std::mem::take(&mut self.at_top);
        let Insert {
            insert_token,
            optimizer_hints,
            or,
            ignore,
            into,
            table,
            table_alias,
            columns,
            overwrite,
            source,
            assignments,
            partitioned,
            after_columns,
            has_table_keyword,
            on,
            returning,
            output,
            replace_into,
            priority,
            insert_alias,
            settings,
            format_clause,
            multi_table_insert_type,
            multi_table_into_clauses,
            multi_table_when_clauses,
            multi_table_else_clause,
        } = insert;
        only(optimizer_hints.is_empty() && !*overwrite)?;
        only(partitioned.is_none() && after_columns.is_empty() && !*has_table_keyword && output.is_none())?;
        only(insert_alias.is_none() && settings.is_none() && format_clause.is_none())?;
        only(multi_table_insert_type.is_none() && multi_table_into_clauses.is_empty())?;
        only(multi_table_when_clauses.is_empty() && multi_table_else_clause.is_none())?;
        let TableObject::TableName(name) = table else {
            return Err(Refusal::new(Rule::Construct));
        };

        let at = self.offset(name.span());
        let known_as = names::parts(name, at)?.last().map(|&last| last.clone());
        let mut head_end = self.text.range(name.span())?.end;
        let table = self.write_target(name)?;
        let mut target = Target {
            name: self.dialect.quoted(table.name()),
            folded: names::folded_name(table.name(), self.dialect),
            table: Arc::clone(&table),
        };
        if let Some(TableAliasWithoutColumns { explicit, alias }) = table_alias {
            // SQLite wants the AS.
            only(*explicit || self.dialect == Dialect::Postgres)?;
            self.check_ident(alias)?;
            head_end = self.ident_range(alias)?.end;
            target.name = alias.to_string();
            target.folded = names::folded(alias, self.dialect);
            self.note_in_place(&table, target.folded.clone());
        }
        if on.is_some() {
            self.note_in_place(&table, "excluded".to_owned());
        }
        self.check_or(or.as_ref(), &table)?;
        self.insert_words(
            (*ignore, *into),
            priority.as_ref(),
            !assignments.is_empty(),
            &table,
        )?;
        if *replace_into {
            self.check_replace(&table)?;
        }
        if let Some(source) = source {
            self.into_table = true;
            let walked = faults::within(faults::Place::InsertSource, || self.query(source));
            self.into_table = false;
            walked?;
        }
        let body = self.body_from(insert_token)?;
        let on_body = body.clone();
        match (self.new_row(&table, at)?, source.as_mut()) {
            (new, None) if !assignments.is_empty() => self.insert_set(&table, &new, assignments, body)?,
            (NewRow::Key(key), Some(source)) if columns.is_empty() && self.is_empty_rows(source) => {
                self.force_empty_rows(&key, columns, source, head_end)?;
            }
            (NewRow::Anything, _) => self.check_columns(&table, columns).map(drop)?,
            (NewRow::Parent(via), source) => {
                let query = source.as_ref().map(|query| &***query);
                let given = self.insert_columns(&table, columns, query, head_end)?;
                self.check_parents(&via, &given, source.map(|query| &mut **query))?;
            }
            (NewRow::Key(key), None) => {
                only(columns.is_empty())?;
                let defaults = self.default_values(body)?;
                *source = Some(Box::new(self.force_defaults(&key, columns, defaults)?));
            }
            (NewRow::Key(key), Some(source)) if columns.is_empty() => {
                self.force_unnamed(&table, &key, columns, source, head_end)?;
            }
            (NewRow::Key(key), Some(source)) => self.force_named(&table, &key, columns, source)?,
        }
        let depth = self.open_target(&target);
        self.note_excluded(&table);
        match on {
            None => {}
            Some(OnInsert::OnConflict(conflict)) => self.on_conflict(&table, conflict, on_body)?,
            Some(OnInsert::DuplicateKeyUpdate(assignments)) if self.dialect == Dialect::Mysql => {
                if let Some(known_as) = known_as {
                    self.unqualify(&known_as, assignments)?;
                }
                self.on_duplicate(&table, assignments)?;
            }
            Some(_) => return Err(Refusal::new(Rule::Construct)),
        }
        self.at_top = at_top;
        faults::within(faults::Place::Returning, || {
            self.returning(&target, &[], returning)
        })?;
        self.close_scopes(depth);
        Ok(())
    }

    /// The columns of the INSERT, each a plain name.
    pub(super) fn check_columns<'c>(
        &self,
        table: &Table,
        columns: &'c [ObjectName],
    ) -> Result<Vec<&'c Ident>, Refusal> {
        columns
            .iter()
            .map(|name| self.written_column(table, name))
            .collect()
    }

    /// The columns that a child's new rows have values for: those of the statement, or the first ones of the table.
    fn insert_columns(
        &self,
        table: &Table,
        columns: &[ObjectName],
        source: Option<&Query>,
        head_end: usize,
    ) -> Result<Vec<Ident>, Refusal> {
        let given = self.check_columns(table, columns)?;
        let Some(source) = source.filter(|_| given.is_empty()) else {
            return Ok(given.into_iter().cloned().collect());
        };
        let all = table
            .column_names()
            .ok_or(Refusal::at(Rule::ColumnsUnknown, head_end))?;
        let width = self.width(&source.body)?;
        if width > all.len() {
            return Err(Refusal::at(Rule::Arity, head_end));
        }
        let listed = all.iter().take(width);
        Ok(listed.map(|column| self.dialect.ident(column)).collect())
    }

    /// With a list of columns: a value for the key is replaced, or the key put last in list and rows.
    fn force_named(
        &mut self,
        table: &Table,
        key: &str,
        columns: &mut Vec<ObjectName>,
        source: &mut Query,
    ) -> Result<(), Refusal> {
        let width = columns.len();
        let place = self.name_key(table, key, columns)?;
        let keep = matches!(place, Place::At(_)) && faults::is_on(Fault::KeyNotForced);
        self.force_source(source, place, width, keep)
    }

    /// Where the key stands in a list of columns; it is put last where the list does not name it.
    pub(super) fn name_key(
        &mut self,
        table: &Table,
        key: &str,
        columns: &mut Vec<ObjectName>,
    ) -> Result<Place, Refusal> {
        let idents = self.check_columns(table, columns)?;
        let given: Vec<usize> = idents
            .iter()
            .enumerate()
            .filter(|(_, column)| names::is_named(column, key, self.dialect))
            .map(|(index, _)| index)
            .collect();
        match given.as_slice() {
            [index] => Ok(Place::At(*index)),
            [] => {
                let last = columns.last().ok_or(Refusal::new(Rule::Arity))?;
                let end = self.text.range(last.span())?.end;
                let end = self.column_end(end)?;
                self.put(end, format!(", {}", self.dialect.quoted(key)));
                columns.push(key_column(self.dialect, key));
                Ok(Place::Last)
            }
            _ => Err(Refusal::new(Rule::Arity)),
        }
    }

    /// The byte where a column ends whose name ends at `end`: subscripts behind it are hidden from the parser.
    fn column_end(&self, end: usize) -> Result<usize, Refusal> {
        let last = self.text.toks.partition_point(|tok| tok.range.end < end);
        let close = self
            .outside(last + 1..self.text.toks.len())
            .find(|(_, tok, depth)| *depth < 0 || matches!(tok.token, Token::Comma))
            .map(|(index, ..)| index);
        self.end_of(close.and_then(|close| close.checked_sub(1)))
    }

    /// Without a list of columns: the catalogue knows the columns, and the statement gets a list.
    fn force_unnamed(
        &mut self,
        table: &Table,
        key: &str,
        columns: &mut Vec<ObjectName>,
        source: &mut Query,
        head_end: usize,
    ) -> Result<(), Refusal> {
        if table.column_names().is_none() {
            return Err(Refusal::at(Rule::ColumnsUnknown, head_end));
        }
        let width = self.width(&source.body)?;
        let place = self.list_columns(table, key, columns, width, head_end)?;
        self.force_source(source, place, width, false)
    }

    /// Gives an INSERT of rows of `width` values a list of columns, and says where the key stands in it.
    pub(super) fn list_columns(
        &mut self,
        table: &Table,
        key: &str,
        columns: &mut Vec<ObjectName>,
        width: usize,
        head_end: usize,
    ) -> Result<Place, Refusal> {
        let all = table
            .column_names()
            .ok_or(Refusal::at(Rule::ColumnsUnknown, head_end))?;
        // PostgreSQL fills the first columns, the others want a value for each.
        let enough = match self.dialect {
            Dialect::Postgres => width <= all.len(),
            Dialect::Sqlite | Dialect::Mysql => width == all.len(),
        };
        if !enough {
            return Err(Refusal::at(Rule::Arity, head_end));
        }
        let mut listed: Vec<&str> = all.iter().take(width).map(String::as_str).collect();
        let same =
            |column: &&str| names::folded_name(column, self.dialect) == names::folded_name(key, self.dialect);
        let place = match listed.iter().position(same) {
            Some(index) => Place::At(index),
            None => {
                listed.push(key);
                Place::Last
            }
        };
        let list: Vec<String> = listed.iter().map(|column| self.dialect.quoted(column)).collect();
        self.put(head_end, format!(" ({})", list.join(", ")));
        *columns = listed
            .iter()
            .map(|column| key_column(self.dialect, column))
            .collect();
        Ok(place)
    }

    /// `DEFAULT VALUES` becomes a row of the key alone.
    fn force_defaults(
        &mut self,
        key: &str,
        columns: &mut Vec<ObjectName>,
        defaults: std::ops::Range<usize>,
    ) -> Result<Query, Refusal> {
        let values = format!("VALUES ({})", self.placer.value());
        self.note_tenant();
        self.edit(defaults, format!("({}) {values}", self.dialect.quoted(key)));
        columns.push(key_column(self.dialect, key));
        splice::parse_query(&values, self.dialect)
    }

    /// The bytes of `DEFAULT VALUES`.
    fn default_values(&self, body: std::ops::Range<usize>) -> Result<std::ops::Range<usize>, Refusal> {
        let lost = Refusal::new(Rule::Construct);
        let first = self.find_word(body, &[Keyword::DEFAULT]).ok_or(lost.clone())?;
        match (self.text.toks.get(first), self.text.toks.get(first + 1)) {
            (Some(default), Some(values)) if values.is_keyword(Keyword::VALUES) => {
                Ok(default.range.start..values.range.end)
            }
            _ => Err(lost),
        }
    }

    /// How many values a SELECT with a wildcard has: as many columns as its sources, where all of them are known.
    fn wildcard_width(&self, select: &Select) -> Result<usize, Refusal> {
        let width = self.widths.get(&select.select_token.0.span.start);
        let at = self.offset(select.select_token.0.span);
        width.copied().ok_or(Refusal::at(Rule::InsertWildcard, at))
    }

    /// How many values each row of an INSERT has.
    fn width(&self, body: &SetExpr) -> Result<usize, Refusal> {
        match body {
            SetExpr::Values(values) => {
                let mut widths = values.rows.iter().map(|row| row.content.len());
                let width = widths.next().ok_or(Refusal::new(Rule::Arity))?;
                if widths.all(|other| other == width) {
                    Ok(width)
                } else {
                    Err(Refusal::new(Rule::Arity))
                }
            }
            SetExpr::Select(select) => {
                if select.projection.iter().any(super::source::is_wildcard) {
                    return self.wildcard_width(select);
                }
                Ok(select.projection.len())
            }
            SetExpr::Query(query) => self.width(&query.body),
            SetExpr::SetOperation { left, .. } => self.width(left),
            SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => Err(Refusal::new(Rule::Construct)),
        }
    }
}

/// A column of the catalogue in the tree.
fn key_column(dialect: Dialect, name: &str) -> ObjectName {
    plain_name([dialect.ident(name)])
}
