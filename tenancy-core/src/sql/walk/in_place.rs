//! Tables that stay where they stand, with their predicate in the WHERE or in an ON.
//!
//! It is exact where
//! - the joins of the FROM are inner ones, cross joins and LEFT JOINs, without parentheses: then a table can only be made up of
//!   NULLs where it stands right of a LEFT JOIN itself, and there its predicate goes to that ON; everywhere else the rows can as
//!   well be left out at the end;
//! - no columns are merged (NATURAL, USING);
//! - the table's name is the only one of its kind in the FROM, so that the predicate means it;
//! - the table shows what its slice would: its key is not hidden, and no column of the statement can be its row number.
//!
//! Elsewhere the table becomes a slice.

use std::{collections::HashMap, ops::Range};

use sqlparser::{
    ast::{
        BinaryOperator, Expr, JoinConstraint, JoinOperator, Select, Spanned, TableFactor, TableWithJoins,
        helpers::attached_token::AttachedToken,
    },
    keywords::Keyword,
    tokenizer::Token,
};

use super::{
    Walk,
    column::ROW_NUMBERS,
    forms::{Form, Forms, Slot},
};
use crate::{
    Table, TableKind,
    sql::{
        Breadth, Dialect, Refusal, Rule,
        faults::{self, Fault},
        names, splice,
    },
};

/// The most tables that stay in one FROM. SQLite joins no more, and each adds a level to the depth of the condition.
const MAX_TABLES: usize = 64;

/// Words that end a clause of a SELECT, or the SELECT.
const CLAUSES: [Keyword; 14] = [
    Keyword::WHERE,
    Keyword::GROUP,
    Keyword::HAVING,
    Keyword::WINDOW,
    Keyword::UNION,
    Keyword::INTERSECT,
    Keyword::EXCEPT,
    Keyword::ORDER,
    Keyword::LIMIT,
    Keyword::OFFSET,
    Keyword::FETCH,
    Keyword::FOR,
    Keyword::LOCK,
    Keyword::RETURNING,
];

/// Words with which a join begins.
const JOINS: [Keyword; 8] = [
    Keyword::JOIN,
    Keyword::INNER,
    Keyword::LEFT,
    Keyword::RIGHT,
    Keyword::FULL,
    Keyword::CROSS,
    Keyword::NATURAL,
    Keyword::OUTER,
];

impl Walk<'_> {
    /// Which tables of a SELECT stay, and where their predicates go.
    pub(super) fn open_tables(&self, select: &Select) -> Result<Forms, Refusal> {
        let mut forms = Forms::default();
        if self.placer.breadth != Breadth::One || !select.from.iter().all(is_plain) {
            return Ok(forms);
        }
        let mut names: HashMap<String, usize> = HashMap::new();
        for name in select
            .from
            .iter()
            .flat_map(factors)
            .filter_map(|factor| self.known_as(factor))
        {
            *names.entry(name).or_default() += 1;
        }
        if names.values().sum::<usize>() > MAX_TABLES {
            return Ok(forms);
        }
        let alone = |factor: &TableFactor| {
            let name = self.known_as(factor);
            name.is_some_and(|name| names.get(&name) == Some(&1))
        };
        let mut ons = 0;
        for table in &select.from {
            if let (Some(at), true) = (self.can_stay(&table.relation)?, alone(&table.relation)) {
                forms.set(at, Form::Open(Slot::Where));
            }
            for join in &table.joins {
                let slot = match slot(&join.join_operator) {
                    Some((is_left, has_on)) => {
                        let slot = match (is_left, has_on) {
                            (false, _) => Some(Slot::Where),
                            (true, true) => Some(Slot::On(ons)),
                            (true, false) => None,
                        };
                        ons += usize::from(has_on);
                        slot
                    }
                    None => None,
                };
                let stays = self.can_stay(&join.relation)?;
                if let (Some(at), Some(slot), true) = (stays, slot, alone(&join.relation)) {
                    forms.set(at, Form::Open(slot));
                }
            }
        }
        Ok(forms)
    }

    /// The place of a table's name, if the table shows what its slice would.
    fn can_stay(&self, factor: &TableFactor) -> Result<Option<usize>, Refusal> {
        let TableFactor::Table {
            name,
            alias,
            args: None,
            ..
        } = factor
        else {
            return Ok(None);
        };
        let at = self.offset(name.span());
        let parts = names::parts(name, at)?;
        if self.cte_of(&parts).is_some() || alias.as_ref().is_some_and(|alias| !alias.columns.is_empty()) {
            return Ok(None);
        }
        let table = self.tables.find(&parts, at)?;
        let kind = match table.kind() {
            TableKind::Tenant { .. } => true,
            // SQLite 3.51 makes a join of an EXISTS, and finds no row in it where it reads two indices for an OR.
            TableKind::Mixed { .. } => self.in_exists == 0,
            TableKind::Shared
            | TableKind::Via(_)
            | TableKind::Party(_)
            | TableKind::View { .. }
            | TableKind::Denied => false,
        };
        let stays = kind && !self.hides_key(&table) && !table.is_view() && !self.may_number_rows(&table);
        Ok(stays.then_some(at))
    }

    /// Whether a statement can name a row number of the table: it passes as a column where some table lists it.
    fn may_number_rows(&self, table: &Table) -> bool {
        self.dialect == Dialect::Sqlite
            && self.numbers_rows
            && ROW_NUMBERS
                .iter()
                .any(|name| self.tables.list_column(name) && !names::lists_column(table, name, self.dialect))
    }

    /// Puts the predicates of open tables into the SELECT, in front of its own conditions.
    pub(super) fn place_predicates(
        &mut self,
        select: &mut Select,
        mut placed: Vec<(Slot, String)>,
    ) -> Result<(), Refusal> {
        if placed.is_empty() {
            return Ok(());
        }
        spoil(&mut placed);
        let from = self
            .clause_after(&select.select_token, Keyword::FROM)?
            .ok_or(Refusal::new(Rule::Verification))?;
        let of = |wanted: Slot| {
            let texts = placed.iter().filter(|(slot, _)| *slot == wanted);
            let texts: Vec<&str> = texts.map(|(_, text)| text.as_str()).collect();
            (!texts.is_empty()).then(|| texts.join(" AND "))
        };
        let constraints = select
            .from
            .iter_mut()
            .flat_map(|table| &mut table.joins)
            .filter_map(|join| condition(&mut join.join_operator));
        for (index, own) in constraints.enumerate() {
            if let Some(text) = of(Slot::On(index)) {
                let range = self.on_condition(from.toks.clone(), index)?;
                let meant = self.both(&text, range, own.clone())?;
                *own = meant;
            }
        }
        let Some(text) = of(Slot::Where) else {
            return Ok(());
        };
        select.selection = Some(match select.selection.take() {
            None => {
                self.put(from.end, format!(" WHERE {text}"));
                splice::parse_expr(&text, self.dialect)?
            }
            Some(own) => {
                let clause = self
                    .clause_after(&select.select_token, Keyword::WHERE)?
                    .ok_or(Refusal::new(Rule::Verification))?;
                self.both(&text, clause.start..clause.end, own)?
            }
        });
        Ok(())
    }

    /// `text AND (own)`, in the text and as a tree.
    fn both(&mut self, text: &str, range: Range<usize>, own: Expr) -> Result<Expr, Refusal> {
        let (word, op) = if faults::is_on(Fault::BelowOr) {
            ("OR", BinaryOperator::Or)
        } else {
            ("AND", BinaryOperator::And)
        };
        // The condition may begin with an edit of its own.
        self.put_first(range.start, format!("{text} {word} ("));
        self.put(range.end, ")".to_owned());
        Ok(Expr::BinaryOp {
            left: Box::new(splice::parse_expr(text, self.dialect)?),
            op,
            right: Box::new(Expr::Nested(Box::new(own))),
        })
    }

    /// The bytes of the condition of a FROM's ON of this number.
    fn on_condition(&self, from: Range<usize>, number: usize) -> Result<Range<usize>, Refusal> {
        let lost = Refusal::new(Rule::Verification);
        let on = self
            .outside(from.clone())
            .filter(|(_, tok, depth)| *depth == 0 && tok.is_keyword(Keyword::ON))
            .map(|(index, ..)| index)
            .nth(number)
            .ok_or(lost.clone())?;
        let end = self
            .outside(on + 1..from.end)
            .find(|(_, tok, depth)| {
                let ends =
                    JOINS.iter().any(|word| tok.is_keyword(*word)) || matches!(tok.token, Token::Comma);
                *depth == 0 && ends
            })
            .map_or(from.end, |(index, ..)| index);
        let first = self.text.toks.get(on + 1).ok_or(lost)?;
        Ok(first.range.start..self.end_of(end.checked_sub(1))?)
    }

    /// A clause of the SELECT that begins with this token; `None` where it has none.
    pub(super) fn clause_after(
        &self,
        select: &AttachedToken,
        word: Keyword,
    ) -> Result<Option<Clause>, Refusal> {
        let lost = Refusal::new(Rule::Verification);
        let start = self.text.tok_at(self.text.offset(select.0.span.start)?)?;
        let all = self.text.toks.len();
        let is =
            |index: usize, word: Keyword| self.text.toks.get(index).is_some_and(|tok| tok.is_keyword(word));
        let mut first = None;
        let mut end = all;
        for (index, tok, depth) in self.outside(start + 1..all) {
            if depth < 0 || matches!(tok.token, Token::SemiColon) {
                end = index;
                break;
            }
            if depth > 0 {
                continue;
            }
            let arm = [Keyword::UNION, Keyword::INTERSECT, Keyword::EXCEPT]
                .iter()
                .any(|arm| tok.is_keyword(*arm));
            let upsert = tok.is_keyword(Keyword::ON)
                && (is(index + 1, Keyword::CONFLICT) || is(index + 1, Keyword::DUPLICATE));
            let grouping = tok.is_keyword(Keyword::GROUP) && !is(index + 1, Keyword::BY);
            let ends = CLAUSES.iter().any(|clause| tok.is_keyword(*clause)) && !grouping || upsert;
            if (first.is_some() && ends) || arm || upsert {
                end = index;
                break;
            }
            // `a IS DISTINCT FROM b` in the select list is none.
            let distinct = word == Keyword::FROM && index > start + 1 && is(index - 1, Keyword::DISTINCT);
            if first.is_none() && tok.is_keyword(word) && !grouping && !distinct {
                first = Some(index + 1 + usize::from(word == Keyword::GROUP));
            }
        }
        let Some(first) = first else { return Ok(None) };
        Ok(Some(Clause {
            start: self.text.toks.get(first).ok_or(lost)?.range.start,
            end: self.end_of(end.checked_sub(1))?,
            toks: first..end,
        }))
    }
}

/// What stands in a table list, parentheses opened.
pub(super) fn factors(table: &TableWithJoins) -> Vec<&TableFactor> {
    let relations = std::iter::once(&table.relation).chain(table.joins.iter().map(|join| &join.relation));
    relations
        .flat_map(|relation| match relation {
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => factors(table_with_joins),
            other => vec![other],
        })
        .collect()
}

/// A clause without its word.
#[derive(Debug)]
pub(super) struct Clause {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte after its last.
    pub(super) end: usize,
    /// The indexes of its tokens.
    pub(super) toks: Range<usize>,
}

/// Whether the joins of a table list are of the kinds for which the rule of this module holds.
fn is_plain(table: &TableWithJoins) -> bool {
    let nested = |factor: &TableFactor| matches!(factor, TableFactor::NestedJoin { .. });
    !nested(&table.relation)
        && table
            .joins
            .iter()
            .all(|join| slot(&join.join_operator).is_some() && !nested(&join.relation))
}

/// Whether a join is a LEFT JOIN, and whether it has an ON; `None` for the joins that are not plain.
fn slot(operator: &JoinOperator) -> Option<(bool, bool)> {
    let (is_left, constraint) = match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::CrossJoin(constraint) => (false, constraint),
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => (true, constraint),
        JoinOperator::Right(_)
        | JoinOperator::RightOuter(_)
        | JoinOperator::FullOuter(_)
        | JoinOperator::Semi(_)
        | JoinOperator::LeftSemi(_)
        | JoinOperator::RightSemi(_)
        | JoinOperator::Anti(_)
        | JoinOperator::LeftAnti(_)
        | JoinOperator::RightAnti(_)
        | JoinOperator::CrossApply
        | JoinOperator::OuterApply
        | JoinOperator::AsOf { .. }
        | JoinOperator::StraightJoin(_)
        | JoinOperator::ArrayJoin
        | JoinOperator::LeftArrayJoin
        | JoinOperator::InnerArrayJoin => return None,
    };
    match constraint {
        JoinConstraint::On(_) => Some((is_left, true)),
        JoinConstraint::None => Some((is_left, false)),
        JoinConstraint::Using(_) | JoinConstraint::Natural => None,
    }
}

/// The ON of a plain join.
fn condition(operator: &mut JoinOperator) -> Option<&mut Expr> {
    match operator {
        JoinOperator::Join(JoinConstraint::On(expr))
        | JoinOperator::Inner(JoinConstraint::On(expr))
        | JoinOperator::CrossJoin(JoinConstraint::On(expr))
        | JoinOperator::Left(JoinConstraint::On(expr))
        | JoinOperator::LeftOuter(JoinConstraint::On(expr)) => Some(expr),
        _ => None,
    }
}

/// The mistakes that tests switch on.
fn spoil(placed: &mut [(Slot, String)]) {
    if faults::is_on(Fault::NullableInWhere) {
        placed.iter_mut().for_each(|(slot, _)| *slot = Slot::Where);
    }
    if faults::is_on(Fault::WrongOn) {
        let last = placed.iter().rev().find(|(slot, _)| *slot != Slot::Where);
        if let Some((on, _)) = last.cloned() {
            placed.iter_mut().for_each(|(slot, _)| *slot = on);
        }
    }
    if faults::is_on(Fault::WrongName) {
        let texts: Vec<String> = placed.iter().map(|(_, text)| text.clone()).collect();
        let others = texts.iter().cycle().skip(1);
        placed
            .iter_mut()
            .zip(others)
            .for_each(|((_, text), other)| text.clone_from(other));
    }
}
