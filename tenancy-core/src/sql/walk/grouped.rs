//! PostgreSQL's grouping by a primary key: the tables that have to stay, and their keys in the GROUP BY.
//!
//! `SELECT a.id, a.title, count(*) … GROUP BY a.id` is right where `id` is the primary key of `a`. Of a shared table the key is
//! often (tenant, id), so the tenant's column joins the grouping. That changes no group: it has one value in the slice.
//! On the nullable side of an outer join it is NULL in the rows that were made up, and there it stays away, unless `id` is known
//! to be unique in a slice: then those rows are groups of their own already.

use std::sync::Arc;

use sqlparser::{
    ast::{Expr, GroupByExpr, Ident, Select, SelectItem, Spanned, TableFactor, TableWithJoins, Value},
    keywords::Keyword,
};

use super::{
    Walk,
    forms::{Form, Forms},
    grouping::common,
    table::{keeps_left, keeps_right},
    usage::{Usage, Used},
};
use crate::{
    Table, TableKind,
    sql::{Breadth, Refusal, Rule, names, splice},
};

/// A table of the catalogue in a FROM.
pub(super) struct Stand {
    pub(super) at: usize,
    pub(super) ident: Ident,
    pub(super) table: Arc<Table>,
    nullable: bool,
}

impl Walk<'_> {
    /// The tables that have to stay as they are, and the keys to put into the GROUP BY.
    pub(super) fn grouped_tables(
        &self,
        select: &Select,
        usage: &Usage,
    ) -> Result<(Forms, Vec<String>), Refusal> {
        let (mut forms, mut keys) = (Forms::default(), Vec::new());
        let GroupByExpr::Expressions(exprs, modifiers) = &select.group_by else {
            return Ok((forms, keys));
        };
        let nothing = exprs.is_empty() && usage.tables.is_empty();
        if nothing || self.placer.breadth != Breadth::One {
            return Ok((forms, keys));
        }
        let mut stands = Vec::new();
        for table in &select.from {
            self.stands(table, false, &mut stands)?;
        }
        self.told_tables(select, usage, &stands, &mut forms)?;
        let grouped = self.grouped_columns(select, exprs, usage);
        let common = self.common_columns(select, exprs);
        for stand in stands {
            let columns: Vec<&str> = grouped
                .iter()
                .filter(|used| self.may_be_of(used, &stand))
                .filter_map(|used| used.column.as_deref())
                .collect();
            let shows_more = usage
                .output
                .iter()
                .any(|used| self.may_be_of(used, &stand) && !grouped.iter().any(|group| group.is(used)));
            let wild = usage.output.iter().any(|used| used.column.is_none());
            if columns.is_empty()
                || !shows_more
                || (wild && self.hides_key(&stand.table) && !self.can_expand(select, usage, &stand))
            {
                continue;
            }
            let TableKind::Tenant { key } = stand.table.kind() else {
                // The key of a mixed table is no single value.
                if matches!(stand.table.kind(), TableKind::Mixed { .. }) {
                    forms.set(stand.at, Form::Fenced);
                }
                continue;
            };
            forms.set(stand.at, Form::Fenced);
            let everywhere: Vec<&str> = common
                .iter()
                .filter(|used| self.may_be_of(used, &stand))
                .filter_map(|used| used.column.as_deref())
                .collect();
            if modifiers.is_empty() && self.key_joins(&stand, key, (&columns, &everywhere)) {
                keys.push(format!(
                    "{}.{}",
                    self.written(&stand.ident)?,
                    self.dialect.quoted(key)
                ));
            }
        }
        Ok((forms, keys))
    }

    /// The tables whose rows are asked what table they stand in stay too.
    fn told_tables(
        &self,
        select: &Select,
        usage: &Usage,
        stands: &[Stand],
        forms: &mut Forms,
    ) -> Result<(), Refusal> {
        for stand in stands {
            let known_as = names::folded(&stand.ident, self.dialect);
            let has_form = matches!(
                stand.table.kind(),
                TableKind::Tenant { .. } | TableKind::Mixed { .. }
            );
            if !has_form || stand.table.is_view() || !usage.tables.contains(&known_as) {
                continue;
            }
            if self.hides_key(&stand.table) && !self.can_expand(select, usage, stand) {
                return Err(Refusal::at(Rule::HiddenKey, stand.at));
            }
            forms.set(stand.at, Form::Fenced);
        }
        Ok(())
    }

    /// Puts keys behind the GROUP BY.
    pub(super) fn group_by_keys(&mut self, select: &mut Select, keys: Vec<String>) -> Result<(), Refusal> {
        let GroupByExpr::Expressions(exprs, _) = &mut select.group_by else {
            return Ok(());
        };
        if keys.is_empty() {
            return Ok(());
        }
        let end = self
            .clause_after(&select.select_token, Keyword::GROUP)?
            .ok_or(Refusal::new(Rule::Verification))?
            .end;
        for key in keys {
            exprs.push(splice::parse_expr(&key, self.dialect)?);
            self.put(end, format!(", {key}"));
        }
        Ok(())
    }

    /// Whether the key joins a grouping by these columns of its table, of which the second ones are in every grouping set.
    ///
    /// Behind the sets it joins each of them. A set without the primary key would show that: of no rows it may be one group.
    fn key_joins(&self, stand: &Stand, key: &str, (columns, everywhere): (&[&str], &[&str])) -> bool {
        let fold = |column: &String| names::folded_name(column, self.dialect);
        let key = names::folded_name(key, self.dialect);
        let covered = |unique: &[String]| {
            let mut rest = unique.iter().map(fold).filter(|column| *column != key);
            unique.iter().any(|column| fold(column) == key)
                && rest.all(|column| everywhere.contains(&&*column))
        };
        if columns.contains(&&*key) || everywhere.is_empty() {
            return false;
        }
        match (stand.table.primary_key(), stand.table.unique_keys()) {
            (Some(primary), _) => covered(primary),
            (None, Some(keys)) if stand.nullable => keys.iter().any(|unique| covered(unique)),
            (None, _) => !stand.nullable,
        }
    }

    /// What the GROUP BY names, by place and by the names of the select list too.
    fn grouped_columns(&self, select: &Select, exprs: &[Expr], usage: &Usage) -> Vec<Used> {
        let mut grouped = usage.grouped.clone();
        for expr in exprs {
            grouped.extend(self.named_elsewhere(select, expr));
        }
        grouped
    }

    /// The columns that an element of the GROUP BY names by a place or a name of the select list.
    fn named_elsewhere(&self, select: &Select, expr: &Expr) -> Vec<Used> {
        let item = |item: &SelectItem| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => self.plain_column(expr),
            SelectItem::ExprWithAliases { .. }
            | SelectItem::QualifiedWildcard(..)
            | SelectItem::Wildcard(_) => None,
        };
        match expr {
            Expr::Value(value) => {
                let Value::Number(number, _) = &value.value else {
                    return Vec::new();
                };
                let place = number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
                let named = place.and_then(|place| select.projection.get(place));
                named.and_then(item).into_iter().collect()
            }
            Expr::Identifier(name) => {
                let name = names::folded(name, self.dialect);
                let aliased = select.projection.iter().filter(|item| {
                    matches!(item, SelectItem::ExprWithAlias { alias, .. } if names::folded(alias, self.dialect) == name)
                });
                aliased.filter_map(item).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The columns that are in every grouping set.
    fn common_columns(&self, select: &Select, exprs: &[Expr]) -> Vec<Used> {
        let common = common(exprs);
        let named = common.iter().flat_map(|expr| self.named_elsewhere(select, expr));
        let plain = common.iter().filter_map(|expr| self.plain_column(expr));
        plain.chain(named).collect()
    }

    fn plain_column(&self, expr: &Expr) -> Option<Used> {
        let fold = |ident: &Ident| names::folded(ident, self.dialect);
        match expr {
            Expr::Nested(inner) => self.plain_column(inner),
            Expr::Identifier(column) => Some(Used {
                source: None,
                column: Some(fold(column)),
            }),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [source, column] => Some(Used {
                    source: Some(fold(source)),
                    column: Some(fold(column)),
                }),
                _ => None,
            },
            _ => None,
        }
    }

    fn may_be_of(&self, used: &Used, stand: &Stand) -> bool {
        let known_as = names::folded(&stand.ident, self.dialect);
        match (&used.source, &used.column) {
            (Some(source), _) => *source == known_as,
            (None, Some(column)) => *column == known_as || self.table_columns(&stand.table).may_have(column),
            (None, None) => true,
        }
    }

    /// The catalogue's tables in a FROM.
    pub(super) fn stands(
        &self,
        table: &TableWithJoins,
        nullable: bool,
        out: &mut Vec<Stand>,
    ) -> Result<(), Refusal> {
        let TableWithJoins { relation, joins } = table;
        let from_right =
            |rest: &[sqlparser::ast::Join]| rest.iter().any(|join| keeps_right(&join.join_operator));
        self.stand(relation, nullable || from_right(joins), out)?;
        joins.iter().enumerate().try_for_each(|(index, join)| {
            let later = joins.get(index + 1..).unwrap_or_default();
            let nullable = nullable || keeps_left(&join.join_operator) || from_right(later);
            self.stand(&join.relation, nullable, out)
        })
    }

    fn stand(&self, factor: &TableFactor, nullable: bool, out: &mut Vec<Stand>) -> Result<(), Refusal> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let at = self.offset(name.span());
                let parts = names::parts(name, at)?;
                if self.cte_of(&parts).is_some() {
                    return Ok(());
                }
                let last = parts.last().ok_or(Refusal::at(Rule::Name, at))?;
                let ident = alias.as_ref().map_or(*last, |alias| &alias.name).clone();
                let table = self.tables.find(&parts, at)?;
                out.push(Stand {
                    at,
                    ident,
                    table,
                    nullable,
                });
                Ok(())
            }
            TableFactor::NestedJoin {
                table_with_joins,
                alias: None,
            } => self.stands(table_with_joins, nullable, out),
            _ => Ok(()),
        }
    }
}
