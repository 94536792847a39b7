//! The independent second reader.
//!
//! It shares no code with the walk but the spelling of the predicate, and knows one rule: in the text that will be
//! executed each relation is
//!
//! - a common table expression of the engine's own naming,
//! - a shared table, by schema and name,
//! - a tenant table that is the only relation of a SELECT whose whole WHERE is the predicate,
//! - a tenant table that stays where it stands, under the predicate in the right place (`verify/in_place`),
//! - or the target of an INSERT that puts the tenant into every row, or of an UPDATE or DELETE whose WHERE begins with
//!   the predicate;
//!
//! and no assignment names the key.
//!
//! The parser's visitor reports the relations, so what it reports is counted: the ones that were found guarded have
//! to be as many as there are. What the visitor is known not to report (`TABLE t`) is refused.

mod in_place;
mod joined;
mod kinds;
mod locks;
mod merge;

use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, Delete, Expr, FromTable, Ident, Insert, ObjectName, ObjectNamePart, OnConflict,
    OnConflictAction, OnInsert, Query, Select, SelectItem, SetExpr, Statement, TableAlias, TableFactor,
    TableObject, TableWithJoins, Update, Visit, Visitor,
};

use super::{
    Breadth, Dialect, Refusal, Rule,
    faults::{self, Fault},
    kinds::{PARENT, Rows},
    mend,
    names::{RESERVED, Tables},
    place::Placer,
    splice,
};
use crate::{Table, TableKind};

/// Checks the statement that will be executed.
pub(super) fn check(statement: &Statement, tables: &Tables, placer: &Placer) -> Result<(), Refusal> {
    if faults::is_on(Fault::VerifierOff) {
        return Ok(());
    }
    let mut reader = Reader {
        tables,
        placer,
        open: 0,
        guarded: 0,
    };
    let wrong = statement.visit(&mut reader).is_break();
    if wrong || reader.open != reader.guarded {
        return Err(Refusal::new(Rule::Verification));
    }
    Ok(())
}

/// Counts the relations that need a guard, and the guards.
struct Reader<'a> {
    tables: &'a Tables,
    placer: &'a Placer,
    open: usize,
    guarded: usize,
}

type Seen = ControlFlow<()>;

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Seen {
        match self.meaning(relation) {
            Some(Meaning::Free) => {}
            Some(Meaning::Guarded) => self.open += 1,
            None => return Seen::Break(()),
        }
        Seen::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> Seen {
        if has_table_command(&query.body) || !self.locks_own_rows(query) {
            Seen::Break(())
        } else {
            Seen::Continue(())
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> Seen {
        self.guarded += if self.slice_of(select).is_some() {
            1
        } else {
            self.guarded_in_place(select)
        };
        Seen::Continue(())
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> Seen {
        let guarded = match statement {
            Statement::Query(_) => return Seen::Continue(()),
            Statement::Insert(insert) => self.guards_insert(insert) && self.keeps_key_on_conflict(insert),
            Statement::Update(Update {
                table,
                selection,
                assignments,
                ..
            }) if self.is_mysql() && !table.joins.is_empty() => {
                let tables = std::slice::from_ref(table);
                if !self.keeps_all_owners(tables, assignments) {
                    return Seen::Break(());
                }
                return self.count(self.joined_guards(tables, selection.as_ref()));
            }
            Statement::Delete(Delete {
                from: FromTable::WithFromKeyword(from),
                tables,
                selection,
                ..
            }) if self.is_mysql() && !tables.is_empty() => {
                return self.count(self.joined_guards(from, selection.as_ref()));
            }
            Statement::Update(Update {
                table,
                selection,
                assignments,
                ..
            }) => {
                self.guards(statement, table, selection.as_ref())
                    && self.keeps_key(&table.relation, assignments)
            }
            Statement::Delete(Delete {
                from: FromTable::WithFromKeyword(from),
                selection,
                ..
            }) => from
                .first()
                .is_some_and(|table| from.len() == 1 && self.guards(statement, table, selection.as_ref())),
            Statement::Merge(merge) => self.guards_merge(merge),
            _ => return Seen::Break(()),
        };
        if guarded {
            self.guarded += 1;
        }
        Seen::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Seen {
        self.guarded += usize::from(self.is_held(factor));
        match factor {
            TableFactor::Derived { subquery, alias, .. } => {
                let unfenced = matches!(&*subquery.body, SetExpr::Select(select) if self
                    .slice_of(select)
                    .is_some_and(|table| !self.is_fenced(subquery, table)));
                if unfenced && !is_lookup(alias.as_ref()) {
                    Seen::Break(())
                } else {
                    Seen::Continue(())
                }
            }
            TableFactor::Table { .. }
            | TableFactor::Function { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::NestedJoin { .. } => Seen::Continue(()),
            _ => Seen::Break(()),
        }
    }
}

impl Reader<'_> {
    fn is_mysql(&self) -> bool {
        self.placer.dialect == Dialect::Mysql
    }

    fn count(&mut self, guards: Option<usize>) -> Seen {
        match guards {
            Some(guards) => {
                self.guarded += guards;
                Seen::Continue(())
            }
            None => Seen::Break(()),
        }
    }
}

enum Meaning {
    /// It needs no guard.
    Free,
    /// It needs one.
    Guarded,
}

impl Reader<'_> {
    fn meaning(&self, relation: &ObjectName) -> Option<Meaning> {
        if self.table(relation).is_some_and(|table| self.needs_guard(table)) {
            return Some(Meaning::Guarded);
        }
        if self.table(relation).is_some() {
            return Some(Meaning::Free);
        }
        let ObjectName(parts) = relation;
        match parts.as_slice() {
            // A function in FROM; the walk has held it against its list.
            [ObjectNamePart::Identifier(name)]
                if name.value.starts_with(RESERVED) && name.quote_style.is_none() =>
            {
                Some(Meaning::Free)
            }
            [ObjectNamePart::Identifier(name)] if self.is_mysql() && super::mysql::is_dual(&[name]) => {
                Some(Meaning::Free)
            }
            [ObjectNamePart::Identifier(name)] if is_row_function(name) || name.value == mend::ROWS_FROM => {
                Some(Meaning::Free)
            }
            [
                ObjectNamePart::Identifier(schema),
                ObjectNamePart::Identifier(name),
            ] if schema.value == "pg_catalog" && is_row_function(name) => Some(Meaning::Free),
            _ => None,
        }
    }

    /// The catalogue's table, if the name is exactly `"schema"."table"`.
    fn table(&self, relation: &ObjectName) -> Option<&Table> {
        let ObjectName(parts) = relation;
        let (schema, name) = match parts.as_slice() {
            [
                ObjectNamePart::Identifier(schema),
                ObjectNamePart::Identifier(name),
            ] => (Some(schema), name),
            [ObjectNamePart::Identifier(name)] => (None, name),
            _ => return None,
        };
        let quote = Some(self.placer.dialect.quote());
        let quoted = schema.is_none_or(|schema| schema.quote_style == quote) && name.quote_style == quote;
        let schema = schema.map(|schema| schema.value.as_str());
        self.tables
            .iter()
            .find(|table| quoted && table.name() == name.value && self.tables.schema(table) == schema)
            .map(|table| &**table)
            .filter(|table| !matches!(table.kind(), TableKind::Denied))
    }

    fn needs_guard(&self, table: &Table) -> bool {
        match (table.kind(), self.placer.breadth) {
            (TableKind::Shared | TableKind::Denied, _) | (_, Breadth::All { .. }) => false,
            (
                TableKind::Tenant { .. }
                | TableKind::Mixed { .. }
                | TableKind::Via(_)
                | TableKind::Party(_)
                | TableKind::View { .. },
                Breadth::One | Breadth::Many { .. },
            ) => true,
        }
    }

    /// The table of which a SELECT is nothing but a slice.
    fn slice_of(&self, select: &Select) -> Option<&Table> {
        let [TableWithJoins { relation, joins }] = select.from.as_slice() else {
            return None;
        };
        let TableFactor::Table {
            name,
            alias: None,
            args: None,
            ..
        } = relation
        else {
            return None;
        };
        let table = self.table(name).filter(|table| self.needs_guard(table))?;
        let name = self.placer.dialect.quoted(table.name());
        let is_predicate = |rows| {
            let predicate = self.placer.rows(self.tables, table, &name, rows);
            let predicate = predicate.and_then(|text| self.expr(&text));
            predicate.is_some() && select.selection == predicate
        };
        // The parents of new rows are the tenant's own, which are among those it may read.
        let guarded = is_predicate(Rows::Readable) || is_predicate(Rows::Own);
        (joins.is_empty() && guarded && self.shows(select, table)).then_some(table)
    }

    /// Whether the WHERE of an UPDATE or DELETE begins with the predicate of its target.
    fn guards(&self, statement: &Statement, target: &TableWithJoins, selection: Option<&Expr>) -> bool {
        let TableFactor::Table { name, alias, .. } = &target.relation else {
            return false;
        };
        let Some(table) = self.table(name).filter(|table| self.needs_guard(table)) else {
            return false;
        };
        let known_as = alias.as_ref().map_or_else(
            || self.placer.dialect.quoted(table.name()),
            |alias| alias.name.to_string(),
        );
        target.joins.is_empty() && self.begins_with_predicate(statement, table, &known_as, selection)
    }

    /// Whether an INSERT puts the tenant into the key column of every row.
    fn guards_insert(&self, insert: &Insert) -> bool {
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
    fn places_of(&self, key: &str, columns: &[ObjectName]) -> Vec<usize> {
        let folds = |ident: &Ident| {
            ident.value == key
                || (ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case(key))
                || self.placer.dialect != super::Dialect::Postgres && ident.value.eq_ignore_ascii_case(key)
        };
        columns
            .iter()
            .enumerate()
            .filter(|(_, column)| {
                matches!(column.0.as_slice(), [ObjectNamePart::Identifier(ident)] if folds(ident))
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether no assignment of an UPDATE names the key.
    fn keeps_key(&self, target: &TableFactor, assignments: &[Assignment]) -> bool {
        let TableFactor::Table { name, .. } = target else {
            return false;
        };
        self.table(name)
            .is_some_and(|table| self.keeps_owner(table, assignments))
    }

    /// Whether no assignment of an upsert names the key.
    fn keeps_key_on_conflict(&self, insert: &Insert) -> bool {
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

    fn expr(&self, text: &str) -> Option<Expr> {
        splice::parse_expr(text, self.placer.dialect).ok()
    }
}

/// Whether a slice is that of the parents in a lookup of the engine's own, where nothing else is asked of their rows.
fn is_lookup(alias: Option<&TableAlias>) -> bool {
    alias.is_some_and(|alias| alias.name.quote_style.is_none() && alias.name.value == PARENT)
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

/// Whether a query body has a `TABLE t` in it, which the visitor does not report.
fn has_table_command(body: &SetExpr) -> bool {
    match body {
        SetExpr::Table(_) => true,
        SetExpr::SetOperation { left, right, .. } => has_table_command(left) || has_table_command(right),
        SetExpr::Select(_)
        | SetExpr::Query(_)
        | SetExpr::Values(_)
        | SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_) => false,
    }
}

/// Functions that stand in FROM like a table, with their arguments behind.
fn is_row_function(name: &Ident) -> bool {
    let folded = name.value.to_ascii_lowercase();
    [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql]
        .into_iter()
        .any(|dialect| super::functions::is_table_function_allowed(dialect, &folded))
}
