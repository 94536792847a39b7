//! The second reading of INSERT: the tenant in every row, and no assignment of an upsert to the key.

use sqlparser::ast::{
    Assignment, Expr, Insert, ObjectName, ObjectNamePart, OnConflict, OnConflictAction, OnInsert, SelectItem,
    SetExpr, TableFactor, TableObject,
};

use super::Reader;
use crate::TableKind;

impl Reader<'_> {
    /// Whether an INSERT puts the tenant into the key column of every row.
    pub(super) fn guards_insert(&self, insert: &Insert) -> bool {
        let TableObject::TableName(name) = &insert.table else {
            return false;
        };
        let Some(table) = self.table(name).filter(|table| self.needs_guard(table)) else {
            return false;
        };
        if let TableKind::Via(via) = table.kind() {
            return insert
                .source
                .as_ref()
                .is_some_and(|source| self.checks_parents(table, via, &insert.columns, &source.body));
        }
        let Some(key) = self.forced_key(table) else {
            return false;
        };
        if !insert.assignments.is_empty() {
            return self.is_mysql() && self.sets_key(insert, key);
        }
        let places = self.places_of(key, &insert.columns);
        let ([place], Some(source), Some(value)) =
            (places.as_slice(), &insert.source, self.expr(&self.placer.value()))
        else {
            return false;
        };
        carries(&source.body, *place, insert.columns.len(), &value)
    }

    /// Where a list of columns names the key.
    pub(super) fn places_of(&self, key: &str, columns: &[ObjectName]) -> Vec<usize> {
        columns
            .iter()
            .enumerate()
            .filter(|(_, column)| {
                matches!(column.0.as_slice(), [ObjectNamePart::Identifier(ident)] if self.is_column(ident, key))
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether no assignment of an UPDATE names the key.
    pub(super) fn keeps_key(&self, target: &TableFactor, assignments: &[Assignment]) -> bool {
        let TableFactor::Table { name, .. } = target else {
            return false;
        };
        self.table(name)
            .is_some_and(|table| self.keeps_owner(table, assignments))
    }

    /// Whether no assignment of an upsert names the key.
    pub(super) fn keeps_key_on_conflict(&self, insert: &Insert) -> bool {
        let TableObject::TableName(name) = &insert.table else {
            return false;
        };
        match &insert.on {
            None => true,
            Some(OnInsert::OnConflict(OnConflict {
                action: OnConflictAction::DoNothing,
                ..
            })) => true,
            Some(OnInsert::OnConflict(OnConflict {
                action: OnConflictAction::DoUpdate(update),
                ..
            })) => self.table(name).is_some_and(|table| {
                self.keeps_owner(table, &update.assignments) && self.inserter_may(table, &update.assignments)
            }),
            Some(OnInsert::DuplicateKeyUpdate(assignments)) => self.table(name).is_some_and(|table| {
                self.is_mysql()
                    && self.keeps_owner(table, assignments)
                    && self.inserter_may(table, assignments)
            }),
            Some(_) => false,
        }
    }
}

/// Whether every row has `value` at `place`.
fn carries(body: &SetExpr, place: usize, width: usize, value: &Expr) -> bool {
    match body {
        SetExpr::Values(values) => values
            .rows
            .iter()
            .all(|row| row.content.len() == width && row.content.get(place) == Some(value)),
        SetExpr::Select(select) => {
            let is_value = |item: &SelectItem| matches!(item, SelectItem::UnnamedExpr(expr) if expr == value);
            let plain = |item: &SelectItem| {
                matches!(
                    item,
                    SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. }
                )
            };
            let items = &select.projection;
            // After a wildcard only the last item's place is certain.
            let at = if items.iter().all(plain) {
                items.get(place).filter(|_| items.len() == width)
            } else {
                items.last().filter(|_| place + 1 == width)
            };
            at.is_some_and(is_value)
        }
        SetExpr::Query(query) => carries(&query.body, place, width, value),
        SetExpr::SetOperation { left, right, .. } => {
            carries(left, place, width, value) && carries(right, place, width, value)
        }
        SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_)
        | SetExpr::Table(_) => false,
    }
}
