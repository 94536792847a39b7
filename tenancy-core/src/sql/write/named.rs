//! The relations of a write over several tables, and which of them are written.

use std::sync::Arc;

use sqlparser::ast::{
    Assignment, AssignmentTarget, Ident, JoinOperator, ObjectName, Spanned, TableFactor, TableWithJoins,
};

use super::known_ident;
use crate::{
    Table,
    sql::{
        Refusal, Rule,
        faults::{self, Fault},
        names,
        walk::Walk,
    },
};

/// A relation of the statement, by the name that it goes by.
pub(super) struct Named {
    /// As the server compares it.
    name: String,
    /// The catalogue's table, if it is one.
    pub(super) table: Option<Arc<Table>>,
    /// Whether a row of the join may be without one of it.
    pub(super) nullable: bool,
    /// Whether it is written.
    pub(super) written: bool,
    /// Whether it has an alias.
    aliased: bool,
}

impl Walk<'_> {
    /// The relations of the FROM, each by a name of its own.
    pub(super) fn relations(&self, tables: &[TableWithJoins]) -> Result<Vec<Named>, Refusal> {
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
    pub(super) fn assigned(&self, assignment: &Assignment, relations: &mut [Named]) -> Result<(), Refusal> {
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
    pub(super) fn deleted(&self, name: &ObjectName, relations: &mut [Named]) -> Result<(), Refusal> {
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
}

impl Named {
    fn is(&self, ident: &Ident) -> bool {
        // As the server compares tables and their aliases.
        self.name == ident.value
    }
}

/// Whether the join keeps rows of its left side that match nothing.
fn is_left(operator: &JoinOperator) -> bool {
    matches!(operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_))
}

/// Whether the join keeps rows of its right side that match nothing.
fn is_right(operator: &JoinOperator) -> bool {
    matches!(operator, JoinOperator::Right(_) | JoinOperator::RightOuter(_))
}
