//! The second reading of what a statement may write, and of the rows that an INSERT can meet.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, FromTable, Ident, Insert, Merge, ObjectName,
    ObjectNamePart, OnConflict, OnInsert, SqliteOnConflict, Statement, TableFactor, TableObject,
    TableWithJoins, Update,
};

use super::Reader;
use crate::{
    Party, Table, TableKind,
    sql::{Breadth, Dialect, names::are_alike},
};

impl Reader<'_> {
    /// Whether everything that a statement writes may be written.
    pub(super) fn writes_allowed(&self, statement: &Statement) -> bool {
        match statement {
            Statement::Query(_) => true,
            Statement::Insert(insert) => match &insert.table {
                TableObject::TableName(name) => self
                    .writable(name)
                    .is_some_and(|table| self.meets_own_rows(table, insert)),
                _ => false,
            },
            Statement::Update(Update {
                table, assignments, ..
            }) if self.is_mysql() && !table.joins.is_empty() => {
                let relations = relations(std::slice::from_ref(table));
                assignments
                    .iter()
                    .all(|assignment| self.assigns_writable(&relations, assignment))
            }
            Statement::Delete(Delete {
                from: FromTable::WithFromKeyword(from),
                tables,
                ..
            }) if self.is_mysql() && !tables.is_empty() => {
                let relations = relations(from);
                tables.iter().all(|name| match name.0.as_slice() {
                    [ObjectNamePart::Identifier(name)] => {
                        let mut meant = relations.iter().filter(|relation| is_known_as(relation, name));
                        let (first, second) = (meant.next(), meant.next());
                        second.is_none() && first.is_some_and(|relation| self.is_writable(relation))
                    }
                    _ => false,
                })
            }
            Statement::Update(Update { table, or, .. }) => {
                self.factor_table(&table.relation).is_some_and(|target| {
                    self.may_write(target) && (!takes_any(or.as_ref()) || self.conflicts_own(target))
                })
            }
            Statement::Delete(Delete {
                from: FromTable::WithFromKeyword(from),
                ..
            }) => from.iter().all(|table| self.is_writable(&table.relation)),
            Statement::Merge(Merge { table, .. }) => self.is_writable(table),
            _ => false,
        }
    }

    fn writable(&self, name: &ObjectName) -> Option<&Table> {
        self.table(name).filter(|table| self.may_write(table))
    }

    fn factor_table(&self, factor: &TableFactor) -> Option<&Table> {
        match factor {
            TableFactor::Table { name, args: None, .. } => self.table(name),
            _ => None,
        }
    }

    fn is_writable(&self, factor: &TableFactor) -> bool {
        self.factor_table(factor)
            .is_some_and(|table| self.may_write(table))
    }

    fn may_write(&self, table: &Table) -> bool {
        let crosses = match self.placer.breadth {
            Breadth::One => false,
            Breadth::Many { writable } | Breadth::All { writable } if writable => true,
            Breadth::Many { .. } | Breadth::All { .. } => return false,
        };
        !table.is_view()
            && match table.kind() {
                TableKind::Tenant { .. }
                | TableKind::Mixed { .. }
                | TableKind::Via(_)
                | TableKind::Party(_) => true,
                TableKind::Shared => crosses,
                TableKind::View { .. } | TableKind::Denied => false,
            }
    }

    /// Whether each table that an assignment of a joined UPDATE can mean may be written.
    fn assigns_writable(&self, relations: &[&TableFactor], assignment: &Assignment) -> bool {
        let AssignmentTarget::ColumnName(name) = &assignment.target else {
            return false;
        };
        match name.0.as_slice() {
            [ObjectNamePart::Identifier(source), ObjectNamePart::Identifier(_)] => {
                let mut meant = relations.iter().filter(|relation| is_known_as(relation, source));
                let (first, second) = (meant.next(), meant.next());
                second.is_none() && first.is_some_and(|relation| self.is_writable(relation))
            }
            [ObjectNamePart::Identifier(column)] => relations
                .iter()
                .filter_map(|relation| self.factor_table(relation))
                .filter(|table| may_have(table, column))
                .all(|table| self.may_write(table)),
            _ => false,
        }
    }

    /// Whether a conflict that an INSERT answers can only be one with a row of the tenant's own.
    fn meets_own_rows(&self, table: &Table, insert: &Insert) -> bool {
        let any = insert.ignore || insert.replace_into || takes_any(insert.or.as_ref());
        let answered = match &insert.on {
            None => true,
            Some(OnInsert::DuplicateKeyUpdate(_))
            | Some(OnInsert::OnConflict(OnConflict {
                conflict_target: None,
                ..
            })) => self.conflicts_own(table),
            Some(OnInsert::OnConflict(OnConflict {
                conflict_target: Some(ConflictTarget::Columns(columns)),
                ..
            })) => self
                .said_whose(table)
                .iter()
                .all(|own| columns.iter().any(|column| self.is_column(column, own))),
            Some(OnInsert::OnConflict(OnConflict {
                conflict_target: Some(ConflictTarget::OnConstraint(_)),
                ..
            })) => false,
            Some(_) => false,
        };
        answered && (!any || self.conflicts_own(table))
    }

    /// Whether each unique key of a table holds apart the rows of different tenants.
    pub(super) fn conflicts_own(&self, table: &Table) -> bool {
        let owned = self.said_whose(table);
        let same = |column: &str, own: &str| match self.placer.dialect {
            Dialect::Postgres => column == own,
            Dialect::Sqlite => column.eq_ignore_ascii_case(own),
            Dialect::Mysql => are_alike(column, own),
        };
        let holds = |key: &[String]| owned.iter().all(|own| key.iter().any(|column| same(column, own)));
        owned.is_empty()
            || table
                .unique_keys()
                .is_some_and(|keys| keys.iter().all(|key| holds(key)))
    }

    /// The columns that say whose a new row is.
    fn said_whose<'t>(&self, table: &'t Table) -> Vec<&'t str> {
        if matches!(self.placer.breadth, Breadth::All { .. }) {
            return Vec::new();
        }
        match table.kind() {
            TableKind::Tenant { key } | TableKind::Mixed { key } => vec![key],
            TableKind::Via(via) => via.columns().collect(),
            TableKind::Party(parties) => {
                let inserter = parties.iter().find(|party| party.may_insert());
                inserter.map(Party::key).into_iter().collect()
            }
            TableKind::Shared | TableKind::View { .. } | TableKind::Denied => Vec::new(),
        }
    }
}

/// Whether SQLite's word about conflicts means any unique key, and lets the statement go on.
fn takes_any(or: Option<&SqliteOnConflict>) -> bool {
    match or {
        None | Some(SqliteOnConflict::Abort | SqliteOnConflict::Fail | SqliteOnConflict::Rollback) => false,
        Some(SqliteOnConflict::Ignore | SqliteOnConflict::Replace) => true,
    }
}

/// All that stands in a FROM.
fn relations(tables: &[TableWithJoins]) -> Vec<&TableFactor> {
    tables
        .iter()
        .flat_map(|table| {
            std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation))
        })
        .collect()
}

fn is_known_as(factor: &TableFactor, given: &Ident) -> bool {
    let own = match factor {
        TableFactor::Table { name, alias, .. } => match (alias, name.0.last()) {
            (Some(alias), _) => Some(&alias.name),
            (None, Some(ObjectNamePart::Identifier(last))) => Some(last),
            (None, _) => None,
        },
        TableFactor::Derived { alias, .. } => alias.as_ref().map(|alias| &alias.name),
        _ => None,
    };
    own.is_some_and(|own| own.value.eq_ignore_ascii_case(&given.value))
}

fn may_have(table: &Table, column: &Ident) -> bool {
    table
        .column_names()
        .is_none_or(|columns| columns.iter().any(|own| are_alike(own, &column.value)))
}
