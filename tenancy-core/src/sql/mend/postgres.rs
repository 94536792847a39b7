//! What the parser cannot read of PostgreSQL's grammar.

use sqlparser::{keywords::Keyword, tokenizer::Token};

use super::{
    GROUPING_SETS, ROWS_FROM, conflict,
    marks::Marks,
    parts::{assigned_parts, inserted_parts},
};

pub(super) fn mask(marks: &mut Marks<'_>) {
    let mut sets_seen = 0;
    let mut read = 0;
    for at in 0..marks.len() {
        if at < read {
            continue;
        }
        match marks.keyword(at) {
            Some(Keyword::CONFLICT) => read = conflict::target(marks, at),
            Some(word @ (Keyword::CEIL | Keyword::FLOOR | Keyword::SUBSTR | Keyword::UNNEST)) => {
                plain_call(marks, at, word);
            }
            Some(word @ (Keyword::SUBSTRING | Keyword::OVERLAY)) => plain_call(marks, at, word),
            Some(Keyword::BETWEEN) => symmetric(marks, at),
            Some(Keyword::EXCLUDE) => exclude(marks, at),
            Some(Keyword::ONLY) => only(marks, at),
            Some(Keyword::FOR) => lock_strength(marks, at),
            Some(Keyword::GROUP) => group_quantifier(marks, at),
            Some(Keyword::GROUPING) if at >= sets_seen => sets_seen = grouping_sets(marks, at),
            Some(Keyword::USING) => using_alias(marks, at),
            Some(Keyword::PRECEDING | Keyword::FOLLOWING) => bound(marks, at),
            Some(Keyword::SEARCH) => search(marks, at),
            Some(Keyword::CYCLE) => cycle(marks, at),
            Some(Keyword::ROWS) => rows_from(marks, at),
            Some(Keyword::COLLATE) => collation(marks, at),
            Some(Keyword::VARIADIC) => variadic(marks, at),
            Some(Keyword::INTO) => inserted_parts(marks, at),
            Some(Keyword::SET) => assigned_parts(marks, at + 1),
            _ => overriding(marks, at),
        }
    }
}

/// Functions that the parser takes for grammar and the server does not: by these names it would call the application's own
/// function too, so the walk has to see a call. `substring(a FROM b)` and `overlay(a PLACING b …)` are grammar.
fn plain_call(marks: &mut Marks<'_>, at: usize, word: Keyword) {
    let grammar: &[Keyword] = match word {
        Keyword::SUBSTRING => &[Keyword::FROM, Keyword::FOR, Keyword::SIMILAR],
        Keyword::OVERLAY => &[Keyword::PLACING],
        _ => &[],
    };
    let Some(name) = marks.ident(at) else { return };
    if !marks.is_token(at + 1, &Token::LParen) {
        return;
    }
    let mut depth = 0_usize;
    for inside in at + 1..marks.len() {
        match marks.token(inside) {
            Some(Token::LParen | Token::LBracket) => depth += 1,
            Some(Token::RParen | Token::RBracket) if depth <= 1 => break,
            Some(Token::RParen | Token::RBracket) => depth -= 1,
            _ if depth == 1 && grammar.iter().any(|word| marks.is(inside, *word)) => return,
            _ => {}
        }
    }
    marks.show(at, &name.value);
}

/// `BETWEEN SYMMETRIC a AND b`
fn symmetric(marks: &mut Marks<'_>, at: usize) {
    if marks.are(at + 1, &["SYMMETRIC"]) || marks.are(at + 1, &["ASYMMETRIC"]) {
        marks.hide(at + 1, 1);
    }
}

/// `INSERT INTO t (a) OVERRIDING SYSTEM VALUE VALUES (…)`: whether a generated value may be given is not whose the row is. A list
/// of columns may be put in front of it.
fn overriding(marks: &mut Marks<'_>, at: usize) {
    let shaped =
        marks.are(at, &["OVERRIDING", "SYSTEM", "VALUE"]) || marks.are(at, &["OVERRIDING", "USER", "VALUE"]);
    let goes_on = marks.is_token(at + 3, &Token::LParen)
        || [Keyword::VALUES, Keyword::SELECT, Keyword::WITH]
            .iter()
            .any(|word| marks.is(at + 3, *word));
    if shaped && goes_on {
        marks.hide_alone(at, 3);
    }
}

/// `EXCLUDE CURRENT ROW` and its kind, at the end of a window.
pub(super) fn exclude(marks: &mut Marks<'_>, at: usize) {
    let after_bound = marks.follows(at, &[Keyword::PRECEDING, Keyword::FOLLOWING, Keyword::ROW]);
    let phrases: [&[&str]; 4] = [&["CURRENT", "ROW"], &["NO", "OTHERS"], &["GROUP"], &["TIES"]];
    for phrase in phrases {
        let end = at + 1 + phrase.len();
        if after_bound && marks.are(at + 1, phrase) && marks.is_token(end, &Token::RParen) {
            marks.hide(at, 1 + phrase.len());
            return;
        }
    }
}

/// `ONLY t`. The word is reserved, so no table goes by it; the walk puts it before the slice's table too.
fn only(marks: &mut Marks<'_>, at: usize) {
    let before_table = marks.before(at) == Some(&Token::Comma)
        || marks.follows(
            at,
            &[
                Keyword::FROM,
                Keyword::JOIN,
                Keyword::UPDATE,
                Keyword::INTO,
                Keyword::USING,
            ],
        );
    if before_table && matches!(marks.token(at + 1), Some(Token::Word(_))) {
        marks.hide_only(at);
    }
}

/// `FOR NO KEY UPDATE`, `FOR KEY SHARE`: to the walk FOR UPDATE, FOR SHARE.
fn lock_strength(marks: &mut Marks<'_>, at: usize) {
    if marks.are(at + 1, &["NO", "KEY", "UPDATE"]) {
        marks.hide(at + 1, 2);
    } else if marks.are(at + 1, &["KEY", "SHARE"]) {
        marks.hide(at + 1, 1);
    }
}

/// `GROUP BY DISTINCT a, b`. A mere `GROUP BY ALL`, which newer servers have, stays.
fn group_quantifier(marks: &mut Marks<'_>, at: usize) {
    let quantified = marks.is(at + 1, Keyword::BY)
        && (marks.is(at + 2, Keyword::DISTINCT) || marks.is(at + 2, Keyword::ALL));
    let goes_on = match marks.token(at + 3) {
        None | Some(Token::RParen | Token::Comma | Token::SemiColon | Token::EOF) => false,
        Some(Token::Word(word)) => !matches!(
            word.keyword,
            Keyword::HAVING
                | Keyword::WINDOW
                | Keyword::ORDER
                | Keyword::LIMIT
                | Keyword::OFFSET
                | Keyword::FETCH
                | Keyword::UNION
                | Keyword::INTERSECT
                | Keyword::EXCEPT
                | Keyword::FOR
        ),
        Some(_) => true,
    };
    if quantified && goes_on {
        marks.hide(at + 2, 1);
    }
}

/// `GROUPING SETS (…)` inside of another becomes a call; its empty sets get a number, which a call can have.
///
/// Says up to where it has looked, so that an inner one is not taken for an outermost.
fn grouping_sets(marks: &mut Marks<'_>, at: usize) -> usize {
    let is_sets = |marks: &Marks<'_>, at: usize| {
        marks.are(at, &["GROUPING", "SETS"]) && marks.is_token(at + 2, &Token::LParen)
    };
    if !is_sets(marks, at) {
        return at;
    }
    // For each open parenthesis whether it is, or stands in, an inner one's.
    let mut open: Vec<bool> = Vec::new();
    let mut here = at + 2;
    while let Some(token) = marks.token(here) {
        let inside = open.last() == Some(&true);
        match token {
            Token::LParen => {
                let inner = !open.is_empty() && here > at + 2 && is_sets(marks, here - 2);
                if inner {
                    marks.hide(here - 2, 1);
                    marks.show(here - 1, GROUPING_SETS);
                }
                if inside && marks.is_token(here + 1, &Token::RParen) {
                    marks.put_after(here, Token::Number("0".to_owned(), false));
                }
                open.push(inside || inner);
            }
            Token::RParen => {
                open.pop();
                if open.is_empty() {
                    return here;
                }
            }
            _ => {}
        }
        here += 1;
    }
    here
}

/// `USING (a, b) AS x`: the name is the walk's to check.
fn using_alias(marks: &mut Marks<'_>, at: usize) {
    // `ORDER BY a USING <`
    if matches!(marks.token(at + 1), Some(Token::Lt | Token::Gt)) {
        return marks.hide(at, 2);
    }
    let Some(close) = list_of_names(marks, at + 1) else {
        return;
    };
    if marks.is(close + 1, Keyword::AS)
        && let Some(name) = marks.ident(close + 2)
        && !marks.is_token(close + 3, &Token::LParen)
    {
        marks.note_name(name);
        marks.hide(close + 1, 2);
    }
}

/// The end of `(a, b)`.
fn list_of_names(marks: &Marks<'_>, open: usize) -> Option<usize> {
    if !marks.is_token(open, &Token::LParen) {
        return None;
    }
    let mut at = open + 1;
    loop {
        marks.ident(at)?;
        match marks.token(at + 1)? {
            Token::RParen => return Some(at + 1),
            Token::Comma => at += 2,
            _ => return None,
        }
    }
}

/// `'1 day'::interval PRECEDING`: the parser stops behind the literal, unless it stands in parentheses.
fn bound(marks: &mut Marks<'_>, at: usize) {
    let Some(start) = at.checked_sub(3) else { return };
    let in_frame = marks.follows(
        start,
        &[
            Keyword::BETWEEN,
            Keyword::AND,
            Keyword::RANGE,
            Keyword::ROWS,
            Keyword::GROUPS,
        ],
    );
    if in_frame
        && matches!(marks.token(start), Some(Token::SingleQuotedString(_)))
        && marks.is_token(start + 1, &Token::DoubleColon)
        && marks.ident(start + 2).is_some()
    {
        marks.put_before(start, Token::LParen);
        marks.put_after(start + 2, Token::RParen);
    }
}

/// `) SEARCH DEPTH FIRST BY a, b SET c`
fn search(marks: &mut Marks<'_>, at: usize) {
    let shaped = marks.before(at) == Some(&Token::RParen)
        && (marks.are(at + 1, &["DEPTH", "FIRST", "BY"]) || marks.are(at + 1, &["BREADTH", "FIRST", "BY"]));
    let Some(set) = shaped.then(|| names_until(marks, at + 4, Keyword::SET)).flatten() else {
        return;
    };
    if marks.ident(set + 1).is_some() {
        hide_clause(marks, at..set + 2);
        // A CYCLE may follow, and looks for its parenthesis.
        if marks.is(set + 2, Keyword::CYCLE) {
            cycle_from(marks, set + 2);
        }
    }
}

/// `) CYCLE a, b SET c USING d`
fn cycle(marks: &mut Marks<'_>, at: usize) {
    if marks.before(at) == Some(&Token::RParen) {
        cycle_from(marks, at);
    }
}

fn cycle_from(marks: &mut Marks<'_>, at: usize) {
    let Some(set) = names_until(marks, at + 1, Keyword::SET) else {
        return;
    };
    // `SET c TO 'Y' DEFAULT 'N' USING d`
    let valued = marks.is(set + 2, Keyword::TO)
        && is_constant(marks, set + 3)
        && marks.is(set + 4, Keyword::DEFAULT)
        && is_constant(marks, set + 5);
    let using = set + 2 + if valued { 4 } else { 0 };
    let ends =
        marks.ident(set + 1).is_some() && marks.is(using, Keyword::USING) && marks.ident(using + 1).is_some();
    if ends {
        hide_clause(marks, at..using + 2);
    }
}

fn is_constant(marks: &Marks<'_>, at: usize) -> bool {
    match marks.token(at) {
        Some(Token::SingleQuotedString(_) | Token::Number(..)) => true,
        _ => marks.is(at, Keyword::TRUE) || marks.is(at, Keyword::FALSE) || marks.is(at, Keyword::NULL),
    }
}

/// The place of the word that ends a list of names.
fn names_until(marks: &Marks<'_>, start: usize, end: Keyword) -> Option<usize> {
    let mut at = start;
    loop {
        marks.ident(at)?;
        if marks.is(at + 1, end) {
            return Some(at + 1);
        }
        if !marks.is_token(at + 1, &Token::Comma) {
            return None;
        }
        at += 2;
    }
}

/// Hides a clause of words, names and constants, and hands the names on.
fn hide_clause(marks: &mut Marks<'_>, range: std::ops::Range<usize>) {
    /// The words of the two clauses, none of which is a name of a column without quotes here.
    const OWN: [Keyword; 12] = [
        Keyword::SEARCH,
        Keyword::CYCLE,
        Keyword::SET,
        Keyword::USING,
        Keyword::TO,
        Keyword::DEFAULT,
        Keyword::TRUE,
        Keyword::FALSE,
        Keyword::NULL,
        Keyword::FIRST,
        Keyword::BY,
        Keyword::AND,
    ];
    for at in range.clone() {
        let own = marks.keyword(at).is_some_and(|keyword| OWN.contains(&keyword));
        if let Some(name) = marks.ident(at).filter(|_| !own) {
            marks.note_name(name);
        }
    }
    marks.hide(range.start, range.len());
}

/// `ROWS FROM (f(…), g(…))` becomes a call of a function whose arguments are calls.
fn rows_from(marks: &mut Marks<'_>, at: usize) {
    if marks.is(at + 1, Keyword::FROM) && marks.is_token(at + 2, &Token::LParen) {
        marks.hide(at, 1);
        marks.show(at + 1, ROWS_FROM);
    }
}

/// `a::text COLLATE "C"`: behind a cast the parser knows no collation.
fn collation(marks: &mut Marks<'_>, at: usize) {
    let after_cast = at
        .checked_sub(2)
        .is_some_and(|cast| marks.is_token(cast, &Token::DoubleColon) && marks.ident(cast + 1).is_some());
    if after_cast
        && let Some(name) = marks.ident(at + 1)
        && !marks.is_token(at + 2, &Token::Period)
    {
        marks.note_name(name);
        marks.hide(at, 2);
    }
}

/// `f(VARIADIC a)`
fn variadic(marks: &mut Marks<'_>, at: usize) {
    if matches!(marks.before(at), Some(Token::LParen | Token::Comma)) {
        marks.hide(at, 1);
    }
}
