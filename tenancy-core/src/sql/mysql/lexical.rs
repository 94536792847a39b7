//! What the server and the parser could read differently, token by token.

use sqlparser::tokenizer::{Token, Whitespace};

use crate::sql::{Refusal, Rule, text::is_plain_name};

/// Refuses a token of which it is not certain that the server reads it as the parser does.
///
/// The `sql_mode` is without `ANSI_QUOTES` and `NO_BACKSLASH_ESCAPES`: `"…"` is a literal, in which as in `'…'` a backslash
/// takes the next character with it. The client's character set is `utf8mb4`, in which no character has a quote or a
/// backslash for a part.
pub(in crate::sql) fn check_lexical(token: &Token, text: &str, at: usize) -> Result<(), Refusal> {
    let plain = match token {
        Token::Whitespace(Whitespace::Space | Whitespace::Tab | Whitespace::Newline) => text
            .bytes()
            .all(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)),
        // `--` needs a space behind it; the server takes any control character for one, the parser any Unicode space.
        Token::Whitespace(Whitespace::SingleLineComment { prefix, .. }) => {
            let begins = match prefix.as_str() {
                "--" => text
                    .as_bytes()
                    .get(2)
                    .is_some_and(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')),
                "#" => true,
                _ => false,
            };
            begins && !text.contains('\0')
        }
        // `/*! … */` and MariaDB's `/*M! … */` are code.
        Token::Whitespace(Whitespace::MultiLineComment(comment)) => {
            !comment.starts_with(['!', 'm', 'M']) && !text.contains('\0')
        }
        Token::Word(word) if word.quote_style.is_some() => !text.contains(['\0', '\n', '\r']),
        Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::NationalStringLiteral(_) => {
            !text.contains('\0')
        }
        // Of an odd number of digits, or with others in it, the quoted one is a name and a literal to the server.
        Token::HexStringLiteral(digits) => {
            digits.bytes().all(|b| b.is_ascii_hexdigit())
                && !digits.is_empty()
                && (digits.len() % 2 == 0 || text.starts_with('0'))
        }
        Token::SingleQuotedByteStringLiteral(digits) => {
            digits.bytes().all(|b| matches!(b, b'0' | b'1')) && !digits.is_empty()
        }
        Token::Word(word) if !text.is_ascii() => is_plain_name(word),
        _ => text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()),
    };
    if plain {
        Ok(())
    } else {
        Refusal::at(Rule::Lexical, at).refuse()
    }
}
