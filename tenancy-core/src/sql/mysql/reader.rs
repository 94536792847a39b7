//! How the parser reads MySQL.

use std::any::TypeId;

use sqlparser::{
    ast::{BinaryOperator, Expr, Statement},
    dialect::{Dialect, MySqlDialect, Precedence},
    keywords::Keyword,
    parser::{Parser, ParserError},
    tokenizer::Token,
};

/// The parser's own MySQL dialect, with a few things read as the server reads them.
///
/// - `/*! … */` stays a comment in the tokens, where it is refused: the server runs what is in it.
/// - `MOD` and `SOUNDS LIKE` are operators.
/// - A name does not begin with `@`: that is a variable.
#[derive(Debug)]
pub(in crate::sql) struct MySqlReader;

/// An operator that is a word to the server and none to the parser: its name, and how many words it has.
fn word_operator(parser: &Parser<'_>) -> Option<(&'static str, usize)> {
    let word = |token: &Token, text: &str| {
        matches!(token, Token::Word(word)
            if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text))
    };
    let [first, second] = parser.peek_tokens_ref();
    if word(&first.token, "MOD") {
        Some(("MOD", 1))
    } else if word(&first.token, "SOUNDS") && word(&second.token, "LIKE") {
        Some(("SOUNDS LIKE", 2))
    } else {
        None
    }
}

/// What it is told apart from.
const BASE: MySqlDialect = MySqlDialect {};

impl Dialect for MySqlReader {
    fn dialect(&self) -> TypeId {
        // The parser asks for the type of its own dialect in places.
        BASE.dialect()
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        ch != '@' && BASE.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch != '@' && BASE.is_identifier_part(ch)
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        BASE.is_delimited_identifier_start(ch)
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        BASE.identifier_quote_style(identifier)
    }

    fn supports_multiline_comment_hints(&self) -> bool {
        false
    }

    as_the_base! {
        BASE:
        supports_string_literal_backslash_escape supports_string_literal_concatenation ignores_wildcard_escapes
        supports_numeric_prefix supports_bitwise_shift_operators require_interval_qualifier supports_limit_comma
        supports_create_table_select supports_insert_set supports_user_host_grantee supports_table_hints
        requires_single_line_comment_whitespace supports_match_against supports_select_modifiers supports_set_names
        supports_comma_separated_set_assignments supports_update_order_by supports_data_type_signed_suffix
        supports_cross_join_constraint supports_double_ampersand_operator supports_binary_kw_as_cast
        supports_comment_optimizer_hint supports_constraint_keyword_without_name supports_key_column_option
        supports_group_by_with_modifier supports_left_associative_joins_without_parens
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        expr: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let Some((name, words)) = word_operator(parser) else {
            return BASE.parse_infix(parser, expr, precedence);
        };
        for _ in 0..words {
            parser.next_token();
        }
        Some(parser.parse_subexpr(precedence).map(|right| Expr::BinaryOp {
            left: Box::new(expr.clone()),
            op: BinaryOperator::Custom(name.to_owned()),
            right: Box::new(right),
        }))
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        let precedence = match word_operator(parser)?.0 {
            "MOD" => Precedence::MulDivModOp,
            _ => Precedence::Like,
        };
        Some(Ok(self.prec_value(precedence)))
    }

    fn supports_bang_not_operator(&self) -> bool {
        true
    }

    fn parse_statement(&self, parser: &mut Parser<'_>) -> Option<Result<Statement, ParserError>> {
        BASE.parse_statement(parser)
    }

    fn is_table_factor_alias(&self, explicit: bool, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        BASE.is_table_factor_alias(explicit, keyword, parser)
    }
}
