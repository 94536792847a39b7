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
//! Besides, nothing is written but what may be, no conflict is answered but with a row of the tenant's own, and no function,
//! type or column is named that is on no list: the lists are the walk's too, how they are asked is not.
//!
//! The parser's visitor reports the relations, so what it reports is counted: the ones that were found guarded have
//! to be as many as there are. What the visitor is known not to report (`TABLE t`) is refused.

mod called;
mod columns;
mod in_place;
mod insert;
mod joined;
mod kinds;
mod locks;
mod merge;
mod targets;
mod told;

use std::ops::ControlFlow;

use sqlparser::ast::{
    Delete, Expr, FromTable, GroupByExpr, Ident, ObjectName, ObjectNamePart, Query, Select, SetExpr,
    Statement, TableAlias, TableFactor, TableWithJoins, Update, Visit, Visitor,
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
use told::Told;

/// Checks the statement that will be executed; `arbiters` are the expressions of its upserts' targets.
pub(super) fn check(
    statement: &Statement,
    arbiters: &[Expr],
    tables: &Tables,
    placer: &Placer,
) -> Result<(), Refusal> {
    if faults::is_on(Fault::VerifierOff) {
        return Ok(());
    }
    let mut reader = Reader {
        tables,
        placer,
        open: 0,
        guarded: 0,
        bare: 0,
        targets: 0,
        groupings: 0,
        called_groupings: 0,
        told: Told::default(),
    };
    reader.count_shown(statement);
    let wrong = statement.visit(&mut reader).is_break()
        || arbiters
            .iter()
            .any(|arbiter| arbiter.visit(&mut reader).is_break());
    let counted =
        reader.open == reader.guarded && reader.groupings == reader.called_groupings && reader.told.is_even();
    // Behind views nothing but what is written is named as the table itself.
    let veiled = !tables.has_views() || reader.bare == reader.targets;
    let read = if faults::is_on(Fault::UnreadArbiters) {
        &[]
    } else {
        arbiters
    };
    if wrong || !counted || !veiled || !reader.hides_keys(statement, read) {
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
    /// Those that are named as tables, and not as the views over them.
    bare: usize,
    /// The statements that write; one of them may stand behind a WITH.
    targets: usize,
    /// Grouping sets inside of others, which the parser reads as calls: where they may stand, and all that there are.
    groupings: usize,
    called_groupings: usize,
    told: Told,
}

type Seen = ControlFlow<()>;

impl Visitor for Reader<'_> {
    type Break = ();

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Seen {
        self.bare += usize::from(self.is_bare(relation));
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

    fn pre_visit_group_by(&mut self, group_by: &GroupByExpr) -> Seen {
        self.groupings += self.nested_groupings(group_by);
        self.count_grouped(group_by);
        Seen::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Seen {
        if self.is_grouping(expr) {
            self.called_groupings += 1;
            return Seen::Continue(());
        }
        if self.count_told(expr) || self.is_written_row(expr) {
            return Seen::Continue(());
        }
        if self.names_allowed(expr) && self.is_plain_column(expr) {
            Seen::Continue(())
        } else {
            Seen::Break(())
        }
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> Seen {
        self.targets += usize::from(!matches!(statement, Statement::Query(_)));
        if !self.writes_allowed(statement) || !self.writes_plain_columns(statement) {
            return Seen::Break(());
        }
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
        let alias = match factor {
            TableFactor::Table { alias, .. }
            | TableFactor::Derived { alias, .. }
            | TableFactor::Function { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => alias.as_ref(),
            // No relation stands in it but in its value, which is visited.
            TableFactor::JsonTable { alias, columns, .. }
                if self.is_mysql() && called::json_columns_allowed(columns) =>
            {
                alias.as_ref()
            }
            _ => return Seen::Break(()),
        };
        if !self.columns_allowed(alias) {
            return Seen::Break(());
        }
        match factor {
            TableFactor::Derived { subquery, .. } => {
                let unfenced = matches!(&*subquery.body, SetExpr::Select(select) if self
                    .slice_of(select)
                    .is_some_and(|table| !self.is_fenced(subquery, table)));
                if unfenced && !is_lookup(alias) {
                    Seen::Break(())
                } else {
                    Seen::Continue(())
                }
            }
            TableFactor::Table { .. }
            | TableFactor::Function { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::JsonTable { .. } => Seen::Continue(()),
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
            ] if schema.value == "pg_catalog" && (is_row_function(name) || is_value_function(name)) => {
                Some(Meaning::Free)
            }
            _ => None,
        }
    }

    /// Whether a relation is a table itself, where there are views over them.
    fn is_bare(&self, relation: &ObjectName) -> bool {
        let ObjectName(parts) = relation;
        let schema = match parts.as_slice() {
            [ObjectNamePart::Identifier(schema), _] => Some(schema.value.as_str()),
            _ => None,
        };
        self.tables.has_views()
            && self
                .table(relation)
                .is_some_and(|table| self.tables.read_schema(table) != schema)
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
        let stands_in =
            |table: &Table| self.tables.read_schema(table) == schema || self.tables.schema(table) == schema;
        self.tables
            .iter()
            .find(|table| quoted && table.name() == name.value && stands_in(table))
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

    fn expr(&self, text: &str) -> Option<Expr> {
        splice::parse_expr(text, self.placer.dialect).ok()
    }
}

/// Whether a slice is that of the parents in a lookup of the engine's own, where nothing else is asked of their rows.
fn is_lookup(alias: Option<&TableAlias>) -> bool {
    alias.is_some_and(|alias| alias.name.quote_style.is_none() && alias.name.value == PARENT)
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

/// Functions of one value, which stand in FROM behind the schema that has no table of such a name.
fn is_value_function(name: &Ident) -> bool {
    let folded = name.value.to_ascii_lowercase();
    super::functions::is_value_in_from(Dialect::Postgres, &folded)
}

/// Functions that stand in FROM like a table, with their arguments behind.
fn is_row_function(name: &Ident) -> bool {
    let folded = name.value.to_ascii_lowercase();
    [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql]
        .into_iter()
        .any(|dialect| super::functions::is_table_function_allowed(dialect, &folded))
}
