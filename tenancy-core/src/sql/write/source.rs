//! The rows of an INSERT: the key's value in each.

use std::ops::Range;

use sqlparser::{
    ast::{Expr, Parens, Query, Select, SelectItem, SetExpr, Values, helpers::attached_token::AttachedToken},
    keywords::Keyword,
    tokenizer::Token,
};

use crate::sql::{Refusal, Rule, splice, walk::Walk};

/// Where the key stands in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In place of the value at this index.
    At(usize),
    /// After all values.
    Last,
}

/// What can follow a select list outside of parentheses.
const AFTER_PROJECTION: [Keyword; 15] = [
    Keyword::FROM,
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
    Keyword::ON,
    Keyword::RETURNING,
    Keyword::FOR,
];

impl Walk<'_> {
    /// Puts the key into every row that the query makes; `width` is how many values a row has without it.
    ///
    /// `keep` leaves the value that was given: a mistake that tests switch on.
    pub(super) fn force_source(
        &mut self,
        query: &mut Query,
        place: Place,
        width: usize,
        keep: bool,
    ) -> Result<(), Refusal> {
        if keep {
            return Ok(());
        }
        self.note_tenant();
        self.force_body(&mut query.body, place, width)
    }

    fn force_body(&mut self, body: &mut SetExpr, place: Place, width: usize) -> Result<(), Refusal> {
        match body {
            SetExpr::Values(values) => self.force_values(values, place, width),
            SetExpr::Select(select) => self.force_select(select, place, width),
            SetExpr::Query(query) => self.force_body(&mut query.body, place, width),
            SetExpr::SetOperation {
                left,
                op: _,
                set_quantifier: _,
                right,
            } => {
                self.force_body(left, place, width)?;
                self.force_body(right, place, width)
            }
            SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => Err(Refusal::new(Rule::Construct)),
        }
    }

    pub(super) fn force_values(
        &mut self,
        values: &mut Values,
        place: Place,
        width: usize,
    ) -> Result<(), Refusal> {
        let value = self.placer.value();
        let expr = splice::parse_expr(&value, self.dialect)?;
        for row in &mut values.rows {
            let items = self.row_items(row)?;
            if row.content.len() != width || items.len() != width {
                Refusal::at(Rule::Arity, self.offset(row.opening_token.0.span)).refuse()?;
            }
            match place {
                Place::Last => {
                    let end = items.last().ok_or(Refusal::new(Rule::Arity))?.end;
                    self.put(end, format!(", {value}"));
                    row.content.push(expr.clone());
                }
                Place::At(index) => {
                    let range = items.get(index).ok_or(Refusal::new(Rule::Arity))?.clone();
                    self.replace(range, value.clone());
                    *row.content.get_mut(index).ok_or(Refusal::new(Rule::Arity))? = expr.clone();
                }
            }
        }
        Ok(())
    }

    /// The bytes of the values of a row.
    pub(super) fn row_items(&self, row: &Parens<Vec<Expr>>) -> Result<Vec<Range<usize>>, Refusal> {
        let tok = |token: &AttachedToken| self.text.tok_at(self.text.offset(token.0.span.start)?);
        self.items(tok(&row.opening_token)? + 1..tok(&row.closing_token)?)
    }

    fn force_select(&mut self, select: &mut Select, place: Place, width: usize) -> Result<(), Refusal> {
        let value = self.placer.value();
        let item = SelectItem::UnnamedExpr(splice::parse_expr(&value, self.dialect)?);
        let wildcard = select.projection.iter().any(is_wildcard);
        if !wildcard && select.projection.len() != width {
            Refusal::at(Rule::Arity, self.offset(select.select_token.0.span)).refuse()?;
        }
        let items = self.projection(select)?;
        match place {
            Place::Last => {
                let end = items.last().ok_or(Refusal::new(Rule::Arity))?.end;
                self.put(end, format!(", {value}"));
                select.projection.push(item);
            }
            Place::At(index) if wildcard => return self.write_out(select, &items, (index, width)),
            Place::At(index) => {
                let range = items.get(index).ok_or(Refusal::new(Rule::Arity))?.clone();
                self.replace(range, value);
                *select
                    .projection
                    .get_mut(index)
                    .ok_or(Refusal::new(Rule::Arity))? = item;
            }
        }
        Ok(())
    }

    /// Writes each `*` of a select list out, so that the key's place in it is certain: `index` of `width`.
    fn write_out(
        &mut self,
        select: &mut Select,
        items: &[Range<usize>],
        (index, width): (usize, usize),
    ) -> Result<(), Refusal> {
        let at = self.offset(select.select_token.0.span);
        let mut stars = self
            .stars
            .remove(&select.select_token.0.span.start)
            .ok_or(Refusal::at(Rule::InsertWildcard, at))?
            .into_iter();
        let value = self.placer.value();
        let own = splice::parse_expr(&value, self.dialect)?;
        let own = SelectItem::UnnamedExpr(own);
        let mut written = Vec::with_capacity(width);
        for (item, range) in std::mem::take(&mut select.projection).into_iter().zip(items) {
            if is_wildcard(&item) {
                let mut texts = Vec::new();
                for column in stars.next().ok_or(Refusal::at(Rule::InsertWildcard, at))? {
                    if written.len() == index {
                        texts.push(value.clone());
                        written.push(own.clone());
                    } else {
                        let parts = column.each_ref().map(|part| self.dialect.quoted(&part.value));
                        texts.push(parts.join("."));
                        let column = Expr::CompoundIdentifier(column.to_vec());
                        written.push(SelectItem::UnnamedExpr(column));
                    }
                }
                self.replace(range.clone(), texts.join(", "));
            } else if written.len() == index {
                self.replace(range.clone(), value.clone());
                written.push(own.clone());
            } else {
                written.push(item);
            }
        }
        if written.len() != width {
            Refusal::at(Rule::Arity, at).refuse()?;
        }
        select.projection = written;
        Ok(())
    }

    /// The bytes of the items of a select list.
    pub(in crate::sql) fn projection(&self, select: &Select) -> Result<Vec<std::ops::Range<usize>>, Refusal> {
        let lost = Refusal::at(Rule::Verification, self.offset(select.select_token.0.span));
        // Only as far as the list goes: a long chain of arms has as many lists.
        let mut start = self
            .text
            .tok_at(self.text.offset(select.select_token.0.span.start)?)?
            + 1;
        let word = |index: usize, keyword| {
            self.text
                .toks
                .get(index)
                .is_some_and(|tok| tok.is_keyword(keyword))
        };
        if word(start, Keyword::ALL) {
            start += 1;
        } else if word(start, Keyword::DISTINCT) {
            start += 1;
            if word(start, Keyword::ON) {
                let close = self
                    .outside(start + 1..self.text.toks.len())
                    .find(|(_, tok, depth)| *depth == 0 && matches!(tok.token, Token::RParen))
                    .map(|(index, ..)| index);
                start = close.ok_or(lost.clone())? + 1;
            }
        }
        let mut last = None;
        for (index, tok, depth) in self.outside(start..self.text.toks.len()) {
            let ends = depth == 0 && AFTER_PROJECTION.iter().any(|keyword| tok.is_keyword(*keyword));
            // `a IS DISTINCT FROM b` goes on.
            let goes_on = index > start && word(index, Keyword::FROM) && word(index - 1, Keyword::DISTINCT);
            if depth < 0 || matches!(tok.token, Token::SemiColon) || (ends && !goes_on) {
                break;
            }
            last = Some(index);
        }
        let end = last.ok_or(lost.clone())? + 1;
        let items = self.items(start..end)?;
        if items.len() == select.projection.len() {
            Ok(items)
        } else {
            Err(lost)
        }
    }
}

pub(super) fn is_wildcard(item: &SelectItem) -> bool {
    match item {
        SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => true,
        SelectItem::UnnamedExpr(Expr::Wildcard(_) | Expr::QualifiedWildcard(..)) => true,
        SelectItem::UnnamedExpr(_)
        | SelectItem::ExprWithAlias { .. }
        | SelectItem::ExprWithAliases { .. } => false,
    }
}
