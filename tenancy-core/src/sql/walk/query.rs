//! Queries: WITH, set operations, SELECT and its clauses.

use sqlparser::ast::{
    Cte, CteAsMaterialized, Distinct, Fetch, GroupByExpr, GroupByWithModifier, Ident, LimitClause, Offset,
    OffsetRows, OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select, SelectFlavor,
    SelectItem, SelectItemQualifiedWildcardKind, SelectModifiers, SetExpr, SetOperator, SetQuantifier,
    TableAlias, Values, WildcardAdditionalOptions, With,
};

use sqlparser::keywords::Keyword;

use super::{Walk, only};
use crate::sql::{
    Dialect, Refusal, Rule,
    faults::{self, Place},
    mysql, names,
};

impl Walk<'_> {
    /// A query in any place. One that changes rows is refused: it is a statement of its own.
    pub(in crate::sql) fn query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        let lock = match self.dialect {
            Dialect::Mysql => mysql::lock_text(locks, body, &self.text.toks)?,
            Dialect::Postgres | Dialect::Sqlite if locks.is_empty() => None,
            Dialect::Postgres | Dialect::Sqlite => {
                Refusal::new(Rule::RowLock).refuse()?;
                None
            }
        };
        // A lock is that of the tables in this FROM, not of those in queries inside.
        let outer = self.lock.take();
        only(
            for_clause.is_none()
                && settings.is_none()
                && format_clause.is_none()
                && pipe_operators.is_empty(),
        )?;
        self.frames.push();
        if let Some(with) = with {
            self.with(with)?;
        }
        self.lock = lock;
        self.set_expr(body)?;
        self.lock = None;
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        if let Some(limit) = limit_clause {
            self.limit(limit)?;
        }
        if let Some(Fetch {
            with_ties: _,
            percent,
            quantity,
        }) = fetch
        {
            only(!*percent)?;
            quantity.as_mut().map_or(Ok(()), |quantity| self.expr(quantity))?;
        }
        self.lock = outer;
        self.frames.pop();
        Ok(())
    }

    /// The names that a WITH gives, each under a new name of the engine's own.
    pub(super) fn with(&mut self, with: &mut With) -> Result<(), Refusal> {
        let With {
            with_token: _,
            recursive,
            cte_tables,
        } = with;
        // PostgreSQL and MySQL see the earlier ones, or all where it says RECURSIVE; SQLite sees all in any case.
        let all_at_once = match self.dialect {
            Dialect::Postgres | Dialect::Mysql => *recursive,
            Dialect::Sqlite => true,
        };
        let renamed: Vec<String> = cte_tables.iter().map(|_| self.frames.fresh()).collect();
        if all_at_once {
            for (cte, renamed) in cte_tables.iter().zip(&renamed) {
                self.frames
                    .define(names::folded(&cte.alias.name, self.dialect), renamed.clone());
            }
        }
        for (cte, renamed) in cte_tables.iter_mut().zip(renamed) {
            let given = names::folded(&cte.alias.name, self.dialect);
            self.cte(cte, &renamed)?;
            if !all_at_once {
                self.frames.define(given, renamed);
            }
        }
        Ok(())
    }

    fn cte(&mut self, cte: &mut Cte, renamed: &str) -> Result<(), Refusal> {
        let Cte {
            alias,
            query,
            from,
            materialized,
            closing_paren_token: _,
        } = cte;
        only(from.is_none())?;
        match materialized {
            None | Some(CteAsMaterialized::Materialized | CteAsMaterialized::NotMaterialized) => {}
        }
        self.alias(alias)?;
        let range = self.ident_range(&alias.name)?;
        self.edit(range, renamed.to_owned());
        alias.name = Ident::new(renamed);
        faults::within(Place::Cte, || self.cte_body(query))
    }

    /// What a common table expression is of: a query, or on PostgreSQL a write. Where one may stand the server knows.
    fn cte_body(&mut self, query: &mut Query) -> Result<(), Refusal> {
        match (&*query.body, self.dialect) {
            (
                SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_),
                Dialect::Postgres,
            ) => self.modifying_query(query),
            _ => self.query(query),
        }
    }

    /// A table's alias: checked, and without types for its columns.
    pub(super) fn alias(&mut self, alias: &TableAlias) -> Result<(), Refusal> {
        let TableAlias {
            explicit: _,
            name,
            columns,
            at,
        } = alias;
        only(at.is_none())?;
        self.check_ident(name)?;
        for column in columns {
            only(column.data_type.is_none())?;
            self.check_ident(&column.name)?;
            self.note_given(&column.name);
        }
        Ok(())
    }

    pub(in crate::sql) fn set_expr(&mut self, body: &mut SetExpr) -> Result<(), Refusal> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                match op {
                    SetOperator::Union | SetOperator::Except | SetOperator::Intersect => {}
                    SetOperator::Minus => return Err(Refusal::new(Rule::Construct)),
                }
                match set_quantifier {
                    SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => {}
                    SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
                        return Err(Refusal::new(Rule::Construct));
                    }
                }
                faults::within(Place::Arm, || {
                    self.set_expr(left)?;
                    self.set_expr(right)
                })
            }
            SetExpr::Values(values) => self.values(values),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) => {
                Err(Refusal::new(Rule::ModifyingCte))
            }
            SetExpr::Merge(_) => Err(Refusal::new(Rule::ModifyingCte)),
            // `TABLE t` keeps its name as text without quotes, so what it names is not certain.
            SetExpr::Table(_) => Err(Refusal::new(Rule::Construct)),
        }
    }

    fn values(&mut self, values: &mut Values) -> Result<(), Refusal> {
        let Values {
            explicit_row,
            value_keyword,
            rows,
        } = values;
        only((!*explicit_row && !*value_keyword) || self.dialect == Dialect::Mysql)?;
        rows.iter_mut().try_for_each(|row| self.exprs(&mut row.content))
    }

    fn select(&mut self, select: &mut Select) -> Result<(), Refusal> {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            // Of no meaning without QUALIFY.
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        only(
            optimizer_hints.is_empty()
                && self.are_harmless(select_modifiers.as_ref())
                && top.is_none()
                && !*top_before_distinct,
        )?;
        only(exclude.is_none() && into.is_none() && lateral_views.is_empty() && prewhere.is_none())?;
        only(
            connect_by.is_empty() && cluster_by.is_empty() && distribute_by.is_empty() && sort_by.is_empty(),
        )?;
        only(qualify.is_none() && value_table_mode.is_none())?;
        match flavor {
            SelectFlavor::Standard => {}
            SelectFlavor::FromFirst | SelectFlavor::FromFirstNoSelect => {
                return Err(Refusal::new(Rule::Construct));
            }
        }
        match distinct {
            None | Some(Distinct::All | Distinct::Distinct) => {}
            Some(Distinct::On(exprs)) => self.exprs(exprs)?,
        }
        for table in from {
            self.table_with_joins(table)?;
        }
        self.select_items(projection)?;
        if let Some(selection) = selection {
            self.expr(selection)?;
        }
        self.group_by(group_by)?;
        if let Some(having) = having {
            self.expr(having)?;
        }
        named_window
            .iter_mut()
            .try_for_each(|window| self.named_window(window))
    }

    /// Words between SELECT and its list, which tell the server how to work; one would count the rows for a later statement.
    fn are_harmless(&self, modifiers: Option<&SelectModifiers>) -> bool {
        let Some(SelectModifiers {
            high_priority: _,
            straight_join: _,
            sql_small_result: _,
            sql_big_result: _,
            sql_buffer_result: _,
            sql_no_cache: _,
            sql_calc_found_rows,
        }) = modifiers
        else {
            return true;
        };
        self.dialect == Dialect::Mysql && !sql_calc_found_rows
    }

    /// The items of a select list or of a RETURNING.
    pub(in crate::sql) fn select_items(&mut self, items: &mut [SelectItem]) -> Result<(), Refusal> {
        for item in items {
            match item {
                SelectItem::UnnamedExpr(expr) => self.expr(expr)?,
                SelectItem::ExprWithAlias { expr, alias } => {
                    self.check_label(alias)?;
                    self.note_given(alias);
                    self.expr(expr)?;
                }
                SelectItem::ExprWithAliases { expr, aliases: _ } => {
                    return self.refuse(Rule::Construct, expr);
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    wildcard(options)?;
                    let at = self.offset(sqlparser::ast::Spanned::span(name));
                    match names::parts(name, at)?.as_slice() {
                        [table] => self.check_ident(table)?,
                        _ => return Err(Refusal::at(Rule::Name, at)),
                    }
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(expr), _) => {
                    return self.refuse(Rule::Construct, expr);
                }
                SelectItem::Wildcard(options) => wildcard(options)?,
            }
        }
        Ok(())
    }

    /// A column's label: after AS it may be a word of the grammar, since nothing else can stand there.
    fn check_label(&self, alias: &Ident) -> Result<(), Refusal> {
        if self.dialect == Dialect::Mysql && mysql::is_text_label(alias) {
            return Ok(());
        }
        let before = self.text.tok_at(self.offset(alias.span))?.checked_sub(1);
        let after_as = before
            .and_then(|index| self.text.toks.get(index))
            .is_some_and(|tok| tok.is_keyword(Keyword::AS));
        if after_as {
            names::check_function(alias, self.dialect, self.offset(alias.span))
        } else {
            self.check_ident(alias)
        }
    }

    fn group_by(&mut self, group_by: &mut GroupByExpr) -> Result<(), Refusal> {
        match group_by {
            GroupByExpr::All(_) => Err(Refusal::new(Rule::Construct)),
            GroupByExpr::Expressions(exprs, modifiers) => {
                self.exprs(exprs)?;
                modifiers.iter_mut().try_for_each(|modifier| match modifier {
                    GroupByWithModifier::GroupingSets(expr) => self.expr(expr),
                    GroupByWithModifier::Rollup if self.dialect == Dialect::Mysql => Ok(()),
                    GroupByWithModifier::Rollup | GroupByWithModifier::Cube | GroupByWithModifier::Totals => {
                        Err(Refusal::new(Rule::Construct))
                    }
                })
            }
        }
    }

    fn order_by(&mut self, order_by: &mut OrderBy) -> Result<(), Refusal> {
        let OrderBy { kind, interpolate } = order_by;
        only(interpolate.is_none())?;
        match kind {
            OrderByKind::Expressions(exprs) => self.order_by_exprs(exprs),
            OrderByKind::All(_) => Err(Refusal::new(Rule::Construct)),
        }
    }

    pub(in crate::sql) fn order_by_exprs(&mut self, exprs: &mut [OrderByExpr]) -> Result<(), Refusal> {
        exprs.iter_mut().try_for_each(|order| {
            let OrderByExpr {
                expr,
                options: OrderByOptions { sort, nulls_first: _ },
                with_fill,
            } = order;
            only(with_fill.is_none())?;
            match sort {
                None | Some(OrderBySort::Asc | OrderBySort::Desc) => {}
                Some(OrderBySort::Using(_)) => return self.refuse(Rule::Operator, expr),
            }
            self.expr(expr)
        })
    }

    fn limit(&mut self, limit: &mut LimitClause) -> Result<(), Refusal> {
        match limit {
            LimitClause::LimitOffset {
                limit,
                offset,
                limit_by,
            } => {
                only(limit_by.is_empty())?;
                limit.as_mut().map_or(Ok(()), |limit| self.expr(limit))?;
                offset.as_mut().map_or(Ok(()), |Offset { value, rows }| {
                    match rows {
                        OffsetRows::None | OffsetRows::Row | OffsetRows::Rows => {}
                    }
                    self.expr(value)
                })
            }
            LimitClause::OffsetCommaLimit { offset, limit } => {
                self.expr(offset)?;
                self.expr(limit)
            }
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
