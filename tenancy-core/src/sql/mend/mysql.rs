//! MySQL: masks and rewrites.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, Word},
};

use super::{
    marks::Marks,
    rewrite::{parenthesised, trims, without_space},
};
use crate::sql::{Dialect, text::Tok};

pub(super) fn mask(marks: &mut Marks<'_>) {
    words_behind(marks, Keyword::DELETE, &["LOW_PRIORITY", "QUICK", "IGNORE"]);
    words_behind(marks, Keyword::UPDATE, &["LOW_PRIORITY", "IGNORE"]);
    for at in 0..marks.len() {
        match marks.keyword(at) {
            Some(Keyword::LOCK) => lock_in_share_mode(marks, at),
            Some(Keyword::CHARACTER) => cast_charset(marks, at),
            _ => compound_unit(marks, at),
        }
    }
}

/// `DELETE LOW_PRIORITY QUICK IGNORE FROM t`, `UPDATE LOW_PRIORITY IGNORE t`: how hard the server works, and that it goes on
/// past rows that are referenced or conflict, for which the walk looks in the text. Directly behind the verb they are never
/// names.
fn words_behind(marks: &mut Marks<'_>, verb: Keyword, words: &[&str]) {
    if !marks.is(0, verb) {
        return;
    }
    let count = (1..marks.len())
        .take_while(|at| words.iter().any(|word| marks.are(*at, &[word])))
        .count();
    if count > 0 {
        marks.hide(1, count);
    }
}

/// `INTERVAL '1:2' MINUTE_SECOND`: to the walk a number of seconds. The server keeps these words for units.
fn compound_unit(marks: &mut Marks<'_>, at: usize) {
    const UNITS: [&str; 11] = [
        "DAY_HOUR",
        "DAY_MICROSECOND",
        "DAY_MINUTE",
        "DAY_SECOND",
        "HOUR_MICROSECOND",
        "HOUR_MINUTE",
        "HOUR_SECOND",
        "MINUTE_MICROSECOND",
        "MINUTE_SECOND",
        "SECOND_MICROSECOND",
        "YEAR_MONTH",
    ];
    let is_column = matches!(marks.before(at), Some(Token::Period));
    if !is_column && UNITS.iter().any(|unit| marks.are(at, &[unit])) {
        marks.show_word(at, "SECOND", Keyword::SECOND);
    }
}

/// `LOCK IN SHARE MODE`: to the walk `FOR SHARE`, which MariaDB does not have. Nothing else begins with these four words.
fn lock_in_share_mode(marks: &mut Marks<'_>, at: usize) {
    let of_a_table = matches!(marks.before(at), Some(Token::Period));
    if !of_a_table && marks.are(at, &["LOCK", "IN", "SHARE", "MODE"]) {
        marks.show_word(at, "FOR", Keyword::FOR);
        marks.drop_word(at + 1);
        marks.drop_word(at + 3);
    }
}

/// `CAST(x AS CHAR CHARACTER SET utf8mb4)`, `CAST(x AS CHAR(9) CHARACTER SET utf8mb4)`.
fn cast_charset(marks: &mut Marks<'_>, at: usize) {
    let behind_char = marks.follows(at, &[Keyword::CHAR])
        || at
            .checked_sub(4)
            .is_some_and(|char| marks.is(char, Keyword::CHAR))
            && matches!(marks.before(at), Some(Token::RParen));
    if behind_char
        && marks.are(at + 1, &["SET"])
        && matches!(marks.token(at + 3), Some(Token::RParen))
        && let Some(charset) = marks.ident(at + 2)
    {
        marks.hide(at, 3);
        marks.note_name(charset);
    }
}

/// The rewrites of a text, by the index of the token, in order.
pub(super) fn rewrites(source: &str, toks: &[Tok]) -> Vec<(usize, String)> {
    let mut rewrites = comma_joins(toks);
    if rewrites.is_empty() {
        rewrites = row_alias(source, toks).unwrap_or_default();
    }
    rewrites.extend(written_tables(toks));
    rewrites.extend(parenthesised(toks, Dialect::Mysql));
    rewrites.extend(trims(toks));
    rewrites.sort_by_key(|(index, _)| *index);
    rewrites
}

/// In an UPDATE or DELETE of several tables: `DELETE a.* FROM …` becomes `DELETE a FROM …`, and `a JOIN b JOIN c ON …` becomes
/// `a CROSS JOIN b JOIN c ON …`, the same join to the server, which wants no condition.
fn written_tables(toks: &[Tok]) -> Vec<(usize, String)> {
    const JOINS: [Keyword; 3] = [Keyword::JOIN, Keyword::INNER, Keyword::CROSS];
    /// What may stand between a join and the next one that has no condition in between.
    const OTHERS: [Keyword; 7] = [
        Keyword::ON,
        Keyword::USING,
        Keyword::LEFT,
        Keyword::RIGHT,
        Keyword::NATURAL,
        Keyword::STRAIGHT_JOIN,
        Keyword::WHERE,
    ];
    let seen = without_space(toks);
    let is = |at: usize, word| seen.get(at).is_some_and(|(_, tok)| tok.is_keyword(word));
    let is_one_of = |at: usize, words: &[Keyword]| words.iter().any(|word| is(at, *word));
    let is_token = |at: usize, token: &Token| seen.get(at).is_some_and(|(_, tok)| tok.token == *token);
    let deletes = is(0, Keyword::DELETE);
    if !deletes && !is(0, Keyword::UPDATE) {
        return Vec::new();
    }
    let mut rewrites = Vec::new();
    let (mut depth, mut in_list) = (0_i32, deletes);
    let mut bare = None;
    for (at, (index, tok)) in seen.iter().enumerate() {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ if depth > 0 => {}
            // `DELETE a.*, b.* FROM …`, `DELETE FROM a.* USING …`
            Token::Period if in_list && is_token(at + 1, &Token::Mul) => {
                rewrites.push((*index, String::new()));
                rewrites.extend(seen.get(at + 1).map(|(star, _)| (*star, String::new())));
            }
            Token::Comma => bare = None,
            _ if is_one_of(at, &[Keyword::SET, Keyword::WHERE]) => break,
            _ if is(at, Keyword::FROM) && at > 1 => in_list = false,
            _ if is_one_of(at, &JOINS) => {
                if let Some((join, inner)) = std::mem::take(&mut bare) {
                    rewrites.push((join, "CROSS JOIN".to_owned()));
                    rewrites.extend::<Option<(usize, String)>>(inner);
                }
                // `INNER JOIN`, `CROSS JOIN` are two words; a hint says `FOR JOIN`.
                let before = at.checked_sub(1);
                let plain = is(at, Keyword::JOIN)
                    && !before.is_some_and(|before| {
                        is_one_of(before, &[Keyword::FOR, Keyword::OUTER, Keyword::CROSS])
                    })
                    && !before.is_some_and(|before| is_one_of(before, &OTHERS));
                let inner = before.filter(|before| is(*before, Keyword::INNER));
                let inner = inner
                    .and_then(|before| seen.get(before))
                    .map(|(inner, _)| (*inner, String::new()));
                bare = plain.then_some((*index, inner));
            }
            _ if is_one_of(at, &OTHERS) => {
                in_list &= !is(at, Keyword::USING);
                bare = None;
            }
            _ => {}
        }
    }
    rewrites
}

/// `INSERT … VALUES (…) AS new ON DUPLICATE KEY UPDATE a = new.a` becomes `… VALUES (…) ON DUPLICATE KEY UPDATE a = VALUES(a)`,
/// which MariaDB knows too. Only where every mention of the alias is such a column.
fn row_alias(source: &str, toks: &[Tok]) -> Option<Vec<(usize, String)>> {
    let seen = without_space(toks);
    let is = |at: usize, keyword| seen.get(at).is_some_and(|(_, tok)| tok.is_keyword(keyword));
    let name = |at: usize| match seen.get(at).map(|(_, tok)| &tok.token) {
        Some(Token::Word(word)) => Some(word.value.as_str()),
        _ => None,
    };
    let written = |at: usize| seen.get(at).and_then(|(_, tok)| source.get(tok.range.clone()));
    if !is(0, Keyword::INSERT) {
        return None;
    }
    let mut depth = 0_i32;
    let mut rows = false;
    let mut found = None;
    for (at, (_, tok)) in seen.iter().enumerate() {
        match tok.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            // Behind a query it would be the alias of a table.
            _ if depth == 0 && tok.is_keyword(Keyword::SELECT) => return None,
            _ if depth == 0 && tok.is_keyword(Keyword::VALUES) => rows = true,
            _ if depth == 0
                && rows
                && is(at, Keyword::AS)
                && [Keyword::ON, Keyword::DUPLICATE, Keyword::KEY, Keyword::UPDATE]
                    .into_iter()
                    .zip(at + 2..)
                    .all(|(word, at)| is(at, word)) =>
            {
                found = Some(at);
                break;
            }
            _ => {}
        }
    }
    let at = found?;
    let alias = name(at + 1)?;
    let index = |at: usize| seen.get(at).map(|(index, _)| *index);
    let mut rewrites = vec![(index(at)?, String::new()), (index(at + 1)?, String::new())];
    let mut next = at + 6;
    while next < seen.len() {
        if name(next) == Some(alias) {
            let behind_dot = matches!(seen.get(next - 1), Some((_, tok)) if tok.token == Token::Period);
            let column = written(next + 2).filter(|_| name(next + 2).is_some());
            let dotted = matches!(seen.get(next + 1), Some((_, tok)) if tok.token == Token::Period);
            let further = matches!(seen.get(next + 3), Some((_, tok)) if tok.token == Token::Period);
            if behind_dot || !dotted || further {
                return None;
            }
            rewrites.push((index(next)?, format!("VALUES({})", column?)));
            rewrites.push((index(next + 1)?, String::new()));
            rewrites.push((index(next + 2)?, String::new()));
            next += 3;
        } else {
            next += 1;
        }
    }
    Some(rewrites)
}

/// `UPDATE a, b SET …` becomes `UPDATE a CROSS JOIN b SET …`. Where a join of another kind stands among them, the comma binds
/// its sides differently, and stays.
fn comma_joins(toks: &[Tok]) -> Vec<(usize, String)> {
    const BINDING: [Keyword; 3] = [Keyword::RIGHT, Keyword::NATURAL, Keyword::USING];
    let mut depth = 0_i32;
    let mut begun = false;
    let mut commas = Vec::new();
    for (index, tok) in toks.iter().enumerate() {
        match &tok.token {
            Token::Whitespace(_) => continue,
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            Token::Comma if depth == 0 => commas.push((index, " CROSS JOIN ".to_owned())),
            Token::Word(Word { .. }) if depth == 0 => {
                if BINDING.iter().any(|word| tok.is_keyword(*word)) {
                    return Vec::new();
                }
                if tok.is_keyword(Keyword::SET) {
                    return commas;
                }
            }
            _ => {}
        }
        if !begun && !tok.is_keyword(Keyword::UPDATE) {
            return Vec::new();
        }
        begun = true;
    }
    Vec::new()
}
