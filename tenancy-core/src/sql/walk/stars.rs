//! What a `*` stands for in a SELECT whose rows go into a table.

use sqlparser::{
    ast::{Ident, ObjectNamePart, SelectItem, SelectItemQualifiedWildcardKind},
    tokenizer::Location,
};

use super::{Walk, columns::Columns};
use crate::sql::names;

/// The most columns that are written out for the `*` of one statement.
const MAX_WRITTEN: usize = 10_000;

/// A column as it is written with its source.
pub(in crate::sql) type Written = [Ident; 2];

impl Walk<'_> {
    /// Notes the columns of each `*` of a select list, where all of its sources have known ones and names.
    pub(super) fn note_stars(&mut self, select: Location, projection: &[SelectItem]) {
        let is_star =
            |item: &&SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        if !self.into_table || !projection.iter().any(|item| is_star(&item)) {
            return;
        }
        let stars: Option<Vec<Vec<Written>>> = projection
            .iter()
            .filter(is_star)
            .map(|item| self.star_columns(item))
            .collect();
        let Some(stars) = stars else { return };
        let width: usize = stars.iter().map(Vec::len).sum();
        self.written_stars += width;
        if self.written_stars <= MAX_WRITTEN {
            self.stars.insert(select, stars);
        }
    }

    fn star_columns(&self, item: &SelectItem) -> Option<Vec<Written>> {
        let only = match item {
            SelectItem::Wildcard(_) => None,
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                match name.0.as_slice() {
                    [ObjectNamePart::Identifier(table)] => Some(names::folded(table, self.dialect)),
                    [] | [ObjectNamePart::Function(_)] | [_, _, ..] => return None,
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
            | SelectItem::UnnamedExpr(_)
            | SelectItem::ExprWithAlias { .. }
            | SelectItem::ExprWithAliases { .. } => return None,
        };
        let mut all = Vec::new();
        for (name, columns) in self.scopes.shown()? {
            // Of two sources of one name the server would not know which is meant.
            let is_other = |other: &(&str, &Columns)| other.0 == name;
            if name.is_empty() || self.scopes.shown()?.filter(is_other).count() > 1 {
                return None;
            }
            if only.as_ref().is_some_and(|only| only != name) {
                continue;
            }
            let Columns::Exactly(columns) = columns else {
                return None;
            };
            for (place, column) in columns.iter().enumerate() {
                if column.is_empty() || columns.iter().skip(place + 1).any(|other| other == column) {
                    return None;
                }
                all.push([self.dialect.ident(name), self.dialect.ident(column)]);
            }
        }
        Some(all).filter(|all| !all.is_empty())
    }
}
