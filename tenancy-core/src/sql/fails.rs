//! Whether a statement can fail on a value that a row holds, on SQLite, and by way of `mysql::may_fail` on MariaDB.
//!
//! Comparisons, arithmetic and casts never do on SQLite. Functions may (`json_extract` of a text that is no JSON), so only
//! those are taken for harmless that are known to be.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, ObjectNamePart, Statement, Value, Visit, Visitor};

use super::{Dialect, mysql};

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
pub(super) fn may_fail(statement: &Statement, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Sqlite => statement.visit(&mut Partial).is_break(),
        Dialect::Mysql => mysql::may_fail(statement),
        // There it is not asked: every statement has a guard.
        Dialect::Postgres => true,
    }
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
            // A pattern of a row's own may be too complex, and its escape character may be none or two.
            Expr::Like {
                pattern, escape_char, ..
            } => !is_constant(pattern) || !escape_char.as_deref().is_none_or(is_constant),
            _ => false,
        };
        if fails {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

/// Whether no row has a part in the value: then it fails for all tenants alike.
fn is_constant(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Value(value) if matches!(value.value, Value::SingleQuotedString(_) | Value::Placeholder(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::splice::parse_one;

    fn fails(condition: &str) -> bool {
        may_fail(
            &parse_one(&format!("SELECT * FROM t WHERE {condition}"), Dialect::Sqlite)
                .unwrap()
                .statement,
            Dialect::Sqlite,
        )
    }

    #[test]
    fn what_answers_for_any_value_does_not_fail() {
        for condition in [
            "a = 1 AND b / 0 > 2",
            "lower(a) LIKE 'x%' ESCAPE '!'",
            "a LIKE ?1",
            "CAST(a AS integer) + b <> 1",
        ] {
            assert!(!fails(condition), "{condition}");
        }
    }

    #[test]
    fn what_a_row_can_make_fail_is_seen() {
        for condition in [
            "json_extract(a, '$.b') = 1",
            "a -> 'b' IS NULL",
            "a LIKE b",
            "a LIKE 'x' ESCAPE b",
            "a LIKE 'x' ESCAPE lower(b)",
            "abs(a) = 1",
            "EXISTS (SELECT 1 FROM u WHERE u.a LIKE t.b)",
        ] {
            assert!(fails(condition), "{condition}");
        }
    }
}
