//! `ON CONFLICT (lower(a), b COLLATE "C") WHERE c`: what the parser cannot read of an upsert's target.
//!
//! A name stands in the tree in the place of each expression. The expressions themselves are handed on, parsed on their own and
//! walked like all others; the proof compares them with those of the result.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Location, Token, TokenWithSpan},
};

use super::{CONFLICT_EXPRESSION, marks::Marks};

/// An expression of an upsert's target.
#[derive(Debug)]
pub(in crate::sql) struct Arbiter<E> {
    /// Where the element of the target stands that it belongs to: itself, or the last one for the condition behind them.
    pub(in crate::sql) anchor: Location,
    /// Whether it is the condition of the rows that an index has.
    pub(in crate::sql) is_condition: bool,
    pub(in crate::sql) expr: E,
}

/// Shows the parser a target of names alone. Says where it ends: what stands in it is read on its own.
pub(super) fn target(marks: &mut Marks<'_>, at: usize) -> usize {
    let open = at + 1;
    if !marks.follows(at, &[Keyword::ON]) || !marks.is_token(open, &Token::LParen) {
        return at;
    }
    let Some(close) = close_of(marks, open) else {
        return at;
    };
    let elements = split(marks, open + 1, close);
    let end = (close + 1..marks.len()).find(|at| marks.is(*at, Keyword::DO));
    let condition = match end {
        Some(end) if marks.is(close + 1, Keyword::WHERE) => Some(close + 2..end),
        _ => None,
    };
    if condition.is_none() && elements.iter().all(|(from, to)| to - from == 1) {
        return at;
    }
    let mut last = None;
    for (from, to) in elements {
        last = marks.place(from);
        element(marks, from, to);
    }
    if let (Some(range), Some(anchor)) = (&condition, last) {
        let expr = marks.tokens(range.clone());
        marks.hand_on(Arbiter {
            anchor,
            is_condition: true,
            expr,
        });
        (range.start - 1..range.end).for_each(|at| marks.drop_word(at));
    }
    condition.map_or(close, |range| range.end)
}

/// `a`, `a COLLATE c opclass`, `f(a) opclass`, `(a || b) COLLATE c`: tokens from `from` to before `to`.
fn element(marks: &mut Marks<'_>, from: usize, to: usize) {
    let start = marks.place(from);
    let is_name = |at: usize| marks.ident(at).is_some();
    let end = if is_name(from)
        && !marks.is_token(from + 1, &Token::LParen)
        && !marks.is_token(from + 1, &Token::Period)
    {
        from + 1
    } else {
        let mut open = from;
        while open < to && !marks.is_token(open, &Token::LParen) {
            open += 1;
        }
        close_of(marks, open).map_or(to, |close| close + 1)
    };
    if end > from + 1
        && let Some(anchor) = start
    {
        let expr = marks.tokens(from..end);
        marks.hand_on(Arbiter {
            anchor,
            is_condition: false,
            expr,
        });
        marks.show(from, CONFLICT_EXPRESSION);
        (from + 1..end).for_each(|at| marks.drop_word(at));
    }
    options(marks, end, to);
}

/// `COLLATE c`, and the name of an operator class; what else stands there is for the parser to refuse.
fn options(marks: &mut Marks<'_>, from: usize, to: usize) {
    let mut names = Vec::new();
    let mut at = from;
    if at < to && marks.is(at, Keyword::COLLATE) {
        at += 1;
        names.extend(marks.ident(at));
        at += 1;
    }
    if at < to {
        names.extend(marks.ident(at));
        at += 1;
    }
    let shaped = at == to
        && names.len()
            == if marks.is(from, Keyword::COLLATE) {
                to - from - 1
            } else {
                to - from
            };
    if shaped && to > from {
        names.into_iter().for_each(|name| marks.note_name(name));
        marks.hide(from, to - from);
    }
}

/// The end of what opens at `open`.
fn close_of(marks: &Marks<'_>, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in open..marks.len() {
        match marks.token(at)? {
            Token::LParen | Token::LBracket => depth += 1,
            Token::RParen | Token::RBracket => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The elements of a list, from `from` to before `to`.
fn split(marks: &Marks<'_>, from: usize, to: usize) -> Vec<(usize, usize)> {
    let (mut elements, mut start, mut depth) = (Vec::new(), from, 0_usize);
    for at in from..to {
        match marks.token(at) {
            Some(Token::LParen | Token::LBracket) => depth += 1,
            Some(Token::RParen | Token::RBracket) => depth = depth.saturating_sub(1),
            Some(Token::Comma) if depth == 0 => {
                elements.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    elements.push((start, to));
    elements
}

/// The tokens of an arbiter, before they are parsed.
pub(in crate::sql) type Unread = Arbiter<Vec<TokenWithSpan>>;
