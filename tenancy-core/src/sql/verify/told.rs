//! The second reading of names that the server tells: a row's table, and the type of a value.
//!
//! Each is counted where it stands and where it may stand: right below a cast to a text, as an item that goes to the caller, or
//! as an element of a GROUP BY. Its own rule for the column behind the first: it stands nowhere but below that cast.

use sqlparser::ast::{
    CastKind, DataType, Expr, Function, GroupByExpr, Ident, ObjectNamePart, OutputClause, SelectItem,
    SetExpr, Statement,
};

use super::Reader;
use crate::sql::{
    Dialect,
    faults::{self, Fault},
};

/// What was counted.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The columns that tell a row's table, and those that stand below their cast.
    ids: usize,
    cast_ids: usize,
    /// The names that the server tells, and those that stand where they may.
    names: usize,
    placed: usize,
}

impl Told {
    pub(super) fn is_even(&self) -> bool {
        let even = self.ids == self.cast_ids && self.names == self.placed;
        even || faults::is_on(Fault::UncountedNames)
    }
}

impl Reader<'_> {
    /// Counts an expression; whether it is one of those that are counted.
    pub(super) fn count_told(&mut self, expr: &Expr) -> bool {
        if self.placer.dialect != Dialect::Postgres {
            return false;
        }
        if is_table_id(expr) {
            self.told.ids += 1;
            return true;
        }
        match expr {
            Expr::Cast {
                expr: inner,
                data_type,
                ..
            } if is_table_name(expr) => {
                self.told.cast_ids += usize::from(is_table_id(inner) && *data_type == DataType::Regclass);
                self.told.names += 1;
                true
            }
            Expr::Function(function) if is_type_of(function) => {
                self.told.names += 1;
                true
            }
            Expr::Cast {
                expr: inner,
                data_type,
                ..
            } => {
                self.told.placed += usize::from(is_text(data_type) && is_told(inner));
                false
            }
            _ => false,
        }
    }

    /// Counts the names among the elements of a GROUP BY.
    pub(super) fn count_grouped(&mut self, group_by: &GroupByExpr) {
        if let GroupByExpr::Expressions(exprs, _) = group_by {
            self.told.placed += exprs.iter().filter(|expr| is_told(expr)).count();
        }
    }

    /// Counts the names that go to the caller.
    pub(super) fn count_shown(&mut self, statement: &Statement) {
        let items = match statement {
            Statement::Query(query) => match &*query.body {
                SetExpr::Select(select) => select.projection.as_slice(),
                SetExpr::Insert(inner)
                | SetExpr::Update(inner)
                | SetExpr::Delete(inner)
                | SetExpr::Merge(inner) => {
                    return self.count_shown(inner);
                }
                SetExpr::Query(_) | SetExpr::SetOperation { .. } | SetExpr::Values(_) | SetExpr::Table(_) => {
                    &[]
                }
            },
            Statement::Insert(insert) => insert.returning.as_deref().unwrap_or_default(),
            Statement::Update(update) => update.returning.as_deref().unwrap_or_default(),
            Statement::Delete(delete) => delete.returning.as_deref().unwrap_or_default(),
            Statement::Merge(merge) => match &merge.output {
                Some(OutputClause::Returning { select_items, .. }) => select_items.as_slice(),
                Some(OutputClause::Output { .. }) | None => &[],
            },
            _ => &[],
        };
        let shown = items.iter().filter(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => is_told(expr),
            SelectItem::ExprWithAliases { .. }
            | SelectItem::QualifiedWildcard(..)
            | SelectItem::Wildcard(_) => false,
        });
        self.told.placed += shown.count();
    }

    /// Whether it is a row that the engine writes out: a query of its own, cast so that no comparison takes it apart.
    pub(super) fn is_written_row(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Cast {
                expr,
                data_type: DataType::Custom(name, modifiers),
                ..
            } => {
                let is_record = matches!(
                    name.0.as_slice(),
                    [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() && name.value == "record"
                );
                let is_query = matches!(&**expr, Expr::Subquery(_)) || faults::is_on(Fault::AnyRecord);
                self.placer.dialect == Dialect::Postgres && is_record && modifiers.is_empty() && is_query
            }
            _ => false,
        }
    }
}

fn is_told(expr: &Expr) -> bool {
    match expr {
        Expr::Nested(inner) => is_told(inner),
        Expr::Function(function) => is_type_of(function),
        expr => is_table_name(expr),
    }
}

/// `tableoid::regclass`
fn is_table_name(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type: DataType::Regclass, .. } if is_table_id(expr)
    )
}

fn is_table_id(expr: &Expr) -> bool {
    let named = |column: &Ident| match column.quote_style {
        Some(_) => column.value == "tableoid",
        None => column.value.eq_ignore_ascii_case("tableoid"),
    };
    match expr {
        Expr::Identifier(column) => named(column),
        Expr::CompoundIdentifier(parts) => parts.len() == 2 && parts.last().is_some_and(named),
        _ => false,
    }
}

/// `pg_catalog.pg_typeof(…)`
fn is_type_of(function: &Function) -> bool {
    match function.name.0.as_slice() {
        [
            ObjectNamePart::Identifier(schema),
            ObjectNamePart::Identifier(name),
        ] => schema.value.eq_ignore_ascii_case("pg_catalog") && name.value.eq_ignore_ascii_case("pg_typeof"),
        _ => false,
    }
}

fn is_text(ty: &DataType) -> bool {
    match ty {
        DataType::Text | DataType::Varchar(_) | DataType::CharacterVarying(_) => true,
        DataType::Custom(name, _) => matches!(
            name.0.as_slice(),
            [ObjectNamePart::Identifier(name)] if name.value.eq_ignore_ascii_case("name")
        ),
        _ => false,
    }
}
