//! From the user's bytes to numbered, comment-free text with its tokens, within limits.

mod limits;
mod lines;

use std::ops::Range;

use sqlparser::{
    keywords::Keyword,
    tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace, Word},
};

use super::{Dialect, Refusal, Rule, mend, mysql};
use limits::{check_limits, closes};
use lines::Lines;

/// The longest statement, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// The most tokens, white space not counted.
const MAX_TOKENS: usize = 200_000;
/// The most tokens that may stand open: in the current list item of each open parenthesis. It bounds how deep the
/// tree of the statement can be (`1+1+…` makes a level a token), and with it the stack.
const MAX_OPEN: usize = 8_000;
/// The highest placeholder. PostgreSQL's protocol counts parameters in 16 bits, SQLite's default is half of that;
/// one is left for the tenant.
pub(super) const MAX_PLACEHOLDER: usize = 32_765;

/// A token and where it stands in the text, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Tok {
    pub(super) token: Token,
    pub(super) range: Range<usize>,
}

impl Tok {
    pub(super) fn is_keyword(&self, keyword: Keyword) -> bool {
        matches!(&self.token, Token::Word(word) if word.keyword == keyword && word.quote_style.is_none())
    }
}

/// A statement's text without comments, its placeholders numbered, and its tokens.
#[derive(Debug)]
pub(super) struct Text {
    /// The text.
    pub(super) sql: String,
    /// Its tokens as the parser takes them.
    pub(super) tokens: Vec<TokenWithSpan>,
    /// Its tokens, white space left out.
    pub(super) toks: Vec<Tok>,
    /// The highest placeholder.
    pub(super) binds: usize,
    /// How deep the tree can be at most.
    pub(super) open: usize,
    /// What it was read from.
    source: String,
    lines: Lines,
    /// For each token that opens a parenthesis or bracket the one that closes it.
    closes: Vec<Option<usize>>,
    /// Where the text went on after a change: the byte in the text, and the byte in the source.
    resumes: Vec<(usize, usize)>,
}

impl Text {
    /// Reads `source`, drops its comments and numbers its placeholders.
    pub(super) fn new(source: &str, dialect: Dialect) -> Result<Self, Refusal> {
        Self::shifted(source, dialect, 0)
    }

    /// The same, with that many numbers left free before the first placeholder's.
    pub(super) fn shifted(source: &str, dialect: Dialect, free: usize) -> Result<Self, Refusal> {
        if source.len() > MAX_BYTES {
            return Err(Refusal::new(Rule::TooLong));
        }
        let (tokens, toks) = read_both(source, dialect)?;
        // Before anything looks for shapes in it: what looks far ahead or back does so within the limits.
        let open = check_limits(&toks)?;
        let Normal { sql, binds, resumes } = normalise(source, &toks, dialect, free)?;
        let in_source = |refusal: Refusal| refusal.map_position(|at| source_offset(source, &resumes, at));
        // Most texts are as they should be, and are read once.
        let (tokens, mut toks, open) = if sql == source {
            (tokens, toks, open)
        } else {
            let again = read_both(&sql, dialect).and_then(|(tokens, toks)| {
                let open = check_limits(&toks)?;
                Ok((tokens, toks, open))
            });
            again.map_err(in_source)?
        };
        toks.retain(|tok| !matches!(tok.token, Token::Whitespace(_)));
        if dialect == Dialect::Mysql {
            mysql::check_session(&toks).map_err(in_source)?;
            mysql::check_calls(&toks).map_err(in_source)?;
        }
        let lines = Lines::new(&sql);
        let closes = closes(&toks);
        Ok(Self {
            sql,
            tokens,
            toks,
            binds,
            open,
            source: source.to_owned(),
            lines,
            closes,
            resumes,
        })
    }

    /// The byte of the source that a byte of the text came from.
    pub(super) fn source_offset(&self, at: usize) -> usize {
        source_offset(&self.source, &self.resumes, at)
    }

    /// The bytes of the source that a part of the text came from, where they are not the same.
    pub(super) fn written(&self, range: Range<usize>) -> Option<&str> {
        let text = self.sql.get(range.clone())?;
        let source = self
            .source
            .get(self.source_offset(range.start)..self.source_offset(range.end))?;
        (source != text).then_some(source)
    }

    /// Whether anything of the source was changed.
    pub(super) fn is_changed(&self) -> bool {
        !self.resumes.is_empty()
    }

    /// The byte at which a token that the parser located starts.
    pub(super) fn offset(&self, location: Location) -> Result<usize, Refusal> {
        self.lines.offset(location)
    }

    /// The bytes of a span that the parser recorded.
    pub(super) fn range(&self, span: Span) -> Result<Range<usize>, Refusal> {
        Ok(self.offset(span.start)?..self.offset(span.end)?)
    }

    /// The index of the token that closes what the token at `index` opens.
    pub(super) fn close_of(&self, index: usize) -> Option<usize> {
        self.closes.get(index).copied().flatten()
    }

    /// The index of the token that starts at byte `start`.
    pub(super) fn tok_at(&self, start: usize) -> Result<usize, Refusal> {
        self.toks
            .binary_search_by_key(&start, |tok| tok.range.start)
            .map_err(|_| Refusal::at(Rule::Verification, start))
    }
}

/// The byte of the source that a byte of the text came from, by where the text went on after its changes.
fn source_offset(source: &str, resumes: &[(usize, usize)], at: usize) -> usize {
    // They are in order, and a text may have a great many comments.
    let resumed = resumes.partition_point(|(text, _)| *text <= at);
    let from = resumed.checked_sub(1).and_then(|last| resumes.get(last));
    let place = from.map_or(at, |(text, source)| source + (at - text));
    // What was written for a token may be longer than it: a place in there is no later than the token's end.
    let end = resumes.get(resumed).map_or(source.len(), |(_, end)| *end);
    let mut at = place.min(end).min(source.len());
    while !source.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The source without comments and with numbered placeholders.
struct Normal {
    sql: String,
    binds: usize,
    resumes: Vec<(usize, usize)>,
}

fn normalise(source: &str, toks: &[Tok], dialect: Dialect, free: usize) -> Result<Normal, Refusal> {
    let mut sql = String::with_capacity(source.len() + 16);
    let mut highest = 0;
    let mut named = Vec::new();
    let mut resumes = Vec::new();
    let mut glued_to_word = false;
    let mut literals = mend::Literals::default();
    let mut rewrites = mend::rewrites(source, toks, dialect).into_iter().peekable();
    for (index, Tok { token, range }) in toks.iter().enumerate() {
        let text = source
            .get(range.clone())
            .ok_or(Refusal::at(Rule::Lexical, range.start))?;
        match dialect {
            Dialect::Postgres => check_lexical(token, text, range.start, true)?,
            Dialect::Sqlite => check_lexical(token, text, range.start, false)?,
            Dialect::Mysql => mysql::check_lexical(token, text, range.start)?,
        }
        check_prefix(token, source, range.start, dialect)?;
        if dialect == Dialect::Postgres {
            literals.check(token, source, range.clone())?;
        }
        let rewritten = rewrites.next_if(|(at, _)| *at == index);
        match (token, rewritten) {
            (_, Some((_, text))) => sql.push_str(&text),
            // A line comment may end the line, which some constructs ('a' newline 'b') can tell from a space.
            (Token::Whitespace(Whitespace::SingleLineComment { .. }), None) => sql.push('\n'),
            (Token::Whitespace(Whitespace::MultiLineComment(_)), None) => sql.push(' '),
            (Token::Placeholder(name), None) => {
                // SQLite reads `a$1` as one name, the parser as two tokens.
                if glued_to_word {
                    return Err(Refusal::at(Rule::Placeholder, range.start));
                }
                let number =
                    placeholder(name, highest, dialect).ok_or(Refusal::at(Rule::Placeholder, range.start))?;
                // The library takes $2 for a name, and numbers names where they first stand. A driver that binds by its
                // count has to mean the same value.
                if free > 0 && dialect == Dialect::Sqlite && name.starts_with('$') && !named.contains(&number)
                {
                    if number != highest + 1 {
                        return Err(Refusal::at(Rule::Placeholder, range.start));
                    }
                    named.push(number);
                }
                highest = highest.max(number);
                sql.push_str(&dialect.placeholder(number + free));
            }
            (Token::CustomBinaryOperator(_), None) if dialect == Dialect::Postgres => {
                push_operator(&mut sql, text);
            }
            (_, None) => sql.push_str(text),
        }
        if sql.len() != range.end
            && resumes
                .last()
                .is_none_or(|(at, from)| sql.len() - at != range.end - from)
        {
            resumes.push((sql.len(), range.end));
        }
        mysql_glue(token, glued_to_word, dialect, range.start)?;
        glued_to_word = matches!(
            token,
            Token::Word(_) | Token::Number(..) | Token::HexStringLiteral(_)
        );
    }
    Ok(Normal {
        sql,
        binds: highest,
        resumes,
    })
}

/// PostgreSQL reads `>-1` as `>` and `-1`, the parser as one operator `>-`: an operator does not end in + or - unless it
/// has one of the characters below (PostgreSQL documentation, section 4.1.3). A space parts them for both.
fn push_operator(sql: &mut String, operator: &str) {
    let kept = operator.trim_end_matches(['+', '-']);
    if kept.is_empty() || operator.contains(['~', '!', '@', '#', '%', '^', '&', '|', '`', '?']) {
        sql.push_str(operator);
        return;
    }
    sql.push_str(kept);
    for sign in operator.chars().skip(kept.chars().count()) {
        sql.push(' ');
        sql.push(sign);
    }
}

/// The number of a placeholder: its own, or for a plain `?` one more than the highest so far, as SQLite counts.
fn placeholder(name: &str, highest: usize, dialect: Dialect) -> Option<usize> {
    let digits = match dialect {
        Dialect::Postgres => name.strip_prefix('$')?,
        Dialect::Sqlite => name.strip_prefix('$').or_else(|| name.strip_prefix('?'))?,
        // Without numbers; they are counted alike.
        Dialect::Mysql if name == "?" => "",
        Dialect::Mysql => return None,
    };
    if digits.is_empty() && name == "?" {
        return Some(highest + 1).filter(|number| *number <= MAX_PLACEHOLDER);
    }
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let number = digits.parse().ok()?;
    (plain && (1..=MAX_PLACEHOLDER).contains(&number)).then_some(number)
}

/// Refuses what parser and server may read differently outside of literals and quoted names.
fn check_lexical(token: &Token, text: &str, at: usize, postgres: bool) -> Result<(), Refusal> {
    let plain = match token {
        Token::Whitespace(Whitespace::Space | Whitespace::Tab | Whitespace::Newline) => text
            .bytes()
            .all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)),
        Token::Whitespace(Whitespace::SingleLineComment { prefix, .. }) => {
            prefix == "--" && !text.contains('\0')
        }
        // They nest for PostgreSQL and its parser, and for SQLite and its parser they do not.
        Token::Whitespace(Whitespace::MultiLineComment(_)) => !text.contains('\0'),
        // The parser's other quotes (backtick, bracket) are SQLite's own.
        Token::Word(word) if word.quote_style.is_some() => !text.contains(['\0', '\n', '\r']),
        Token::SingleQuotedString(_) | Token::EscapedStringLiteral(_) | Token::DollarQuotedString(_) => {
            !text.contains('\0')
        }
        Token::Word(word) if !text.is_ascii() => is_plain_name(word) && !(postgres && has_capitals(text)),
        _ => text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()),
    };
    if plain {
        Ok(())
    } else {
        Refusal::at(Rule::Lexical, at).refuse()
    }
}

/// Whether a word without quotes is a name of letters and digits alone. The servers take every byte beyond ASCII for a part
/// of one. The parser makes a word of the grammar of what becomes one in capitals, such as `unıon`.
pub(super) fn is_plain_name(word: &Word) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    // What has more than three bytes is no part of a name for MySQL, nor for SQLite's parser.
    word.keyword == Keyword::NoKeyword && word.value.chars().all(|c| is_part(c) && c.len_utf8() < 4)
}

/// Whether there are capitals beyond ASCII: PostgreSQL folds those where its encoding has one byte for each character.
fn has_capitals(text: &str) -> bool {
    text.chars().any(|c| !c.is_ascii() && !c.to_lowercase().eq([c]))
}

/// Refuses a word or number right behind another one: MySQL's names may begin with digits, so that it reads `1e5x` and
/// `0x1g` as one name, and the parser as two tokens.
fn mysql_glue(token: &Token, glued: bool, dialect: Dialect, at: usize) -> Result<(), Refusal> {
    let joins = matches!(token, Token::Word(word) if word.quote_style.is_none())
        || matches!(token, Token::Number(..) | Token::HexStringLiteral(_));
    match dialect {
        Dialect::Mysql if glued && joins => Refusal::at(Rule::Lexical, at).refuse(),
        Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql => Ok(()),
    }
}

/// Refuses a quote that the server reads together with what stands right before it: `U&"…"`, which PostgreSQL takes
/// for a name or a literal with escapes and the parser for an operator between two names.
fn check_prefix(token: &Token, source: &str, at: usize, dialect: Dialect) -> Result<(), Refusal> {
    let quoted = match token {
        Token::Word(word) => word.quote_style.is_some(),
        Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) => true,
        _ => false,
    };
    let before = source.as_bytes().get(..at).unwrap_or_default();
    let escapes = matches!(before, [.., b'u' | b'U', b'&']);
    // A literal's prefix is part of its token, so one that is not part of it is a name to the parser.
    let glued = matches!(token, Token::SingleQuotedString(_))
        && !ends_with_word(before)
        && before
            .last()
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | 0x80..));
    match dialect {
        Dialect::Postgres if quoted && (escapes || glued) => Refusal::at(Rule::Literal, at).refuse(),
        Dialect::Sqlite if glued => Refusal::at(Rule::Literal, at).refuse(),
        Dialect::Mysql if glued && !mysql::is_introduced(before) => Refusal::at(Rule::Literal, at).refuse(),
        Dialect::Postgres | Dialect::Sqlite | Dialect::Mysql => Ok(()),
    }
}

/// Whether a text ends with a whole word behind which a literal may stand without a space, and which is none of the
/// prefixes of literals.
fn ends_with_word(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 19] = [
        b"and",
        b"as",
        b"between",
        b"by",
        b"date",
        b"distinct",
        b"else",
        b"escape",
        b"ilike",
        b"interval",
        b"like",
        b"not",
        b"or",
        b"returning",
        b"select",
        b"then",
        b"time",
        b"timestamp",
        b"when",
    ];
    let is_part =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'@' | b':' | b'.' | 0x80..);
    let start = text.iter().rposition(|b| !is_part(b)).map_or(0, |at| at + 1);
    let word = text.get(start..).unwrap_or_default();
    WORDS.iter().any(|own| own.eq_ignore_ascii_case(word))
}

/// All tokens of `sql`, white space included, with their bytes.
fn read(sql: &str, dialect: Dialect) -> Result<Vec<Tok>, Refusal> {
    read_both(sql, dialect).map(|(_, toks)| toks)
}

/// All tokens of `sql`, white space included, as the parser takes them and with their bytes.
fn read_both(sql: &str, dialect: Dialect) -> Result<(Vec<TokenWithSpan>, Vec<Tok>), Refusal> {
    let lines = Lines::new(sql);
    let tokens = Tokenizer::new(dialect.parser(), sql)
        // Literals stay as they were written: nothing is printed, and nothing is to be misread.
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|error| match lines.offset(error.location) {
            Ok(at) => Refusal::at(Rule::Syntax, at),
            Err(_) => Refusal::new(Rule::Syntax),
        })?;
    let toks = tokens
        .iter()
        .map(|TokenWithSpan { token, span }| {
            Ok(Tok {
                token: token.clone(),
                range: lines.offset(span.start)?..lines.offset(span.end)?,
            })
        })
        .collect::<Result<_, _>>()?;
    Ok((tokens, toks))
}

/// The bytes of the tenant's slots in a text that the engine has written.
pub(super) fn tenant_slots(sql: &str, dialect: Dialect) -> Result<Vec<Range<usize>>, Refusal> {
    let toks = read(sql, dialect)?;
    let colons = toks.iter().zip(toks.iter().skip(1));
    Ok(colons
        .filter(|(colon, _)| matches!(colon.token, Token::Colon))
        .map(|(colon, name)| colon.range.start..name.range.end)
        .collect())
}
