//! The names that PostgreSQL gives to the items of a select list that have none.

use sqlparser::ast::{AccessExpr, Expr, ObjectNamePart, SelectItem, SetExpr};

use super::Walk;
use crate::sql::names;

impl Walk<'_> {
    /// The name of the column that an expression makes, where one is certain; a column of another name has to be given one with
    /// AS before it can be named.
    pub(super) fn label(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Identifier(name) => Some(names::folded(name, self.dialect)),
            Expr::CompoundIdentifier(parts) => parts.last().map(|name| names::folded(name, self.dialect)),
            Expr::Nested(inner) => self.label(inner),
            Expr::Cast { expr: inner, .. } | Expr::Collate { expr: inner, .. } => self.label(inner),
            // The last field, and without one what the subscripts are of.
            Expr::CompoundFieldAccess { root, access_chain } => {
                let field = access_chain.iter().rev().find_map(|access| match access {
                    AccessExpr::Dot(field) => Some(field),
                    AccessExpr::Subscript(_) => None,
                });
                self.label(field.unwrap_or(root))
            }
            Expr::Function(function) => match function.name.0.last() {
                Some(ObjectNamePart::Identifier(name)) => Some(names::folded(name, self.dialect)),
                Some(ObjectNamePart::Function(_)) | None => None,
            },
            Expr::Subquery(query) => match &*query.body {
                SetExpr::Select(select) => match select.projection.first() {
                    Some(SelectItem::UnnamedExpr(first)) => self.label(first),
                    Some(SelectItem::ExprWithAlias { alias, .. }) => Some(names::folded(alias, self.dialect)),
                    _ => None,
                },
                _ => None,
            },
            Expr::Extract { .. } => Some("extract".to_owned()),
            Expr::Substring { .. } => Some("substring".to_owned()),
            Expr::Position { .. } => Some("position".to_owned()),
            Expr::Overlay { .. } => Some("overlay".to_owned()),
            // No other gives a name; a name too few is refused, never taken for a column.
            _ => None,
        }
    }
}
