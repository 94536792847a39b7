//! What stands in FROM: tables, joins, subqueries, table functions.

use std::ops::Range;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Join,
    JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Query, Spanned, TableAlias, TableFactor,
    TableFunctionArgs, TableWithJoins,
};

use sqlparser::keywords::Keyword;

use super::{
    Walk,
    forms::{Form, Forms},
    only,
};
use crate::{
    Table, TableKind,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Place},
        functions, mend, mysql, names,
        place::Reading,
    },
};

impl Walk<'_> {
    pub(in crate::sql) fn table_with_joins(&mut self, table: &mut TableWithJoins) -> Result<(), Refusal> {
        let TableWithJoins { relation, joins } = table;
        // A later RIGHT or FULL JOIN makes everything before it nullable.
        let nullable = joins.iter().any(|join| keeps_right(&join.join_operator));
        self.maybe_nullable(nullable, |walk| walk.table_factor(relation))?;
        joins.iter_mut().try_for_each(|join| self.join(join))
    }

    fn join(&mut self, join: &mut Join) -> Result<(), Refusal> {
        let Join {
            relation,
            global,
            join_operator,
        } = join;
        only(!*global)?;
        faults::within(Place::Joined, || {
            self.maybe_nullable(keeps_left(join_operator), |walk| walk.table_factor(relation))
        })?;
        self.join_operator(join_operator, relation)
    }

    /// How a relation is joined.
    pub(in crate::sql) fn join_operator(
        &mut self,
        operator: &mut JoinOperator,
        relation: &TableFactor,
    ) -> Result<(), Refusal> {
        match operator {
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::Right(constraint)
            | JoinOperator::RightOuter(constraint)
            | JoinOperator::CrossJoin(constraint) => self.join_constraint(constraint),
            // MySQL has no such join, and reads FULL as an alias.
            JoinOperator::FullOuter(constraint) if self.dialect != Dialect::Mysql => {
                self.join_constraint(constraint)
            }
            JoinOperator::StraightJoin(constraint) if self.dialect == Dialect::Mysql => {
                self.join_constraint(constraint)
            }
            JoinOperator::FullOuter(_)
            | JoinOperator::Semi(_)
            | JoinOperator::LeftSemi(_)
            | JoinOperator::RightSemi(_)
            | JoinOperator::Anti(_)
            | JoinOperator::LeftAnti(_)
            | JoinOperator::RightAnti(_)
            | JoinOperator::CrossApply
            | JoinOperator::OuterApply
            | JoinOperator::AsOf { .. }
            | JoinOperator::StraightJoin(_)
            | JoinOperator::ArrayJoin
            | JoinOperator::LeftArrayJoin
            | JoinOperator::InnerArrayJoin => self.refuse(Rule::Construct, relation),
        }
    }

    fn join_constraint(&mut self, constraint: &mut JoinConstraint) -> Result<(), Refusal> {
        match constraint {
            JoinConstraint::On(expr) => faults::within(Place::JoinCondition, || self.expr(expr)),
            JoinConstraint::Using(columns) => columns.iter().try_for_each(|column| {
                let at = self.offset(column.span());
                let [column] = names::parts(column, at)?[..] else {
                    return Err(Refusal::at(Rule::Name, at));
                };
                self.check_ident(column)?;
                self.note_column(None, column);
                self.scopes.merge(names::folded(column, self.dialect));
                Ok(())
            }),
            JoinConstraint::Natural | JoinConstraint::None => Ok(()),
        }
    }

    fn maybe_nullable(
        &mut self,
        nullable: bool,
        work: impl FnOnce(&mut Self) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        if nullable {
            faults::within(Place::NullableSide, || work(self))
        } else {
            work(self)
        }
    }

    /// Whether a name of one part is one that a WITH gives.
    pub(in crate::sql) fn is_cte(&self, name: &Ident) -> bool {
        self.frames.find(&names::folded(name, self.dialect)).is_some()
    }

    pub(in crate::sql) fn table_factor(&mut self, factor: &mut TableFactor) -> Result<(), Refusal> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                only(
                    with_hints.is_empty()
                        && version.is_none()
                        && partitions.is_empty()
                        && json_path.is_none(),
                )?;
                only(sample.is_none())?;
                self.index_hints(&*name, alias.as_ref(), index_hints)?;
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                if let Some(TableFunctionArgs { args, settings }) = args {
                    only(settings.is_none())?;
                    self.note_row_function(Some(name), alias.as_ref())?;
                    return self.table_function(name, args);
                }
                only(!*with_ordinality)?;
                self.source_relation(name, alias.as_ref())
            }
            TableFactor::Derived {
                lateral: _,
                subquery,
                alias,
                sample,
            } => {
                only(sample.is_none())?;
                alias.as_ref().map_or(Ok(()), |alias| self.alias(alias))?;
                let columns = faults::within(Place::Derived, || self.query_columns(subquery))?;
                self.note_source(alias.as_ref(), columns);
                Ok(())
            }
            TableFactor::Function {
                lateral: _,
                name,
                args,
                with_ordinality: _,
                alias,
            } => {
                alias.as_ref().map_or(Ok(()), |alias| self.alias(alias))?;
                self.note_row_function(Some(name), alias.as_ref())?;
                self.table_function(name, args)
            }
            TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset,
                with_offset_alias,
                with_ordinality: _,
            } => {
                only(!*with_offset && with_offset_alias.is_none())?;
                only(functions::is_table_function_allowed(self.dialect, "unnest"))?;
                alias.as_ref().map_or(Ok(()), |alias| self.alias(alias))?;
                self.note_row_function(None, alias.as_ref())?;
                self.exprs(array_exprs)
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                alias.as_ref().map_or(Ok(()), |alias| self.alias(alias))?;
                let before = self.scopes.count();
                self.table_with_joins(table_with_joins)?;
                if alias.is_some() {
                    let columns = self.scopes.columns_from(before)?;
                    self.note_source(alias.as_ref(), columns);
                }
                Ok(())
            }
            TableFactor::JsonTable {
                json_expr,
                json_path,
                columns,
                alias,
            } => self.json_table(json_expr, json_path, columns, alias.as_ref()),
            TableFactor::TableFunction { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => self.refuse(Rule::Construct, factor),
        }
    }

    fn table_function(&mut self, name: &mut ObjectName, args: &mut [FunctionArg]) -> Result<(), Refusal> {
        let at = self.offset(name.span());
        if is_rows_from(name) {
            return args.iter_mut().try_for_each(|arg| self.rows_from_arg(arg, at));
        }
        let called = self.function_name(name)?;
        if !functions::is_table_function_allowed(self.dialect, &called) {
            Refusal::at(Rule::Function, at).refuse()?;
        }
        self.pin_function(name, &called, at)?;
        self.function_args(args)
    }

    /// One of the functions in `ROWS FROM (…)`.
    fn rows_from_arg(&mut self, arg: &mut FunctionArg, at: usize) -> Result<(), Refusal> {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(function))) = arg else {
            return Err(Refusal::at(Rule::Construct, at));
        };
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = function;
        only(!*uses_odbc_syntax && matches!(parameters, FunctionArguments::None) && within_group.is_empty())?;
        only(filter.is_none() && null_treatment.is_none() && over.is_none() && !is_rows_from(name))?;
        let FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses,
        }) = args
        else {
            return Err(Refusal::at(Rule::Construct, at));
        };
        only(clauses.is_empty())?;
        self.note_row_function(Some(name), None)?;
        self.table_function(name, args)
    }

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
    fn source_relation(&mut self, name: &ObjectName, alias: Option<&TableAlias>) -> Result<(), Refusal> {
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

    /// A function's name as the lists have it: folded, and without `pg_catalog`.
    pub(super) fn function_name(&self, name: &ObjectName) -> Result<String, Refusal> {
        let at = self.offset(name.span());
        match names::parts(name, at)?.as_slice() {
            // In quotes it is a stored function of that name, if there is one.
            [name] if self.dialect == Dialect::Mysql && name.quote_style.is_some() => {
                Err(Refusal::at(Rule::Function, at))
            }
            [name] => {
                names::check_function(name, self.dialect, at)?;
                Ok(names::folded(name, self.dialect))
            }
            [schema, name]
                if self.dialect == Dialect::Postgres
                    && names::is_named(schema, "pg_catalog", self.dialect) =>
            {
                names::check_function(name, self.dialect, at)?;
                Ok(names::folded(name, self.dialect))
            }
            _ => Err(Refusal::at(Rule::Function, at)),
        }
    }
}

/// Whether a function stands for `ROWS FROM`.
fn is_rows_from(name: &ObjectName) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() && name.value == mend::ROWS_FROM)
}

pub(in crate::sql) fn plain_name(idents: impl IntoIterator<Item = Ident>) -> ObjectName {
    ObjectName(idents.into_iter().map(ObjectNamePart::Identifier).collect())
}

/// Whether rows of the left side that match nothing are kept, so that the right side is nullable.
pub(super) fn keeps_left(operator: &JoinOperator) -> bool {
    matches!(
        operator,
        JoinOperator::Left(_) | JoinOperator::LeftOuter(_) | JoinOperator::FullOuter(_)
    )
}

/// Whether rows of the right side that match nothing are kept, so that the left side is nullable.
pub(super) fn keeps_right(operator: &JoinOperator) -> bool {
    matches!(
        operator,
        JoinOperator::Right(_) | JoinOperator::RightOuter(_) | JoinOperator::FullOuter(_)
    )
}
