//! The allow list of operators. Those of an application's own are refused unless the catalogue allows them: each is a function.

use sqlparser::ast::{BinaryOperator, UnaryOperator};

use super::Walk;
use crate::sql::Dialect;

impl Walk<'_> {
    /// Whether an operator between two operands may stand in a statement: the server's own, or one that the catalogue allows.
    pub(super) fn allows_operator(&self, op: &BinaryOperator) -> bool {
        is_binary_allowed(self.dialect, op)
            // The parser writes an operator as it is in the text; what is a word or has a schema is no sign.
            || self.tables.allows_operator(&op.to_string())
    }
}

/// Whether an operator between two operands, or before ANY and ALL, may stand in a statement.
fn is_binary_allowed(dialect: Dialect, op: &BinaryOperator) -> bool {
    let postgres = dialect == Dialect::Postgres;
    let mysql = dialect == Dialect::Mysql;
    match op {
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::StringConcat
        | BinaryOperator::Gt
        | BinaryOperator::Lt
        | BinaryOperator::GtEq
        | BinaryOperator::LtEq
        | BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::BitwiseOr
        | BinaryOperator::BitwiseAnd
        | BinaryOperator::PGBitwiseShiftLeft
        | BinaryOperator::PGBitwiseShiftRight
        | BinaryOperator::Arrow
        | BinaryOperator::LongArrow => true,
        BinaryOperator::Glob => dialect == Dialect::Sqlite,
        BinaryOperator::BitwiseXor => postgres || mysql,
        BinaryOperator::PGOverlap
        | BinaryOperator::PGBitwiseXor
        | BinaryOperator::PGExp
        | BinaryOperator::PGRegexMatch
        | BinaryOperator::PGRegexIMatch
        | BinaryOperator::PGRegexNotMatch
        | BinaryOperator::PGRegexNotIMatch
        | BinaryOperator::PGLikeMatch
        | BinaryOperator::PGILikeMatch
        | BinaryOperator::PGNotLikeMatch
        | BinaryOperator::PGNotILikeMatch
        | BinaryOperator::PGStartsWith
        | BinaryOperator::HashArrow
        | BinaryOperator::HashLongArrow
        | BinaryOperator::AtAt
        | BinaryOperator::AtArrow
        | BinaryOperator::ArrowAt
        | BinaryOperator::HashMinus
        | BinaryOperator::AtQuestion
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe
        | BinaryOperator::Overlaps
        | BinaryOperator::DoubleHash
        | BinaryOperator::LtDashGt
        | BinaryOperator::AndLt
        | BinaryOperator::AndGt
        | BinaryOperator::LtLtPipe
        | BinaryOperator::PipeGtGt
        | BinaryOperator::AndLtPipe
        | BinaryOperator::PipeAndGt
        | BinaryOperator::LtCaret
        | BinaryOperator::GtCaret
        | BinaryOperator::QuestionHash
        | BinaryOperator::QuestionDash
        | BinaryOperator::QuestionDashPipe
        | BinaryOperator::QuestionDoublePipe
        | BinaryOperator::TildeEq => postgres,
        BinaryOperator::Spaceship | BinaryOperator::Xor | BinaryOperator::MyIntegerDivide => mysql,
        // MySQL's are the reader's own names for operators that are words.
        BinaryOperator::Custom(name) => {
            postgres && is_built_in(name) || mysql && matches!(name.as_str(), "MOD" | "SOUNDS LIKE")
        }
        // `OPERATOR(pg_catalog.=)`
        BinaryOperator::PGCustomBinaryOperator(parts) => {
            matches!(parts.as_slice(), [schema, name] if postgres && schema == "pg_catalog" && is_built_in(name))
        }
        // SQLite's MATCH and REGEXP call functions that extensions define.
        BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::DuckIntegerDivide
        | BinaryOperator::At
        | BinaryOperator::Assignment => false,
    }
}

/// PostgreSQL's operators between two operands (`pg_operator`, versions 15 to 18): each is a function of its operands alone.
#[rustfmt::skip]
const BUILT_IN: &[&str] = &[
    "!~", "!~*", "!~~", "!~~*", "#", "##", "#-", "#>", "#>>", "%", "&", "&&", "&<", "&<|", "&>", "*", "*<", "*<=", "*<>",
    "*=", "*>", "*>=", "+", "-", "->", "->>", "-|-", "/", "<", "<->", "<<", "<<=", "<<|", "<=", "<>", "<@", "<^", "=", ">",
    ">=", ">>", ">>=", ">^", "?", "?#", "?&", "?-", "?-|", "?|", "?||", "@>", "@?", "@@", "@@@", "^", "^@", "|", "|&>",
    "|>>", "||", "~", "~*", "~<=~", "~<~", "~=", "~>=~", "~>~", "~~", "~~*",
];

fn is_built_in(operator: &str) -> bool {
    BUILT_IN.contains(&operator)
}

/// Whether an operator of one operand may stand in a statement.
pub(super) fn is_unary_allowed(dialect: Dialect, op: UnaryOperator) -> bool {
    match op {
        UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not | UnaryOperator::BitwiseNot => true,
        UnaryOperator::PGAbs
        | UnaryOperator::PGCubeRoot
        | UnaryOperator::PGSquareRoot
        | UnaryOperator::AtDashAt
        | UnaryOperator::DoubleAt
        | UnaryOperator::Hash
        // To PostgreSQL `!!` is the negation of a text search.
        | UnaryOperator::PGPrefixFactorial
        | UnaryOperator::QuestionDash
        | UnaryOperator::QuestionPipe => dialect == Dialect::Postgres,
        UnaryOperator::BangNot => dialect == Dialect::Mysql,
        UnaryOperator::PGPostfixFactorial => false,
    }
}
