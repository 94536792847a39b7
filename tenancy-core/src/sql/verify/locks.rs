//! The second reading of row locks on PostgreSQL: what a lock reaches are tables of which each row has one tenant.

use sqlparser::ast::{Ident, ObjectNamePart, Query, Select, SetExpr, TableFactor, TableWithJoins};

use super::Reader;
use crate::{TableKind, sql::Dialect};

impl Reader<'_> {
    /// Whether no lock of a query reaches rows that are not the tenant's alone.
    pub(super) fn locks_own_rows(&self, query: &Query) -> bool {
        if query.locks.is_empty() || self.placer.dialect != Dialect::Postgres {
            return true;
        }
        let SetExpr::Select(select) = &*query.body else {
            return false;
        };
        query.locks.iter().all(|lock| match &lock.of {
            None => self.owns(select, None),
            Some(name) => match name.0.as_slice() {
                [ObjectNamePart::Identifier(name)] => self.owns(select, Some(name)),
                _ => false,
            },
        })
    }

    fn owns(&self, select: &Select, of: Option<&Ident>) -> bool {
        select.from.iter().all(|table| self.owns_tables(table, of))
    }

    fn owns_tables(&self, table: &TableWithJoins, of: Option<&Ident>) -> bool {
        let relations = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
        relations
            .into_iter()
            .all(|relation| self.owns_factor(relation, of))
    }

    fn owns_factor(&self, factor: &TableFactor, of: Option<&Ident>) -> bool {
        let alias = match factor {
            TableFactor::Table { alias, .. } | TableFactor::Derived { alias, .. } => alias.as_ref(),
            _ => None,
        };
        let is_meant = |name: &Ident| {
            of.is_none_or(|of| name.value == of.value || name.value.eq_ignore_ascii_case(&of.value))
        };
        match factor {
            TableFactor::Table { name, .. } => {
                let last = match name.0.last() {
                    Some(ObjectNamePart::Identifier(last)) => last,
                    _ => return false,
                };
                let owned = match self.table(name) {
                    Some(table) => matches!(table.kind(), TableKind::Tenant { .. }),
                    // A common table expression or a function: neither has rows to lock.
                    None => true,
                };
                owned || !is_meant(alias.map_or(last, |alias| &alias.name))
            }
            TableFactor::Derived { subquery, .. } => {
                alias.is_some_and(|alias| !is_meant(&alias.name)) || self.owns_query(subquery)
            }
            TableFactor::NestedJoin { table_with_joins, .. } => self.owns_tables(table_with_joins, of),
            TableFactor::Function { .. } | TableFactor::UNNEST { .. } => true,
            _ => false,
        }
    }

    fn owns_query(&self, query: &Query) -> bool {
        match &*query.body {
            SetExpr::Select(select) => self.owns(select, None),
            SetExpr::Values(_) => true,
            SetExpr::Query(inner) => self.owns_query(inner),
            _ => false,
        }
    }
}
