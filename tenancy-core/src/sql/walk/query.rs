//! Queries: WITH, set operations, SELECT and its clauses.

use sqlparser::ast::{
    Cte, CteAsMaterialized, Distinct, Expr, Fetch, Ident, OrderBy, Query, Select, SelectFlavor,
    SelectModifiers, SetExpr, SetOperator, SetQuantifier, TableAlias, Values, With,
};

use super::{
    Walk,
    columns::Columns,
    only,
    usage::{Clause, Usage},
};
use crate::sql::{
    Dialect, Refusal, Rule,
    faults::{self, Place},
    mysql, names, types,
};

/// A common table expression that is being defined: the engine's name for it, and the names that it gives to its columns.
pub(super) type Opening = (String, Vec<String>);

/// The most items of a FROM. No server joins nearly as many, and the time to read one grows with all before it.
const MAX_FROM: usize = 4_000;

impl Walk<'_> {
    /// A query in any place. One that changes rows is refused: it is a statement of its own.
    pub(in crate::sql) fn query(&mut self, query: &mut Query) -> Result<(), Refusal> {
        self.query_columns(query).map(drop)
    }

    /// As [`Walk::query`]; the columns are those that the query has for a reader.
    pub(in crate::sql) fn query_columns(&mut self, query: &mut Query) -> Result<Columns, Refusal> {
        let opening = self.opening.take();
        let at_top = std::mem::take(&mut self.at_top);
        let in_join = std::mem::take(&mut self.in_join);
        let depth = self.scopes.depth();
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
            Dialect::Sqlite => {
                Refusal::new(Rule::RowLock).refuse()?;
                None
            }
            Dialect::Postgres => None,
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
        if self.dialect == Dialect::Postgres && !locks.is_empty() {
            self.check_locks(locks, body)?;
        }
        self.lock = lock;
        self.at_top = at_top && matches!(&**body, SetExpr::Select(_));
        let columns = self.body(body, order_by.as_mut(), opening)?;
        self.lock = None;
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
        self.scopes.close_to(depth);
        self.frames.pop();
        self.in_join = in_join;
        Ok(columns)
    }

    /// The body of a query with its ORDER BY, which sees the sources of a SELECT and of nothing else.
    fn body(
        &mut self,
        body: &mut SetExpr,
        order_by: Option<&mut OrderBy>,
        opening: Option<Opening>,
    ) -> Result<Columns, Refusal> {
        if let SetExpr::Select(select) = body {
            return self.select(select, order_by);
        }
        let columns = self.set_expr(body, opening)?;
        order_by.map_or(Ok(()), |order_by| self.order_by(order_by))?;
        Ok(columns)
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
        let given: Vec<String> = alias
            .columns
            .iter()
            .map(|column| names::folded(&column.name, self.dialect))
            .collect();
        self.opening = Some((renamed.to_owned(), given.clone()));
        let columns = faults::within(Place::Cte, || self.cte_body(query))?;
        self.scopes.set_cte(renamed.to_owned(), columns.renamed(given));
        Ok(())
    }

    /// What a common table expression is of: a query, or on PostgreSQL a write. Where one may stand the server knows.
    fn cte_body(&mut self, query: &mut Query) -> Result<Columns, Refusal> {
        match (&*query.body, self.dialect) {
            (
                SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_),
                Dialect::Postgres,
            ) => {
                self.opening = None;
                self.modifying_query(query)?;
                Ok(self.returned.take().unwrap_or(Columns::none()))
            }
            _ => self.query_columns(query),
        }
    }

    /// The alias of a function in FROM, which may list the columns of its records with their types.
    pub(super) fn typed_alias(&mut self, alias: Option<&mut TableAlias>) -> Result<(), Refusal> {
        let Some(alias) = alias else { return Ok(()) };
        for column in &mut alias.columns {
            let at = self.offset(column.name.span);
            if let Some(data_type) = &mut column.data_type
                && (self.dialect != Dialect::Postgres
                    || !types::is_type_allowed(self.dialect, data_type) && !self.own_type(data_type)?)
            {
                return Err(Refusal::at(Rule::Type, at));
            }
        }
        self.alias_names(alias)
    }

    /// A table's alias: checked, and without types for its columns.
    pub(in crate::sql) fn alias(&mut self, alias: &TableAlias) -> Result<(), Refusal> {
        only(alias.columns.iter().all(|column| column.data_type.is_none()))?;
        self.alias_names(alias)
    }

    fn alias_names(&mut self, alias: &TableAlias) -> Result<(), Refusal> {
        let TableAlias {
            explicit: _,
            name,
            columns,
            at,
        } = alias;
        only(at.is_none())?;
        self.check_ident(name)?;
        for column in columns {
            self.check_ident(&column.name)?;
            self.note_given(&column.name);
        }
        Ok(())
    }

    /// `opening` is the common table expression that the body belongs to: its second arm may read what the first has made.
    fn set_expr(&mut self, body: &mut SetExpr, opening: Option<Opening>) -> Result<Columns, Refusal> {
        match body {
            SetExpr::Select(select) => self.select(select, None),
            SetExpr::Query(query) => self.query_columns(query),
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
                    let depth = self.scopes.depth();
                    let columns = self.set_expr(left, None)?;
                    self.scopes.close_to(depth);
                    if let Some((renamed, given)) = opening {
                        self.scopes.set_cte(renamed, columns.clone().renamed(given));
                    }
                    self.set_expr(right, None)?;
                    self.scopes.close_to(depth);
                    Ok(columns)
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

    fn values(&mut self, values: &mut Values) -> Result<Columns, Refusal> {
        let Values {
            explicit_row,
            value_keyword,
            rows,
        } = values;
        only((!*explicit_row && !*value_keyword) || self.dialect == Dialect::Mysql)?;
        rows.iter_mut().try_for_each(|row| self.exprs(&mut row.content))?;
        let width = rows.first().map_or(0, |row| row.content.len());
        let columns = (1..=width).map(|n| format!("column{n}")).collect();
        // A row written as `t.*` has as many values as the row has columns.
        let whole = rows.first().is_some_and(|row| {
            row.content
                .iter()
                .any(|value| matches!(value, Expr::QualifiedWildcard(..)))
        });
        Ok(if whole {
            Columns::Known(columns)
        } else {
            Columns::Exactly(columns)
        })
    }

    /// A SELECT with the ORDER BY behind it. Its sources stay open until the query ends.
    fn select(&mut self, select: &mut Select, order_by: Option<&mut OrderBy>) -> Result<Columns, Refusal> {
        let Select {
            select_token,
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
        let at_top = std::mem::take(&mut self.at_top);
        self.scopes.open();
        self.usage.push(Usage::at(self.scopes.depth()));
        if from.len() > MAX_FROM {
            return Err(Refusal::new(Rule::TooLong));
        }
        for table in from.iter_mut() {
            self.table_with_joins(table)?;
        }
        if let Some(selection) = selection {
            self.expr(selection)?;
        }
        self.now_in(Clause::Output);
        match distinct {
            None | Some(Distinct::All | Distinct::Distinct) => {}
            Some(Distinct::On(exprs)) => self.exprs(exprs)?,
        }
        self.at_top = at_top;
        let columns = self.select_items(projection)?;
        if self.into_table
            && let Some(width) = columns.width()
        {
            self.widths.insert(select_token.0.span.start, width);
        }
        self.note_stars(select_token.0.span.start, projection);
        let edited = std::mem::take(&mut self.edited_items);
        if let Some(having) = having {
            self.expr(having)?;
        }
        named_window
            .iter_mut()
            .try_for_each(|window| self.named_window(window))?;
        order_by.map_or(Ok(()), |order_by| self.order_by(order_by))?;
        self.now_in(Clause::GroupBy);
        self.group_by(group_by)?;
        self.settle(select)?;
        self.keep_titles(select, &edited)?;
        Ok(columns)
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
}
