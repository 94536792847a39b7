//! Whole rows of tables that stand in the statement as they are, and whose key is hidden: they are written out.

use std::{ops::Range, sync::Arc};

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, Select, SelectItem,
    SelectItemQualifiedWildcardKind, Spanned, TableFactor,
};
use sqlparser::tokenizer::Token;

use super::{
    Walk,
    forms::{Form, Forms},
    grouped::Stand,
    in_place::factors,
    usage::Usage,
};
use crate::{
    Table,
    sql::{
        Dialect, Refusal, Rule,
        faults::{self, Fault},
        names, splice, write,
    },
};

/// The place of a wildcard, and the items that take it.
type Expansion = (Range<usize>, Vec<String>);

/// The name of the table that is written, the table, and the place of its row.
type WrittenRow = (Ident, Arc<Table>, Range<usize>);

impl Walk<'_> {
    /// Whether the select list can be written out so that it shows what a slice in the place of this table would.
    pub(super) fn can_expand(&self, select: &Select, usage: &Usage, stand: &Stand) -> bool {
        let known_as = names::folded(&stand.ident, self.dialect);
        let own = select.projection.iter().filter(|item| {
            self.wildcard_source(item)
                .is_some_and(|source| source == known_as)
        });
        // Named in a query inside, nobody would write it out.
        let named = usage.rows.iter().filter(|row| **row == known_as);
        let all = select
            .projection
            .iter()
            .any(|item| matches!(item, SelectItem::Wildcard(_)));
        let merges = || {
            let joins = select.from.iter().flat_map(all_joins);
            joins.into_iter().any(write::merges_columns)
        };
        let named_all = || {
            let mut sources = select.from.iter().flat_map(factors);
            sources.all(|factor| write::known_ident(factor).is_some())
        };
        own.count() == named.count() && (!all || !merges() && named_all())
    }

    /// Writes out the wildcards that would show the hidden key of a table behind its fence.
    pub(super) fn expand_wildcards(&mut self, select: &mut Select, forms: &Forms) -> Result<(), Refusal> {
        if self.dialect != Dialect::Postgres {
            return Ok(());
        }
        let mut held = Vec::new();
        for table in &select.from {
            self.stands(table, false, &mut held)?;
        }
        held.retain(|stand| forms.of(stand.at) == Form::Fenced && self.hides_key(&stand.table));
        if held.is_empty() {
            return Ok(());
        }
        let mut expanded = Vec::with_capacity(select.projection.len());
        for item in &select.projection {
            expanded.push(self.expansion(item, select, &held)?);
        }
        let mut items = Vec::with_capacity(expanded.len());
        for (item, expansion) in std::mem::take(&mut select.projection).into_iter().zip(expanded) {
            match expansion {
                None => items.push(item),
                Some((range, texts)) => {
                    self.replace(range, texts.join(", "));
                    for text in texts {
                        items.push(self.parse_item(&text)?);
                    }
                }
            }
        }
        select.projection = items;
        Ok(())
    }

    /// Where a wildcard stands that shows one of these tables, and what takes its place.
    fn expansion(
        &self,
        item: &SelectItem,
        select: &Select,
        held: &[Stand],
    ) -> Result<Option<Expansion>, Refusal> {
        let (range, texts) = match item {
            SelectItem::Wildcard(options) => {
                let mut texts = Vec::new();
                for factor in select.from.iter().flat_map(factors) {
                    let at = match factor {
                        TableFactor::Table { name, .. } => Some(self.offset(name.span())),
                        _ => None,
                    };
                    match held.iter().find(|stand| Some(stand.at) == at) {
                        Some(stand) => texts.extend(self.columns_of(&stand.table, &stand.ident)?),
                        None => {
                            let ident = write::known_ident(factor).ok_or(Refusal::new(Rule::HiddenKey))?;
                            texts.push(format!("{}.*", self.written(&ident)?));
                        }
                    }
                }
                (self.star(options)?, texts)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                let source = self.wildcard_source(item);
                let stand = held
                    .iter()
                    .find(|stand| source.as_ref() == Some(&names::folded(&stand.ident, self.dialect)));
                let Some(stand) = stand else { return Ok(None) };
                let range = self.text.range(name.span())?.start..self.star(options)?.end;
                (range, self.columns_of(&stand.table, &stand.ident)?)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
            | SelectItem::UnnamedExpr(_)
            | SelectItem::ExprWithAlias { .. }
            | SelectItem::ExprWithAliases { .. } => return Ok(None),
        };
        if texts.is_empty() {
            return Err(Refusal::at(Rule::HiddenKey, range.start));
        }
        Ok(Some((range, texts)))
    }

    /// The source of a `source.*`.
    fn wildcard_source(&self, item: &SelectItem) -> Option<String> {
        match item {
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                match name.0.last() {
                    Some(ObjectNamePart::Identifier(last)) => Some(names::folded(last, self.dialect)),
                    Some(ObjectNamePart::Function(_)) | None => None,
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
            | SelectItem::Wildcard(_)
            | SelectItem::UnnamedExpr(_)
            | SelectItem::ExprWithAlias { .. }
            | SelectItem::ExprWithAliases { .. } => None,
        }
    }

    /// The listed columns of a table that goes by this name.
    fn columns_of(&self, table: &Table, ident: &Ident) -> Result<Vec<String>, Refusal> {
        let name = self.written(ident)?;
        let columns = table.column_names().unwrap_or_default();
        Ok(columns
            .iter()
            .map(|column| format!("{name}.{}", self.dialect.quoted(column)))
            .collect())
    }

    /// The table that a name means the whole row of, where the statement writes it and its key is hidden.
    pub(super) fn hiding_target(&self, ident: &Ident) -> Option<Arc<Table>> {
        if self.dialect != Dialect::Postgres || faults::is_on(Fault::WholeRow) {
            return None;
        }
        let name = names::folded(ident, self.dialect);
        let target = self.scopes.written(&name)?;
        (self.hides_key(&target) && self.scopes.is_row(&name)).then_some(target)
    }

    /// A whole row of the table that is written, without its hidden key: a row of a query, as a slice has them. The cast keeps
    /// the server from taking the query for one side of a comparison of rows.
    pub(super) fn written_row(
        &mut self,
        ident: &Ident,
        range: Range<usize>,
    ) -> Result<Option<Expr>, Refusal> {
        let Some(table) = self.hiding_target(ident) else {
            return Ok(None);
        };
        self.names_row = true;
        let (name, columns) = (self.written(ident)?, self.columns_of(&table, ident)?.join(", "));
        let text = format!("(SELECT {name} FROM (SELECT {columns}) AS {name})::record");
        self.replace(range, text.clone());
        splice::parse_expr(&text, self.dialect).map(Some)
    }

    /// `source.*` inside of an expression, where it is the row.
    pub(super) fn row_value(&mut self, expr: &mut Expr) -> Result<(), Refusal> {
        let Expr::QualifiedWildcard(name, star) = expr else {
            return Err(Refusal::new(Rule::Construct));
        };
        if self.dialect != Dialect::Postgres {
            return self.refuse(Rule::Construct, expr);
        }
        if let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() {
            let range = self.ident_range(ident)?.start..self.text.range(star.0.span)?.end;
            let ident = ident.clone();
            if let Some(row) = self.written_row(&ident, range)? {
                *expr = row;
                return Ok(());
            }
        }
        self.names_row = true;
        self.note_row(name);
        self.whole_row(name).map(drop)
    }

    /// The arguments of a call. In `f(t.*)` the row of the table that is written is one, in `row(t.*)` all of its columns are.
    pub(super) fn call_args(&mut self, args: &mut Vec<FunctionArg>, is_row: bool) -> Result<(), Refusal> {
        let mut walked = Vec::with_capacity(args.len());
        for mut arg in args.drain(..) {
            let written = match &arg {
                FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => {
                    self.written_argument(name)?
                }
                FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => None,
            };
            let Some((ident, table, range)) = written else {
                self.function_args(std::slice::from_mut(&mut arg))?;
                walked.push(arg);
                continue;
            };
            if is_row {
                let columns = self.columns_of(&table, &ident)?;
                self.replace(range, columns.join(", "));
                for column in columns {
                    let expr = splice::parse_expr(&column, self.dialect)?;
                    walked.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)));
                }
            } else if let Some(row) = self.written_row(&ident, range)? {
                walked.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(row)));
            }
        }
        *args = walked;
        Ok(())
    }

    /// The name, the table and the place of an argument that is a row of the table that is written.
    fn written_argument(&self, name: &ObjectName) -> Result<Option<WrittenRow>, Refusal> {
        let [ObjectNamePart::Identifier(ident)] = name.0.as_slice() else {
            return Ok(None);
        };
        let Some(table) = self.hiding_target(ident) else {
            return Ok(None);
        };
        let range = self.ident_range(ident)?;
        let first = self.text.tok_at(range.start)?;
        let star = self
            .text
            .toks
            .iter()
            .skip(first)
            .find(|tok| tok.token == Token::Mul)
            .ok_or(Refusal::at(Rule::Verification, range.start))?;
        Ok(Some((ident.clone(), table, range.start..star.range.end)))
    }
}

/// How the tables of a list are joined, parentheses opened.
fn all_joins(table: &sqlparser::ast::TableWithJoins) -> Vec<&sqlparser::ast::JoinOperator> {
    fn nested(factor: &TableFactor) -> Vec<&sqlparser::ast::JoinOperator> {
        match factor {
            TableFactor::NestedJoin { table_with_joins, .. } => all_joins(table_with_joins),
            _ => Vec::new(),
        }
    }
    let mut operators = nested(&table.relation);
    for join in &table.joins {
        operators.push(&join.join_operator);
        operators.extend(nested(&join.relation));
    }
    operators
}
