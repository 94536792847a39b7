//! How the parser reads SQLite.

use std::any::TypeId;

use sqlparser::{
    ast::{Expr, Statement},
    dialect::{Dialect, SQLiteDialect},
    parser::{Parser, ParserError},
};

/// The parser's own SQLite dialect, which also reads `INSERT INTO t AS x …`.
#[derive(Debug)]
pub(super) struct SqliteReader;

/// What it is told apart from.
const BASE: SQLiteDialect = SQLiteDialect {};

impl Dialect for SqliteReader {
    fn dialect(&self) -> TypeId {
        // The parser asks for the type of its own dialect in places.
        BASE.dialect()
    }

    fn supports_insert_table_alias(&self) -> bool {
        true
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        BASE.is_delimited_identifier_start(ch)
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        BASE.identifier_quote_style(identifier)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        BASE.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        BASE.is_identifier_part(ch)
    }

    as_the_base! {
        BASE:
        supports_filter_during_aggregation supports_start_transaction_modifier supports_in_empty_list
        supports_limit_comma supports_asc_desc_in_column_definition supports_dollar_placeholder
        supports_notnull_operator supports_comma_separated_trim supports_numeric_literal_underscores
    }

    fn parse_statement(&self, parser: &mut Parser<'_>) -> Option<Result<Statement, ParserError>> {
        BASE.parse_statement(parser)
    }

    fn parse_infix(
        &self,
        parser: &mut Parser<'_>,
        expr: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        BASE.parse_infix(parser, expr, precedence)
    }
}
