//! Texts that become an equivalent which parser and server both read.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, Whitespace},
};

use crate::sql::{Dialect, reserved, text::Tok};

/// The tokens that are no white space, each with its index.
pub(super) fn without_space(toks: &[Tok]) -> Vec<(usize, &Tok)> {
    toks.iter()
        .enumerate()
        .filter(|(_, tok)| !matches!(tok.token, Token::Whitespace(_)))
        .collect()
}

/// `TABLE t` becomes `SELECT * FROM t`, `FROM t*` loses the star, which means nothing, a literal in several parts becomes one,
/// a lock of several tables becomes several locks, a TRIM without characters is told which the server takes, `inet '::1'` becomes a cast,
/// and `(VALUES …)` or `((SELECT …) UNION …)` as a value becomes `(SELECT * FROM (…) AS v)`.
pub(super) fn postgres(source: &str, toks: &[Tok]) -> Vec<(usize, String)> {
    let seen = without_space(toks);
    let tok = |at: usize| seen.get(at).map(|(_, tok)| *tok);
    let mut rewrites = Vec::new();
    for (at, (index, here)) in seen.iter().enumerate() {
        if here.is_keyword(Keyword::TABLE) && is_table_query(&tok, at) {
            rewrites.push((*index, "SELECT * FROM".to_owned()));
        } else if here.token == Token::Mul && is_inheritance_star(&tok, at) {
            rewrites.push((*index, String::new()));
        } else {
            continued_literal(toks, source, *index, &mut rewrites);
        }
        if here.is_keyword(Keyword::OF) {
            lock_of_several(source, &seen, at, &mut rewrites);
        }
        if let Some(close) = query_as_value(&tok, at)
            && let Some((end, _)) = seen.get(close)
        {
            rewrites.push((*index, "(SELECT * FROM (".to_owned()));
            rewrites.push((*end, ") AS v)".to_owned()));
        }
    }
    rewrites.extend(trims(toks));
    rewrites.extend(typed_literals(source, &seen));
    rewrites.sort_by_key(|(index, _)| *index);
    rewrites
}

/// The types of PostgreSQL before whose literals the parser knows no type.
const UNKNOWN_TO_THE_PARSER: [&str; 22] = [
    "bpchar",
    "cidr",
    "datemultirange",
    "daterange",
    "inet",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "jsonpath",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "nummultirange",
    "numrange",
    "oid",
    "pg_lsn",
    "tsmultirange",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
];

/// `inet '::1'` becomes `CAST('::1' AS inet)`, which the server takes it for. No alias is a literal there, so that a word before one
/// is a type.
fn typed_literals(source: &str, seen: &[(usize, &Tok)]) -> Vec<(usize, String)> {
    let is_literal = |token: &Token| {
        matches!(
            token,
            Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_)
        )
    };
    let mut rewrites = Vec::new();
    for (at, pair) in seen.windows(2).enumerate() {
        let [(word, ty), (literal, value)] = pair else {
            continue;
        };
        let Token::Word(name) = &ty.token else { continue };
        let name = name
            .quote_style
            .is_none()
            .then(|| name.value.to_ascii_lowercase());
        let name = name.filter(|name| UNKNOWN_TO_THE_PARSER.contains(&name.as_str()));
        let before = at.checked_sub(1).and_then(|before| seen.get(before));
        let is_part = before.is_some_and(|(_, tok)| tok.token == Token::Period);
        // One in several parts is joined first.
        let goes_on = seen.get(at + 2).is_some_and(|(_, next)| is_literal(&next.token));
        if let (Some(name), Some(text)) = (name, source.get(value.range.clone()))
            && is_literal(&value.token)
            && !is_part
            && !goes_on
        {
            rewrites.push((*word, "CAST(".to_owned()));
            rewrites.push((*literal, format!("{text} AS {name})")));
        }
    }
    rewrites
}

/// `TRIM(LEADING FROM x)` becomes `TRIM(LEADING ' ' FROM x)`.
pub(super) fn trims(toks: &[Tok]) -> Vec<(usize, String)> {
    const SIDES: [Keyword; 3] = [Keyword::LEADING, Keyword::TRAILING, Keyword::BOTH];
    let seen = without_space(toks);
    let here = seen.windows(4).filter_map(|window| match window {
        [(_, trim), (_, open), (_, side), (index, from)]
            if trim.is_keyword(Keyword::TRIM)
                && open.token == Token::LParen
                && SIDES.iter().any(|word| side.is_keyword(*word))
                && from.is_keyword(Keyword::FROM) =>
        {
            Some((*index, "' ' FROM".to_owned()))
        }
        _ => None,
    });
    here.collect()
}

/// `FOR UPDATE OF a, b NOWAIT` becomes `FOR UPDATE OF a NOWAIT FOR UPDATE OF b NOWAIT`.
fn lock_of_several(source: &str, seen: &[(usize, &Tok)], at: usize, rewrites: &mut Vec<(usize, String)>) {
    let tok = |at: usize| seen.get(at).map(|(_, tok)| *tok);
    let is = |at: usize, word: Keyword| tok(at).is_some_and(|tok| tok.is_keyword(word));
    let Some(start) = (1..=4)
        .filter_map(|back| at.checked_sub(back))
        .find(|start| is(*start, Keyword::FOR))
    else {
        return;
    };
    let strength = start + 1..at;
    let locks = strength.clone().all(|at| {
        [Keyword::NO, Keyword::KEY, Keyword::UPDATE, Keyword::SHARE]
            .iter()
            .any(|word| is(at, *word))
    });
    let (mut commas, mut last) = (Vec::new(), at + 1);
    while matches!(tok(last), Some(tok) if matches!(tok.token, Token::Word(_)))
        && matches!(tok(last + 1), Some(tok) if tok.token == Token::Comma)
    {
        commas.push(last + 1);
        last += 2;
    }
    let wait = if is(last + 1, Keyword::NOWAIT) {
        " NOWAIT"
    } else if is(last + 1, Keyword::SKIP) && is(last + 2, Keyword::LOCKED) {
        " SKIP LOCKED"
    } else {
        ""
    };
    let head = match (tok(start), tok(at)) {
        (Some(first), Some(of)) => source.get(first.range.start..of.range.end),
        _ => None,
    };
    if let (true, false, Some(head)) = (locks, strength.is_empty(), head) {
        for comma in commas {
            rewrites.extend(
                seen.get(comma)
                    .map(|(index, _)| (*index, format!("{wait} {head} "))),
            );
        }
    }
}

/// The end of a parenthesis that is a value and holds a query which the parser does not take for one.
fn query_as_value<'t>(tok: &impl Fn(usize) -> Option<&'t Tok>, at: usize) -> Option<usize> {
    let is = |at: usize, token: &Token| tok(at).is_some_and(|tok| tok.token == *token);
    let word = |at: usize, words: &[Keyword]| {
        tok(at).is_some_and(|tok| words.iter().any(|word| tok.is_keyword(*word)))
    };
    let before = at.checked_sub(1)?;
    let is_value = word(
        before,
        &[Keyword::SELECT, Keyword::WHERE, Keyword::THEN, Keyword::ELSE],
    ) || [
        Token::Eq,
        Token::Neq,
        Token::Lt,
        Token::LtEq,
        Token::Gt,
        Token::GtEq,
        Token::Plus,
        Token::Minus,
    ]
    .iter()
    .any(|sign| is(before, sign));
    // Behind a comma it may be one of a FROM, where it means the same so written.
    if !is_value && !is(before, &Token::Comma) || !is(at, &Token::LParen) {
        return None;
    }
    let close = end_of(tok, at)?;
    if is_value && word(at + 1, &[Keyword::VALUES]) {
        return Some(close);
    }
    let mut first = at + 1;
    while is(first, &Token::LParen) {
        first += 1;
    }
    let arms = [Keyword::UNION, Keyword::INTERSECT, Keyword::EXCEPT];
    let joined = first > at + 1
        && word(first, &[Keyword::SELECT, Keyword::VALUES])
        && end_of(tok, at + 1).is_some_and(|end| word(end + 1, &arms));
    joined.then_some(close)
}

/// The end of the parenthesis that opens here.
fn end_of<'t>(tok: &impl Fn(usize) -> Option<&'t Tok>, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in open.. {
        match tok(at)?.token {
            Token::LParen => depth += 1,
            Token::RParen => {
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

/// `'a'` and on the next line `'b'` are one literal, `'ab'`. Only plain ones, and only with white space between them.
fn continued_literal(toks: &[Tok], source: &str, index: usize, rewrites: &mut Vec<(usize, String)>) {
    let text = |index: usize| match toks.get(index) {
        Some(tok) if matches!(tok.token, Token::SingleQuotedString(_)) => source.get(tok.range.clone()),
        _ => None,
    };
    let Some(opened) = text(index).and_then(|text| text.strip_suffix('\'')) else {
        return;
    };
    let gap = toks
        .iter()
        .skip(index + 1)
        .take_while(|tok| is_space(tok))
        .count();
    let breaks = toks
        .iter()
        .skip(index + 1)
        .take(gap)
        .any(|tok| matches!(tok.token, Token::Whitespace(Whitespace::Newline)));
    let next = index + 1 + gap;
    let Some(continued) = text(next)
        .and_then(|text| text.strip_prefix('\''))
        .filter(|_| breaks)
    else {
        return;
    };
    // The third part goes on from the second, whose own rewrite has lost its quote already.
    match rewrites.last_mut().filter(|(at, _)| *at == index) {
        Some((_, text)) => {
            let shorter = text.strip_suffix('\'').unwrap_or(text).to_owned();
            *text = shorter;
        }
        None => rewrites.push((index, opened.to_owned())),
    }
    rewrites.extend((index + 1..next).map(|at| (at, String::new())));
    rewrites.push((next, continued.to_owned()));
}

fn is_space(tok: &Tok) -> bool {
    matches!(
        tok.token,
        Token::Whitespace(Whitespace::Space | Whitespace::Tab | Whitespace::Newline)
    )
}

/// Whether TABLE stands where a query begins, and a name follows.
fn is_table_query<'t>(tok: &impl Fn(usize) -> Option<&'t Tok>, at: usize) -> bool {
    /// What stands before an arm of a set operation.
    const ARMS: [Keyword; 3] = [Keyword::UNION, Keyword::INTERSECT, Keyword::EXCEPT];
    let is_one_of = |at: Option<usize>, words: &[Keyword]| {
        at.and_then(tok)
            .is_some_and(|tok| words.iter().any(|word| tok.is_keyword(*word)))
    };
    let before = at.checked_sub(1);
    let begins = match before.and_then(tok) {
        None => true,
        // A parenthesis that opens a query, or one that closes a WITH or a list of columns.
        Some(tok) if matches!(tok.token, Token::LParen | Token::RParen) => true,
        Some(_) if is_one_of(before, &ARMS) => true,
        Some(_) => {
            is_one_of(before, &[Keyword::ALL, Keyword::DISTINCT]) && is_one_of(at.checked_sub(2), &ARMS)
                // `INSERT INTO t TABLE s`, `INSERT INTO s.t TABLE u`
                || is_one_of(at.checked_sub(2), &[Keyword::INTO])
                || is_one_of(at.checked_sub(4), &[Keyword::INTO])
        }
    };
    begins && matches!(tok(at + 1), Some(next) if matches!(next.token, Token::Word(_)))
}

/// Whether the star stands behind a table of a FROM, not between two factors: `extract(day FROM a * b)`.
fn is_inheritance_star<'t>(tok: &impl Fn(usize) -> Option<&'t Tok>, at: usize) -> bool {
    let is = |at: usize, word| tok(at).is_some_and(|tok| tok.is_keyword(word));
    let is_name = |at: usize| matches!(tok(at), Some(tok) if matches!(tok.token, Token::Word(_)));
    let Some(name) = at.checked_sub(1).filter(|name| is_name(*name)) else {
        return false;
    };
    let qualified =
        name >= 2 && matches!(tok(name - 1), Some(tok) if tok.token == Token::Period) && is_name(name - 2);
    let first = if qualified { name - 2 } else { name };
    let Some(from) = first.checked_sub(1) else {
        return false;
    };
    is(from, Keyword::JOIN) || is(from, Keyword::FROM) && is_clause(tok, from)
}

/// Whether a FROM belongs to a SELECT of its own level.
fn is_clause<'t>(tok: &impl Fn(usize) -> Option<&'t Tok>, from: usize) -> bool {
    if from
        .checked_sub(1)
        .and_then(tok)
        .is_some_and(|tok| tok.is_keyword(Keyword::DISTINCT))
    {
        return false;
    }
    let mut depth = 0_usize;
    for at in (0..from).rev() {
        let Some(tok) = tok(at) else { return false };
        match tok.token {
            Token::RParen | Token::RBracket => depth += 1,
            Token::LParen | Token::LBracket if depth == 0 => return false,
            Token::LParen | Token::LBracket => depth -= 1,
            _ if depth == 0 && tok.is_keyword(Keyword::SELECT) => return true,
            _ if depth == 0 && tok.is_keyword(Keyword::FROM) => return false,
            _ => {}
        }
    }
    false
}

/// `FROM (t)`, `JOIN (s.t AS u)`, however often: a table in parentheses is that table. They go away, with the tokens' index.
pub(super) fn parenthesised(toks: &[Tok], dialect: Dialect) -> Vec<(usize, String)> {
    let seen = without_space(toks);
    let tok = |at: usize| seen.get(at).map(|(_, tok)| *tok);
    let is = |at: usize, word| tok(at).is_some_and(|tok| tok.is_keyword(word));
    let mut gone = Vec::new();
    for at in 0..seen.len() {
        // `USE INDEX FOR JOIN (i)`
        let joins = is(at, Keyword::JOIN) && at.checked_sub(1).is_none_or(|at| !is(at, Keyword::FOR));
        let begins = joins || is(at, Keyword::FROM) && is_clause(&tok, at);
        if begins && let Some((opened, closed)) = bare_table(&tok, at + 1, joins, dialect) {
            let parentheses = (at + 1..opened).chain(closed);
            gone.extend(parentheses.filter_map(|at| seen.get(at).map(|(index, _)| (*index, String::new()))));
        }
    }
    gone
}

/// Where the parentheses around one table end that open at `at`, and where the closing ones stand.
fn bare_table<'t>(
    tok: &impl Fn(usize) -> Option<&'t Tok>,
    at: usize,
    joined: bool,
    dialect: Dialect,
) -> Option<(usize, std::ops::Range<usize>)> {
    let is_token = |at: usize, token: &Token| tok(at).is_some_and(|tok| tok.token == *token);
    let is_name = |at: usize| {
        matches!(tok(at).map(|tok| &tok.token), Some(Token::Word(word))
            if word.quote_style.is_some() || !reserved::is_reserved(dialect, &word.value.to_ascii_lowercase()))
    };
    let is_as = |at: usize| tok(at).is_some_and(|tok| tok.is_keyword(Keyword::AS));
    let mut name = at;
    while is_token(name, &Token::LParen) {
        name += 1;
    }
    let depth = name - at;
    let mut end = name + 1;
    if is_token(end, &Token::Period) {
        end += 2;
    }
    let named = end;
    if is_as(end) {
        end += 1;
    }
    if is_name(end) {
        end += 1;
    }
    let closed = end..end + depth;
    let closes = closed.clone().all(|at| is_token(at, &Token::RParen));
    let inner_alias = end > named;
    let outer_alias = is_as(closed.end) || is_name(closed.end);
    let is_same = match dialect {
        // No alias stands behind such a table.
        Dialect::Mysql => !outer_alias,
        // What is outside does not see the alias inside, where the parentheses are joined or have a name themselves.
        Dialect::Sqlite | Dialect::Postgres => !inner_alias || !(joined || outer_alias),
    };
    (depth > 0 && is_name(name) && closes && is_same).then_some((name, closed))
}
