//! Literals, and the parts of values.

use sqlparser::ast::{AccessExpr, Expr, Subscript, Value, ValueWithSpan};

use super::{Walk, columns::Columns, only};
use crate::sql::{Dialect, Refusal, Rule, names};

impl Walk<'_> {
    /// `(t).a` of a source that is known to have the column. Any other field could be a function of the row type.
    pub(super) fn is_field(&mut self, root: &Expr, chain: &[AccessExpr]) -> Result<bool, Refusal> {
        let (Expr::Nested(row), [AccessExpr::Dot(Expr::Identifier(field))]) = (root, chain) else {
            return Ok(false);
        };
        let Expr::Identifier(source) = &**row else {
            return Ok(false);
        };
        let name = names::folded(source, self.dialect);
        let column = names::folded(field, self.dialect);
        let known = self.scopes.columns_of(&name)?;
        let is_known = match &known {
            Some(Columns::Exactly(_) | Columns::Known(_)) => {
                known.is_some_and(|columns| columns.may_have(&column))
            }
            Some(Columns::Unknown) | None => false,
        };
        if self.dialect != Dialect::Postgres || !is_known || !self.scopes.is_row(&name) {
            return Ok(false);
        }
        self.names_row = true;
        self.column(&[source.clone(), field.clone()]).map(|()| true)
    }

    /// `t.a[1]`: a column, and what the parser has taken for a chain of fields behind its table.
    pub(super) fn is_column(&mut self, root: &Expr, chain: &mut [AccessExpr]) -> Result<bool, Refusal> {
        let (Expr::Identifier(source), [AccessExpr::Dot(Expr::Identifier(field)), subscripts @ ..]) =
            (root, chain)
        else {
            return Ok(false);
        };
        self.column(&[source.clone(), field.clone()])?;
        subscripts
            .iter_mut()
            .try_for_each(|subscript| self.access(subscript))
            .map(|()| true)
    }

    /// `a[1]`, `a[1:2]`.
    pub(super) fn access(&mut self, access: &mut AccessExpr) -> Result<(), Refusal> {
        match access {
            AccessExpr::Dot(expr) => self.refuse(Rule::Construct, expr),
            AccessExpr::Subscript(Subscript::Index { index }) => self.expr(index),
            AccessExpr::Subscript(Subscript::Slice {
                lower_bound,
                upper_bound,
                stride,
            }) => {
                only(stride.is_none())?;
                lower_bound.as_mut().map_or(Ok(()), |bound| self.expr(bound))?;
                upper_bound.as_mut().map_or(Ok(()), |bound| self.expr(bound))
            }
        }
    }

    pub(in crate::sql) fn value(&mut self, value: &ValueWithSpan) -> Result<(), Refusal> {
        let ValueWithSpan { value, span } = value;
        match value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::HexStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null => Ok(()),
            // The parser also puts `:name` and `@name` together, which carry no number.
            Value::Placeholder(name)
                if is_numbered(name) || self.dialect == Dialect::Mysql && name == "?" =>
            {
                Ok(())
            }
            Value::Placeholder(_) => Refusal::at(Rule::Placeholder, self.offset(*span)).refuse(),
            // Where they end was looked at in the text.
            Value::EscapedStringLiteral(_)
            | Value::UnicodeStringLiteral(_)
            | Value::DollarQuotedString(_)
            | Value::SingleQuotedByteStringLiteral(_)
                if self.dialect == Dialect::Postgres =>
            {
                Ok(())
            }
            Value::DoubleQuotedString(_)
            | Value::NationalStringLiteral(_)
            | Value::SingleQuotedByteStringLiteral(_)
                if self.dialect == Dialect::Mysql =>
            {
                Ok(())
            }
            Value::DollarQuotedString(_)
            | Value::TripleSingleQuotedString(_)
            | Value::TripleDoubleQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::UnicodeStringLiteral(_)
            | Value::SingleQuotedByteStringLiteral(_)
            | Value::DoubleQuotedByteStringLiteral(_)
            | Value::TripleSingleQuotedByteStringLiteral(_)
            | Value::TripleDoubleQuotedByteStringLiteral(_)
            | Value::SingleQuotedRawStringLiteral(_)
            | Value::DoubleQuotedRawStringLiteral(_)
            | Value::TripleSingleQuotedRawStringLiteral(_)
            | Value::TripleDoubleQuotedRawStringLiteral(_)
            | Value::NationalStringLiteral(_)
            | Value::QuoteDelimitedStringLiteral(_)
            | Value::NationalQuoteDelimitedStringLiteral(_)
            | Value::DoubleQuotedString(_) => Refusal::at(Rule::Literal, self.offset(*span)).refuse(),
        }
    }
}

fn is_numbered(placeholder: &str) -> bool {
    let digits = placeholder.strip_prefix(['$', '?']).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}
