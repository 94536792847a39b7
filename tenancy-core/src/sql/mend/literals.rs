//! PostgreSQL's other literals, read a second time.
//!
//! `E'…'`, `U&'…'`, `$tag$…$tag$`, `B'…'` and `X'…'` pass where this reading, which is the server's (documentation, section 4.1.2), ends at
//! the same byte as the parser's.

use std::ops::Range;

use sqlparser::tokenizer::Token;

use crate::sql::{Refusal, Rule};

/// Looks at the tokens of a text in order.
#[derive(Debug, Default)]
pub(in crate::sql) struct Literals {
    /// Whether the last token but white space is a literal with a prefix. The server reads a quote behind it, on the next
    /// line, as its continuation, by the rules of the prefix.
    prefixed: bool,
}

impl Literals {
    /// Refuses a literal that the server could end elsewhere.
    pub(in crate::sql) fn check(
        &mut self,
        token: &Token,
        source: &str,
        range: Range<usize>,
    ) -> Result<(), Refusal> {
        let at = range.start;
        let before = source.as_bytes().get(..at).and_then(<[u8]>::last);
        let text = source.get(range).unwrap_or_default();
        // What belongs to a name does not begin a literal.
        let glued =
            before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$') || *b >= 0x80);
        let (prefixed, sound) = match token {
            Token::Whitespace(_) => return Ok(()),
            Token::EscapedStringLiteral(_) => (true, ends_escaped(text) && !glued),
            Token::UnicodeStringLiteral(_) => (true, ends_unicode(text) && !glued),
            Token::DollarQuotedString(_) => (true, ends_dollar(text) && !glued),
            Token::SingleQuotedByteStringLiteral(_) => {
                (true, consists_of(text, |b| matches!(b, b'0' | b'1')) && !glued)
            }
            Token::HexStringLiteral(_) => (true, consists_of(text, |b| b.is_ascii_hexdigit()) && !glued),
            Token::SingleQuotedString(_) => (false, !self.prefixed),
            _ => (false, true),
        };
        self.prefixed = prefixed;
        if sound {
            Ok(())
        } else {
            Err(Refusal::at(Rule::Literal, at))
        }
    }
}

/// `E'…'`: a backslash takes the next character with it, two quotes are one.
fn ends_escaped(text: &str) -> bool {
    let Some(body) = text
        .strip_prefix(['E', 'e'])
        .and_then(|text| text.strip_prefix('\''))
    else {
        return false;
    };
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return false,
            '\'' if chars.next_if_eq(&'\'').is_none() => return chars.peek().is_none(),
            _ => {}
        }
    }
    false
}

/// `U&'…'`: two quotes are one, and a backslash takes nothing with it.
fn ends_unicode(text: &str) -> bool {
    let body = text
        .strip_prefix(['U', 'u'])
        .and_then(|text| text.strip_prefix("&'"))
        .and_then(|text| text.strip_suffix('\''));
    body.is_some_and(|body| !body.replace("''", "").contains('\''))
}

/// `$tag$…$tag$`: the tag is a name or nothing, and ends the literal where it stands again first.
fn ends_dollar(text: &str) -> bool {
    let Some((tag, _)) = text.strip_prefix('$').and_then(|text| text.split_once('$')) else {
        return false;
    };
    let is_name = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !tag.starts_with(|c: char| c.is_ascii_digit());
    let delimiter = format!("${tag}$");
    let body = text.strip_prefix(&delimiter).unwrap_or_default();
    let first = body.find(&delimiter);
    is_name && first.is_some_and(|first| first + delimiter.len() == body.len())
}

/// `B'…'`, `X'…'`: nothing but digits.
fn consists_of(text: &str, digit: impl Fn(u8) -> bool) -> bool {
    let body = text
        .get(1..)
        .and_then(|text| text.strip_prefix('\''))
        .and_then(|text| text.strip_suffix('\''));
    body.is_some_and(|body| body.bytes().all(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_end_where_the_server_ends_them() {
        for text in [r"E'a'", r"E'a\'b'", r"E'a''b'", r"e'\\'", r"E''"] {
            assert!(ends_escaped(text), "{text}");
        }
        for text in [r"E'a\'", r"E'a' '", r"E'a", r"E'a'b'", r"a'b'"] {
            assert!(!ends_escaped(text), "{text}");
        }
    }

    #[test]
    fn dollars_end_where_the_server_ends_them() {
        for text in ["$$a$$", "$x$a$$b$x$", "$$$$", "$_1$'$_1$", "$x$ $y$ $x$"] {
            assert!(ends_dollar(text), "{text}");
        }
        for text in [
            "$$a$$b$$",
            "$1$a$1$",
            "$x$a$X$",
            "$x$a$x$$x$",
            "$$",
            "$a b$x$a b$",
        ] {
            assert!(!ends_dollar(text), "{text}");
        }
    }

    #[test]
    fn unicode_ends_where_the_server_ends_it() {
        for text in [r"U&'a'", r"u&'a''b'", r"U&'\0441'", r"U&'\'", r"U&''"] {
            assert!(ends_unicode(text), "{text}");
        }
        for text in [r"U&'a'b'", r"U&'a", r"U&'", r"U'a'", r"U&'\''x' ", r"U&'a''' "] {
            assert!(!ends_unicode(text), "{text}");
        }
    }

    #[test]
    fn bits_are_digits() {
        assert!(consists_of("B'01'", |b| matches!(b, b'0' | b'1')));
        assert!(!consists_of("B'0 1'", |b| matches!(b, b'0' | b'1')));
        assert!(!consists_of("X'", |b| b.is_ascii_hexdigit()));
    }
}
