//! UPDATE.

use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, ObjectName, OrderByExpr, Spanned, SqliteOnConflict, Update,
    UpdateTableFromKind,
};

use super::known_ident;
use crate::{
    Table, TableKind,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Fault, Place},
        names,
        walk::{Walk, only},
    },
};

impl Walk<'_> {
    pub(in crate::sql) fn update(&mut self, update: &mut Update) -> Result<(), Refusal> {
        let at_top = std::mem::take(&mut self.at_top);
        if self.dialect == Dialect::Mysql && !update.table.joins.is_empty() {
            return self.multi_update(update);
        }
        let Update {
            update_token,
            optimizer_hints,
            table,
            assignments,
            from,
            selection,
            returning,
            output,
            or,
            order_by,
            limit,
        } = update;
        only(optimizer_hints.is_empty() && output.is_none())?;
        self.first_rows(order_by, limit.as_mut())?;
        let body = self.body_from(update_token)?;
        let known_as = known_ident(&table.relation);
        let target = self.target(table)?;
        self.check_update_or(or.as_ref(), self.ignores(update_token)?, &target.table)?;
        self.check_or(or.as_ref(), &target.table)?;
        if let Some(known_as) = known_as {
            self.unqualify(&known_as, assignments)?;
        }
        let depth = self.open_target(&target);
        match from {
            None => {}
            Some(UpdateTableFromKind::AfterSet(tables)) => {
                faults::within(Place::UpdateFrom, || self.other_tables(&target, tables))?;
            }
            Some(UpdateTableFromKind::BeforeSet(_)) => return Err(Refusal::new(Rule::Construct)),
        }
        self.assignments(&target.table, assignments)?;
        self.check_assigned_parents(&target.table, assignments, body.clone())?;
        let writers = self.writers(&target.table, |party| self.may_assign(party, assignments))?;
        let open = faults::is_on(Fault::OpenUpdate);
        self.restrict(&target, writers.as_deref(), selection, body, open)?;
        let others = match from {
            Some(UpdateTableFromKind::AfterSet(tables)) => tables.as_slice(),
            Some(UpdateTableFromKind::BeforeSet(_)) | None => &[],
        };
        self.at_top = at_top;
        faults::within(Place::Returning, || self.returning(&target, others, returning))?;
        self.close_scopes(depth);
        Ok(())
    }

    /// An UPDATE that skips or replaces rows which conflict. Of several parties one may update rows in a unique key of
    /// another's, whose rows it does not see.
    fn check_update_or(
        &self,
        or: Option<&SqliteOnConflict>,
        ignores: bool,
        table: &Table,
    ) -> Result<(), Refusal> {
        let skips = match or {
            None | Some(SqliteOnConflict::Abort | SqliteOnConflict::Fail | SqliteOnConflict::Rollback) => {
                ignores
            }
            Some(SqliteOnConflict::Ignore | SqliteOnConflict::Replace) => true,
        };
        if skips && matches!(table.kind(), TableKind::Party(_)) {
            Refusal::new(Rule::ConflictKey).refuse()?;
        }
        if ignores {
            self.check_or_ignore(table)
        } else {
            Ok(())
        }
    }

    /// `ORDER BY … LIMIT …` of an UPDATE or DELETE, which MySQL has.
    pub(super) fn first_rows(
        &mut self,
        order_by: &mut [OrderByExpr],
        limit: Option<&mut Expr>,
    ) -> Result<(), Refusal> {
        only((order_by.is_empty() && limit.is_none()) || self.dialect == Dialect::Mysql)?;
        self.order_by_exprs(order_by)?;
        limit.map_or(Ok(()), |limit| self.expr(limit))
    }

    /// Assignments to columns of the target, none of them to its key.
    pub(super) fn assignments(
        &mut self,
        table: &Table,
        assignments: &mut [Assignment],
    ) -> Result<(), Refusal> {
        assignments
            .iter_mut()
            .try_for_each(|Assignment { target, value }| {
                match target {
                    AssignmentTarget::ColumnName(name) => self.assignable(table, name)?,
                    AssignmentTarget::Tuple(names) => {
                        names.iter().try_for_each(|name| self.assignable(table, name))?
                    }
                }
                self.expr(value)
            })
    }

    fn assignable(&self, table: &Table, name: &ObjectName) -> Result<(), Refusal> {
        let at = self.offset(name.span());
        let column = self.written_column(table, name)?;
        let is_key = table
            .owners()
            .any(|key| names::is_named(column, key, self.dialect));
        if is_key && !faults::is_on(Fault::KeyAssignable) {
            return Err(Refusal::at(Rule::KeyAssigned, at));
        }
        Ok(())
    }

    /// What a statement does at a conflict with any unique key: it must not be able to be one with another tenant's
    /// row, unless the statement just fails.
    pub(super) fn check_or(&self, or: Option<&SqliteOnConflict>, table: &Table) -> Result<(), Refusal> {
        only(or.is_none() || self.dialect == Dialect::Sqlite)?;
        match or {
            None | Some(SqliteOnConflict::Abort | SqliteOnConflict::Fail) => Ok(()),
            // It would roll back the transaction around the statement, behind the adapter's back.
            Some(SqliteOnConflict::Rollback) => Err(Refusal::new(Rule::Construct)),
            Some(SqliteOnConflict::Ignore) => self.check_or_ignore(table),
            Some(SqliteOnConflict::Replace) => self.check_replace(table),
        }
    }
}
