//! ON CONFLICT: only a conflict with the tenant's own row is answered.

use std::ops::Range;

use sqlparser::{
    ast::{ConflictTarget, DoUpdate, Ident, ObjectName, OnConflict, OnConflictAction, Spanned},
    keywords::Keyword,
};

use crate::{
    Party, Table, TableKind,
    sql::{
        Breadth, Dialect, Refusal, Rule,
        faults::{self, Fault, Place},
        mend,
        names::{self, folded, folded_name},
        walk::{Walk, only},
    },
};

impl Walk<'_> {
    pub(super) fn on_conflict(
        &mut self,
        table: &Table,
        conflict: &mut OnConflict,
        body: Range<usize>,
    ) -> Result<(), Refusal> {
        let OnConflict {
            conflict_target,
            action,
        } = conflict;
        match conflict_target {
            None => self.check_unique(table)?,
            Some(ConflictTarget::Columns(columns)) => self.conflict_columns(table, columns)?,
            Some(ConflictTarget::OnConstraint(name)) => {
                let columns = self.conflict_constraint(table, name)?;
                *conflict_target = Some(ConflictTarget::Columns(columns));
            }
        }
        match action {
            OnConflictAction::DoNothing => Ok(()),
            OnConflictAction::DoUpdate(DoUpdate {
                assignments,
                selection,
            }) => faults::within(Place::UpsertArm, || {
                self.assignments(table, assignments)?;
                self.check_inserter(table, |party| self.may_assign(party, assignments))?;
                self.check_assigned_parents(table, assignments, body)?;
                selection
                    .as_mut()
                    .map_or(Ok(()), |selection| self.expr(selection))
            }),
        }
    }

    /// Refuses, unless every unique key of the table contains what says whose a row is: then every conflict is with a row
    /// of the tenant's own.
    pub(super) fn check_unique(&self, table: &Table) -> Result<(), Refusal> {
        let own = self.conflict_key(table);
        if own.is_empty() {
            return Ok(());
        }
        let keys = table.unique_keys().ok_or(Refusal::new(Rule::UniqueUnknown))?;
        let contains = |columns: &Vec<String>| {
            let columns: Vec<String> = columns
                .iter()
                .map(|column| folded_name(column, self.dialect))
                .collect();
            own.iter().all(|key| columns.contains(key))
        };
        if keys.iter().all(contains) {
            Ok(())
        } else {
            Refusal::new(Rule::ConflictKey).refuse()
        }
    }

    /// Refuses to skip rows, unless they conflict with the tenant's own. A child's foreign key that leads nowhere would be
    /// skipped with them.
    pub(super) fn check_or_ignore(&self, table: &Table) -> Result<(), Refusal> {
        if self.parent_of(table).is_some() {
            return Err(Refusal::new(Rule::ParentKey));
        }
        self.check_unique(table)
    }

    /// Refuses to replace rows, unless they are the tenant's own and it may delete them. A child's foreign key that leads
    /// nowhere would be replaced by a default.
    pub(super) fn check_replace(&self, table: &Table) -> Result<(), Refusal> {
        if self.parent_of(table).is_some() {
            return Err(Refusal::new(Rule::ParentKey));
        }
        self.check_inserter(table, Party::may_delete)?;
        self.check_unique(table)
    }

    /// The columns that say whose a new row is, which a conflict has to contain: none of a shared table, and none where an
    /// operator writes to all.
    fn conflict_key(&self, table: &Table) -> Vec<String> {
        let columns: Vec<&str> = match (table.kind(), self.placer.breadth) {
            (_, Breadth::All { .. }) => Vec::new(),
            (TableKind::Via(via), _) => via.columns().collect(),
            (TableKind::Party(parties), _) => {
                let inserter = parties.iter().find(|party| party.may_insert());
                inserter.map(Party::key).into_iter().collect()
            }
            (
                TableKind::Tenant { .. }
                | TableKind::Mixed { .. }
                | TableKind::Shared
                | TableKind::View { .. }
                | TableKind::Denied,
                _,
            ) => table.key().into_iter().collect(),
        };
        columns
            .into_iter()
            .map(|column| folded_name(column, self.dialect))
            .collect()
    }

    /// The key column that every new row gets.
    fn forced_key<'t>(&self, table: &'t Table) -> Option<&'t str> {
        match table.kind() {
            TableKind::Party(parties) => parties.iter().find(|party| party.may_insert()).map(Party::key),
            _ => table.key(),
        }
    }

    /// `ON CONFLICT (a)` becomes `ON CONFLICT (key, a)`.
    fn conflict_columns(&mut self, table: &Table, columns: &mut Vec<Ident>) -> Result<(), Refusal> {
        let plain = self.conflict_elements(table, columns)?;
        let own = self.conflict_key(table);
        if own.is_empty() {
            return Ok(());
        }
        // Of a child nothing is added: its foreign key is the statement's own.
        let (key, missing) = match table.kind() {
            TableKind::Via(_) => (None, own),
            _ => (own.first().cloned(), Vec::new()),
        };
        let dialect = self.dialect;
        let sorted = |mut columns: Vec<String>| {
            columns.sort_unstable();
            columns.dedup();
            columns
        };
        let named = columns.iter().filter(|column| !is_expression(column));
        let given = sorted(named.map(|column| folded(column, dialect)).collect());
        let with_key = sorted(given.iter().cloned().chain(key).collect());
        let first = columns.first().ok_or(Refusal::new(Rule::ConflictTarget))?;
        let range = self.ident_range(first)?;
        // Without the foreign key the conflict could be with another parent's child.
        if !missing.iter().all(|column| given.contains(column)) {
            Refusal::at(Rule::ConflictKey, range.start).refuse()?;
        }
        // Where the catalogue does not know the unique keys the server does: it refuses a target that is none.
        // No catalogue lists indexes over expressions or a part of the rows; with the key among its elements a target is of
        // none but those that have it.
        if let Some(keys) = table.unique_keys().filter(|_| plain) {
            let folded = |columns: &[String]| {
                sorted(
                    columns
                        .iter()
                        .map(|column| folded_name(column, dialect))
                        .collect(),
                )
            };
            let mut known = keys
                .iter()
                .map(Vec::as_slice)
                .chain(table.primary_key())
                .map(folded);
            if !known.clone().any(|key| key == with_key) {
                let rule = if known.any(|key| key == given) {
                    Rule::ConflictKey
                } else {
                    Rule::ConflictTarget
                };
                Refusal::at(rule, range.start).refuse()?;
            }
        }
        if given != with_key && !faults::is_on(Fault::BareConflictTarget) {
            let name = self.forced_key(table).unwrap_or_default();
            // The first one may begin with an edit of its own.
            self.put_first(range.start, format!("{}, ", self.dialect.quoted(name)));
            columns.insert(0, self.dialect.ident(name));
        }
        Ok(())
    }

    /// `ON CONFLICT ON CONSTRAINT c` becomes `ON CONFLICT (key, a)`, the columns that the catalogue has of it: were they not the
    /// constraint's, the server would find no such key, or one that holds the tenants apart all the same.
    fn conflict_constraint(&mut self, table: &Table, name: &ObjectName) -> Result<Vec<Ident>, Refusal> {
        only(self.dialect == Dialect::Postgres)?;
        let range = self.text.range(name.span())?;
        let [constraint] = names::parts(name, range.start)?[..] else {
            return Err(Refusal::at(Rule::Name, range.start));
        };
        let columns = table
            .constraint_columns(&folded(constraint, self.dialect))
            .ok_or(Refusal::at(Rule::ConflictTarget, range.start))?;
        if !self.conflict_key(table).iter().all(|key| columns.contains(key)) {
            Refusal::at(Rule::ConflictKey, range.start).refuse()?;
        }
        let place = self.text.tok_at(range.start)?;
        let on = place.checked_sub(2).and_then(|on| self.text.toks.get(on));
        let on = on
            .filter(|on| on.is_keyword(Keyword::ON))
            .ok_or(Refusal::at(Rule::Verification, range.start))?;
        let list: Vec<String> = columns.iter().map(|column| self.dialect.quoted(column)).collect();
        self.edit(on.range.start..range.end, format!("({})", list.join(", ")));
        Ok(columns.iter().map(|column| self.dialect.ident(column)).collect())
    }

    /// Walks the elements of a target and the condition behind them; says whether they are names of columns alone.
    fn conflict_elements(&mut self, table: &Table, columns: &[Ident]) -> Result<bool, Refusal> {
        let mut plain = true;
        for column in columns {
            if is_expression(column) {
                plain = false;
                if !self.arbiter(column.span.start, false)? {
                    return Err(Refusal::new(Rule::Verification));
                }
            } else {
                self.check_written_column(table, column)?;
            }
        }
        let last = columns.last().ok_or(Refusal::new(Rule::ConflictTarget))?;
        let partial = self.arbiter(last.span.start, true)?;
        Ok(plain && !partial)
    }
}

/// Whether an element of a target stands for an expression.
fn is_expression(element: &Ident) -> bool {
    element.quote_style.is_none() && element.value == mend::CONFLICT_EXPRESSION
}
