//! The second reading of what a statement calls and casts to: names of the server's own lists, pinned where they can be,
//! and those that the catalogue allows.

use sqlparser::ast::{
    ArrayElemTypeDef, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr,
    Ident, JsonTableColumn, ObjectName, ObjectNamePart, TableAlias,
};

use super::Reader;
use crate::sql::{Dialect, functions, mend, mysql, types};

impl Reader<'_> {
    /// Whether an expression, without those inside of it, names only functions and types that are allowed.
    pub(super) fn names_allowed(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Function(function) => self.may_call(function),
            Expr::Cast { data_type, .. } => self.may_cast_to(data_type),
            Expr::TypedString(typed) => types::is_type_allowed(self.placer.dialect, &typed.data_type),
            Expr::Convert {
                data_type: Some(data_type),
                ..
            } => self.may_cast_to(data_type),
            _ => true,
        }
    }

    /// Whether the types in `AS t(a integer)` are allowed.
    pub(super) fn columns_allowed(&self, alias: Option<&TableAlias>) -> bool {
        let mut columns = alias.into_iter().flat_map(|alias| &alias.columns);
        columns.all(|column| column.data_type.as_ref().is_none_or(|ty| self.may_cast_to(ty)))
    }

    /// How many grouping sets stand inside of others, where the parser reads `ROLLUP (…)` as a call.
    pub(super) fn nested_groupings(&self, group_by: &GroupByExpr) -> usize {
        match group_by {
            GroupByExpr::All(_) => 0,
            GroupByExpr::Expressions(exprs, _) => exprs
                .iter()
                .map(|expr| match expr {
                    Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => sets
                        .iter()
                        .flatten()
                        .map(|element| self.groupings_in(element))
                        .sum(),
                    _ => 0,
                })
                .sum(),
        }
    }

    fn groupings_in(&self, element: &Expr) -> usize {
        let Expr::Function(Function {
            args: FunctionArguments::List(list),
            ..
        }) = element
        else {
            return 0;
        };
        if !self.is_grouping(element) {
            return 0;
        }
        let inner = list.args.iter().map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => self.groupings_in(inner),
            FunctionArg::Unnamed(_) | FunctionArg::Named { .. } | FunctionArg::ExprNamed { .. } => 0,
        });
        1 + inner.sum::<usize>()
    }

    /// Whether an expression has the form of a call of a word that makes grouping sets.
    pub(super) fn is_grouping(&self, expr: &Expr) -> bool {
        let Expr::Function(function) = expr else {
            return false;
        };
        match idents(&function.name).as_deref() {
            Some([name]) if self.placer.dialect == Dialect::Postgres && name.quote_style.is_none() => {
                let is = |word: &str| name.value.eq_ignore_ascii_case(word);
                is("rollup") || is("cube") || name.value == mend::GROUPING_SETS
            }
            _ => false,
        }
    }

    fn may_call(&self, function: &Function) -> bool {
        let args = match &function.args {
            FunctionArguments::None => 0,
            FunctionArguments::Subquery(_) => 1,
            FunctionArguments::List(list) => list.args.len(),
        };
        let dialect = self.placer.dialect;
        let listed = |name: &str| {
            functions::is_allowed(dialect, name, args) || functions::is_table_function_allowed(dialect, name)
        };
        let called = match idents(&function.name).as_deref() {
            Some([schema, name]) if dialect == Dialect::Postgres && self.called(schema) == "pg_catalog" => {
                listed(&self.called(name))
            }
            Some([name]) => match (dialect, name.quote_style) {
                (Dialect::Sqlite, _) | (Dialect::Mysql, None) => listed(&self.called(name)),
                // What has no schema there is grammar. ALL is a word that no function can have.
                (Dialect::Postgres, None) => {
                    let name = self.called(name);
                    name == "all" || functions::is_syntax(dialect, &name) && listed(&name)
                }
                (Dialect::Postgres | Dialect::Mysql, Some(_)) => false,
            },
            _ => false,
        };
        called || self.is_own(&function.name, self.tables.functions())
    }

    fn may_cast_to(&self, ty: &DataType) -> bool {
        if types::is_type_allowed(self.placer.dialect, ty) {
            return true;
        }
        match ty {
            DataType::Custom(name, modifiers) => {
                modifiers.is_empty() && self.is_own(name, self.tables.types())
            }
            DataType::Array(ArrayElemTypeDef::SquareBracket(item, _)) => {
                self.placer.dialect == Dialect::Postgres && self.may_cast_to(item)
            }
            _ => false,
        }
    }

    /// Whether a name is one that the catalogue allows, with its schema where there is one to write.
    fn is_own(&self, name: &ObjectName, allowed: &[(Option<String>, String)]) -> bool {
        let Some(parts) = idents(name) else {
            return false;
        };
        let dialect = self.placer.dialect;
        allowed.iter().any(|(schema, own)| {
            let schema = schema.as_deref().or(dialect.default_schema());
            match (parts.as_slice(), schema, dialect) {
                ([given, last], Some(schema), Dialect::Postgres | Dialect::Mysql) => {
                    let quoted = |part: &Ident| part.quote_style == Some(dialect.quote());
                    quoted(given) && given.value == schema && quoted(last) && last.value == *own
                }
                ([last], None, Dialect::Postgres | Dialect::Mysql) | ([last], _, Dialect::Sqlite) => {
                    last.value.eq_ignore_ascii_case(own)
                }
                _ => false,
            }
        })
    }

    fn called(&self, name: &Ident) -> String {
        match (self.placer.dialect, name.quote_style) {
            (Dialect::Postgres, Some(_)) => name.value.clone(),
            _ => name.value.to_ascii_lowercase(),
        }
    }
}

/// The parts of a name; `None` where one is computed.
fn idents(name: &ObjectName) -> Option<Vec<&Ident>> {
    let parts = name.0.iter().map(|part| match part {
        ObjectNamePart::Identifier(ident) => Some(ident),
        ObjectNamePart::Function(_) => None,
    });
    parts.collect()
}

/// Whether the columns that a JSON_TABLE makes are of allowed types.
pub(super) fn json_columns_allowed(columns: &[JsonTableColumn]) -> bool {
    columns.iter().all(|column| match column {
        JsonTableColumn::ForOrdinality(_) => true,
        JsonTableColumn::Named(named) => mysql::is_column_type(&named.r#type),
        JsonTableColumn::Nested(nested) => json_columns_allowed(&nested.columns),
    })
}
