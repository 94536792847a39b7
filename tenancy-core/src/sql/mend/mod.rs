//! A thin layer for valid SQL that the parser cannot read.
//!
//! There are two ways of mending, and both are lists of exact shapes in an exact context:
//!
//! - A **mask** ([`mask`]) keeps some tokens from the parser, or shows it others in their place. The text stays as it is and
//!   so does every position, so that the edits of the walk fit, and the server gets what the user wrote. A mask is made
//!   again over the result before that is read for the proof, and has to hide the same behind the same. What it hides are words of the grammar, numbers, and names
//!   that it hands on to the walk ([`Hidden::names`]). An expression is never hidden, but for those of an upsert's target, which
//!   are handed on, parsed and walked on their own ([`Hidden::arbiters`]).
//! - A **rewrite** ([`rewrites`]) changes the text itself, before anything else is done, into an equivalent that parser and
//!   server both read. It needs no trust: whatever it writes is walked, proved and verified like what a user wrote.
//!
//! A name that stands in the tree in place of a masked phrase has a space in it and no quotes, so that no text can have it.

mod conflict;
mod literals;
mod marks;
mod mysql;
mod parts;
mod postgres;
mod rewrite;
mod sqlite;

use sqlparser::tokenizer::TokenWithSpan;

use super::{Dialect, text::Tok};
pub(super) use conflict::{Arbiter, Unread};
pub(super) use literals::Literals;
pub(super) use marks::Hidden;
use marks::Marks;

/// In the tree the name of a function whose arguments are the functions of `ROWS FROM (…)`.
pub(super) const ROWS_FROM: &str = "ROWS FROM";
/// In the tree the name of a function whose arguments are those of a `GROUPING SETS (…)` inside of another.
pub(super) const GROUPING_SETS: &str = "GROUPING SETS";

/// In the tree the name of an element of an upsert's target that is an expression.
pub(super) const CONFLICT_EXPRESSION: &str = "CONFLICT EXPRESSION";

/// Tokens as the parser is to see them.
#[derive(Debug)]
pub(super) struct Masked {
    pub(super) tokens: Vec<TokenWithSpan>,
    pub(super) hidden: Hidden,
}

/// Hides what the parser cannot read.
pub(super) fn mask(tokens: Vec<TokenWithSpan>, dialect: Dialect) -> Masked {
    let mut marks = Marks::new(&tokens);
    match dialect {
        Dialect::Postgres => postgres::mask(&mut marks),
        Dialect::Sqlite => sqlite::mask(&mut marks),
        Dialect::Mysql => mysql::mask(&mut marks),
    }
    let (changes, hidden) = marks.finish();
    Masked {
        tokens: marks::apply(tokens, changes),
        hidden,
    }
}

/// Tokens of the source that become another text, by their index and in order.
pub(super) fn rewrites(source: &str, toks: &[Tok], dialect: Dialect) -> Vec<(usize, String)> {
    match dialect {
        Dialect::Postgres => rewrite::postgres(source, toks),
        Dialect::Sqlite => sqlite::rewrites(source, toks),
        Dialect::Mysql => mysql::rewrites(source, toks),
    }
}
