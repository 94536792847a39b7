//! Where the lexical elements of a `.sql` file end, by the rules of the database's own shell.
//!
//! Only a file is cut by it. What a piece means the engine reads for itself, and a piece that holds more than one statement
//! is refused there.

use tenancy_core::sql::Dialect;

/// What an element is, as far as cutting a file needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Comment,
    /// A word, quoted or not, or a number.
    Word,
    Semicolon,
    Open,
    Close,
    /// `\`, which begins a command of the shell in psql and mysql.
    Backslash,
    Other,
}

/// The kind of the element at the start of `rest`, and its length, which is not 0 where there is anything.
pub(super) fn element(rest: &[u8], dialect: Dialect) -> (Kind, usize) {
    let (postgres, mysql) = (dialect == Dialect::Postgres, dialect == Dialect::Mysql);
    match rest {
        [] => (Kind::Space, 0),
        // MySQL wants a blank behind the dashes.
        [b'-', b'-', b'!'..=b'\xff', ..] if mysql => (Kind::Other, 1),
        [b'-', b'-', ..] => (Kind::Comment, line(rest)),
        [b'#', ..] if mysql => (Kind::Comment, line(rest)),
        // The server runs what stands in it.
        [b'/', b'*', b'!' | b'M', ..] if mysql => (Kind::Other, block_comment(rest, false)),
        [b'/', b'*', ..] => (Kind::Comment, block_comment(rest, postgres)),
        [b'\'', ..] => (Kind::Word, quoted(rest, b'\'', mysql)),
        [b'"', ..] => (Kind::Word, quoted(rest, b'"', mysql)),
        [b'e' | b'E', b'\'', ..] if postgres => (
            Kind::Word,
            1 + rest.get(1..).map_or(0, |rest| quoted(rest, b'\'', true)),
        ),
        [b'`', ..] if !postgres => (Kind::Word, quoted(rest, b'`', false)),
        [b'[', ..] if dialect == Dialect::Sqlite => (Kind::Word, until(rest, b"]")),
        [b'$', ..] if postgres => (Kind::Word, dollar_quoted(rest)),
        [b';', ..] => (Kind::Semicolon, 1),
        [b'(', ..] => (Kind::Open, 1),
        [b')', ..] => (Kind::Close, 1),
        [b'\\', ..] => (Kind::Backslash, 1),
        [first, ..] if is_space(*first) => (Kind::Space, run(rest, is_space)),
        [first, ..] if is_word(*first) => (Kind::Word, run(rest, is_word)),
        [..] => (Kind::Other, 1),
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

fn run(rest: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    rest.iter().take_while(|byte| belongs(**byte)).count()
}

/// To the end of the line, without it.
pub(super) fn line(rest: &[u8]) -> usize {
    run(rest, |byte| byte != b'\n')
}

/// To the end of `end`, or of everything.
fn until(rest: &[u8], end: &[u8]) -> usize {
    let found = rest.windows(end.len()).position(|window| window == end);
    found.map_or(rest.len(), |at| at + end.len())
}

/// To the quote that is not doubled, nor escaped where `\` escapes.
fn quoted(rest: &[u8], quote: u8, escapes: bool) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        at += match byte {
            b'\\' if escapes => 2,
            byte if *byte != quote => 1,
            _ if rest.get(at + 1) == Some(&quote) => 2,
            _ => return at + 1,
        };
    }
    rest.len()
}

fn block_comment(rest: &[u8], nests: bool) -> usize {
    if !nests {
        return 2 + rest.get(2..).map_or(0, |rest| until(rest, b"*/"));
    }
    let (mut at, mut depth) = (2, 1);
    while depth > 0 {
        match rest.get(at..) {
            Some([b'*', b'/', ..]) => (at, depth) = (at + 2, depth - 1),
            Some([b'/', b'*', ..]) => (at, depth) = (at + 2, depth + 1),
            Some([_, ..]) => at += 1,
            Some([]) | None => return rest.len(),
        }
    }
    at
}

/// `$tag$ … $tag$`; or a `$`, which with digits is a placeholder.
fn dollar_quoted(rest: &[u8]) -> usize {
    let body = rest.get(1..).unwrap_or_default();
    let tag = run(body, |byte| is_word(byte) && byte != b'$');
    let is_tag = body.get(tag) == Some(&b'$') && !body.first().is_some_and(u8::is_ascii_digit);
    match rest.split_at_checked(tag + 2) {
        Some((delimiter, content)) if is_tag => delimiter.len() + until(content, delimiter),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_end_where_the_server_ends_them() {
        use Dialect::{Mysql, Postgres, Sqlite};
        use Kind::{Backslash, Comment, Other, Word};
        for (dialect, text, expected) in [
            (Postgres, "'a''b;' x", (Word, 7)),
            (Postgres, "'a\\' x", (Word, 4)),
            (Postgres, "E'a\\';' x", (Word, 7)),
            (Postgres, "\"a;\"\"b\" x", (Word, 7)),
            (Postgres, "$$;$$ x", (Word, 5)),
            (Postgres, "$a$;$$;$a$ x", (Word, 10)),
            (Postgres, "$1 x", (Word, 1)),
            (Postgres, "a$b$ x", (Word, 4)),
            (Postgres, "/* /* ; */ ; */ x", (Comment, 15)),
            (Sqlite, "/* /* ; */ x", (Comment, 10)),
            (Sqlite, "-- ;\nx", (Comment, 4)),
            (Sqlite, "[a;b] x", (Word, 5)),
            (Sqlite, "`a;``b` x", (Word, 7)),
            (Sqlite, "'open", (Word, 5)),
            (Sqlite, "/* open", (Comment, 7)),
            (Postgres, "$a$open", (Word, 7)),
            (Postgres, "E'open\\", (Word, 7)),
            (Postgres, "[1]", (Other, 1)),
            (Postgres, "\\d", (Backslash, 1)),
            (Postgres, "ünï;", (Word, 5)),
            (Mysql, "'a\\';' x", (Word, 6)),
            (Mysql, "\"a\\\";\" x", (Word, 6)),
            (Mysql, "`a\\` x", (Word, 4)),
            (Mysql, "--1 x", (Other, 1)),
            (Mysql, "-- ;\nx", (Comment, 4)),
            (Mysql, "--", (Comment, 2)),
            (Mysql, "# ;\nx", (Comment, 3)),
            (Mysql, "/*!1 ; */ x", (Other, 9)),
            (Mysql, "/* ; */ x", (Comment, 7)),
        ] {
            assert_eq!(element(text.as_bytes(), dialect), expected, "{text}");
        }
    }
}
