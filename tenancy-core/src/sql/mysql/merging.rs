//! What MariaDB 10.11 gets wrong where it makes a derived table a part of the query around it.
//!
//! A slice is one derived table more than the statement has, so what is right over a plain table can go wrong over it. There
//! slices are kept apart, by a LIMIT of all rows.
//!
//! - Where it merges twice, a column that is never NULL in its own table passes for one that is not NULL where an outer join has
//!   no row of that table either, and `COUNT(t.id) OVER …` counts it.
//! - The server falls over `t.a IN (SELECT t.b)`, a subquery without a FROM, at the second execution.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, Join, JoinOperator, ObjectNamePart, Query, Select, SetExpr, Statement, TableFactor,
    TableWithJoins, Visit, Visitor,
};

use super::is_dual;
use crate::sql::faults::{self, Fault};

/// Whether the slices of a statement have to be kept apart. With views it may have an outer join anywhere.
pub(in crate::sql) fn has_to_stay_apart(statement: &Statement, has_views: bool) -> bool {
    let mut seen = Seen {
        counts: false,
        misses: has_views,
        bare: false,
    };
    // Nothing in it breaks off.
    let _ = statement.visit(&mut seen);
    if faults::is_on(Fault::Merged) {
        return false;
    }
    seen.counts && seen.misses || seen.bare
}

struct Seen {
    /// A window counts something.
    counts: bool,
    /// There is an outer join.
    misses: bool,
    /// A value is compared with the rows of a query without a FROM.
    bare: bool,
}

impl Seen {
    fn joins(&mut self, table: &TableWithJoins) {
        self.misses |= table.joins.iter().any(is_outer);
    }
}

fn is_outer(join: &Join) -> bool {
    matches!(
        join.join_operator,
        JoinOperator::Left(_)
            | JoinOperator::LeftOuter(_)
            | JoinOperator::Right(_)
            | JoinOperator::RightOuter(_)
    )
}

fn is_bare(query: &Query) -> bool {
    fn any(body: &SetExpr) -> bool {
        match body {
            SetExpr::Select(select) => select.from.iter().all(|table| is_no_table(&table.relation)),
            SetExpr::Query(query) => any(&query.body),
            SetExpr::SetOperation { left, right, .. } => any(left) || any(right),
            SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => false,
        }
    }
    any(&query.body)
}

fn is_no_table(factor: &TableFactor) -> bool {
    let TableFactor::Table { name, .. } = factor else {
        return false;
    };
    let parts: Option<Vec<&Ident>> = name.0.iter().map(ObjectNamePart::as_ident).collect();
    parts.is_some_and(|parts| is_dual(&parts))
}

impl Visitor for Seen {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        select.from.iter().for_each(|table| self.joins(table));
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::NestedJoin { table_with_joins, .. } = factor {
            self.joins(table_with_joins);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => {
                let is_count = matches!(function.name.0.as_slice(),
                    [ObjectNamePart::Identifier(name)] if name.value.eq_ignore_ascii_case("count"));
                self.counts |= is_count && function.over.is_some();
            }
            Expr::InSubquery { subquery, .. } => self.bare |= is_bare(subquery),
            Expr::AnyOp { right, .. } | Expr::AllOp { right, .. } => {
                self.bare |= matches!(&**right, Expr::Subquery(query) if is_bare(query));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Dialect, splice::parse_one};

    fn seen(sql: &str) -> bool {
        has_to_stay_apart(&parse_one(sql, Dialect::Mysql).unwrap().statement, false)
    }

    #[test]
    fn what_the_server_gets_wrong_is_seen() {
        for sql in [
            "SELECT COUNT(a.id) OVER () FROM a LEFT JOIN b ON b.id = a.id",
            "SELECT 1 FROM (SELECT count(b.id) OVER w AS c FROM b WINDOW w AS ()) AS d, (a RIGHT JOIN b ON 1)",
            "INSERT INTO a SELECT COUNT(b.id) OVER () FROM c RIGHT OUTER JOIN b ON 1",
            "SELECT 1 FROM a WHERE a.id IN (SELECT a.n)",
            "SELECT 1 FROM a WHERE a.id NOT IN ((SELECT a.n FROM DUAL))",
            "DELETE FROM a WHERE a.id > ALL (SELECT a.n)",
            "SELECT 1 FROM a WHERE a.id = ANY (SELECT b.n FROM b UNION SELECT a.n)",
        ] {
            assert!(seen(sql), "{sql}");
        }
        for sql in [
            "SELECT COUNT(a.id) FROM a LEFT JOIN b ON b.id = a.id",
            "SELECT COUNT(a.id) OVER () FROM a JOIN b ON b.id = a.id",
            "SELECT SUM(a.id) OVER () FROM a LEFT JOIN b ON b.id = a.id",
            "SELECT 1 FROM a WHERE a.id IN (SELECT b.n FROM b)",
        ] {
            assert!(!seen(sql), "{sql}");
        }
    }
}
