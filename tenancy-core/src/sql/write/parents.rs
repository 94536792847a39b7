//! A child's foreign key: in every new row, and wherever it is assigned, it has to lead to a parent of the tenant's own.
//!
//! The value is looked up among those parents, and NULL takes its place where it is not found: the column does not take
//! that, so that the statement fails, and fails alike for a parent that is not there and for another tenant's.
//!
//! The lookup shows the value nothing but columns of the engine's own naming, so no name in the value can mean another
//! thing than it does where it was written.

use std::ops::{ControlFlow, Range};

use sqlparser::ast::{
    Assignment, AssignmentTarget, Expr, Ident, ObjectNamePart, Query, SelectItem, SetExpr, Visit, Visitor,
};
use sqlparser::{keywords::Keyword, tokenizer::Token};

use crate::{
    Table, TableKind, Via,
    sql::{
        Breadth, Dialect, Refusal, Rule,
        faults::{self, Fault},
        names,
        walk::Walk,
    },
};

impl Walk<'_> {
    /// The way to the parent that an assignment or a conflict has to mind; for an operator who writes for all tenants,
    /// none.
    pub(super) fn parent_of<'t>(&self, table: &'t Table) -> Option<&'t Via> {
        match (table.kind(), self.placer.breadth) {
            (TableKind::Via(via), Breadth::One | Breadth::Many { .. }) => Some(via),
            _ => None,
        }
    }

    /// Checks the parents in every row of an INSERT, whose columns are these.
    pub(super) fn check_parents(
        &mut self,
        via: &Via,
        columns: &[Ident],
        source: Option<&mut Query>,
    ) -> Result<(), Refusal> {
        let places: Option<Vec<usize>> = via
            .columns()
            .map(|key| {
                columns
                    .iter()
                    .position(|column| names::is_named(column, key, self.dialect))
            })
            .collect();
        // What is not given has a default, which may be anybody's.
        let (Some(places), Some(source)) = (places, source) else {
            return Err(Refusal::new(Rule::ParentKey));
        };
        if faults::is_on(Fault::ParentUnchecked) {
            return Ok(());
        }
        self.note_tenant();
        self.check_body(via, &places, columns.len(), &mut source.body)
    }

    fn check_body(
        &mut self,
        via: &Via,
        places: &[usize],
        width: usize,
        body: &mut SetExpr,
    ) -> Result<(), Refusal> {
        match body {
            SetExpr::Values(values) => {
                for row in &mut values.rows {
                    let items = self.row_items(row)?;
                    if row.content.len() != width || items.len() != width {
                        return Err(Refusal::at(Rule::Arity, self.offset(row.opening_token.0.span)));
                    }
                    self.check_row(via, places, &items, row.content.iter_mut().collect())?;
                }
                Ok(())
            }
            SetExpr::Select(select) => {
                let at = self.offset(select.select_token.0.span);
                if select.projection.iter().any(super::source::is_wildcard) {
                    return Err(Refusal::at(Rule::InsertWildcard, at));
                }
                let mut items = self.projection(select)?;
                if items.len() != width {
                    return Err(Refusal::at(Rule::Arity, at));
                }
                let mut values = Vec::with_capacity(width);
                for (item, range) in select.projection.iter_mut().zip(&mut items) {
                    match item {
                        SelectItem::UnnamedExpr(expr) => values.push(expr),
                        SelectItem::ExprWithAlias { expr, alias } => {
                            range.end = self.end_before_alias(alias)?;
                            values.push(expr);
                        }
                        SelectItem::ExprWithAliases { .. }
                        | SelectItem::QualifiedWildcard(..)
                        | SelectItem::Wildcard(_) => return Err(Refusal::at(Rule::InsertWildcard, at)),
                    }
                }
                self.check_row(via, places, &items, values)
            }
            SetExpr::Query(query) => self.check_body(via, places, width, &mut query.body),
            SetExpr::SetOperation {
                left,
                op: _,
                set_quantifier: _,
                right,
            } => {
                self.check_body(via, places, width, left)?;
                self.check_body(via, places, width, right)
            }
            SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => Err(Refusal::new(Rule::Construct)),
        }
    }

    /// One row: `values` at `items` of the text, the foreign key at `places` among them.
    fn check_row(
        &mut self,
        via: &Via,
        places: &[usize],
        items: &[Range<usize>],
        mut values: Vec<&mut Expr>,
    ) -> Result<(), Refusal> {
        let lost = Refusal::new(Rule::Arity);
        let mut keys = Vec::with_capacity(places.len());
        let mut texts = Vec::with_capacity(places.len());
        for place in places {
            let (value, range) = (values.get(*place), items.get(*place));
            let (Some(value), Some(range)) = (value, range) else {
                return Err(lost);
            };
            self.check_value(value, range.start)?;
            keys.push(Expr::clone(value));
            texts.push(self.text.sql.get(range.clone()).ok_or(lost.clone())?.to_owned());
        }
        // Of several columns each is looked up with all the others, so their texts are written again: as they were.
        if places.len() > 1 && !keys.iter().all(is_plain) {
            return Err(Refusal::at(
                Rule::ParentKey,
                items.first().map_or(0, |item| item.start),
            ));
        }
        for (index, place) in places.iter().enumerate() {
            let range = items.get(*place).ok_or(lost.clone())?.clone();
            let check = self.check_at(via, index, &texts, &keys, range)?;
            if let (Some(check), Some(value)) = (check, values.get_mut(*place)) {
                **value = check;
            }
        }
        Ok(())
    }

    /// Puts the check around the value at `range`, which is the foreign key's at `index`.
    fn check_at(
        &mut self,
        via: &Via,
        index: usize,
        texts: &[String],
        keys: &[Expr],
        range: Range<usize>,
    ) -> Result<Option<Expr>, Refusal> {
        let Some(pieces) = self.placer.parent_check(self.tables, via, index) else {
            return Ok(None);
        };
        let [first, between @ .., last] = pieces.as_slice() else {
            return Err(Refusal::new(Rule::Verification));
        };
        if between.is_empty() {
            // The value may begin with an edit of its own, unless it is plain.
            if keys.iter().all(is_plain) {
                self.put(range.start, first.clone());
            } else {
                self.put_first(range.start, first.clone());
            }
            self.put(range.end, last.clone());
        } else {
            let mut text = first.clone();
            for (value, piece) in texts.iter().zip(pieces.iter().skip(1)) {
                text.push_str(value);
                text.push_str(piece);
            }
            self.replace(range, text);
        }
        self.placer
            .parent_check_tree(self.tables, via, index, keys.to_vec())
    }

    /// What can be looked up: not a default, which may be anybody's, and nothing that is made of several rows.
    fn check_value(&self, value: &Expr, at: usize) -> Result<(), Refusal> {
        let default = matches!(
            value,
            Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default")
        );
        if default || is_over_rows(value, self.dialect) {
            return Err(Refusal::at(Rule::ParentKey, at));
        }
        Ok(())
    }

    /// Checks the parent that an UPDATE, or an upsert, gives to a row; `body` are the statement's tokens.
    pub(super) fn check_assigned_parents(
        &mut self,
        table: &Table,
        assignments: &mut [Assignment],
        body: Range<usize>,
    ) -> Result<(), Refusal> {
        let Some(via) = self.parent_of(table) else {
            return Ok(());
        };
        for index in 0..assignments.len() {
            let Some(Assignment { target, value }) = assignments.get_mut(index) else {
                break;
            };
            let names = match target {
                AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
                AssignmentTarget::Tuple(names) => names.as_slice(),
            };
            let is_key = |column: &Ident| {
                via.columns()
                    .any(|key| names::is_named(column, key, self.dialect))
            };
            let assigns = names.iter().flat_map(|name| &name.0).any(|part| match part {
                ObjectNamePart::Identifier(column) => is_key(column),
                ObjectNamePart::Function(_) => true,
            });
            if !assigns || faults::is_on(Fault::ParentUnchecked) {
                continue;
            }
            let range = self.assigned_value(body.clone(), index)?;
            if via.on().len() > 1 || !matches!(target, AssignmentTarget::ColumnName(_)) {
                return Err(Refusal::at(Rule::ParentKey, range.start));
            }
            self.check_value(value, range.start)?;
            self.note_tenant();
            let check = self.check_at(via, 0, &[], std::slice::from_ref(value), range)?;
            if let Some(check) = check {
                *value = check;
            }
        }
        Ok(())
    }

    /// The bytes of the value of an assignment, by its place in the list.
    pub(super) fn assigned_value(&self, body: Range<usize>, index: usize) -> Result<Range<usize>, Refusal> {
        let lost = Refusal::new(Rule::Verification);
        let word = |index: usize, keyword| {
            let tok = self.text.toks.get(index);
            tok.is_some_and(|tok| tok.is_keyword(keyword))
        };
        let start = self
            .find_word(body.clone(), &[Keyword::SET])
            .ok_or(lost.clone())?
            + 1;
        let ends = [
            Keyword::FROM,
            Keyword::WHERE,
            Keyword::RETURNING,
            Keyword::ORDER,
            Keyword::LIMIT,
            Keyword::ON,
        ];
        let end = self
            .outside(start..body.end)
            .find(|(index, tok, depth)| {
                // `a IS DISTINCT FROM b` goes on.
                let goes_on = word(*index, Keyword::FROM) && word(index.saturating_sub(1), Keyword::DISTINCT);
                *depth == 0 && !goes_on && ends.iter().any(|keyword| tok.is_keyword(*keyword))
            })
            .map_or(body.end, |(index, ..)| index);
        let mut bounds = vec![start];
        let commas = self
            .outside(start..end)
            .filter(|(_, tok, depth)| *depth == 0 && matches!(tok.token, Token::Comma));
        bounds.extend(commas.map(|(index, ..)| index + 1));
        let first = *bounds.get(index).ok_or(lost.clone())?;
        let last = bounds.get(index + 1).map_or(end, |next| next.saturating_sub(1));
        let equal = self
            .outside(first..last)
            .find(|(_, tok, depth)| *depth == 0 && matches!(tok.token, Token::Eq))
            .map(|(index, ..)| index)
            .ok_or(lost.clone())?;
        let value = self.text.toks.get(equal + 1).ok_or(lost)?;
        Ok(value.range.start..self.end_of(last.checked_sub(1))?)
    }

    /// The byte where an expression ends that an alias follows.
    fn end_before_alias(&self, alias: &Ident) -> Result<usize, Refusal> {
        let index = self.text.tok_at(self.offset(alias.span))?;
        let before = index.checked_sub(1);
        let after_as = before
            .and_then(|index| self.text.toks.get(index))
            .is_some_and(|tok| tok.is_keyword(Keyword::AS));
        self.end_of(if after_as { index.checked_sub(2) } else { before })
    }
}

/// A literal or a placeholder, perhaps cast: it names nothing, and the walk has left it as it was.
fn is_plain(value: &Expr) -> bool {
    match value {
        Expr::Value(_) => true,
        Expr::Nested(inner) => is_plain(inner),
        _ => false,
    }
}

/// Whether a value is made of several rows of its query: in the lookup it would be asked of other rows, or of none.
///
/// PostgreSQL knows an aggregate for that of the query around, whose columns it has.
fn is_over_rows(value: &Expr, dialect: Dialect) -> bool {
    value.visit(&mut OverRows { dialect, inside: 0 }).is_break()
}

/// The aggregates that applications put ids together with.
const AGGREGATES: [&str; 7] = ["avg", "count", "group_concat", "max", "min", "sum", "total"];

struct OverRows {
    dialect: Dialect,
    /// In how many queries of the value's own.
    inside: usize,
}

impl Visitor for OverRows {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.inside += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.inside -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let Expr::Function(function) = expr else {
            return ControlFlow::Continue(());
        };
        let named = function.name.0.last().and_then(ObjectNamePart::as_ident);
        let aggregate = self.dialect != Dialect::Postgres
            && named.is_some_and(|name| AGGREGATES.contains(&name.value.to_ascii_lowercase().as_str()));
        if self.inside == 0 && (aggregate || function.over.is_some()) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}
