//! Which columns a SELECT groups by, and which it shows besides.
//!
//! PostgreSQL lets a SELECT that groups by a table's primary key show the table's other columns too, but only of a table
//! itself: a slice in a derived table has no key. What is noted here decides which tables have to stay (see `forms`). It may
//! note too much: a table that stays without need means the same.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::Walk;
use crate::sql::{Dialect, names};

/// PostgreSQL's aggregates: what stands in them needs no grouping. One that is missing here costs a needless change of form.
#[rustfmt::skip]
const AGGREGATES: &[&str] = &[
    "any_value", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count", "covar_pop",
    "covar_samp", "cume_dist", "dense_rank", "every", "json_agg", "json_object_agg", "jsonb_agg", "jsonb_object_agg", "max",
    "min", "mode", "percent_rank", "percentile_cont", "percentile_disc", "range_agg", "range_intersect_agg", "rank",
    "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy",
    "stddev", "stddev_pop", "stddev_samp", "string_agg", "sum", "var_pop", "var_samp", "variance", "xmlagg",
];

pub(super) fn is_aggregate(name: &str) -> bool {
    AGGREGATES.binary_search(&name).is_ok()
}

/// A clause of a SELECT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Clause {
    /// FROM and WHERE, which come before the grouping.
    #[default]
    Before,
    /// The select list, HAVING, windows and ORDER BY.
    Output,
    /// GROUP BY.
    GroupBy,
}

/// A column as it is written; without a column, the whole row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Used {
    pub(super) source: Option<String>,
    pub(super) column: Option<String>,
}

impl Used {
    /// Whether both may be the same column.
    pub(super) fn is(&self, other: &Used) -> bool {
        let sources = match (&self.source, &other.source) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        };
        sources && self.column.is_some() && self.column == other.column
    }
}

/// What a SELECT uses.
#[derive(Debug, Default)]
pub(super) struct Usage {
    clause: Clause,
    aggregates: usize,
    pub(super) output: Vec<Used>,
    pub(super) grouped: Vec<Used>,
    /// The sources of which `source.*` is named, anywhere.
    pub(super) rows: Vec<String>,
    /// The sources that are asked for the table of their rows.
    pub(super) tables: Vec<String>,
    /// How many scopes are open in it.
    pub(super) depth: usize,
}

impl Usage {
    /// Of a SELECT whose sources are in this many scopes.
    pub(super) fn at(depth: usize) -> Self {
        Self {
            depth,
            ..Self::default()
        }
    }
}

impl Walk<'_> {
    /// Notes that the walk comes to another clause of the innermost SELECT.
    pub(super) fn now_in(&mut self, clause: Clause) {
        if let Some(usage) = self.usage.last_mut() {
            usage.clause = clause;
        }
    }

    pub(super) fn aggregating(&mut self, is: bool) {
        if let Some(usage) = self.usage.last_mut() {
            usage.aggregates += usize::from(is);
        }
    }

    pub(super) fn aggregated(&mut self, was: bool) {
        if let Some(usage) = self.usage.last_mut() {
            usage.aggregates -= usize::from(was);
        }
    }

    /// Notes a column for every SELECT around it: any of them may be the one whose column it is.
    pub(super) fn use_column(&mut self, parts: &[Ident]) {
        let folded = |ident: &Ident| names::folded(ident, self.dialect);
        match parts {
            [column] => {
                let column = Some(folded(column));
                self.note_used(Used { source: None, column });
            }
            [source, column] => {
                let (source, column) = (Some(folded(source)), Some(folded(column)));
                self.note_used(Used { source, column });
            }
            _ => {}
        }
    }

    /// Notes that the table of a source's rows is asked for.
    pub(super) fn use_table(&mut self, source: &str) {
        for usage in &mut self.usage {
            usage.tables.push(source.to_owned());
        }
    }

    /// Notes `source.*`, or `*`.
    pub(super) fn use_row(&mut self, source: Option<String>) {
        for usage in &mut self.usage {
            usage.rows.extend(source.clone());
        }
        self.note_used(Used { source, column: None });
    }

    /// Notes that an expression names a whole row, as `t.*` does inside of a call.
    pub(super) fn note_row(&mut self, name: &ObjectName) {
        if let Some(ObjectNamePart::Identifier(last)) = name.0.last() {
            self.note_column(None, last);
        }
    }

    fn note_used(&mut self, used: Used) {
        if self.dialect != Dialect::Postgres {
            return;
        }
        for usage in &mut self.usage {
            match usage.clause {
                Clause::Output if usage.aggregates == 0 => usage.output.push(used.clone()),
                Clause::GroupBy => usage.grouped.push(used.clone()),
                Clause::Before | Clause::Output => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aggregates_are_sorted() {
        assert!(AGGREGATES.is_sorted_by(|left, right| left < right));
    }
}
