//! What stands in FROM: tables, joins, subqueries, table functions.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Join,
    JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Spanned, TableFactor, TableFunctionArgs,
    TableWithJoins,
};

use super::{Walk, only};
use crate::sql::{
    Dialect, Refusal, Rule,
    faults::{self, Place},
    functions, mend, names,
};

impl Walk<'_> {
    pub(in crate::sql) fn table_with_joins(&mut self, table: &mut TableWithJoins) -> Result<(), Refusal> {
        let TableWithJoins { relation, joins } = table;
        // A later RIGHT or FULL JOIN makes everything before it nullable.
        let nullable = joins.iter().any(|join| keeps_right(&join.join_operator));
        let outer = self.in_join;
        self.in_join |= !joins.is_empty();
        self.maybe_nullable(nullable, |walk| walk.table_factor(relation))?;
        joins.iter_mut().try_for_each(|join| self.join(join))?;
        self.in_join = outer;
        Ok(())
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
            JoinConstraint::Using(columns) => {
                self.scopes.merges();
                columns.iter().try_for_each(|column| {
                    let at = self.offset(column.span());
                    let [column] = names::parts(column, at)?[..] else {
                        return Err(Refusal::at(Rule::Name, at));
                    };
                    self.check_ident(column)?;
                    self.note_column(None, column);
                    self.scopes.merge(names::folded(column, self.dialect));
                    Ok(())
                })
            }
            JoinConstraint::Natural => {
                self.scopes.merges();
                Ok(())
            }
            JoinConstraint::None => Ok(()),
        }
    }

    pub(super) fn maybe_nullable(
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
                if let Some(TableFunctionArgs { args, settings }) = args {
                    only(settings.is_none())?;
                    self.typed_alias(alias.as_mut())?;
                    self.note_row_function(name, alias.as_ref())?;
                    return self.table_function(name, args);
                }
                only(!*with_ordinality)?;
                alias.as_ref().map_or(Ok(()), |alias| self.alias(alias))?;
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
                self.typed_alias(alias.as_mut())?;
                self.note_row_function(name, alias.as_ref())?;
                self.table_function(name, args)
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                alias.as_ref().map_or(Ok(()), |alias| self.alias(alias))?;
                let before = self.scopes.count();
                let outer = std::mem::replace(&mut self.in_join, true);
                self.table_with_joins(table_with_joins)?;
                self.in_join = outer;
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
            // The parser is shown a function of that name.
            TableFactor::UNNEST { .. }
            | TableFactor::TableFunction { .. }
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
        if !functions::is_table_function_allowed(self.dialect, &called)
            && !functions::is_value_in_from(self.dialect, &called)
        {
            Refusal::at(Rule::Function, at).refuse()?;
        }
        // Of several arrays it is grammar, for as many calls of the server's own.
        let is_grammar = self.dialect == Dialect::Postgres && called == "unnest" && args.len() > 1;
        if !is_grammar {
            self.pin_function(name, &called, at)?;
        }
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
        self.note_row_function(name, None)?;
        self.table_function(name, args)
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
