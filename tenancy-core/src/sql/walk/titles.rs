//! Names of columns that are their text.
//!
//! SQLite and MySQL call a column that has no name after what was written for it. Where something was edited in it, or a
//! placeholder numbered, it is given what the user wrote as its name.

use sqlparser::ast::{Expr, Ident, Select, SelectItem};

use super::Walk;
use crate::sql::{Dialect, Refusal};

/// The longest alias of MySQL, in characters; a longer text stays without.
const MAX_ALIAS: usize = 256;

impl Walk<'_> {
    /// Names the items of a select list after their text, where that is not what the server will read; `edited` are those in
    /// which something was edited, in order.
    pub(super) fn keep_titles(&mut self, select: &mut Select, edited: &[usize]) -> Result<(), Refusal> {
        let by_text = match self.dialect {
            Dialect::Postgres => false,
            Dialect::Sqlite | Dialect::Mysql => !edited.is_empty() || self.text.is_changed(),
        };
        if !by_text || self.into_table {
            return Ok(());
        }
        let ranges = self.projection(select)?;
        for (index, (item, range)) in select.projection.iter_mut().zip(ranges).enumerate() {
            let SelectItem::UnnamedExpr(expr) = item else {
                continue;
            };
            let written = match self.text.written(range.clone()) {
                None if edited.binary_search(&index).is_ok() => self.text.sql.get(range.clone()),
                written => written,
            };
            let Some(title) = written.filter(|title| !is_column(expr) && self.is_title(title)) else {
                continue;
            };
            let (quote, doubled) = match self.dialect {
                Dialect::Mysql => ('`', title.replace('`', "``")),
                Dialect::Postgres | Dialect::Sqlite => ('"', title.replace('"', "\"\"")),
            };
            self.put(range.end, format!(" AS {quote}{doubled}{quote}"));
            let alias = Ident::with_quote(quote, doubled);
            let expr = std::mem::replace(expr, Expr::Wildcard(select.select_token.clone()));
            *item = SelectItem::ExprWithAlias { expr, alias };
        }
        Ok(())
    }

    /// Whether a text can be the name of a column.
    fn is_title(&self, title: &str) -> bool {
        let fits = match self.dialect {
            Dialect::Mysql => title.chars().count() <= MAX_ALIAS,
            Dialect::Postgres | Dialect::Sqlite => true,
        };
        // Expressions have several lines, names nothing worse.
        fits && !title
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    }
}

/// Whether a server calls the expression after a column.
fn is_column(expr: &Expr) -> bool {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => true,
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => is_column(inner),
        // Everything else is called after its text.
        _ => false,
    }
}
