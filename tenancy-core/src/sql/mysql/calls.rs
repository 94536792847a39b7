//! Calls of functions whose names are words of the grammar only right before a parenthesis.

use sqlparser::tokenizer::Token;

use crate::sql::{Refusal, Rule, text::Tok};

/// The server's `sql_functions` (MariaDB 10.11, MySQL 8): with a space before the parenthesis they are names, and the call
/// is one of a stored function, unless `sql_mode` has `IGNORE_SPACE`.
#[rustfmt::skip]
const GLUED: &[&str] = &[
    "adddate", "bit_and", "bit_or", "bit_xor", "cast", "count", "cume_dist", "curdate", "curtime", "date_add",
    "date_format", "date_sub", "decode", "dense_rank", "extract", "first_value", "group_concat", "json_arrayagg",
    "json_objectagg", "lag", "lead", "lengthb", "max", "median", "mid", "min", "now", "nth_value", "ntile",
    "percent_rank", "percentile_cont", "percentile_disc", "position", "rank", "row_number", "session_user", "st_collect",
    "std", "stddev", "stddev_pop", "stddev_samp", "subdate", "substr", "substring", "sum", "sysdate", "system_user",
    "trim", "var_pop", "var_samp", "variance",
];

/// Refuses a space between such a name and its parenthesis.
pub(in crate::sql) fn check_calls(toks: &[Tok]) -> Result<(), Refusal> {
    let apart = toks.iter().zip(toks.iter().skip(1)).find(|(name, open)| {
        let Token::Word(word) = &name.token else {
            return false;
        };
        matches!(open.token, Token::LParen)
            && name.range.end != open.range.start
            && word.quote_style.is_none()
            && GLUED
                .binary_search(&word.value.to_ascii_lowercase().as_str())
                .is_ok()
    });
    apart.map_or(Ok(()), |(name, _)| {
        Refusal::at(Rule::Function, name.range.start).refuse()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(GLUED.is_sorted_by(|left, right| left < right));
    }
}
