//! What the verifier knows of MySQL's writes over several tables, and of INSERT … SET.

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Expr, Insert, JoinConstraint, JoinOperator, ObjectNamePart,
    TableFactor, TableWithJoins,
};

use super::Reader;
use crate::{
    Table,
    sql::{Breadth, kinds::Rows, names::are_alike},
};

impl Reader<'_> {
    /// How many tables that need a guard stand in the FROM of a write as they are; `None` if one of them has none.
    ///
    /// A row is only written as a part of the join. So its predicate is among the terms of the WHERE, or of the ON of the
    /// join that brings it in, unless that join keeps it without a match.
    pub(super) fn joined_guards(&self, tables: &[TableWithJoins], selection: Option<&Expr>) -> Option<usize> {
        let mut whole = Vec::new();
        if let Some(selection) = selection {
            terms(selection, &mut whole);
        }
        let mut found = 0;
        for TableWithJoins { relation, joins } in tables {
            found += usize::from(self.is_joined(relation, &whole, None)?);
            for join in joins {
                let on = match &join.join_operator {
                    JoinOperator::Join(JoinConstraint::On(on))
                    | JoinOperator::Inner(JoinConstraint::On(on))
                    | JoinOperator::Left(JoinConstraint::On(on))
                    | JoinOperator::LeftOuter(JoinConstraint::On(on)) => Some(on),
                    _ => None,
                };
                found += usize::from(self.is_joined(&join.relation, &whole, on)?);
            }
        }
        Some(found)
    }

    /// Whether a relation needs a guard and has it; `None` if it has none.
    fn is_joined(&self, relation: &TableFactor, whole: &[&Expr], on: Option<&Expr>) -> Option<bool> {
        let (name, alias) = match relation {
            TableFactor::Table { name, alias, .. } => (name, alias),
            TableFactor::Derived { .. } => return Some(false),
            _ => return None,
        };
        let Some(table) = self.table(name).filter(|table| self.needs_guard(table)) else {
            return Some(false);
        };
        let known_as = alias.as_ref().map_or_else(
            || self.placer.dialect.quoted(table.name()),
            |alias| alias.name.to_string(),
        );
        let text = self.placer.rows(self.tables, table, &known_as, Rows::Own)?;
        let predicate = self.expr(&text)?;
        let mut needed = Vec::new();
        terms(&predicate, &mut needed);
        let mut own = Vec::new();
        if let Some(on) = on {
            terms(on, &mut own);
        }
        // A row that a unique key finds is looked at before the predicate: the statement's own condition stands in a CASE.
        let found = self.placer.may_fail && self.placer.breadth == Breadth::One && !self.conflicts_own(table);
        if found && whole.iter().any(|term| matches!(term, Expr::Nested(_))) {
            return None;
        }
        let is_in = |terms: &[&Expr]| needed.iter().all(|term| terms.contains(term));
        (is_in(whole) || is_in(&own)).then_some(true)
    }

    /// Whether no assignment names the key of a table that stands in the FROM as it is.
    pub(super) fn keeps_all_owners(&self, tables: &[TableWithJoins], assignments: &[Assignment]) -> bool {
        let relations = tables.iter().flat_map(|table| {
            std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
        });
        relations
            .filter_map(|relation| match relation {
                TableFactor::Table { name, .. } => self.table(name),
                _ => None,
            })
            .all(|table| {
                !assignments
                    .iter()
                    .any(|assignment| assigns_owner(table, assignment))
            })
    }

    /// Whether an INSERT … SET sets the key once, to the tenant.
    pub(super) fn sets_key(&self, insert: &Insert, key: &str) -> bool {
        let value = self.expr(&self.placer.value());
        let mut owning = insert
            .assignments
            .iter()
            .filter(|assignment| assigns(assignment, |name| are_alike(name, key)));
        let (first, second) = (owning.next(), owning.next());
        insert.source.is_none()
            && second.is_none()
            && first.is_some_and(|assignment| Some(&assignment.value) == value.as_ref())
    }
}

fn assigns_owner(table: &Table, assignment: &Assignment) -> bool {
    table
        .owners()
        .any(|key| assigns(assignment, |name| are_alike(name, key)))
}

/// Whether an assignment is to a column of such a name, or to something that is no plain column.
fn assigns(assignment: &Assignment, is: impl Fn(&str) -> bool) -> bool {
    let AssignmentTarget::ColumnName(name) = &assignment.target else {
        return true;
    };
    match name.0.last() {
        Some(ObjectNamePart::Identifier(column)) => is(&column.value),
        Some(ObjectNamePart::Function(_)) | None => true,
    }
}

/// The terms of a conjunction.
fn terms<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    let mut expr = expr;
    while let Expr::BinaryOp {
        left,
        op: BinaryOperator::And,
        right,
    } = expr
    {
        terms(right, found);
        expr = left;
    }
    found.push(expr);
}
