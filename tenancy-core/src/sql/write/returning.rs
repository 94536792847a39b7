//! RETURNING: what a write tells of its rows.

use sqlparser::ast::{
    Ident, SelectItem, SelectItemQualifiedWildcardKind, Spanned, TableWithJoins, WildcardAdditionalOptions,
};

use super::Target;
use crate::sql::{Dialect, Refusal, Rule, names, splice, walk::Walk};

/// The place of a wildcard, and the items that take it.
type Expansion = (std::ops::Range<usize>, Vec<String>);

impl Walk<'_> {
    /// The RETURNING of a write. Of a target whose key is hidden, `*` means the listed columns.
    pub(super) fn returning(
        &mut self,
        target: &Target,
        others: &[TableWithJoins],
        returning: &mut Option<Vec<SelectItem>>,
    ) -> Result<(), Refusal> {
        self.returned = None;
        let Some(items) = returning else {
            return Ok(());
        };
        self.returned = Some(self.select_items(items)?);
        if !self.hides_key(&target.table) {
            return Ok(());
        }
        let mut expanded = Vec::with_capacity(items.len());
        for item in items.drain(..) {
            match self.wildcard_of(target, others, &item)? {
                None => expanded.push(item),
                Some((range, texts)) => {
                    self.replace(range, texts.join(", "));
                    for text in texts {
                        expanded.push(self.parse_item(&text)?);
                    }
                }
            }
        }
        *items = expanded;
        Ok(())
    }

    /// A wildcard that would show the hidden key, written out.
    fn wildcard_of(
        &self,
        target: &Target,
        others: &[TableWithJoins],
        item: &SelectItem,
    ) -> Result<Option<Expansion>, Refusal> {
        match item {
            SelectItem::Wildcard(options) => {
                let mut items = listed(target, self.dialect);
                match self.dialect {
                    // There RETURNING shows the target alone.
                    Dialect::Sqlite | Dialect::Mysql => {}
                    Dialect::Postgres => items.extend(self.other_wildcards(others)?),
                }
                Ok(Some((self.star(options)?, items)))
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let at = self.offset(name.span());
                let [table] = names::parts(name, at)?[..] else {
                    return Err(Refusal::at(Rule::Name, at));
                };
                let called = names::folded(table, self.dialect);
                // From PostgreSQL 18 on they are whole rows of the target.
                if self.dialect == Dialect::Postgres && matches!(called.as_str(), "old" | "new") {
                    return Err(Refusal::at(Rule::HiddenKey, at));
                }
                if called != target.folded {
                    return Ok(None);
                }
                let range = self.text.range(name.span())?.start..self.star(options)?.end;
                Ok(Some((range, listed(target, self.dialect))))
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                self.refuse(Rule::Construct, expr)
            }
            SelectItem::UnnamedExpr(_)
            | SelectItem::ExprWithAlias { .. }
            | SelectItem::ExprWithAliases { .. } => Ok(None),
        }
    }

    /// `x.*` of each other relation. Joins that merge columns have fewer than their sides.
    fn other_wildcards(&self, others: &[TableWithJoins]) -> Result<Vec<String>, Refusal> {
        let relations = others.iter().flat_map(|table| {
            std::iter::once((&table.relation, None)).chain(
                table
                    .joins
                    .iter()
                    .map(|join| (&join.relation, Some(&join.join_operator))),
            )
        });
        relations
            .map(|(relation, operator)| {
                let merges = operator.is_some_and(super::merges_columns);
                match self.written_name(relation)? {
                    Some(name) if !merges => Ok(format!("{name}.*")),
                    Some(_) | None => self.refuse(Rule::HiddenKey, relation),
                }
            })
            .collect()
    }

    pub(in crate::sql) fn star(
        &self,
        options: &WildcardAdditionalOptions,
    ) -> Result<std::ops::Range<usize>, Refusal> {
        self.text.range(options.wildcard_token.0.span)
    }

    pub(in crate::sql) fn parse_item(&self, text: &str) -> Result<SelectItem, Refusal> {
        let query = splice::parse_query(&format!("SELECT {text}"), self.dialect)?;
        match *query.body {
            sqlparser::ast::SetExpr::Select(mut select) if select.projection.len() == 1 => {
                select.projection.pop().ok_or(Refusal::new(Rule::Verification))
            }
            _ => Err(Refusal::new(Rule::Verification)),
        }
    }

    /// The name that a relation goes by, as it is written, if it is an identifier's.
    fn written_name(&self, relation: &sqlparser::ast::TableFactor) -> Result<Option<String>, Refusal> {
        let Some(ident) = super::known_ident(relation) else {
            return Ok(None);
        };
        Ok(Some(written(&ident)))
    }
}

/// An identifier as it can be written again.
fn written(ident: &Ident) -> String {
    ident.to_string()
}

/// The listed columns of the target, as items of a RETURNING.
fn listed(target: &Target, dialect: Dialect) -> Vec<String> {
    let columns = target.table.column_names().unwrap_or_default();
    let item = |column: &String| {
        let label = dialect.quoted(column);
        match dialect {
            Dialect::Postgres => format!("{}.{label} AS {label}", target.name),
            // RETURNING does not know the target's alias there. In backticks a name is never a text.
            Dialect::Sqlite | Dialect::Mysql => format!("`{column}` AS {label}"),
        }
    };
    columns.iter().map(item).collect()
}
