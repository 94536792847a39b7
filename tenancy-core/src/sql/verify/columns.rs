//! The second reading of columns: none that a server adds to each table, and none that the catalogue hides.
//!
//! A hidden key is in no slice. Where its table stands as it is, behind PostgreSQL's fence or as the target of a write, each
//! column of its name that the text has is one that is compared with the tenant: nobody but the engine can write the
//! tenant's bind.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, ConflictTarget, Expr, FromTable, GroupByExpr, Ident,
    Insert, MergeAction, MergeUpdateKind, ObjectName, ObjectNamePart, OnConflict, OnConflictAction, OnInsert,
    OutputClause, Select, SelectItem, SelectItemQualifiedWildcardKind, Statement, TableFactor, TableObject,
    TableWithJoins, Visit, Visitor,
};

use super::Reader;
use crate::{
    Table,
    sql::{Breadth, Dialect, names::are_alike},
};

impl Reader<'_> {
    /// Whether an expression is no column that the server adds.
    pub(super) fn is_plain_column(&self, expr: &Expr) -> bool {
        match column_of(expr) {
            Some((_, column)) => !self.is_system(column, None),
            None => true,
        }
    }

    /// Whether no column that a statement writes is one that the server adds.
    pub(super) fn writes_plain_columns(&self, statement: &Statement) -> bool {
        let plain = |table: Option<&Table>, column: &Ident| !self.is_system(column, table);
        let assigned = |table: Option<&Table>, assignments: &[Assignment]| {
            assignments
                .iter()
                .flat_map(assigned)
                .all(|column| plain(table, column))
        };
        match statement {
            Statement::Insert(insert) => {
                let table = match &insert.table {
                    TableObject::TableName(name) => self.table(name),
                    _ => None,
                };
                let mut given = insert.columns.iter().flat_map(idents);
                given.all(|column| plain(table, column))
                    && assigned(table, &insert.assignments)
                    && conflict(insert).iter().all(|column| plain(table, column))
                    && assigned(table, updates(insert))
            }
            Statement::Update(update) => {
                let joined = !update.table.joins.is_empty();
                let table = match &update.table.relation {
                    TableFactor::Table { name, .. } if !joined => self.table(name),
                    _ => None,
                };
                assigned(table, &update.assignments)
            }
            Statement::Merge(merge) => merge.clauses.iter().all(|clause| match &clause.action {
                MergeAction::Insert(insert) => insert
                    .columns
                    .iter()
                    .flat_map(idents)
                    .all(|column| plain(None, column)),
                MergeAction::Update(update) => match &update.kind {
                    MergeUpdateKind::Set(assignments) => assigned(None, assignments),
                    MergeUpdateKind::Wildcard => false,
                },
                MergeAction::Delete { .. } | MergeAction::DoNothing { .. } => true,
            }),
            _ => true,
        }
    }

    /// Whether a column is one that the server adds to each table. SQLite lets a table have one of such a name itself: the
    /// written `table` then, or any that is read.
    fn is_system(&self, column: &Ident, written: Option<&Table>) -> bool {
        let is = |name: &&str| column.value.eq_ignore_ascii_case(name);
        let lists = |table: &Table| {
            let columns = table.column_names().unwrap_or_default();
            columns.iter().any(|own| is(&own.as_str()))
        };
        match self.placer.dialect {
            // None of its tables can have such a column, and in quotes and capitals it is another name.
            Dialect::Postgres => {
                let added = ["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];
                added.iter().any(|name| match column.quote_style {
                    Some(_) => column.value == **name,
                    None => is(name),
                })
            }
            Dialect::Mysql => is(&"_rowid"),
            Dialect::Sqlite => {
                ["_rowid_", "oid", "rowid"].iter().any(is)
                    && !match written {
                        Some(table) => lists(table),
                        None => self.tables.iter().any(|table| lists(table)),
                    }
            }
        }
    }

    /// Whether no hidden key is named where its table stands as it is, in the expressions of an upsert's target neither.
    pub(super) fn hides_keys(&self, statement: &Statement, arbiters: &[Expr]) -> bool {
        if self.placer.breadth != Breadth::One || !self.tables.iter().any(|table| table.hides_key()) {
            return true;
        }
        let mut open = Open {
            reader: self,
            stands: Vec::new(),
        };
        let shown = statement.visit(&mut open).is_break();
        let Open { stands, .. } = open;
        if shown {
            return false;
        }
        if stands.is_empty() {
            return true;
        }
        let mut mentions = Mentions {
            stands,
            tenant: self.expr(&self.placer.value()),
            named: 0,
            compared: 0,
        };
        // Nothing in it breaks off.
        let _ = statement.visit(&mut mentions);
        for arbiter in arbiters {
            let _ = arbiter.visit(&mut mentions);
        }
        mentions.named == mentions.compared
    }
}

/// A table with a hidden key that stands in the text as it is.
struct Stand<'a> {
    known_as: String,
    table: &'a Table,
}

/// Looks for them, and for the wildcards that would show the key.
struct Open<'a> {
    reader: &'a Reader<'a>,
    stands: Vec<Stand<'a>>,
}

impl<'a> Open<'a> {
    fn hiding(&self, factor: &TableFactor) -> Option<Stand<'a>> {
        let TableFactor::Table { name, alias, .. } = factor else {
            return None;
        };
        let table = self.reader.table(name).filter(|table| table.hides_key())?;
        let known_as = alias.as_ref().map_or(table.name(), |alias| &alias.name.value);
        Some(Stand {
            known_as: known_as.to_owned(),
            table,
        })
    }

    /// The tables in a FROM, those in parentheses too.
    fn standing(&self, tables: &[TableWithJoins], found: &mut Vec<Stand<'a>>) {
        for table in tables {
            let joined = table.joins.iter().map(|join| &join.relation);
            for factor in std::iter::once(&table.relation).chain(joined) {
                match factor {
                    TableFactor::NestedJoin { table_with_joins, .. } => {
                        self.standing(std::slice::from_ref(table_with_joins), found);
                    }
                    factor => found.extend(self.hiding(factor)),
                }
            }
        }
    }
}

impl Visitor for Open<'_> {
    type Break = ();

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if self.reader.slice_of(select).is_some() {
            return ControlFlow::Continue(());
        }
        let mut found = Vec::new();
        self.standing(&select.from, &mut found);
        let shown = found.iter().any(|stand| shows(&select.projection, stand));
        self.stands.extend(found);
        broken(shown)
    }

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let (factor, returning) = match statement {
            Statement::Update(update) => (
                Some(&update.table.relation),
                update.returning.as_deref().unwrap_or_default(),
            ),
            Statement::Delete(delete) => {
                let FromTable::WithFromKeyword(from) = &delete.from else {
                    return ControlFlow::Break(());
                };
                (
                    from.first().map(|table| &table.relation),
                    delete.returning.as_deref().unwrap_or_default(),
                )
            }
            Statement::Merge(merge) => {
                let items = match &merge.output {
                    Some(OutputClause::Returning { select_items, .. }) => select_items.as_slice(),
                    Some(OutputClause::Output { .. }) | None => &[],
                };
                (Some(&merge.table), items)
            }
            Statement::Insert(insert) => {
                let TableObject::TableName(name) = &insert.table else {
                    return ControlFlow::Break(());
                };
                let Some(table) = self.reader.table(name).filter(|table| table.hides_key()) else {
                    return ControlFlow::Continue(());
                };
                let alias = insert
                    .table_alias
                    .as_ref()
                    .map(|alias| alias.alias.value.as_str());
                for known_as in [Some(table.name()), alias, Some("excluded")]
                    .into_iter()
                    .flatten()
                {
                    self.stands.push(Stand {
                        known_as: known_as.to_owned(),
                        table,
                    });
                }
                let items = insert.returning.as_deref().unwrap_or_default();
                return broken(self.stands.iter().any(|stand| shows(items, stand)));
            }
            _ => return ControlFlow::Continue(()),
        };
        let Some(stand) = factor.and_then(|factor| self.hiding(factor)) else {
            return ControlFlow::Continue(());
        };
        let shown = shows(returning, &stand);
        self.stands.push(stand);
        broken(shown)
    }
}

/// Counts the columns that can be one of the hidden keys, and those of them that are compared with the tenant.
struct Mentions<'a> {
    stands: Vec<Stand<'a>>,
    tenant: Option<Expr>,
    named: usize,
    compared: usize,
}

impl Mentions<'_> {
    fn can_be_key(&self, expr: &Expr) -> bool {
        column_of(expr).is_some_and(|(source, column)| {
            self.stands.iter().any(|stand| {
                let is_key = stand.table.key().is_some_and(|key| are_alike(&column.value, key));
                is_key && source.is_none_or(|source| source.value.eq_ignore_ascii_case(&stand.known_as))
            })
        })
    }
}

impl Mentions<'_> {
    /// The keys that join a grouping by a primary key, where they change nothing: each has one value.
    fn joined_keys(&self, exprs: &[Expr]) -> usize {
        let keys = exprs.iter().map(|expr| match expr {
            Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
                sets.iter().map(|set| self.joined_keys(set)).sum()
            }
            Expr::Tuple(exprs) => self.joined_keys(exprs),
            expr => usize::from(matches!(expr, Expr::CompoundIdentifier(_)) && self.can_be_key(expr)),
        });
        keys.sum()
    }

    /// Whether it is the comparison of a hidden key with the tenant.
    fn is_compared(&self, expr: &Expr) -> bool {
        let Expr::BinaryOp {
            left,
            op: BinaryOperator::Eq,
            right,
        } = expr
        else {
            return false;
        };
        // `= ?2 COLLATE BINARY`, `= BINARY …`: the tenant, and how it is compared.
        let tenant = match &**right {
            whole if self.tenant.as_ref() == Some(whole) => true,
            Expr::Collate { expr, .. } | Expr::Cast { expr, .. } => self.tenant.as_ref() == Some(&**expr),
            _ => false,
        };
        tenant && self.can_be_key(left)
    }

    /// Whether it is `key = tenant OR key IS NULL`, the predicate of a mixed table.
    fn is_shared_row(&self, expr: &Expr) -> bool {
        matches!(
            expr,
            Expr::BinaryOp { left, op: BinaryOperator::Or, right }
                if self.is_compared(left)
                    && matches!(&**right, Expr::IsNull(key) if self.can_be_key(key))
        )
    }
}

impl Visitor for Mentions<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        self.named += usize::from(self.can_be_key(expr));
        self.compared += usize::from(self.is_compared(expr) || self.is_shared_row(expr));
        ControlFlow::Continue(())
    }

    fn pre_visit_group_by(&mut self, group_by: &GroupByExpr) -> ControlFlow<()> {
        if let GroupByExpr::Expressions(exprs, _) = group_by {
            self.compared += self.joined_keys(exprs);
        }
        ControlFlow::Continue(())
    }
}

fn broken(wrong: bool) -> ControlFlow<()> {
    if wrong {
        ControlFlow::Break(())
    } else {
        ControlFlow::Continue(())
    }
}

/// Whether a list shows all columns of a table.
fn shows(items: &[SelectItem], stand: &Stand<'_>) -> bool {
    items.iter().any(|item| match item {
        SelectItem::Wildcard(_) => true,
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => idents(name)
            .last()
            .is_none_or(|source| source.value.eq_ignore_ascii_case(&stand.known_as)),
        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _) => true,
        SelectItem::UnnamedExpr(_)
        | SelectItem::ExprWithAlias { .. }
        | SelectItem::ExprWithAliases { .. } => false,
    })
}

/// The column that an expression is, and what stands in front of it.
fn column_of(expr: &Expr) -> Option<(Option<&Ident>, &Ident)> {
    match expr {
        Expr::Identifier(column) => Some((None, column)),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., source, column] => Some((Some(source), column)),
            [column] => Some((None, column)),
            [] => None,
        },
        _ => None,
    }
}

fn idents(name: &ObjectName) -> impl Iterator<Item = &Ident> {
    name.0.iter().filter_map(|part| match part {
        ObjectNamePart::Identifier(ident) => Some(ident),
        ObjectNamePart::Function(_) => None,
    })
}

/// The names in the target of an assignment: the column, and its table or its fields.
fn assigned(assignment: &Assignment) -> impl Iterator<Item = &Ident> {
    let names = match &assignment.target {
        AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
        AssignmentTarget::Tuple(names) => names.as_slice(),
    };
    names.iter().flat_map(idents)
}

/// The columns that an ON CONFLICT names.
fn conflict(insert: &Insert) -> &[Ident] {
    match &insert.on {
        Some(OnInsert::OnConflict(OnConflict {
            conflict_target: Some(ConflictTarget::Columns(columns)),
            ..
        })) => columns,
        _ => &[],
    }
}

/// What an INSERT does to a row that is there.
fn updates(insert: &Insert) -> &[Assignment] {
    match &insert.on {
        Some(OnInsert::DuplicateKeyUpdate(assignments)) => assignments,
        Some(OnInsert::OnConflict(OnConflict {
            action: OnConflictAction::DoUpdate(update),
            ..
        })) => &update.assignments,
        _ => &[],
    }
}
