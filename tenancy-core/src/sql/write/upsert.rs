//! ON CONFLICT: only a conflict with the tenant's own row is answered.

use sqlparser::ast::{ConflictTarget, DoUpdate, Ident, OnConflict, OnConflictAction};

use crate::{
    Table,
    sql::{
        Breadth, Refusal, Rule,
        faults::{self, Fault, Place},
        names::{folded, folded_name, quoted},
        walk::Walk,
    },
};

impl Walk<'_> {
    pub(super) fn on_conflict(&mut self, table: &Table, conflict: &mut OnConflict) -> Result<(), Refusal> {
        let OnConflict {
            conflict_target,
            action,
        } = conflict;
        match conflict_target {
            None => self.check_unique(table)?,
            Some(ConflictTarget::Columns(columns)) => self.conflict_columns(table, columns)?,
            // What a constraint covers is not in the catalogue.
            Some(ConflictTarget::OnConstraint(_)) => return Err(Refusal::new(Rule::ConflictTarget)),
        }
        match action {
            OnConflictAction::DoNothing => Ok(()),
            OnConflictAction::DoUpdate(DoUpdate {
                assignments,
                selection,
            }) => faults::within(Place::UpsertArm, || {
                self.assignments(table, assignments)?;
                selection
                    .as_mut()
                    .map_or(Ok(()), |selection| self.expr(selection))
            }),
        }
    }

    /// Refuses, unless every unique key of the table contains the tenant's key: then every conflict is with a row of
    /// the tenant's own.
    pub(super) fn check_unique(&self, table: &Table) -> Result<(), Refusal> {
        let Some(key) = self.conflict_key(table) else {
            return Ok(());
        };
        let keys = table.unique_keys().ok_or(Refusal::new(Rule::UniqueUnknown))?;
        let contains = |columns: &Vec<String>| {
            columns
                .iter()
                .any(|column| folded_name(column, self.dialect) == key)
        };
        if keys.iter().all(contains) {
            Ok(())
        } else {
            Err(Refusal::new(Rule::ConflictKey))
        }
    }

    /// The key that a conflict has to contain: none of a shared table, and none where an operator writes to all.
    fn conflict_key(&self, table: &Table) -> Option<String> {
        match self.placer.breadth {
            Breadth::All { .. } => None,
            Breadth::One | Breadth::Many { .. } => table.key().map(|key| folded_name(key, self.dialect)),
        }
    }

    /// `ON CONFLICT (a)` becomes `ON CONFLICT (key, a)`.
    fn conflict_columns(&mut self, table: &Table, columns: &mut Vec<Ident>) -> Result<(), Refusal> {
        columns
            .iter()
            .try_for_each(|column| self.check_written_column(table, column))?;
        let Some(key) = self.conflict_key(table) else {
            return Ok(());
        };
        let keys = table.unique_keys().ok_or(Refusal::new(Rule::UniqueUnknown))?;
        let dialect = self.dialect;
        let sorted = |mut columns: Vec<String>| {
            columns.sort_unstable();
            columns.dedup();
            columns
        };
        let known: Vec<Vec<String>> = keys
            .iter()
            .map(|columns| {
                sorted(
                    columns
                        .iter()
                        .map(|column| folded_name(column, dialect))
                        .collect(),
                )
            })
            .collect();
        let given = sorted(columns.iter().map(|column| folded(column, dialect)).collect());
        let with_key = sorted(given.iter().cloned().chain([key.clone()]).collect());
        let first = columns.first().ok_or(Refusal::new(Rule::ConflictTarget))?;
        let range = self.ident_range(first)?;
        if !known.contains(&with_key) {
            let rule = if known.contains(&given) {
                Rule::ConflictKey
            } else {
                Rule::ConflictTarget
            };
            return Err(Refusal::at(rule, range.start));
        }
        if given != with_key && !faults::is_on(Fault::BareConflictTarget) {
            let name = table.key().unwrap_or_default();
            self.put(range.start, format!("{}, ", quoted(name)));
            columns.insert(0, Ident::with_quote('"', name));
        }
        Ok(())
    }
}
