//! What only MySQL's INSERT has: SET, IGNORE, ON DUPLICATE KEY UPDATE, rows without values.

use std::ops::Range;

use sqlparser::{
    ast::{Assignment, AssignmentTarget, Ident, MysqlInsertPriority, ObjectName, Query, SetExpr, Spanned},
    keywords::Keyword,
    tokenizer::Token,
};

use super::NewRow;
use crate::{
    Table,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Fault, Place},
        names, splice,
        walk::{Walk, only, plain_name},
    },
};

impl Walk<'_> {
    /// Words of an INSERT that only MySQL has.
    pub(super) fn insert_words(
        &self,
        (ignore, into): (bool, bool),
        priority: Option<&MysqlInsertPriority>,
        sets: bool,
        table: &Table,
    ) -> Result<(), Refusal> {
        if self.dialect != Dialect::Mysql {
            return only(into && !ignore && priority.is_none() && !sets);
        }
        match priority {
            None | Some(MysqlInsertPriority::LowPriority | MysqlInsertPriority::HighPriority) => {}
            // The rows come later, or never.
            Some(MysqlInsertPriority::Delayed) => return Err(Refusal::new(Rule::Construct)),
        }
        if ignore {
            self.check_or_ignore(table)?;
        }
        Ok(())
    }

    /// `INSERT INTO t SET a = 1`: the key is set too, in front of all others, so that they can mean it.
    pub(super) fn insert_set(
        &mut self,
        table: &Table,
        new: &NewRow,
        assignments: &mut Vec<Assignment>,
        body: Range<usize>,
    ) -> Result<(), Refusal> {
        let mut given = Vec::with_capacity(assignments.len());
        for Assignment { target, value } in assignments.iter_mut() {
            let AssignmentTarget::ColumnName(name) = target else {
                return Err(Refusal::new(Rule::Construct));
            };
            let at = self.offset(name.span());
            let [column] = names::parts(name, at)?[..] else {
                return Err(Refusal::at(Rule::Name, at));
            };
            self.check_written_column(table, column)?;
            given.push(column.clone());
            self.expr(value)?;
        }
        let key = match new {
            NewRow::Anything => return Ok(()),
            NewRow::Key(key) => key,
            NewRow::Parent(_) => return Err(Refusal::new(Rule::ParentKey)),
        };
        let value = self.placer.value();
        let own = splice::parse_expr(&value, self.dialect)?;
        self.note_tenant();
        let is_key = |column: &Ident| names::is_named(column, key, self.dialect);
        match given.iter().position(is_key) {
            Some(_) if given.iter().filter(|column| is_key(column)).count() > 1 => {
                Err(Refusal::new(Rule::Arity))
            }
            Some(_) if faults::is_on(Fault::KeyNotForced) => Ok(()),
            Some(index) => {
                let range = self.assigned_value(body, index)?;
                self.replace(range, value);
                let place = assignments
                    .get_mut(index)
                    .ok_or(Refusal::new(Rule::Verification))?;
                place.value = own;
                Ok(())
            }
            None => {
                let first = given.first().ok_or(Refusal::new(Rule::Arity))?;
                let at = self.offset(first.span);
                self.put(at, format!("{} = {value}, ", self.dialect.quoted(key)));
                assignments.insert(
                    0,
                    Assignment {
                        target: AssignmentTarget::ColumnName(plain_name([self.dialect.ident(key)])),
                        value: own,
                    },
                );
                Ok(())
            }
        }
    }

    /// `ON DUPLICATE KEY UPDATE`, at a conflict with any unique key: so each has to contain the tenant's.
    pub(super) fn on_duplicate(
        &mut self,
        table: &Table,
        assignments: &mut [Assignment],
    ) -> Result<(), Refusal> {
        if self.parent_of(table).is_some() {
            return Err(Refusal::new(Rule::ParentKey));
        }
        self.check_unique(table)?;
        faults::within(Place::UpsertArm, || {
            self.assignments(table, assignments)?;
            self.check_inserter(table, |party| self.may_assign(party, assignments))
        })
    }

    /// Whether the rows of an INSERT have no values at all: `VALUES (), ()`.
    pub(super) fn is_empty_rows(&self, source: &Query) -> bool {
        self.dialect == Dialect::Mysql
            && matches!(&*source.body, SetExpr::Values(values) if values.rows.iter().all(|row| row.content.is_empty()))
    }

    /// `VALUES ()` becomes a row of the key alone. `head_end` is the byte where the table's name ends.
    pub(super) fn force_empty_rows(
        &mut self,
        key: &str,
        columns: &mut Vec<ObjectName>,
        source: &mut Query,
        head_end: usize,
    ) -> Result<(), Refusal> {
        let SetExpr::Values(values) = &mut *source.body else {
            return Err(Refusal::new(Rule::Construct));
        };
        let value = self.placer.value();
        let expr = splice::parse_expr(&value, self.dialect)?;
        self.note_tenant();
        let next = self.text.toks.partition_point(|tok| tok.range.start < head_end);
        let list = format!("({})", self.dialect.quoted(key));
        match (self.text.toks.get(next), self.text.toks.get(next + 1)) {
            (Some(open), Some(close))
                if matches!((&open.token, &close.token), (Token::LParen, Token::RParen)) =>
            {
                let range = open.range.start..close.range.end;
                self.edit(range, list);
            }
            (Some(word), _) if word.is_keyword(Keyword::VALUES) || word.is_keyword(Keyword::VALUE) => {
                self.put(head_end, format!(" {list}"));
            }
            _ => return Err(Refusal::at(Rule::Construct, head_end)),
        }
        columns.push(plain_name([self.dialect.ident(key)]));
        for row in &mut values.rows {
            let close = self.text.offset(row.closing_token.0.span.start)?;
            self.put(close, value.clone());
            row.content.push(expr.clone());
        }
        Ok(())
    }
}
