//! Expressions: every variant named, and what is not known to be harmless refused.

use sqlparser::ast::{
    Array, CaseWhen, CastKind, CeilFloorKind, DateTimeField, Expr, Function, FunctionArgumentList,
    FunctionArguments, Interval, ObjectNamePart, Spanned, TypedString,
};

use super::{Walk, only, operators::is_unary_allowed, system::is_text};
use crate::sql::{
    Dialect, Refusal, Rule,
    faults::{self, Place},
    mysql, names, types,
};

impl Walk<'_> {
    pub(in crate::sql) fn exprs(&mut self, exprs: &mut [Expr]) -> Result<(), Refusal> {
        exprs.iter_mut().try_for_each(|expr| self.expr(expr))
    }

    fn opt_expr(&mut self, expr: Option<&mut Box<Expr>>) -> Result<(), Refusal> {
        expr.map_or(Ok(()), |expr| self.expr(expr))
    }

    fn pair(&mut self, left: &mut Expr, right: &mut Expr) -> Result<(), Refusal> {
        self.expr(left)?;
        self.expr(right)
    }

    pub(in crate::sql) fn expr(&mut self, expr: &mut Expr) -> Result<(), Refusal> {
        match expr {
            // In VALUES and in SET; anywhere else the server refuses it.
            Expr::Identifier(name)
                if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default") =>
            {
                Ok(())
            }
            Expr::Identifier(name) if self.dialect == Dialect::Mysql && mysql::is_clock(name) => Ok(()),
            Expr::Identifier(name) if self.hiding_target(name).is_some() => {
                let (name, range) = (name.clone(), self.ident_range(name)?);
                if let Some(row) = self.written_row(&name, range)? {
                    *expr = row;
                }
                Ok(())
            }
            Expr::Identifier(name) => self.column(std::slice::from_ref(name)),
            Expr::QualifiedWildcard(..) => self.row_value(expr),
            Expr::CompoundIdentifier(parts) => self.qualified_column(parts),
            Expr::CompoundFieldAccess { root, access_chain } => {
                if self.is_field(root, access_chain)? || self.is_column(root, access_chain)? {
                    return Ok(());
                }
                self.expr(root)?;
                access_chain.iter_mut().try_for_each(|access| self.access(access))
            }
            Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsNull(inner)
            | Expr::IsNotNull(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner)
            | Expr::Nested(inner) => self.expr(inner),
            Expr::IsJson {
                expr,
                kind: _,
                unique_keys: _,
                negated: _,
            }
            | Expr::IsNormalized {
                expr,
                form: _,
                negated: _,
            } => self.expr(expr),
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                self.pair(left, right)
            }
            Expr::InList {
                expr,
                list,
                negated: _,
            } => {
                self.expr(expr)?;
                self.exprs(list)
            }
            Expr::InSubquery {
                expr,
                subquery,
                negated: _,
            } => {
                self.expr(expr)?;
                faults::within(Place::Subquery, || self.query(subquery))
            }
            Expr::Exists { subquery, negated: _ } => {
                self.in_exists += 1;
                let walked = faults::within(Place::Subquery, || self.query(subquery));
                self.in_exists -= 1;
                walked
            }
            Expr::Subquery(subquery) => faults::within(Place::Subquery, || self.query(subquery)),
            Expr::Between {
                expr,
                negated: _,
                low,
                high,
            } => {
                self.expr(expr)?;
                self.pair(low, high)
            }
            Expr::BinaryOp { .. } => self.binary(expr),
            Expr::Like {
                negated: _,
                any,
                expr,
                pattern,
                escape_char,
            }
            | Expr::ILike {
                negated: _,
                any,
                expr,
                pattern,
                escape_char,
            } => {
                only(!*any || self.dialect == Dialect::Postgres)?;
                self.expr(expr)?;
                self.pattern(pattern)?;
                self.opt_expr(escape_char.as_mut())
            }
            Expr::SimilarTo {
                negated: _,
                expr,
                pattern,
                escape_char,
            } => {
                self.pair(expr, pattern)?;
                self.opt_expr(escape_char.as_mut())
            }
            Expr::AnyOp {
                left,
                compare_op,
                right,
                is_some: _,
            }
            | Expr::AllOp {
                left,
                compare_op,
                right,
            } => {
                if !self.allows_operator(compare_op) {
                    self.refuse(Rule::Operator, &**left).or_else(Refusal::refuse)?;
                }
                self.pair(left, right)
            }
            Expr::UnaryOp { op, expr } => {
                if !is_unary_allowed(self.dialect, *op) {
                    self.refuse(Rule::Operator, &**expr).or_else(Refusal::refuse)?;
                }
                self.expr(expr)
            }
            Expr::Cast {
                kind,
                expr,
                data_type,
                format,
            } => {
                match kind {
                    CastKind::Cast | CastKind::DoubleColon => {}
                    CastKind::TryCast | CastKind::SafeCast => return self.refuse(Rule::Construct, &**expr),
                }
                only(format.is_none())?;
                if is_text(data_type) && self.told_name(expr)? {
                    return Ok(());
                }
                if !types::is_type_allowed(self.dialect, data_type) && !self.own_type(data_type)? {
                    self.refuse(Rule::Type, &**expr).or_else(Refusal::refuse)?;
                }
                self.expr(expr)
            }
            Expr::TypedString(TypedString {
                data_type,
                value,
                uses_odbc_syntax,
            }) => {
                // `{d '2020-01-01'}`
                only(!*uses_odbc_syntax || self.dialect == Dialect::Mysql)?;
                if !types::is_type_allowed(self.dialect, data_type) {
                    Refusal::at(Rule::Type, self.offset(value.span)).refuse()?;
                }
                self.value(value)
            }
            Expr::AtTimeZone { timestamp, time_zone } => self.pair(timestamp, time_zone),
            Expr::Extract {
                field,
                syntax: _,
                expr,
            } => {
                self.unit(field)?;
                self.expr(expr)
            }
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                match field {
                    CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {}
                    CeilFloorKind::DateTimeField(_) | CeilFloorKind::Scale(_) => {
                        return self.refuse(Rule::Construct, &**expr);
                    }
                }
                self.expr(expr)
            }
            Expr::Position { expr, r#in } => self.pair(expr, r#in),
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                special: _,
                shorthand: _,
            } => {
                self.expr(expr)?;
                self.opt_expr(substring_from.as_mut())?;
                self.opt_expr(substring_for.as_mut())
            }
            Expr::Trim {
                trim_where: _,
                trim_what,
                expr,
                trim_characters,
            } => {
                self.expr(expr)?;
                self.opt_expr(trim_what.as_mut())?;
                trim_characters
                    .as_mut()
                    .map_or(Ok(()), |characters| self.exprs(characters))
            }
            Expr::Overlay {
                expr,
                overlay_what,
                overlay_from,
                overlay_for,
            } => {
                self.pair(expr, overlay_what)?;
                self.expr(overlay_from)?;
                self.opt_expr(overlay_for.as_mut())
            }
            Expr::Collate { expr, collation } => {
                let at = self.offset(collation.span());
                match names::parts(collation, at)?.as_slice() {
                    [name] => self.check_ident(name)?,
                    [schema, name] if names::is_named(schema, "pg_catalog", self.dialect) => {
                        self.check_ident(name)?
                    }
                    _ => return Err(Refusal::at(Rule::Name, at)),
                }
                self.expr(expr)
            }
            Expr::Value(value) => self.value(value),
            Expr::Function(function) => self.function(function),
            Expr::Case {
                case_token: _,
                end_token: _,
                operand,
                conditions,
                else_result,
            } => {
                self.opt_expr(operand.as_mut())?;
                conditions
                    .iter_mut()
                    .try_for_each(|CaseWhen { condition, result }| self.pair(condition, result))?;
                self.opt_expr(else_result.as_mut())
            }
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => sets
                .iter_mut()
                .flatten()
                .try_for_each(|element| self.grouping_element(element)),
            Expr::Tuple(exprs) => self.exprs(exprs),
            Expr::Array(Array { elem, named }) => {
                // `[1, 2]` is an array only inside of another one.
                only(*named || self.dialect == Dialect::Postgres)?;
                self.exprs(elem)
            }
            Expr::Interval(Interval {
                value,
                leading_field,
                leading_precision: _,
                last_field,
                fractional_seconds_precision: _,
            }) => {
                [leading_field, last_field]
                    .into_iter()
                    .flatten()
                    .try_for_each(|field| self.unit(field))?;
                self.expr(value)
            }
            Expr::RLike { .. } | Expr::Convert { .. } | Expr::Prefixed { .. } | Expr::MatchAgainst { .. }
                if self.dialect == Dialect::Mysql =>
            {
                self.mysql_expr(expr)
            }
            Expr::RLike { .. }
            | Expr::Convert { .. }
            | Expr::Prefixed { .. }
            | Expr::MatchAgainst { .. }
            | Expr::JsonAccess { .. }
            | Expr::InUnnest { .. }
            | Expr::Struct { .. }
            | Expr::Named { .. }
            | Expr::Dictionary(_)
            | Expr::Map(_)
            | Expr::Wildcard(_)
            | Expr::OuterJoin(_)
            | Expr::Prior(_)
            | Expr::Lambda(_)
            | Expr::MemberOf(_) => self.refuse(Rule::Construct, expr),
        }
    }

    /// A unit of time.
    fn unit(&self, field: &DateTimeField) -> Result<(), Refusal> {
        match self.dialect {
            Dialect::Mysql => only(mysql::is_unit(field)),
            Dialect::Postgres | Dialect::Sqlite => match field {
                // `EXTRACT('year' FROM …)`: a text, which names nothing.
                DateTimeField::Custom(name)
                    if self.dialect == Dialect::Postgres
                        && name.quote_style == Some('\'')
                        && name
                            .value
                            .bytes()
                            .all(|byte| byte.is_ascii_lowercase() || byte == b'_') =>
                {
                    Ok(())
                }
                DateTimeField::Custom(name) | DateTimeField::Week(Some(name)) => self.check_ident(name),
                _ => Ok(()),
            },
        }
    }

    /// The pattern of a LIKE. `ALL (…)` behind it is the grammar's, though the parser reads a call.
    fn pattern(&mut self, pattern: &mut Expr) -> Result<(), Refusal> {
        let Expr::Function(Function {
            name,
            uses_odbc_syntax: false,
            parameters: FunctionArguments::None,
            args,
            within_group,
            filter: None,
            null_treatment: None,
            over: None,
        }) = pattern
        else {
            return self.expr(pattern);
        };
        let is_all = matches!(
            name.0.as_slice(),
            [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("all")
        );
        if !is_all || self.dialect != Dialect::Postgres || !within_group.is_empty() {
            return self.expr(pattern);
        }
        match args {
            FunctionArguments::Subquery(query) => faults::within(Place::Subquery, || self.query(query)),
            FunctionArguments::List(FunctionArgumentList {
                duplicate_treatment: None,
                args,
                clauses,
            }) if clauses.is_empty() => self.function_args(args),
            FunctionArguments::None | FunctionArguments::List(_) => self.refuse(Rule::Construct, pattern),
        }
    }

    /// A chain of operators leans to the left as deep as it is long; it is walked in a loop.
    fn binary(&mut self, expr: &mut Expr) -> Result<(), Refusal> {
        let mut expr = expr;
        while let Expr::BinaryOp { left, op, right } = expr {
            if !self.allows_operator(op) {
                self.refuse(Rule::Operator, &**right).or_else(Refusal::refuse)?;
            }
            self.expr(right)?;
            expr = left;
        }
        self.expr(expr)
    }
}
