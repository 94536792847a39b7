//! What a statement would leave on the connection, or find there: variables, files, a count of rows.

use sqlparser::{keywords::Keyword, tokenizer::Token};

use crate::sql::{Refusal, Rule, text::Tok};

/// Refuses `@name`, `@@name`, `INTO OUTFILE` and its kind, and `SQL_CALC_FOUND_ROWS`. A connection serves one tenant after
/// the other.
pub(in crate::sql) fn check_session(toks: &[Tok]) -> Result<(), Refusal> {
    let into_file = |at: usize| {
        at.checked_sub(1)
            .and_then(|at| toks.get(at))
            .is_some_and(|tok| tok.is_keyword(Keyword::INTO))
    };
    let found = toks.iter().enumerate().find(|(at, tok)| match &tok.token {
        Token::AtSign | Token::AtAt => true,
        Token::Word(word) if word.quote_style.is_none() => {
            let is = |name: &str| word.value.eq_ignore_ascii_case(name);
            is("sql_calc_found_rows") || (is("outfile") || is("dumpfile")) && into_file(*at)
        }
        _ => false,
    });
    found.map_or(Ok(()), |(_, tok)| {
        Refusal::at(Rule::Session, tok.range.start).refuse()
    })
}
