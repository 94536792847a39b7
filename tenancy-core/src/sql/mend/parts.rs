//! Fields and elements of columns that are written.

use sqlparser::{keywords::Keyword, tokenizer::Token};

use super::marks::Marks;

/// `INSERT INTO t (a[1], b.c[2])`: of a column's parts the subscripts are hidden.
pub(super) fn inserted_parts(marks: &mut Marks<'_>, at: usize) {
    let mut open = at + 1;
    while !marks.is_token(open, &Token::LParen) {
        // A name with its schema, and an alias: five tokens at most.
        if open > at + 6 || !matches!(marks.token(open), Some(Token::Word(_) | Token::Period)) {
            return;
        }
        open += 1;
    }
    if marks.follows(
        open,
        &[Keyword::VALUES, Keyword::USING, Keyword::SELECT, Keyword::INTO],
    ) {
        return;
    }
    let mut at = open + 1;
    while let Some(end) = part(marks, at) {
        if !marks.is_token(end, &Token::Comma) {
            return;
        }
        at = end + 1;
    }
}

/// `SET a[1] = …, b[1:2] = …`, from the first target on.
pub(super) fn assigned_parts(marks: &mut Marks<'_>, start: usize) {
    let mut target = Some(start);
    while let Some(start) = target {
        target = match part(marks, start) {
            Some(end) if marks.is_token(end, &Token::Eq) => next_target(marks, end),
            _ => None,
        };
    }
}

/// The next target stands behind a comma outside of parentheses; a comma in an expression has no target behind.
fn next_target(marks: &Marks<'_>, equals: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for at in equals..marks.len() {
        match marks.token(at) {
            Some(Token::LParen | Token::LBracket) => depth += 1,
            Some(Token::RParen | Token::RBracket) => depth -= 1,
            Some(Token::Comma) if depth == 0 => return Some(at + 1),
            Some(Token::SemiColon) | None => return None,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    None
}

/// Goes over one column with fields and constant subscripts, hides those, and says where it ends.
fn part(marks: &mut Marks<'_>, start: usize) -> Option<usize> {
    marks.ident(start)?;
    let mut at = start + 1;
    loop {
        match marks.token(at) {
            Some(Token::Period) => {
                marks.ident(at + 1)?;
                at += 2;
            }
            Some(Token::LBracket) => {
                // `[1]`, `[1:2]`, `['k']`
                let close = (at + 1..at + 5).find(|at| marks.is_token(*at, &Token::RBracket))?;
                let constant = (at + 1..close).all(|at| marks.token(at).is_some_and(is_subscript));
                if !constant {
                    return None;
                }
                marks.hide(at, close + 1 - at);
                at = close + 1;
            }
            _ => return Some(at),
        }
    }
}

/// A number, `1:2`, a key of a JSON value (`SET data['a'] = …`), or a value that is bound.
fn is_subscript(token: &Token) -> bool {
    matches!(
        token,
        Token::Number(..) | Token::Colon | Token::SingleQuotedString(_) | Token::Placeholder(_)
    )
}
