//! Whether a statement can fail on a value that a row holds, on SQLite.
//!
//! Comparisons, arithmetic and casts never do there. Functions may (`json_extract` of a text that is no JSON), so only
//! those are taken for harmless that are known to be.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, ObjectNamePart, Statement, Value, Visit, Visitor};

/// Functions that answer for any value.
const TOTAL: [&str; 21] = [
    "avg",
    "coalesce",
    "count",
    "date",
    "datetime",
    "ifnull",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "round",
    "row_number",
    "rtrim",
    "substr",
    "sum",
    "total",
    "trim",
    "typeof",
    "upper",
];

/// Whether something in the statement may fail on a row's value.
pub(super) fn may_fail(statement: &Statement) -> bool {
    statement.visit(&mut Partial).is_break()
}

struct Partial;

impl Visitor for Partial {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let fails = match expr {
            Expr::Function(function) => match function.name.0.as_slice() {
                [ObjectNamePart::Identifier(name)] => TOTAL
                    .binary_search(&name.value.to_ascii_lowercase().as_str())
                    .is_err(),
                _ => true,
            },
            Expr::BinaryOp { op, .. } => !matches!(
                op,
                BinaryOperator::Plus
                    | BinaryOperator::Minus
                    | BinaryOperator::Multiply
                    | BinaryOperator::Divide
                    | BinaryOperator::Modulo
                    | BinaryOperator::StringConcat
                    | BinaryOperator::Gt
                    | BinaryOperator::Lt
                    | BinaryOperator::GtEq
                    | BinaryOperator::LtEq
                    | BinaryOperator::Eq
                    | BinaryOperator::NotEq
                    | BinaryOperator::And
                    | BinaryOperator::Or
            ),
            // A pattern of a row's own may be too complex.
            Expr::Like { pattern, .. } => !matches!(
                &**pattern,
                Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_) | Value::Placeholder(_))
            ),
            _ => false,
        };
        if fails {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
