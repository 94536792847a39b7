//! `FOR UPDATE`, `FOR SHARE` and their kind on PostgreSQL.
//!
//! The lock of a query reaches into its derived tables, so into the slices, and locks the rows that come out of them: the
//! tenant's own that match. What is not the tenant's alone may not be locked, since others would wait for it. Without OF the lock
//! reaches all tables of the FROM, also those of queries in it, and none of WITH.

use sqlparser::ast::{
    LockClause, LockType, NonBlock, ObjectName, Query, SetExpr, Spanned, TableFactor, TableWithJoins,
};

use super::{Walk, in_place::factors};
use crate::{
    TableKind,
    sql::{Breadth, Refusal, Rule, names},
};

impl Walk<'_> {
    /// Refuses locks of rows that are not the tenant's alone.
    pub(super) fn check_locks(&self, locks: &[LockClause], body: &SetExpr) -> Result<(), Refusal> {
        let refused = Refusal::new(Rule::RowLock);
        let SetExpr::Select(select) = body else {
            return refused.refuse();
        };
        if self.placer.breadth != Breadth::One {
            return refused.refuse();
        }
        locks.iter().try_for_each(|lock| {
            let LockClause {
                lock_type,
                of,
                nonblock,
            } = lock;
            match lock_type {
                LockType::Update | LockType::Share => {}
            }
            match nonblock {
                None | Some(NonBlock::Nowait | NonBlock::SkipLocked) => {}
            }
            match of {
                None => select
                    .from
                    .iter()
                    .try_for_each(|table| self.lockable_tables(table)),
                Some(name) => self.lockable_source(&select.from, name),
            }
        })
    }

    /// The source that an OF names.
    fn lockable_source(&self, from: &[TableWithJoins], name: &ObjectName) -> Result<(), Refusal> {
        let at = self.offset(name.span());
        let [name] = names::parts(name, at)?[..] else {
            return Err(Refusal::at(Rule::Name, at));
        };
        self.check_ident(name)?;
        let folded = names::folded(name, self.dialect);
        let mut named = from
            .iter()
            .flat_map(factors)
            .filter(|factor| self.known_as(factor).is_some_and(|name| name == folded))
            .peekable();
        if named.peek().is_none() {
            return Err(Refusal::at(Rule::Name, at));
        }
        named.try_for_each(|factor| self.lockable(factor))
    }

    fn lockable_tables(&self, table: &TableWithJoins) -> Result<(), Refusal> {
        let TableWithJoins { relation, joins } = table;
        self.lockable(relation)?;
        joins.iter().try_for_each(|join| self.lockable(&join.relation))
    }

    fn lockable(&self, factor: &TableFactor) -> Result<(), Refusal> {
        match factor {
            TableFactor::Table { name, args: None, .. } => {
                let at = self.offset(name.span());
                let parts = names::parts(name, at)?;
                if self.cte_of(&parts).is_some() {
                    return Ok(());
                }
                let table = self.tables.find(&parts, at)?;
                match table.kind() {
                    TableKind::Tenant { .. } if !table.is_view() => Ok(()),
                    TableKind::Tenant { .. }
                    | TableKind::Shared
                    | TableKind::Mixed { .. }
                    | TableKind::Via(_)
                    | TableKind::Party(_)
                    | TableKind::View { .. }
                    | TableKind::Denied => Refusal::at(Rule::RowLock, at).refuse(),
                }
            }
            TableFactor::Derived { subquery, .. } => self.lockable_query(subquery),
            TableFactor::NestedJoin { table_with_joins, .. } => self.lockable_tables(table_with_joins),
            // Functions have no rows to lock; the walk refuses the rest.
            TableFactor::Table { .. }
            | TableFactor::Function { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::TableFunction { .. }
            | TableFactor::JsonTable { .. }
            | TableFactor::OpenJsonTable { .. }
            | TableFactor::Pivot { .. }
            | TableFactor::Unpivot { .. }
            | TableFactor::UnpivotExpr { .. }
            | TableFactor::MatchRecognize { .. }
            | TableFactor::XmlTable { .. }
            | TableFactor::SemanticView { .. } => Ok(()),
        }
    }

    /// A query in FROM. With a WITH of its own its names are not known yet.
    fn lockable_query(&self, query: &Query) -> Result<(), Refusal> {
        match &*query.body {
            SetExpr::Select(select) if query.with.is_none() => select
                .from
                .iter()
                .try_for_each(|table| self.lockable_tables(table)),
            SetExpr::Values(_) => Ok(()),
            SetExpr::Query(inner) if query.with.is_none() => self.lockable_query(inner),
            SetExpr::Select(_)
            | SetExpr::Query(_)
            | SetExpr::SetOperation { .. }
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => Refusal::new(Rule::RowLock).refuse(),
        }
    }
}
