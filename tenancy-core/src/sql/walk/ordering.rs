//! GROUP BY, ORDER BY and LIMIT.

use sqlparser::ast::{
    GroupByExpr, GroupByWithModifier, LimitClause, Offset, OffsetRows, OrderBy, OrderByExpr, OrderByKind,
    OrderByOptions, OrderBySort,
};

use super::{Walk, only};
use crate::sql::{Dialect, Refusal, Rule};

impl Walk<'_> {
    pub(super) fn group_by(&mut self, group_by: &mut GroupByExpr) -> Result<(), Refusal> {
        match group_by {
            GroupByExpr::All(_) => Err(Refusal::new(Rule::Construct)),
            GroupByExpr::Expressions(exprs, modifiers) => {
                exprs.iter_mut().try_for_each(|expr| {
                    if self.told_name(expr)? {
                        Ok(())
                    } else {
                        self.expr(expr)
                    }
                })?;
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

    pub(super) fn order_by(&mut self, order_by: &mut OrderBy) -> Result<(), Refusal> {
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

    pub(super) fn limit(&mut self, limit: &mut LimitClause) -> Result<(), Refusal> {
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
