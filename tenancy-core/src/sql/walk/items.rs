//! The items of select lists.

use sqlparser::{
    ast::{
        Expr, Ident, ObjectName, SelectItem, SelectItemQualifiedWildcardKind, Spanned,
        WildcardAdditionalOptions,
    },
    keywords::Keyword,
};

use super::{Walk, columns::Columns, only, plain_name};
use crate::sql::{Dialect, Refusal, Rule, mysql, names};

impl Walk<'_> {
    /// The items of a select list or of a RETURNING.
    pub(in crate::sql) fn select_items(&mut self, items: &mut [SelectItem]) -> Result<Columns, Refusal> {
        let at_top = std::mem::take(&mut self.at_top);
        let mut columns = Columns::none();
        let mut edited = Vec::new();
        for (index, item) in items.iter_mut().enumerate() {
            self.scopes.check_width()?;
            let more = match item {
                SelectItem::UnnamedExpr(expr) => {
                    let label = self.label(expr);
                    let before = self.edits.len();
                    self.item(expr, at_top)?;
                    if self.edits.len() > before {
                        edited.push(index);
                    }
                    Columns::Exactly(vec![label.unwrap_or_default()])
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    self.check_label(alias)?;
                    self.note_given(alias);
                    self.item(expr, at_top)?;
                    Columns::Exactly(vec![names::folded(alias, self.dialect)])
                }
                SelectItem::ExprWithAliases { expr, aliases: _ } => {
                    return self.refuse(Rule::Construct, expr);
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    wildcard(options)?;
                    self.whole_row(name)?
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    return self.refuse(Rule::Construct, expr);
                }
                SelectItem::Wildcard(options) => {
                    wildcard(options)?;
                    self.use_row(None);
                    self.scopes.columns_from(0)?
                }
            };
            columns = columns.and(more);
        }
        self.edited_items = edited;
        Ok(columns)
    }

    /// An item of a select list; `at_top` is whether it goes to the caller.
    fn item(&mut self, expr: &mut Expr, at_top: bool) -> Result<(), Refusal> {
        if at_top && self.told_name(expr)? {
            return Ok(());
        }
        self.expr(expr)
    }

    /// The columns of `t.*`. A schema in front of the table's name is taken away.
    pub(super) fn whole_row(&mut self, name: &mut ObjectName) -> Result<Columns, Refusal> {
        let at = self.offset(name.span());
        let mut parts: Vec<Ident> = names::parts(name, at)?.into_iter().cloned().collect();
        if let [schema, table] = parts.as_slice() {
            self.drop_schema(schema, table)?;
            parts.remove(0);
            *name = plain_name(parts.clone());
        }
        let [table] = parts.as_slice() else {
            return Err(Refusal::at(Rule::Name, at));
        };
        self.check_ident(table)?;
        let folded = names::folded(table, self.dialect);
        let columns = self.scopes.columns_of(&folded)?.unwrap_or(Columns::none());
        self.use_row(Some(folded));
        Ok(columns)
    }

    /// A column's label: after AS it may be a word of the grammar, since nothing else can stand there.
    fn check_label(&self, alias: &Ident) -> Result<(), Refusal> {
        let is_text = match self.dialect {
            Dialect::Mysql => mysql::is_text_label(alias),
            Dialect::Sqlite => alias.quote_style == Some('\'') && !alias.value.contains('\''),
            Dialect::Postgres => false,
        };
        if is_text {
            return Ok(());
        }
        let before = self.text.tok_at(self.offset(alias.span))?.checked_sub(1);
        let after_as = before
            .and_then(|index| self.text.toks.get(index))
            .is_some_and(|tok| tok.is_keyword(Keyword::AS));
        let as_text = alias.quote_style == Some('\'') && !alias.value.contains('\'');
        if self.dialect == Dialect::Sqlite && as_text {
            Ok(())
        } else if after_as {
            names::check_function(alias, self.dialect, self.offset(alias.span))
        } else {
            self.check_ident(alias)
        }
    }
}

/// A `*` without the extras that other databases give it.
fn wildcard(options: &WildcardAdditionalOptions) -> Result<(), Refusal> {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    only(opt_ilike.is_none() && opt_exclude.is_none() && opt_except.is_none())?;
    only(opt_replace.is_none() && opt_rename.is_none() && opt_alias.is_none())
}
