//! Writes: the tenant's key in every inserted row, its predicate on every target, and no row moved.

mod clauses;
mod delete;
mod insert;
mod merge;
mod multi;
mod named;
mod on_duplicate;
mod parents;
mod parties;
mod returning;
mod source;
mod update;
mod upsert;

use std::{ops::Range, sync::Arc};

use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Spanned,
    TableAlias, TableFactor, TableWithJoins, Value, helpers::attached_token::AttachedToken,
};

use super::{
    Breadth, Dialect, Refusal, Rule,
    kinds::Rows,
    names,
    place::Placer,
    splice,
    walk::{Forms, Walk, only},
};
use crate::{Table, TableKind, Via};

/// The table that a statement writes, and the name that it goes by in it.
struct Target {
    table: Arc<Table>,
    name: String,
    folded: String,
}

impl Walk<'_> {
    /// The table of this name, if the statement may write it. Its name becomes qualified.
    fn write_target(&mut self, name: &mut ObjectName) -> Result<Arc<Table>, Refusal> {
        let span = name.span();
        let at = self.offset(span);
        let table = self.tables.find(&names::parts(name, at)?, at)?;
        if !self.placer.breadth.is_writable() {
            return Err(Refusal::at(Rule::ReadOnly, at));
        }
        match table.kind() {
            TableKind::Shared if !self.placer.breadth.is_crossing() => {
                Refusal::at(Rule::SharedWrite, at).refuse()?;
            }
            TableKind::Denied => Refusal::at(Rule::DeniedTable, at).refuse()?,
            TableKind::View { .. } => return Err(Refusal::at(Rule::ViewWrite, at)),
            // Whether a party may write under the other parties' rows, nobody has said.
            TableKind::Via(_)
                if self
                    .tables
                    .root(&table)
                    .is_none_or(|root| matches!(root.kind(), TableKind::Party(_))) =>
            {
                return Err(Refusal::at(Rule::PartyWrite, at));
            }
            TableKind::Shared
            | TableKind::Tenant { .. }
            | TableKind::Mixed { .. }
            | TableKind::Via(_)
            | TableKind::Party(_) => {}
        }
        if table.is_view() {
            return Err(Refusal::at(Rule::ViewWrite, at));
        }
        self.note_write(&table);
        self.note_in_place(&table, names::folded_name(table.name(), self.dialect));
        let range = self.text.range(span)?;
        self.only_before(range.start)?;
        self.edit(range, self.tables.target(&table));
        *name = self.tables.target_name(&table);
        Ok(table)
    }

    /// The column that a statement writes. PostgreSQL takes `a.b` for the field `b` of the column `a`.
    fn written_column<'n>(&self, table: &Table, name: &'n ObjectName) -> Result<&'n Ident, Refusal> {
        let at = self.offset(name.span());
        let parts = names::parts(name, at)?;
        let (column, fields) = parts.split_first().ok_or(Refusal::at(Rule::Name, at))?;
        self.check_written_column(table, column)?;
        let has_fields = match table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Shared => {
                self.dialect == Dialect::Postgres
            }
            // Of these some columns are looked at one by one, and whole.
            TableKind::Via(_) | TableKind::Party(_) | TableKind::View { .. } | TableKind::Denied => false,
        };
        let is_key = table
            .owners()
            .any(|key| names::is_named(column, key, self.dialect));
        if !fields.is_empty() && (is_key || !has_fields) {
            return Err(Refusal::at(Rule::Name, at));
        }
        self.check_idents(fields.iter().copied())?;
        Ok(column)
    }

    /// The one table of an UPDATE or a DELETE.
    fn target(&mut self, target: &mut TableWithJoins) -> Result<Target, Refusal> {
        let TableWithJoins { relation, joins } = target;
        only(joins.is_empty())?;
        self.target_factor(relation)
    }

    /// A table that is written, where it stands.
    fn target_factor(&mut self, relation: &mut TableFactor) -> Result<Target, Refusal> {
        let TableFactor::Table {
            name,
            alias,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } = relation
        else {
            return self.refuse(Rule::Construct, relation);
        };
        only(args.is_none() && with_hints.is_empty() && version.is_none() && !*with_ordinality)?;
        only(partitions.is_empty() && json_path.is_none() && sample.is_none())?;
        if let Some(hints) = self.index_hints(&*name, alias.as_ref(), index_hints)? {
            self.edit(hints, String::new());
            index_hints.clear();
        }
        let table = self.write_target(name)?;
        let Some(TableAlias {
            explicit: _,
            name: alias,
            columns,
            at,
        }) = alias
        else {
            return Ok(Target {
                name: self.dialect.quoted(table.name()),
                folded: names::folded_name(table.name(), self.dialect),
                table,
            });
        };
        only(columns.is_empty() && at.is_none())?;
        self.check_ident(alias)?;
        let range = self.ident_range(alias)?;
        let written = self
            .text
            .sql
            .get(range.clone())
            .ok_or(Refusal::at(Rule::Verification, range.start))?;
        let folded = names::folded(alias, self.dialect);
        self.note_in_place(&table, folded.clone());
        Ok(Target {
            table,
            name: written.to_owned(),
            folded,
        })
    }

    /// Opens the scope of a statement that writes, with its target in it.
    fn open_target(&mut self, target: &Target) -> usize {
        let depth = self.open_scope();
        self.note_target(&target.table, &target.folded);
        depth
    }

    /// The other tables of an UPDATE or a DELETE. One that goes by the target's name would take its place in the
    /// predicate.
    fn other_tables(&mut self, target: &Target, tables: &mut [TableWithJoins]) -> Result<(), Refusal> {
        for table in tables {
            let relations =
                std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
            for relation in relations {
                if self.known_as(relation).is_none_or(|name| name == target.folded) {
                    return self.refuse(Rule::Name, relation);
                }
            }
            self.table_with_joins(table)?;
            self.place_tables(table, &Forms::default())?;
        }
        Ok(())
    }

    /// The name that columns of a relation are written with; `None` where there may be several.
    pub(in crate::sql) fn known_as(&self, relation: &TableFactor) -> Option<String> {
        known_ident(relation).map(|ident| names::folded(&ident, self.dialect))
    }

    /// Puts the predicate of the writable rows in front of the statement's own condition, which is walked too.
    ///
    /// `writers` are the columns of the parties that may write, `body` the statement's tokens. The predicate stands first, since SQLite tests in the order of the text.
    fn restrict(
        &mut self,
        target: &Target,
        writers: Option<&[String]>,
        selection: &mut Option<Expr>,
        body: Range<usize>,
        open: bool,
    ) -> Result<(), Refusal> {
        if let Some(selection) = selection.as_mut() {
            self.expr(selection)?;
        }
        let keys: Vec<&str> = writers.into_iter().flatten().map(String::as_str).collect();
        let rows = writers.map_or(Rows::Own, |_| Rows::Of(&keys));
        let predicate = if open {
            None
        } else {
            self.placer.rows(self.tables, &target.table, &target.name, rows)
        };
        let Some(text) = predicate else {
            return Ok(());
        };
        self.note_tenant();
        let expr = splice::parse_expr(&text, self.dialect)?;
        let wall = self.placer.needs_wall(&target.table, rows);
        let Some(own) = selection.take() else {
            let end = self.clause_end(body)?;
            self.put(end, format!(" WHERE {text}"));
            *selection = Some(expr);
            return Ok(());
        };
        let condition = self.condition(body)?;
        let (before, after) = if wall {
            Placer::wall(&text)
        } else {
            (format!("{text} AND ("), ")")
        };
        // The condition may begin with an edit of its own.
        self.put_first(condition.start, before);
        self.put(condition.end, after.to_owned());
        *selection = Some(if wall {
            self.walled(expr, own)
        } else {
            both(expr, Expr::Nested(Box::new(own)))
        });
        Ok(())
    }

    /// `predicate AND CASE WHEN predicate THEN (condition) ELSE false END`
    pub(super) fn walled(&self, predicate: Expr, condition: Expr) -> Expr {
        let case = Expr::Case {
            case_token: AttachedToken::empty(),
            end_token: AttachedToken::empty(),
            operand: None,
            conditions: vec![CaseWhen {
                condition: predicate.clone(),
                result: Expr::Nested(Box::new(condition)),
            }],
            else_result: Some(Box::new(Expr::value(Value::Boolean(false)))),
        };
        both(predicate, case)
    }

    /// What a new row of this table has to carry, in a statement of this breadth.
    fn new_row(&self, table: &Table, at: usize) -> Result<NewRow, Refusal> {
        let new = match table.kind() {
            TableKind::Shared => return Ok(NewRow::Anything),
            TableKind::Tenant { key } | TableKind::Mixed { key } => NewRow::Key(key.clone()),
            TableKind::Party(parties) => match parties.iter().find(|party| party.may_insert()) {
                Some(party) => NewRow::Key(party.key().to_owned()),
                None => return Err(Refusal::at(Rule::PartyWrite, at)),
            },
            TableKind::Via(via) => NewRow::Parent(via.clone()),
            TableKind::View { .. } | TableKind::Denied => return Err(Refusal::at(Rule::ViewWrite, at)),
        };
        match self.placer.breadth {
            Breadth::All { .. } => Ok(NewRow::Anything),
            Breadth::One => Ok(new),
            Breadth::Many { .. } => Err(Refusal::at(Rule::CrossInsert, at)),
        }
    }
}

/// What a new row has to carry.
#[derive(Debug)]
enum NewRow {
    /// What the statement says: of a shared table, and where an operator writes across all tenants.
    Anything,
    /// The tenant in this column.
    Key(String),
    /// A foreign key to a parent of the tenant's own.
    Parent(Via),
}

fn both(left: Expr, right: Expr) -> Expr {
    Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::And,
        right: Box::new(right),
    }
}

/// The identifier that columns of a relation are written with; `None` where there may be several.
pub(in crate::sql) fn known_ident(relation: &TableFactor) -> Option<Ident> {
    match relation {
        TableFactor::Table {
            alias: Some(alias), ..
        }
        | TableFactor::Derived {
            alias: Some(alias), ..
        }
        | TableFactor::Function {
            alias: Some(alias), ..
        }
        | TableFactor::UNNEST {
            alias: Some(alias), ..
        } => Some(alias.name.clone()),
        TableFactor::Table {
            alias: None, name, ..
        }
        | TableFactor::Function {
            alias: None, name, ..
        } => match name.0.last() {
            Some(ObjectNamePart::Identifier(ident)) => Some(ident.clone()),
            Some(ObjectNamePart::Function(_)) | None => None,
        },
        TableFactor::Derived { alias: None, .. }
        | TableFactor::UNNEST { alias: None, .. }
        | TableFactor::NestedJoin { .. }
        | TableFactor::TableFunction { .. }
        | TableFactor::JsonTable { .. }
        | TableFactor::OpenJsonTable { .. }
        | TableFactor::Pivot { .. }
        | TableFactor::Unpivot { .. }
        | TableFactor::UnpivotExpr { .. }
        | TableFactor::MatchRecognize { .. }
        | TableFactor::XmlTable { .. }
        | TableFactor::SemanticView { .. } => None,
    }
}

/// Whether a join shows a column of both sides once.
pub(in crate::sql) fn merges_columns(operator: &JoinOperator) -> bool {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint) => {
            matches!(constraint, JoinConstraint::Using(_) | JoinConstraint::Natural)
        }
        // The walk has refused all others.
        _ => true,
    }
}
