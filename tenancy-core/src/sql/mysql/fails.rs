//! Whether a statement can fail on a value that a row holds, on MariaDB.
//!
//! A row that is found by a unique key is read while the statement is still being planned, and the conditions on it are tried
//! then and there, the tenant's own last: `WHERE id = 11 AND exp(n) > 0` fails on another tenant's row 11, and so tells that it
//! is there and what is in it. A query fails on few things. A write fails on whatever is no number and is compared with one,
//! and its error quotes it.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, JoinConstraint, JoinOperator, ObjectNamePart, Query, SetExpr, Statement,
    TableFactor, TableWithJoins, UnaryOperator, Visit, Visitor,
};

/// Functions that a query may call with any value.
const TOTAL: [&str; 30] = [
    "avg",
    "char_length",
    "coalesce",
    "concat",
    "count",
    "curdate",
    "date",
    "ifnull",
    "json_contains",
    "json_extract",
    "json_unquote",
    "json_valid",
    "json_value",
    "left",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "month",
    "now",
    "nullif",
    "replace",
    "right",
    "row_number",
    "rtrim",
    "sum",
    "trim",
    "upper",
    "year",
];

/// Whether something in the statement's conditions may fail on a row's value.
pub(in crate::sql) fn may_fail(statement: &Statement) -> bool {
    let mut statement = statement.clone();
    let writes = match &mut statement {
        Statement::Query(query) => {
            forget_shown(query);
            false
        }
        Statement::Insert(insert) => {
            if let Some(source) = &mut insert.source {
                forget_shown(source);
            }
            true
        }
        _ => true,
    };
    let mut seen = Partial { writes, tests: 0 };
    statement.visit(&mut seen).is_break()
}

/// What the outermost query shows is asked of rows that have come out of it. A HAVING can be moved to the WHERE, and what
/// it names with it.
fn forget_shown(query: &mut Query) {
    if let SetExpr::Select(select) = &mut *query.body
        && select.having.is_none()
    {
        select.projection.retain(|item| item.visit(&mut Asks).is_break());
        query.order_by = None;
    }
}

/// Breaks off at a query.
struct Asks;

impl Visitor for Asks {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}

struct Partial {
    writes: bool,
    /// How many tests there are. The first may be what finds the row.
    tests: usize,
}

impl Partial {
    fn fails(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::Nested(_) => false,
            Expr::IsNull(_) | Expr::IsNotNull(_) => false,
            // As many tests as it has values.
            Expr::Tuple(_) => self.writes,
            Expr::Exists { .. } | Expr::Subquery(_) => false,
            Expr::BinaryOp { op, .. } => match op {
                BinaryOperator::StringConcat => false,
                BinaryOperator::And
                | BinaryOperator::Or
                | BinaryOperator::Xor
                | BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::Gt
                | BinaryOperator::Lt
                | BinaryOperator::GtEq
                | BinaryOperator::LtEq
                | BinaryOperator::Spaceship => self.tests(),
                _ => true,
            },
            Expr::UnaryOp { op, expr } => match op {
                UnaryOperator::Not => self.tests(),
                UnaryOperator::Plus | UnaryOperator::Minus => !matches!(&**expr, Expr::Value(_)),
                _ => true,
            },
            Expr::InList { .. }
            | Expr::InSubquery { .. }
            | Expr::AnyOp { .. }
            | Expr::AllOp { .. }
            | Expr::Between { .. }
            | Expr::Like { .. }
            | Expr::Case { .. }
            | Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_) => self.tests(),
            Expr::Cast { .. }
            | Expr::Collate { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::Position { .. }
            | Expr::Extract { .. } => self.writes,
            Expr::Function(function) => match function.name.0.as_slice() {
                [ObjectNamePart::Identifier(name)] => {
                    self.writes
                        || TOTAL
                            .binary_search(&name.value.to_ascii_lowercase().as_str())
                            .is_err()
                }
                _ => true,
            },
            _ => true,
        }
    }

    /// One more test. In a query none fails by itself.
    fn tests(&mut self) -> bool {
        self.tests += 1;
        self.writes && self.tests > 1
    }
}

/// Whether all that a write joins by finds no row before the write's own condition is looked at: columns of tables that are
/// compared with each other, none of which was found by a query of its own.
pub(in crate::sql) fn joins_find_nothing(tables: &[TableWithJoins]) -> bool {
    let plain = |factor: &TableFactor| matches!(factor, TableFactor::Table { args: None, .. });
    tables.iter().all(|table| {
        plain(&table.relation)
            && table.joins.iter().all(|join| {
                plain(&join.relation)
                    && match &join.join_operator {
                        JoinOperator::Join(on)
                        | JoinOperator::Inner(on)
                        | JoinOperator::Left(on)
                        | JoinOperator::LeftOuter(on)
                        | JoinOperator::Right(on)
                        | JoinOperator::RightOuter(on)
                        | JoinOperator::CrossJoin(on)
                        | JoinOperator::StraightJoin(on) => match on {
                            JoinConstraint::On(on) => compares_columns(on),
                            JoinConstraint::Using(_) | JoinConstraint::Natural | JoinConstraint::None => true,
                        },
                        _ => false,
                    }
            })
    })
}

fn compares_columns(on: &Expr) -> bool {
    match on {
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } => compares_columns(left) && compares_columns(right),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } => [left, right]
            .iter()
            .all(|side| matches!(&***side, Expr::Identifier(_) | Expr::CompoundIdentifier(_))),
        Expr::Nested(on) => compares_columns(on),
        _ => false,
    }
}

impl Visitor for Partial {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.fails(expr) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// A join without a condition of its own may test as well (NATURAL, USING).
    fn pre_visit_select(&mut self, select: &sqlparser::ast::Select) -> ControlFlow<()> {
        let joins = select.from.iter().map(|table| table.joins.len()).sum::<usize>();
        self.tests += joins;
        if self.writes && joins > 0 {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Dialect, splice::parse_one};

    fn fails(sql: &str) -> bool {
        may_fail(&parse_one(sql, Dialect::Mysql).unwrap().statement)
    }

    #[test]
    fn plain_lookups_fail_on_nothing() {
        for sql in [
            "SELECT a * 2, exp(b) FROM t WHERE id = 1 AND name LIKE 'x%' ORDER BY a + 1",
            "SELECT a FROM t WHERE lower(name) = 'x' OR a IN (1, -2) OR b BETWEEN 1 AND 2",
            "SELECT a FROM t JOIN u ON u.id = t.u WHERE t.id = 1 AND CAST(a AS SIGNED) = 1",
            "INSERT INTO t (a) SELECT a * 2 FROM u WHERE id = 1",
            "INSERT INTO t (a) VALUES (1)",
        ] {
            assert!(!fails(sql), "{sql}");
        }
    }

    #[test]
    fn what_a_row_can_make_fail_is_seen() {
        for sql in [
            "SELECT a FROM t WHERE id = 1 AND exp(b) > 0",
            "SELECT a FROM t WHERE id = 1 AND b * 2 > 0",
            "SELECT a FROM t WHERE id = 1 AND -b > 0",
            "SELECT exp(b) AS e FROM t WHERE id = 1 HAVING e > 0",
            "SELECT e FROM (SELECT id, exp(b) AS e FROM t) AS x WHERE id = 1 AND e > 0",
            "SELECT a FROM t WHERE id = 1 AND (SELECT exp(b)) > 0",
            "INSERT INTO t (a) SELECT a FROM u WHERE id = 1 AND name = 0",
            "INSERT INTO t (a) SELECT a FROM u WHERE id = 1 AND name",
            "INSERT INTO t (a) SELECT (SELECT a FROM u WHERE id = 1 AND name = 0)",
            "INSERT INTO t (a) SELECT a FROM u WHERE (id, name) = (1, 0)",
            "INSERT INTO t (a) SELECT u.a FROM u JOIN v USING (id) WHERE u.name = 0",
            "INSERT INTO t (a) SELECT a FROM (SELECT * FROM u WHERE id = 1) AS x WHERE name = 0",
        ] {
            assert!(fails(sql), "{sql}");
        }
    }
}
