//! GROUP BY: grouping sets inside of each other, which the parser reads as calls; and what all grouping sets have in common.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, ObjectNamePart,
};

use super::{Walk, only};
use crate::sql::{Dialect, Refusal, Rule, mend};

impl Walk<'_> {
    /// An element of a grouping set: an expression, or `ROLLUP (…)`, `CUBE (…)` or `GROUPING SETS (…)` in the form of a
    /// call. In the place of an element the words are the grammar's; in quotes they are not.
    pub(super) fn grouping_element(&mut self, element: &mut Expr) -> Result<(), Refusal> {
        match element {
            Expr::Function(function) if self.dialect == Dialect::Postgres && is_grouping(function) => {
                self.grouping_call(function)
            }
            other => self.expr(other),
        }
    }

    fn grouping_call(&mut self, function: &mut Function) -> Result<(), Refusal> {
        let Function {
            name: _,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = function;
        only(!*uses_odbc_syntax && matches!(parameters, FunctionArguments::None) && within_group.is_empty())?;
        only(filter.is_none() && null_treatment.is_none() && over.is_none())?;
        let FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses,
        }) = args
        else {
            return Err(Refusal::new(Rule::Construct));
        };
        only(clauses.is_empty())?;
        args.iter_mut().try_for_each(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(element)) => self.grouping_element(element),
            FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
                self.refuse(Rule::Construct, &*arg)
            }
        })
    }
}

fn is_grouping(function: &Function) -> bool {
    let [ObjectNamePart::Identifier(name)] = function.name.0.as_slice() else {
        return false;
    };
    let is = |word: &str| name.value.eq_ignore_ascii_case(word);
    name.quote_style.is_none() && (is("rollup") || is("cube") || name.value == mend::GROUPING_SETS)
}

/// The expressions that are in every grouping set which these elements of a GROUP BY make together: the sets of one element
/// are each joined with those of the others.
pub(super) fn common(elements: &[Expr]) -> Vec<&Expr> {
    elements.iter().flat_map(common_of).collect()
}

fn common_of(element: &Expr) -> Vec<&Expr> {
    match element {
        Expr::GroupingSets(sets) => in_all(sets.iter().map(|set| common(set))),
        // One of their sets is empty.
        Expr::Cube(_) | Expr::Rollup(_) => Vec::new(),
        Expr::Function(function) if is_grouping(function) => {
            let is_sets = matches!(
                function.name.0.as_slice(),
                [ObjectNamePart::Identifier(name)] if name.value == mend::GROUPING_SETS
            );
            match &function.args {
                FunctionArguments::List(list) if is_sets => in_all(list.args.iter().map(|arg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(set)) => common_of(set),
                    FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => {
                        Vec::new()
                    }
                })),
                FunctionArguments::None | FunctionArguments::Subquery(_) | FunctionArguments::List(_) => {
                    Vec::new()
                }
            }
        }
        Expr::Tuple(elements) => common(elements),
        Expr::Nested(element) => common_of(element),
        other => vec![other],
    }
}

/// What is in each of these sets.
fn in_all<'e>(mut sets: impl Iterator<Item = Vec<&'e Expr>>) -> Vec<&'e Expr> {
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |all, set| {
        all.into_iter().filter(|expr| set.contains(expr)).collect()
    })
}
