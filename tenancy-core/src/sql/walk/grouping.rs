//! GROUP BY: grouping sets inside of each other, which the parser reads as calls.

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
