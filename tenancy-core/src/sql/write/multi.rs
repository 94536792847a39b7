//! UPDATE and DELETE over several tables.
//!
//! The tables that are written stand in place, each with its predicate: in front of the WHERE, or of the ON of the left
//! join that may leave it out. All others are slices.

use std::ops::Range;

use sqlparser::{
    ast::{
        Assignment, Delete, Expr, FromTable, Join, JoinConstraint, JoinOperator, ObjectName, TableFactor,
        TableWithJoins, Update,
    },
    keywords::Keyword,
};

use super::{Target, both, known_ident, named::Named};
use crate::{
    TableKind,
    sql::{
        Refusal, Rule,
        faults::{self, Fault},
        kinds::Rows,
        mysql,
        place::Placer,
        splice,
        walk::{Forms, Walk, only},
    },
};

/// The most tables that one statement writes. MariaDB joins 61.
const MAX_TARGETS: usize = 64;

impl Walk<'_> {
    /// `UPDATE a JOIN b ON … SET a.x = b.y WHERE …`
    pub(super) fn multi_update(&mut self, update: &mut Update) -> Result<(), Refusal> {
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
        only(optimizer_hints.is_empty() && output.is_none() && order_by.is_empty() && limit.is_none())?;
        only(from.is_none() && returning.is_none() && or.is_none())?;
        let body = self.body_from(update_token)?;
        let found = mysql::joins_find_nothing(std::slice::from_ref(table));
        let mut relations = self.relations(std::slice::from_ref(table))?;
        for assignment in assignments.iter() {
            self.assigned(assignment, &mut relations)?;
        }
        if self.ignores(update_token)? {
            let written = relations.iter().filter(|relation| relation.written);
            written
                .filter_map(|relation| relation.table.as_ref())
                .try_for_each(|table| self.check_or_ignore(table))?;
        }
        let open = faults::is_on(Fault::OpenUpdate);
        let targets = self.joined(std::slice::from_mut(table), &relations, open)?;
        for Assignment { target: _, value } in assignments.iter_mut() {
            self.expr(value)?;
        }
        let wall = self.wall_of(&relations, found)?;
        self.restrict_all(&targets, selection, body, (open, wall))
    }

    /// `DELETE a FROM a JOIN b ON … WHERE …`, and the same as `DELETE FROM a USING a JOIN b …`.
    pub(super) fn multi_delete(&mut self, delete: &mut Delete) -> Result<(), Refusal> {
        let Delete {
            delete_token,
            optimizer_hints,
            tables,
            from,
            using,
            selection,
            returning,
            output,
            order_by,
            limit,
        } = delete;
        only(optimizer_hints.is_empty() && output.is_none() && order_by.is_empty() && limit.is_none())?;
        only(returning.is_none())?;
        let body = self.body_from(delete_token)?;
        if let Some(joined) = using.take() {
            only(tables.is_empty())?;
            *tables = deleted_from(from)?;
            *from = FromTable::WithFromKeyword(joined);
            self.turn_using(body.clone())?;
        }
        let FromTable::WithFromKeyword(from) = from else {
            return Err(Refusal::new(Rule::Construct));
        };
        let found = mysql::joins_find_nothing(from);
        let mut relations = self.relations(from)?;
        for name in tables.iter() {
            self.deleted(name, &mut relations)?;
        }
        let open = faults::is_on(Fault::OpenDelete);
        let targets = self.joined(from, &relations, open)?;
        let wall = self.wall_of(&relations, found)?;
        self.restrict_all(&targets, selection, body, (open, wall))
    }

    /// `FROM a USING b` becomes `a FROM b`.
    fn turn_using(&mut self, body: Range<usize>) -> Result<(), Refusal> {
        let lost = Refusal::new(Rule::Verification);
        for (word, becomes) in [(Keyword::FROM, ""), (Keyword::USING, "FROM")] {
            let index = self.find_word(body.clone(), &[word]).ok_or(lost.clone())?;
            let range = self.text.toks.get(index).ok_or(lost.clone())?.range.clone();
            self.edit(range, becomes.to_owned());
        }
        Ok(())
    }

    /// Walks the FROM: what is written stays, with its predicate in the ON where it may be missing, all others become
    /// slices. Returns the written ones whose predicate is the WHERE's.
    fn joined(
        &mut self,
        tables: &mut [TableWithJoins],
        relations: &[Named],
        open: bool,
    ) -> Result<Vec<Target>, Refusal> {
        let mut targets = Vec::new();
        let mut named = relations.iter();
        for TableWithJoins { relation, joins } in tables {
            let first = named.next().ok_or(Refusal::new(Rule::Verification))?;
            if let Some(target) = self.one_of(relation, first)? {
                only(!first.nullable)?;
                targets.push(target);
            }
            for Join {
                relation,
                global,
                join_operator,
            } in joins
            {
                only(!*global)?;
                let this = named.next().ok_or(Refusal::new(Rule::Verification))?;
                let after = match known_ident(relation) {
                    Some(ident) => self.ident_range(&ident)?.end,
                    None => return self.refuse(Rule::Construct, relation),
                };
                let target = self.one_of(relation, this)?;
                self.join_operator(join_operator, relation)?;
                match target {
                    None => {}
                    Some(target) if this.nullable => {
                        self.restrict_join(&target, join_operator, after, open)?
                    }
                    Some(target) => targets.push(target),
                }
            }
        }
        Ok(targets)
    }

    /// One relation of the FROM; its target, if it is written.
    fn one_of(&mut self, relation: &mut TableFactor, named: &Named) -> Result<Option<Target>, Refusal> {
        if !named.written {
            self.table_factor(relation)?;
            self.place_factor(relation, &Forms::default())?;
            return Ok(None);
        }
        let target = self.target_factor(relation)?;
        match target.table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Shared => Ok(Some(target)),
            // Whose rows they are is more than a comparison.
            TableKind::Via(_) | TableKind::Party(_) | TableKind::View { .. } | TableKind::Denied => {
                self.refuse(Rule::Construct, relation)
            }
        }
    }

    /// `ON condition` becomes `ON predicate AND (condition)`.
    fn restrict_join(
        &mut self,
        target: &Target,
        operator: &mut JoinOperator,
        after: usize,
        open: bool,
    ) -> Result<(), Refusal> {
        let (JoinOperator::Left(JoinConstraint::On(condition))
        | JoinOperator::LeftOuter(JoinConstraint::On(condition))) = operator
        else {
            return Err(Refusal::new(Rule::Construct));
        };
        let predicate = self
            .placer
            .rows(self.tables, &target.table, &target.name, Rows::Own);
        let Some(text) = predicate.filter(|_| !open) else {
            return Ok(());
        };
        self.note_tenant();
        let range = self.join_condition(after)?;
        self.put_first(range.start, format!("{text} AND ("));
        self.put(range.end, ")".to_owned());
        let expr = splice::parse_expr(&text, self.dialect)?;
        let own = std::mem::replace(condition, Expr::Value(sqlparser::ast::Value::Null.into()));
        *condition = both(expr, Expr::Nested(Box::new(own)));
        Ok(())
    }

    /// Whether the statement's own condition has to stand behind a wall: a row that a unique key finds would be looked at
    /// before the predicate. In a join's condition there is no place for one.
    fn wall_of(&self, relations: &[Named], joins_find_nothing: bool) -> Result<bool, Refusal> {
        let mut written = relations
            .iter()
            .filter(|relation| relation.written)
            .filter_map(|relation| relation.table.as_ref());
        let wall = written.any(|table| self.placer.finds_others(table));
        if wall && !joins_find_nothing {
            return Err(Refusal::new(Rule::Construct));
        }
        Ok(wall)
    }

    /// Puts the predicates of all targets in front of the statement's own condition.
    fn restrict_all(
        &mut self,
        targets: &[Target],
        selection: &mut Option<Expr>,
        body: Range<usize>,
        (open, wall): (bool, bool),
    ) -> Result<(), Refusal> {
        if let Some(selection) = selection.as_mut() {
            self.expr(selection)?;
        }
        let predicates: Vec<String> = targets
            .iter()
            .filter(|_| !open)
            .filter_map(|target| {
                self.placer
                    .rows(self.tables, &target.table, &target.name, Rows::Own)
            })
            .collect();
        if predicates.is_empty() {
            return Ok(());
        }
        // Each adds a level to the depth of the condition.
        if predicates.len() > MAX_TARGETS {
            return Err(Refusal::new(Rule::TooDeep));
        }
        self.note_tenant();
        let text = predicates.join(" AND ");
        let expr = splice::parse_expr(&text, self.dialect)?;
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
        self.put_first(condition.start, before);
        self.put(condition.end, after.to_owned());
        *selection = Some(if wall {
            self.walled(expr, own)
        } else {
            both(expr, Expr::Nested(Box::new(own)))
        });
        Ok(())
    }
}

/// The names in `DELETE FROM a, b USING …`.
fn deleted_from(from: &FromTable) -> Result<Vec<ObjectName>, Refusal> {
    let FromTable::WithFromKeyword(tables) = from else {
        return Err(Refusal::new(Rule::Construct));
    };
    tables
        .iter()
        .map(|table| match (&table.relation, table.joins.as_slice()) {
            (
                TableFactor::Table {
                    name,
                    alias: None,
                    args: None,
                    with_hints,
                    version: None,
                    with_ordinality: false,
                    partitions,
                    json_path: None,
                    sample: None,
                    index_hints,
                },
                [],
            ) if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => Ok(name.clone()),
            _ => Err(Refusal::new(Rule::Construct)),
        })
        .collect()
}
