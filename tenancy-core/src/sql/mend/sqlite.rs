//! What the parser cannot read of SQLite's grammar.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, Word},
};

use super::{
    conflict,
    marks::Marks,
    postgres::exclude,
    rewrite::{parenthesised, without_space},
};
use crate::sql::{Dialect, reserved, text::Tok};

pub(super) fn mask(marks: &mut Marks<'_>) {
    let mut read = 0;
    for at in 0..marks.len() {
        if at < read {
            continue;
        }
        match marks.token(at) {
            // They bind as `&` does.
            Some(Token::ShiftLeft | Token::ShiftRight) => marks.turn(at, Token::Ampersand),
            Some(Token::Word(word)) if word.quote_style.is_none() => match word.keyword {
                Keyword::CONFLICT => read = conflict::target(marks, at),
                Keyword::EXCLUDE => exclude(marks, at),
                Keyword::CROSS => cross_join(marks, at),
                Keyword::MATERIALIZED => materialized(marks, at),
                Keyword::IS => is(marks, at),
                Keyword::NOT => negated(marks, at),
                _ if word.value.eq_ignore_ascii_case("isnull") => postfix(marks, at),
                _ if word.value.eq_ignore_ascii_case("notnull") => postfix(marks, at),
                _ => {}
            },
            _ => {}
        }
    }
}

/// `a CROSS JOIN b ON …`, `… USING (…)`: to the walk `a JOIN b ON …`, whose rows are the same. CROSS only fixes the order in which
/// the planner takes the two.
fn cross_join(marks: &mut Marks<'_>, at: usize) {
    if !marks.is(at + 1, Keyword::JOIN) {
        return;
    }
    let mut end = at + 2;
    if marks.is_token(end, &Token::LParen) {
        let mut depth = 0_usize;
        while let Some(token) = marks.token(end) {
            match token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            end += 1;
            if depth == 0 {
                break;
            }
        }
    } else {
        end += if marks.is_token(end + 1, &Token::Period) {
            3
        } else {
            1
        };
    }
    let constrained = |at| marks.is(at, Keyword::ON) || marks.is(at, Keyword::USING);
    end += usize::from(marks.is(end, Keyword::AS));
    let is_alias = !constrained(end) && marks.ident(end).is_some();
    if constrained(end + usize::from(is_alias)) {
        marks.hide(at, 1);
    }
}

/// `AS MATERIALIZED (…)`, `AS NOT MATERIALIZED (…)`: SQLite has no list of columns behind an alias, so a parenthesis there
/// is a common table expression.
fn materialized(marks: &mut Marks<'_>, at: usize) {
    if !marks.is_token(at + 1, &Token::LParen) {
        return;
    }
    if marks.follows(at, &[Keyword::AS]) {
        marks.hide(at, 1);
    } else if at >= 2 && marks.are(at - 2, &["AS", "NOT"]) {
        marks.hide(at - 1, 2);
    }
}

/// `a IS b`, `a IS NOT b`: comparisons of any two values. To the walk `a <> b`, which the engine itself never writes.
fn is(marks: &mut Marks<'_>, at: usize) {
    let negated = marks.is(at + 1, Keyword::NOT);
    let right = at + 1 + usize::from(negated);
    let known = [Keyword::NULL, Keyword::TRUE, Keyword::FALSE, Keyword::DISTINCT];
    if marks.token(right).is_none() || known.into_iter().any(|word| marks.is(right, word)) {
        return;
    }
    marks.turn(at, Token::Neq);
    if negated {
        marks.hide(at + 1, 1);
    }
}

/// `a NOT NULL` is `a IS NOT NULL`; `a NOT GLOB b` is to the walk `a GLOB b`.
fn negated(marks: &mut Marks<'_>, at: usize) {
    if !ends_operand(marks.before(at)) {
        return;
    }
    if marks.is(at + 1, Keyword::NULL) {
        marks.put_before(at, word("IS", Keyword::IS));
    } else if ["GLOB", "MATCH", "REGEXP"]
        .iter()
        .any(|operator| marks.are(at + 1, &[operator]))
    {
        marks.hide(at, 1);
    }
}

/// `a ISNULL`, `a NOTNULL`: to the walk `a IS NULL`.
fn postfix(marks: &mut Marks<'_>, at: usize) {
    if ends_operand(marks.before(at)) {
        marks.turn(at, word("IS", Keyword::IS));
        marks.put_after(at, word("NULL", Keyword::NULL));
    }
}

/// Whether an operand can end with this token.
fn ends_operand(token: Option<&Token>) -> bool {
    match token {
        Some(Token::Word(word)) => {
            word.quote_style.is_some()
                || !reserved::is_reserved(Dialect::Sqlite, &word.value.to_ascii_lowercase())
        }
        Some(Token::RParen | Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_)) => {
            true
        }
        _ => false,
    }
}

fn word(value: &str, keyword: Keyword) -> Token {
    Token::Word(Word {
        value: value.to_owned(),
        quote_style: None,
        keyword,
    })
}

/// `x IN t` becomes `x IN (SELECT * FROM t)`; `INDEXED BY i` and `NOT INDEXED`, on which no row hangs and which a slice cannot
/// take, go away.
pub(super) fn rewrites(source: &str, toks: &[Tok]) -> Vec<(usize, String)> {
    let seen = without_space(toks);
    let index = |at: usize| seen.get(at).map(|(index, _)| *index);
    let tok = |at: usize| seen.get(at).map(|(_, tok)| *tok);
    let is = |at: usize, keyword| tok(at).is_some_and(|tok| tok.is_keyword(keyword));
    let is_name = |at: usize| matches!(tok(at), Some(tok) if matches!(tok.token, Token::Word(_)));
    let is_token = |at: usize, token: &Token| tok(at).is_some_and(|tok| tok.token == *token);
    let mut rewrites = Vec::new();
    let mut gone = |from: usize, to: usize| {
        rewrites.extend((from..to).filter_map(index).map(|index| (index, String::new())));
    };
    let mut sets = Vec::new();
    for at in 0..seen.len() {
        if is(at, Keyword::IN) && is_name(at + 1) {
            let qualified = is_token(at + 2, &Token::Period) && is_name(at + 3);
            let last = if qualified { at + 3 } else { at + 1 };
            // `x IN f(…)` calls a function.
            if !is_token(last + 1, &Token::LParen) {
                sets.push((at, last));
            }
        } else if is_word(tok(at), "indexed") {
            let by = is(at + 1, Keyword::BY) && is_name(at + 2);
            let before = at.checked_sub(1);
            if by && before.is_some_and(is_name) {
                gone(at, at + 3);
            } else if before.is_some_and(|at| is(at, Keyword::NOT)) && at.checked_sub(2).is_some_and(is_name)
            {
                gone(at - 1, at + 1);
            }
        }
    }
    for (at, last) in sets {
        let name = tok(last).and_then(|tok| source.get(tok.range.clone()));
        if let (Some(word), Some(end), Some(name)) = (index(at), index(last), name) {
            rewrites.push((word, "IN (SELECT * FROM".to_owned()));
            rewrites.push((end, format!("{name})")));
        }
    }
    rewrites.extend(parenthesised(toks, Dialect::Sqlite));
    rewrites.sort_by_key(|(index, _)| *index);
    rewrites
}

fn is_word(tok: Option<&Tok>, value: &str) -> bool {
    matches!(tok.map(|tok| &tok.token), Some(Token::Word(word))
        if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(value))
}
