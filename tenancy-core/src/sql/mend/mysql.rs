//! MySQL: masks and rewrites.

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, Word},
};

use super::marks::Marks;
use crate::sql::text::Tok;

pub(super) fn mask(marks: &mut Marks<'_>) {
    delete_words(marks);
    for at in 0..marks.len() {
        match marks.keyword(at) {
            Some(Keyword::LOCK) => lock_in_share_mode(marks, at),
            Some(Keyword::CHARACTER) => cast_charset(marks, at),
            _ => compound_unit(marks, at),
        }
    }
}

/// `DELETE LOW_PRIORITY QUICK IGNORE FROM t`: how hard the server works, and that it goes on past rows that are referenced.
/// Directly behind DELETE they are never names.
fn delete_words(marks: &mut Marks<'_>) {
    const WORDS: [&str; 3] = ["LOW_PRIORITY", "QUICK", "IGNORE"];
    if !marks.is(0, Keyword::DELETE) {
        return;
    }
    let count = (1..marks.len())
        .take_while(|at| WORDS.iter().any(|word| marks.are(*at, &[word])))
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
    if UNITS.iter().any(|unit| marks.are(at, &[unit])) {
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

/// `UPDATE a, b SET …` becomes `UPDATE a JOIN b SET …`. Where a join of another kind stands among them, the comma binds
/// its sides differently, and stays.
pub(super) fn rewrites(toks: &[Tok]) -> Vec<(usize, String)> {
    const BINDING: [Keyword; 3] = [Keyword::RIGHT, Keyword::NATURAL, Keyword::USING];
    let mut depth = 0_i32;
    let mut begun = false;
    let mut commas = Vec::new();
    for (index, tok) in toks.iter().enumerate() {
        match &tok.token {
            Token::Whitespace(_) => continue,
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            Token::Comma if depth == 0 => commas.push((index, " JOIN ".to_owned())),
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
