//! The edits put into the user's text, and the proof that the result means the tree.

use std::ops::{ControlFlow, Range};

use sqlparser::{
    ast::{Expr, FunctionArguments, Query, Statement, visit_expressions, visit_relations},
    parser::{Parser, ParserError, ParserOptions},
    tokenizer::{Token, TokenWithSpan, Tokenizer},
};

use super::{
    Dialect, Refusal, Rule, known,
    mend::{self, Arbiter, Hidden, Masked, Unread},
    text::Text,
    words::Words,
};

/// A change of the text: `range`, which may be empty, becomes `text`.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
    /// Whether edits inside of the range go with what is replaced.
    pub(super) whole: bool,
    /// Its place among the edits at one byte: the lower comes first, and of equal ones the one that was made first.
    pub(super) rank: i64,
}

/// What a walk found.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) edits: Vec<Edit>,
    /// The phrases that are hidden from the parser.
    pub(super) phrases: Vec<String>,
    /// The expressions of upserts' targets.
    pub(super) arbiters: Vec<Expr>,
    pub(super) reads: Vec<String>,
    pub(super) writes: Vec<String>,
    pub(super) uses_tenant: bool,
    pub(super) is_write: bool,
}

/// A statement, and what a mask has kept out of it.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) statement: Statement,
    pub(super) hidden: Hidden,
    /// The expressions of upserts' targets, in the order of the text.
    pub(super) arbiters: Vec<Arbiter<Expr>>,
    /// The words that bring relations in, among the tokens that the parser saw.
    pub(super) words: Words,
}

fn parser<'a>(sql: &str, dialect: Dialect) -> Result<(Parser<'a>, Hidden, Words), ParserError> {
    let tokens = Tokenizer::new(dialect.parser(), sql)
        .with_unescape(false)
        .tokenize_with_location()?;
    Ok(parser_of(tokens, dialect))
}

fn parser_of<'a>(tokens: Vec<TokenWithSpan>, dialect: Dialect) -> (Parser<'a>, Hidden, Words) {
    let Masked { tokens, hidden } = mend::mask(tokens, dialect);
    let words = Words::written(&tokens);
    let parser = Parser::new(dialect.parser())
        .with_options(ParserOptions::new().with_unescape(false))
        .with_tokens_with_locations(tokens);
    (parser, hidden, words)
}

/// Parses a text that holds exactly one statement.
pub(super) fn parse_one(sql: &str, dialect: Dialect) -> Result<Read, Refusal> {
    let parser = parser(sql, dialect).map_err(|error| syntax(sql, &error))?;
    one(sql, parser, dialect)
}

/// The same, of a text whose tokens are read.
pub(super) fn parse_read(text: &Text, dialect: Dialect) -> Result<Read, Refusal> {
    one(&text.sql, parser_of(text.tokens.clone(), dialect), dialect)
}

fn one(
    sql: &str,
    (mut parser, mut hidden, words): (Parser<'_>, Hidden, Words),
    dialect: Dialect,
) -> Result<Read, Refusal> {
    if parser.peek_token_ref().token == Token::EOF {
        return Err(Refusal::new(Rule::Empty));
    }
    let statement = parser.parse_statement().map_err(|error| syntax(sql, &error))?;
    // To the last token: the parser's own reading of several statements stops at the word END.
    let ended = parser.consume_token(&Token::SemiColon);
    while parser.consume_token(&Token::SemiColon) {}
    match (&parser.peek_token_ref().token, ended) {
        (Token::EOF, _) => Ok(Read {
            statement,
            arbiters: std::mem::take(&mut hidden.arbiters)
                .into_iter()
                .map(|arbiter| read_arbiter(sql, arbiter, dialect))
                .collect::<Result<_, _>>()?,
            hidden,
            words,
        }),
        (_, true) => Err(Refusal::new(Rule::MultipleStatements)),
        (_, false) => Err(Refusal::new(Rule::Syntax)),
    }
}

/// Parses an expression of an upsert's target. No query may stand in it, and nothing that is hidden from the parser.
fn read_arbiter(sql: &str, arbiter: Unread, dialect: Dialect) -> Result<Arbiter<Expr>, Refusal> {
    let Arbiter {
        anchor,
        is_condition,
        expr,
    } = arbiter;
    let (mut parser, hidden, _) = parser_of(expr, dialect);
    let expr = whole(parser.parse_expr(), &parser).map_err(|error| syntax(sql, &error))?;
    let Hidden {
        names,
        phrases,
        only,
        arbiters,
    } = hidden;
    let reads = visit_relations(&expr, |_| ControlFlow::Break(())).is_break()
        || visit_expressions(&expr, |expr| match is_query(expr) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        })
        .is_break();
    if reads || !names.is_empty() || !phrases.is_empty() || only > 0 || !arbiters.is_empty() {
        return Err(Refusal::new(Rule::ConflictTarget));
    }
    Ok(Arbiter {
        anchor,
        is_condition,
        expr,
    })
}

/// Whether an expression is one with a query in it.
fn is_query(expr: &Expr) -> bool {
    match expr {
        Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => true,
        Expr::Function(function) => matches!(function.args, FunctionArguments::Subquery(_)),
        _ => false,
    }
}

/// Parses a query that the engine wrote.
pub(super) fn parse_query(sql: &str, dialect: Dialect) -> Result<Query, Refusal> {
    let parse = || parser(sql, dialect).and_then(|(mut parser, ..)| whole(parser.parse_query(), &parser));
    known::QUERIES
        .tree(sql, dialect, || parse().map(|query| *query))
        .map_err(|_| Refusal::new(Rule::Verification))
}

/// Parses an expression that the engine wrote.
pub(super) fn parse_expr(sql: &str, dialect: Dialect) -> Result<Expr, Refusal> {
    let parse = || parser(sql, dialect).and_then(|(mut parser, ..)| whole(parser.parse_expr(), &parser));
    known::EXPRESSIONS
        .tree(sql, dialect, parse)
        .map_err(|_| Refusal::new(Rule::Verification))
}

/// What was parsed, if that was all there is.
fn whole<T>(parsed: Result<T, ParserError>, parser: &Parser<'_>) -> Result<T, ParserError> {
    match parser.peek_token_ref().token {
        Token::EOF => parsed,
        _ => Err(ParserError::ParserError("trailing tokens".to_owned())),
    }
}

/// The parser's message quotes the text, so only its place is kept.
fn syntax(sql: &str, error: &ParserError) -> Refusal {
    let message = match error {
        ParserError::RecursionLimitExceeded => return Refusal::new(Rule::TooDeep),
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
    };
    let number = |label: &str| -> Option<usize> {
        let (_, rest) = message.rsplit_once(label)?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let (Some(line), Some(column)) = (number("Line: "), number("Column: ")) else {
        return Refusal::new(Rule::Syntax);
    };
    let mut lines = sql.split_inclusive('\n');
    let start: usize = lines.by_ref().take(line.saturating_sub(1)).map(str::len).sum();
    // The parser counts characters.
    let within = lines
        .next()
        .and_then(|line| line.char_indices().nth(column.saturating_sub(1)));
    Refusal::at(Rule::Syntax, within.map_or(sql.len(), |(at, _)| start + at))
}

/// Puts the edits into the text.
pub(super) fn apply(sql: &str, mut edits: Vec<Edit>) -> Result<String, Refusal> {
    // Stable: edits at one place keep the order in which they were made, behind one that replaces them all. What is put first
    // there stands around that one, and is no part of it.
    edits.sort_by_key(|edit| (edit.range.start, edit.rank >= 0, !edit.whole, edit.rank));
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut out = String::with_capacity(sql.len() + added);
    let mut done = 0;
    let mut replaced: Option<Range<usize>> = None;
    for Edit {
        range,
        text,
        whole,
        rank: _,
    } in edits
    {
        if whole {
            replaced = Some(range.clone());
        } else if replaced
            .as_ref()
            .is_some_and(|replaced| replaced.start <= range.start && range.end <= replaced.end)
        {
            continue;
        }
        let overlap = Refusal::at(Rule::Verification, range.start);
        out.push_str(sql.get(done..range.start).ok_or(overlap)?);
        out.push_str(&text);
        done = range.end;
    }
    out.push_str(sql.get(done..).ok_or(Refusal::new(Rule::Verification))?);
    Ok(out)
}

/// Reads the spliced text again; it has to be the tree that was meant, to the last node, with the same phrases hidden and the
/// same expressions in the targets of upserts.
pub(super) fn prove(
    spliced: &str,
    meant: &Statement,
    mut phrases: Vec<String>,
    arbiters: &[Expr],
    dialect: Dialect,
) -> Result<Statement, Refusal> {
    let mut reread = parse_one(spliced, dialect).map_err(|_| Refusal::new(Rule::Verification))?;
    // A view's body brings its own in, wherever it stands.
    phrases.sort_unstable();
    reread.hidden.phrases.sort_unstable();
    let same_targets = reread.arbiters.iter().map(|arbiter| &arbiter.expr).eq(arbiters);
    if reread.statement == *meant && reread.hidden.phrases == phrases && same_targets {
        Ok(reread.statement)
    } else {
        Err(Refusal::new(Rule::Verification))
    }
}
