//! The second reading of tables that stay where they stand.
//!
//! Its own rule: in a FROM of inner joins, cross joins and LEFT JOINs alone a table is guarded by a term of the WHERE, and right
//! of a LEFT JOIN by a term of that join's ON and nothing else. A term is what AND joins at the top, so nothing below an OR, and it
//! names the table by a name that no other source of the FROM has. On PostgreSQL a table is guarded by the fence around it.

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, Join, JoinConstraint, JoinOperator, ObjectNamePart, Query, Select, SetExpr,
    TableFactor, TableWithJoins,
};

use super::{RESERVED, Reader};
use crate::{
    TableKind,
    sql::{Breadth, Dialect},
};

impl Reader<'_> {
    /// How many tables of a SELECT stand open and have their predicate where it has to be.
    pub(super) fn guarded_in_place(&self, select: &Select) -> usize {
        if self.placer.dialect == Dialect::Postgres {
            return 0;
        }
        let mut places: Vec<(&TableFactor, Option<&Expr>)> = Vec::new();
        for TableWithJoins { relation, joins } in &select.from {
            places.push((relation, select.selection.as_ref()));
            for join in joins {
                let condition = match &join.join_operator {
                    JoinOperator::Left(JoinConstraint::On(on))
                    | JoinOperator::LeftOuter(JoinConstraint::On(on)) => Some(on),
                    JoinOperator::Left(JoinConstraint::None)
                    | JoinOperator::LeftOuter(JoinConstraint::None) => None,
                    JoinOperator::Join(JoinConstraint::On(_) | JoinConstraint::None)
                    | JoinOperator::Inner(JoinConstraint::On(_) | JoinConstraint::None)
                    | JoinOperator::CrossJoin(JoinConstraint::On(_) | JoinConstraint::None) => {
                        select.selection.as_ref()
                    }
                    _ => return 0,
                };
                places.push((&join.relation, condition));
            }
        }
        let names: Vec<Option<String>> = places.iter().map(|(factor, _)| name(factor)).collect();
        let guarded = places.iter().filter(|(factor, condition)| {
            let own = name(factor);
            let alone = names.iter().filter(|other| **other == own).count() == 1;
            let predicate = self.predicate_of(factor);
            alone
                && predicate.is_some_and(|predicate| {
                    condition.is_some_and(|condition| {
                        let all = terms(condition);
                        terms(&predicate).iter().all(|term| all.contains(term))
                    })
                })
        });
        guarded.count()
    }

    /// Whether a factor is a table behind its fence.
    pub(super) fn is_held(&self, factor: &TableFactor) -> bool {
        let TableFactor::NestedJoin {
            table_with_joins,
            alias: None,
        } = factor
        else {
            return false;
        };
        let TableWithJoins { relation, joins } = &**table_with_joins;
        let [
            Join {
                relation:
                    TableFactor::Derived {
                        lateral: false,
                        subquery,
                        alias: Some(fence),
                        ..
                    },
                global: false,
                join_operator: JoinOperator::Join(JoinConstraint::On(condition)),
            },
        ] = joins.as_slice()
        else {
            return false;
        };
        self.placer.dialect == Dialect::Postgres
            && fence.name.value.starts_with(RESERVED)
            && is_one_row(subquery)
            && self.predicate_of(relation).as_ref() == Some(condition)
    }

    /// The predicate of a tenant's table under the name that it has here.
    fn predicate_of(&self, factor: &TableFactor) -> Option<Expr> {
        let TableFactor::Table {
            name,
            alias,
            args: None,
            ..
        } = factor
        else {
            return None;
        };
        let table = self.table(name).filter(|table| self.needs_guard(table))?;
        // What hides a hidden key is the slice; PostgreSQL's fence has a reading of its own.
        let hides = self.placer.breadth == Breadth::One && table.hides_key();
        if hides && self.placer.dialect != Dialect::Postgres {
            return None;
        }
        let known_as = alias.as_ref().map_or_else(
            || self.placer.dialect.quoted(table.name()),
            |alias| alias.name.to_string(),
        );
        match table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } => {
                self.expr(&self.placer.readable_as(self.tables, table, &known_as)?)
            }
            // Theirs may need a wall around the rows, which only a slice has.
            TableKind::Via(_) | TableKind::Party(_) => None,
            TableKind::Shared | TableKind::View { .. } | TableKind::Denied => None,
        }
    }
}

/// The name of a source, as SQLite compares it.
fn name(factor: &TableFactor) -> Option<String> {
    let folded = |ident: &Ident| Some(ident.value.to_ascii_lowercase());
    match factor {
        TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
            match (alias, name.0.last()) {
                (Some(alias), _) => folded(&alias.name),
                (None, Some(ObjectNamePart::Identifier(last))) => folded(last),
                (None, _) => None,
            }
        }
        TableFactor::Derived { alias, .. } | TableFactor::UNNEST { alias, .. } => {
            alias.as_ref().and_then(|alias| folded(&alias.name))
        }
        _ => None,
    }
}

/// What AND joins at the top of a condition.
fn terms(condition: &Expr) -> Vec<&Expr> {
    let mut terms = Vec::new();
    let mut rest = condition;
    while let Expr::BinaryOp {
        left,
        op: BinaryOperator::And,
        right,
    } = rest
    {
        terms.push(&**right);
        rest = left;
    }
    terms.push(rest);
    terms
}

/// `SELECT FROM (VALUES (0)) AS x`: one row of no columns.
fn is_one_row(query: &Query) -> bool {
    let select = match &*query.body {
        SetExpr::Select(select) if select.projection.is_empty() && select.selection.is_none() => select,
        _ => return false,
    };
    let [TableWithJoins { relation, joins }] = select.from.as_slice() else {
        return false;
    };
    let TableFactor::Derived { subquery, .. } = relation else {
        return false;
    };
    joins.is_empty() && matches!(&*subquery.body, SetExpr::Values(values) if values.rows.len() == 1)
}
