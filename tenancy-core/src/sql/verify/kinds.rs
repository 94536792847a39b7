//! What the verifier knows of children and parties, by its own reading of the catalogue.

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Expr, Ident, ObjectName, ObjectNamePart, Query, Select,
    SelectItem, SetExpr, Statement, Update, Value, ValueWithSpan,
};

use super::Reader;
use crate::{
    Party, Table, TableKind, Via,
    sql::{
        Breadth, Dialect,
        kinds::{Rows, checked_values},
        names::are_alike,
    },
};

impl Reader<'_> {
    /// Whether a slice shows what it may: every column, or plain ones that are not the hidden key.
    pub(super) fn shows(&self, select: &Select, table: &Table) -> bool {
        let hidden = table
            .key()
            .filter(|_| self.placer.breadth == Breadth::One && table.hides_key());
        let plain = |expr: &Expr| match expr {
            Expr::CompoundIdentifier(parts) => matches!(
                parts.as_slice(),
                [source, named] if source.value == table.name() && hidden.is_none_or(|key| key != named.value)
            ),
            _ => false,
        };
        match select.projection.as_slice() {
            [SelectItem::Wildcard(_)] => hidden.is_none(),
            items => items.iter().all(|item| match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => plain(expr),
                _ => false,
            }),
        }
    }

    /// Whether the slice of a table that needs a wall has one: a bound on its rows, past which no condition is moved.
    pub(super) fn is_fenced(&self, query: &Query, table: &Table) -> bool {
        !self.is_walled(table, None) || query.limit_clause.is_some()
    }

    /// Whether conditions of the statement have to be kept from the rows of others by more than their place.
    fn is_walled(&self, table: &Table, writers: Option<usize>) -> bool {
        let postgres = self.placer.dialect == Dialect::Postgres;
        let mysql = self.placer.dialect == Dialect::Mysql;
        match (table.kind(), self.placer.breadth) {
            (_, Breadth::All { .. }) => false,
            (TableKind::Via(_), _) => postgres || mysql || self.placer.may_fail,
            (TableKind::Mixed { .. }, _) if mysql => writers.is_none(),
            (TableKind::Party(_), Breadth::Many { .. }) if mysql => writers.is_none_or(|writers| writers > 2),
            (TableKind::Party(parties), Breadth::One) if mysql => match writers {
                Some(writers) => writers > 2,
                None => parties.len() > 1,
            },
            (TableKind::Party(_), Breadth::Many { .. }) => postgres,
            (TableKind::Party(parties), Breadth::One) => postgres && writers.unwrap_or(parties.len()) > 2,
            (_, Breadth::Many { .. }) => (postgres || mysql) && writers.is_none(),
            (TableKind::Tenant { .. }, Breadth::One) if mysql => {
                writers.is_none() && self.placer.may_fail && !self.conflicts_own(table)
            }
            (_, Breadth::One) => false,
        }
    }

    /// The columns that name the parties which may make this change; all of them for an operator.
    fn writers<'t>(&self, table: &'t Table, statement: &Statement) -> Option<Vec<&'t str>> {
        let TableKind::Party(parties) = table.kind() else {
            return None;
        };
        let operator = self.placer.breadth != Breadth::One;
        let may = |party: &&Party| {
            operator
                || match statement {
                    Statement::Update(Update { assignments, .. }) => self.may_update(party, assignments),
                    Statement::Delete(_) => party.may_delete(),
                    _ => false,
                }
        };
        Some(parties.iter().filter(may).map(Party::key).collect())
    }

    fn may_update(&self, party: &Party, assignments: &[Assignment]) -> bool {
        assignments.iter().all(|assignment| {
            columns(assignment).all(|column| {
                column.is_some_and(|column| party.updatable().iter().any(|own| self.is_column(column, own)))
            })
        })
    }

    /// Whether the condition of an UPDATE or DELETE of `table`, known as `name`, begins with its predicate.
    pub(super) fn begins_with_predicate(
        &self,
        statement: &Statement,
        table: &Table,
        name: &str,
        selection: Option<&Expr>,
    ) -> bool {
        let writers = self.writers(table, statement);
        // A change that no party may make.
        if writers.as_ref().is_some_and(Vec::is_empty) {
            return false;
        }
        let rows = writers.as_deref().map_or(Rows::Own, Rows::Of);
        let text = self.placer.rows(self.tables, table, name, rows);
        let (Some(text), Some(selection)) = (text, selection) else {
            return false;
        };
        let Some(predicate) = self.expr(&text) else {
            return false;
        };
        if *selection == predicate {
            return true;
        }
        let Expr::BinaryOp {
            left,
            op: BinaryOperator::And,
            right,
        } = selection
        else {
            return false;
        };
        if **left != predicate {
            return false;
        }
        if self.is_walled(table, Some(writers.map_or(0, |writers| writers.len()))) {
            is_case_of(right, &predicate)
        } else {
            matches!(**right, Expr::Nested(_))
        }
    }

    /// The key that each new row has to carry.
    pub(super) fn forced_key<'t>(&self, table: &'t Table) -> Option<&'t str> {
        match table.kind() {
            TableKind::Party(parties) => parties.iter().find(|party| party.may_insert()).map(Party::key),
            _ => table.key(),
        }
    }

    /// Whether each new row of a child has a foreign key that was looked up among the tenant's own parents. `columns` are
    /// those of the INSERT, or of the table where it names none.
    pub(super) fn checks_parents(
        &self,
        table: &Table,
        via: &Via,
        given: &[ObjectName],
        body: &SetExpr,
    ) -> bool {
        let listed: Vec<Ident> = match given {
            [] => {
                let all = table.column_names().unwrap_or_default();
                all.iter()
                    .map(|column| self.placer.dialect.ident(column))
                    .collect()
            }
            given => given
                .iter()
                .filter_map(|name| match name.0.as_slice() {
                    [ObjectNamePart::Identifier(column)] => Some(column.clone()),
                    _ => None,
                })
                .collect(),
        };
        via.columns().enumerate().all(|(index, key)| {
            let mut places = (0..listed.len()).filter(|place| {
                listed
                    .get(*place)
                    .is_some_and(|column| self.is_column(column, key))
            });
            match (places.next(), places.next()) {
                (Some(place), None) => {
                    self.each_row(body, place, &|expr| self.is_parent_check(via, index, expr))
                }
                _ => false,
            }
        })
    }

    fn each_row(&self, body: &SetExpr, place: usize, is: &dyn Fn(&Expr) -> bool) -> bool {
        match body {
            SetExpr::Values(values) => values
                .rows
                .iter()
                .all(|row| row.content.get(place).is_some_and(is)),
            SetExpr::Select(select) => {
                let item = |item: &SelectItem| match item {
                    SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                        Some(expr.clone())
                    }
                    _ => None,
                };
                // A wildcard moves what stands behind it.
                let items: Option<Vec<Expr>> = select.projection.iter().map(item).collect();
                items.is_some_and(|items| items.get(place).is_some_and(is))
            }
            SetExpr::Query(query) => self.each_row(&query.body, place, is),
            SetExpr::SetOperation { left, right, .. } => {
                self.each_row(left, place, is) && self.each_row(right, place, is)
            }
            SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => false,
        }
    }

    /// Whether an expression is the lookup of a foreign key's value at `index`, whatever the value.
    fn is_parent_check(&self, via: &Via, index: usize, expr: &Expr) -> bool {
        let mut own = expr.clone();
        let Ok(places) = checked_values(&mut own) else {
            return false;
        };
        let null = Expr::Value(ValueWithSpan::from(Value::Null));
        for place in places {
            *place = null.clone();
        }
        let text = self.placer.parent_check(self.tables, via, index);
        text.and_then(|pieces| self.expr(&pieces.join("NULL")))
            .is_some_and(|check| check == own)
    }

    /// Whether the assignments leave the row whose it is.
    pub(super) fn keeps_owner(&self, table: &Table, assignments: &[Assignment]) -> bool {
        let is =
            |column: Option<&Ident>, name: &str| column.is_none_or(|column| are_alike(&column.value, name));
        let assigns =
            |assignment: &Assignment, name: &str| columns(assignment).any(|column| is(column, name));
        if table
            .owners()
            .any(|key| assignments.iter().any(|assignment| assigns(assignment, key)))
        {
            return false;
        }
        match (table.kind(), self.placer.breadth) {
            (TableKind::Via(via), Breadth::One | Breadth::Many { .. }) => {
                via.columns().enumerate().all(|(index, key)| {
                    assignments
                        .iter()
                        .filter(|assignment| assigns(assignment, key))
                        .all(|assignment| self.is_parent_check(via, index, &assignment.value))
                })
            }
            _ => true,
        }
    }

    /// Whether an upsert changes what the party that inserts may change.
    pub(super) fn inserter_may(&self, table: &Table, assignments: &[Assignment]) -> bool {
        match (table.kind(), self.placer.breadth) {
            (TableKind::Party(parties), Breadth::One) => parties
                .iter()
                .find(|party| party.may_insert())
                .is_some_and(|party| self.may_update(party, assignments)),
            _ => true,
        }
    }

    /// Whether an identifier can only be this column.
    pub(super) fn is_column(&self, ident: &Ident, column: &str) -> bool {
        ident.value == column
            || (ident.quote_style.is_none() || self.placer.dialect == Dialect::Sqlite)
                && ident.value.eq_ignore_ascii_case(column)
            || self.is_mysql() && are_alike(&ident.value, column)
    }
}

/// Whether `expr` is `CASE WHEN predicate THEN (…) ELSE false END`.
fn is_case_of(expr: &Expr, predicate: &Expr) -> bool {
    let Expr::Case {
        operand: None,
        conditions,
        else_result: Some(otherwise),
        ..
    } = expr
    else {
        return false;
    };
    let [when] = conditions.as_slice() else {
        return false;
    };
    when.condition == *predicate
        && matches!(when.result, Expr::Nested(_))
        && matches!(&**otherwise, Expr::Value(value) if value.value == Value::Boolean(false))
}

/// The columns that an assignment names; `None` for what is not a plain column.
fn columns(assignment: &Assignment) -> impl Iterator<Item = Option<&Ident>> {
    let names = match &assignment.target {
        AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
        AssignmentTarget::Tuple(names) => names.as_slice(),
    };
    // In front of the column there may be its table, behind it a field: each part is held to be the column.
    names.iter().flat_map(|name| &name.0).map(|part| match part {
        ObjectNamePart::Identifier(column) => Some(column),
        ObjectNamePart::Function(_) => None,
    })
}
