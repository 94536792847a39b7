//! MERGE, read by itself: the condition of the join begins with the predicate, and so does that of an arm for rows that
//! the source does not match; a new row has the tenant in its key column; no assignment names the key.

use sqlparser::ast::{
    BinaryOperator, Expr, Merge, MergeAction, MergeClause, MergeClauseKind, MergeInsertExpr, MergeInsertKind,
    MergeUpdateKind, TableFactor,
};

use super::Reader;
use crate::{Table, sql::kinds::Rows};

impl Reader<'_> {
    pub(super) fn guards_merge(&self, merge: &Merge) -> bool {
        let TableFactor::Table { name, alias, .. } = &merge.table else {
            return false;
        };
        let Some(table) = self.table(name).filter(|table| self.needs_guard(table)) else {
            return false;
        };
        let known_as = alias.as_ref().map_or_else(
            || self.placer.dialect.quoted(table.name()),
            |alias| alias.name.to_string(),
        );
        let predicate = self
            .placer
            .rows(self.tables, table, &known_as, Rows::Own)
            .and_then(|text| self.expr(&text));
        let Some(own) = predicate else {
            return false;
        };
        begins_with(&merge.on, &own)
            && merge
                .clauses
                .iter()
                .all(|clause| self.guards_arm(table, &own, clause))
    }

    fn guards_arm(&self, table: &Table, own: &Expr, clause: &MergeClause) -> bool {
        let restricted = match clause.clause_kind {
            MergeClauseKind::Matched | MergeClauseKind::NotMatched | MergeClauseKind::NotMatchedByTarget => {
                true
            }
            MergeClauseKind::NotMatchedBySource => clause
                .predicate
                .as_ref()
                .is_some_and(|predicate| predicate == own || begins_with(predicate, own)),
        };
        restricted
            && match &clause.action {
                MergeAction::Insert(insert) => self.carries_key(table, insert),
                MergeAction::Update(update) => match &update.kind {
                    MergeUpdateKind::Set(assignments) => self.keeps_owner(table, assignments),
                    MergeUpdateKind::Wildcard => false,
                },
                MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => true,
            }
    }

    fn carries_key(&self, table: &Table, insert: &MergeInsertExpr) -> bool {
        let (Some(key), MergeInsertKind::Values(values)) = (self.forced_key(table), &insert.kind) else {
            return false;
        };
        let places = self.places_of(key, &insert.columns);
        let ([place], Some(value)) = (places.as_slice(), self.expr(&self.placer.value())) else {
            return false;
        };
        values
            .rows
            .iter()
            .all(|row| row.content.len() == insert.columns.len() && row.content.get(*place) == Some(&value))
    }
}

/// Whether a condition is the predicate and another one in parentheses.
fn begins_with(condition: &Expr, own: &Expr) -> bool {
    matches!(
        condition,
        Expr::BinaryOp { left, op: BinaryOperator::And, right }
            if **left == *own && matches!(**right, Expr::Nested(_))
    )
}
