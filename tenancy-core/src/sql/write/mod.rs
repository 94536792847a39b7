//! Writes: the tenant's key in every inserted row, its predicate on every target, and no row moved.

mod clauses;
mod delete;
mod insert;
mod returning;
mod source;
mod update;
mod upsert;

use std::{ops::Range, sync::Arc};

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, Spanned,
    TableAlias, TableFactor, TableWithJoins,
};

use super::{
    Breadth, Refusal, Rule,
    names::{self, quoted},
    walk::{Walk, only},
};
use crate::{Table, TableKind};

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
                return Err(Refusal::at(Rule::SharedWrite, at));
            }
            TableKind::Denied => return Err(Refusal::at(Rule::DeniedTable, at)),
            TableKind::Via(_) | TableKind::Party(_) | TableKind::View { .. } => {
                return Err(Refusal::at(Rule::Construct, at));
            }
            TableKind::Shared | TableKind::Tenant { .. } | TableKind::Mixed { .. } => {}
        }
        self.note_write(&table);
        self.note_in_place(&table, names::folded_name(table.name(), self.dialect));
        let range = self.text.range(span)?;
        self.edit(range, self.tables.qualified(&table));
        *name = self.qualified_name(&table);
        Ok(table)
    }

    /// The one table of an UPDATE or a DELETE.
    fn target(&mut self, target: &mut TableWithJoins) -> Result<Target, Refusal> {
        let TableWithJoins { relation, joins } = target;
        only(joins.is_empty())?;
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
        only(partitions.is_empty() && json_path.is_none() && sample.is_none() && index_hints.is_empty())?;
        let table = self.write_target(name)?;
        let Some(TableAlias {
            explicit: _,
            name: alias,
            columns,
            at,
        }) = alias
        else {
            return Ok(Target {
                name: quoted(table.name()),
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
        }
        Ok(())
    }

    /// The name that columns of a relation are written with; `None` where there may be several.
    fn known_as(&self, relation: &TableFactor) -> Option<String> {
        known_ident(relation).map(|ident| names::folded(&ident, self.dialect))
    }

    /// Puts the predicate of the writable rows in front of the statement's own condition, which is walked too.
    ///
    /// `body` are the statement's tokens. The predicate stands first, since SQLite tests in the order of the text.
    fn restrict(
        &mut self,
        target: &Target,
        selection: &mut Option<Expr>,
        body: Range<usize>,
        open: bool,
    ) -> Result<(), Refusal> {
        if let Some(selection) = selection.as_mut() {
            self.expr(selection)?;
        }
        let predicate = if open {
            None
        } else {
            self.placer.writable(&target.table, &target.name)?
        };
        let Some((text, predicate)) = predicate else {
            return Ok(());
        };
        self.note_tenant();
        *selection = Some(match selection.take() {
            None => {
                let end = self.clause_end(body)?;
                self.put(end, format!(" WHERE {text}"));
                predicate
            }
            Some(own) => {
                let condition = self.condition(body)?;
                // The condition may begin with an edit of its own.
                self.put_first(condition.start, format!("{text} AND ("));
                self.put(condition.end, ")".to_owned());
                Expr::BinaryOp {
                    left: Box::new(predicate),
                    op: BinaryOperator::And,
                    right: Box::new(Expr::Nested(Box::new(own))),
                }
            }
        });
        Ok(())
    }

    /// The key column that a write of this table has to carry: none for a shared one, and none where an operator
    /// writes across all tenants and says the key.
    fn key_to_force(&self, table: &Table, at: usize) -> Result<Option<String>, Refusal> {
        match (table.key(), self.placer.breadth) {
            (None, _) | (Some(_), Breadth::All { .. }) => Ok(None),
            (Some(key), Breadth::One) => Ok(Some(key.to_owned())),
            (Some(_), Breadth::Many { .. }) => Err(Refusal::at(Rule::CrossInsert, at)),
        }
    }
}

/// The identifier that columns of a relation are written with; `None` where there may be several.
fn known_ident(relation: &TableFactor) -> Option<Ident> {
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
fn merges_columns(operator: &JoinOperator) -> bool {
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
