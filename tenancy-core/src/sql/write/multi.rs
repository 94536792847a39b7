//! UPDATE and DELETE over several tables.
//!
//! The tables that are written stand in place, each with its predicate: in front of the WHERE, or of the ON of the left
//! join that may leave it out. All others are slices.

use std::{ops::Range, sync::Arc};

use sqlparser::{
    ast::{
        Assignment, AssignmentTarget, Delete, Expr, FromTable, Ident, Join, JoinConstraint, JoinOperator,
        ObjectName, Spanned, TableFactor, TableWithJoins, Update,
    },
    keywords::Keyword,
};

use super::{Target, both, known_ident};
use crate::{
    Table, TableKind,
    sql::{
        Refusal, Rule,
        faults::{self, Fault},
        kinds::Rows,
        names, splice,
        walk::{Forms, Walk, only},
    },
};

/// A relation of the statement, by the name that it goes by.
struct Named {
    /// As the server compares it.
    name: String,
    /// The catalogue's table, if it is one.
    table: Option<Arc<Table>>,
    /// Whether a row of the join may be without one of it.
    nullable: bool,
    /// Whether it is written.
    written: bool,
    /// Whether it has an alias.
    aliased: bool,
}

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
        let mut relations = self.relations(std::slice::from_ref(table))?;
        for assignment in assignments.iter() {
            self.assigned(assignment, &mut relations)?;
        }
        let open = faults::is_on(Fault::OpenUpdate);
        let targets = self.joined(std::slice::from_mut(table), &relations, open)?;
        for Assignment { target: _, value } in assignments.iter_mut() {
            self.expr(value)?;
        }
        self.restrict_all(&targets, selection, body, open)
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
        let mut relations = self.relations(from)?;
        for name in tables.iter() {
            self.deleted(name, &mut relations)?;
        }
        let open = faults::is_on(Fault::OpenDelete);
        let targets = self.joined(from, &relations, open)?;
        self.restrict_all(&targets, selection, body, open)
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

    /// The relations of the FROM, each by a name of its own.
    fn relations(&self, tables: &[TableWithJoins]) -> Result<Vec<Named>, Refusal> {
        let mut relations: Vec<Named> = Vec::new();
        for TableWithJoins { relation, joins } in tables {
            let sides = std::iter::once((relation, false)).chain(
                joins
                    .iter()
                    .map(|join| (&join.relation, is_left(&join.join_operator))),
            );
            for (index, (relation, left)) in sides.enumerate() {
                let Some(ident) = known_ident(relation) else {
                    return self.refuse(Rule::Construct, relation);
                };
                let later_right = joins.iter().skip(index).any(|join| is_right(&join.join_operator));
                let name = names::table_folded(&ident, self.dialect);
                // Nearly the same would be hard to tell for a reader, too.
                if relations
                    .iter()
                    .any(|other| other.name.eq_ignore_ascii_case(&name))
                {
                    return Err(Refusal::at(Rule::Name, self.offset(ident.span)));
                }
                relations.push(Named {
                    name,
                    table: self.catalogued(relation)?,
                    nullable: left || later_right,
                    written: false,
                    aliased: matches!(relation, TableFactor::Table { alias: Some(_), .. }),
                });
            }
        }
        Ok(relations)
    }

    /// The catalogue's table that a relation is; `None` for one that is made in the statement.
    fn catalogued(&self, relation: &TableFactor) -> Result<Option<Arc<Table>>, Refusal> {
        let TableFactor::Table { name, args: None, .. } = relation else {
            return Ok(None);
        };
        let at = self.offset(name.span());
        let parts = names::parts(name, at)?;
        if let [only] = parts.as_slice()
            && self.is_cte(only)
        {
            return Ok(None);
        }
        self.tables.find(&parts, at).map(Some)
    }

    /// Notes the table that an assignment writes; its key is never assigned.
    fn assigned(&self, assignment: &Assignment, relations: &mut [Named]) -> Result<(), Refusal> {
        let AssignmentTarget::ColumnName(name) = &assignment.target else {
            return Err(Refusal::new(Rule::Construct));
        };
        let at = self.offset(name.span());
        let (source, column) = match names::parts(name, at)?[..] {
            [column] => (None, column),
            [source, column] => (Some(source), column),
            _ => return Err(Refusal::at(Rule::Name, at)),
        };
        self.check_ident(column)?;
        source.map_or(Ok(()), |source| self.check_ident(source))?;
        let is_key = |relation: &Named| {
            let keys = relation.table.iter().flat_map(|table| table.owners());
            keys.into_iter()
                .any(|key| names::is_named(column, key, self.dialect))
        };
        // Without its table the column could be any one's.
        let assigns_key = relations
            .iter()
            .filter(|relation| source.is_none_or(|source| relation.is(source)))
            .any(is_key);
        let written = match source {
            Some(source) => relations.iter_mut().find(|relation| relation.is(source)),
            None => self.only_one_with(column, relations),
        };
        let written = written.ok_or(Refusal::at(Rule::ColumnsUnknown, at))?;
        let table = written.table.clone().ok_or(Refusal::at(Rule::Construct, at))?;
        self.check_written_column(&table, column)?;
        if assigns_key && !faults::is_on(Fault::KeyAssignable) {
            return Refusal::at(Rule::KeyAssigned, at).refuse();
        }
        written.written = true;
        Ok(())
    }

    /// The one table that can have a column of this name, by what the catalogue lists. What is no table of the catalogue
    /// cannot be written, so that the server would refuse to write it there.
    fn only_one_with<'r>(&self, column: &Ident, relations: &'r mut [Named]) -> Option<&'r mut Named> {
        let folded = names::folded(column, self.dialect);
        let mut able = relations.iter_mut().filter(|relation| {
            relation.table.as_ref().is_some_and(|table| {
                table.column_names().is_none() || names::lists_column(table, &folded, self.dialect)
            })
        });
        let first = able.next();
        if able.next().is_some() { None } else { first }
    }

    /// Notes a table that a DELETE names.
    fn deleted(&self, name: &ObjectName, relations: &mut [Named]) -> Result<(), Refusal> {
        let at = self.offset(name.span());
        let [target] = names::parts(name, at)?[..] else {
            return Err(Refusal::at(Rule::Name, at));
        };
        self.check_ident(target)?;
        // Words of the grammar in this place.
        let is_word = ["quick", "history"]
            .iter()
            .any(|word| target.value.eq_ignore_ascii_case(word));
        let relation = relations
            .iter_mut()
            .find(|relation| relation.is(target) && !is_word)
            .ok_or(Refusal::at(Rule::UnknownTable, at))?;
        // A table of another schema would have to be named with it.
        let own = relation
            .table
            .as_ref()
            .is_some_and(|table| table.schema_name().is_none() || relation.aliased);
        relation.written = true;
        if own {
            Ok(())
        } else {
            Err(Refusal::at(Rule::Name, at))
        }
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

    /// Puts the predicates of all targets in front of the statement's own condition.
    fn restrict_all(
        &mut self,
        targets: &[Target],
        selection: &mut Option<Expr>,
        body: Range<usize>,
        open: bool,
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
        self.put_first(condition.start, format!("{text} AND ("));
        self.put(condition.end, ")".to_owned());
        *selection = Some(both(expr, Expr::Nested(Box::new(own))));
        Ok(())
    }
}

impl Named {
    fn is(&self, ident: &Ident) -> bool {
        // As the server compares tables and their aliases.
        self.name == ident.value
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

/// Whether the join keeps rows of its left side that match nothing.
fn is_left(operator: &JoinOperator) -> bool {
    matches!(operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_))
}

/// Whether the join keeps rows of its right side that match nothing.
fn is_right(operator: &JoinOperator) -> bool {
    matches!(operator, JoinOperator::Right(_) | JoinOperator::RightOuter(_))
}
