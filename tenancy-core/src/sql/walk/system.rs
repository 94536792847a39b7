//! `tableoid::regclass` and `pg_typeof(…)`: names that the server tells.
//!
//! What table a row stands in is no secret to who reads the row, and of what type a value is neither. But with a value of
//! these types the server looks up the name in any literal that it is compared or united with
//! (`tableoid::regclass = 'shops'`), which tells what relations there are. So they pass as texts
//! (`tableoid::regclass::text`), and as they are only where they go to the caller, or group.
//!
//! The table has to stand in the FROM for that, behind its fence; a column of a query could have the name and any value.

use sqlparser::ast::{
    CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectNamePart, Spanned,
};

use super::{Walk, only};
use crate::sql::{Dialect, Refusal, Rule, names};

const TABLE_ID: &str = "tableoid";
const TYPE_OF: &str = "pg_typeof";

/// Whether a name could be taken for the column that tells a row's table.
pub(super) fn is_table_id(name: &Ident) -> bool {
    name.value.eq_ignore_ascii_case(TABLE_ID)
}

/// Whether a value of the type is a text to the server.
pub(super) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Text | DataType::Varchar(_) | DataType::CharacterVarying(_) => true,
        DataType::Custom(name, modifiers) => {
            modifiers.is_empty()
                && matches!(
                    name.0.as_slice(),
                    [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("name")
                )
        }
        _ => false,
    }
}

impl Walk<'_> {
    /// Walks a name that the server tells, if the expression is one. The caller knows that it may stand here.
    pub(super) fn told_name(&mut self, expr: &mut Expr) -> Result<bool, Refusal> {
        if self.dialect != Dialect::Postgres {
            return Ok(false);
        }
        match expr {
            Expr::Nested(inner) => self.told_name(inner),
            Expr::Cast {
                kind: CastKind::Cast | CastKind::DoubleColon,
                expr,
                data_type: DataType::Regclass,
                format: None,
            } => match &mut **expr {
                Expr::Identifier(column) => match self.told_alone(column)? {
                    Some(told) => {
                        **expr = told;
                        Ok(true)
                    }
                    None => Ok(false),
                },
                Expr::CompoundIdentifier(parts) => {
                    if let [schema, table, _] = parts.as_slice() {
                        self.drop_schema(schema, table)?;
                        parts.remove(0);
                    }
                    self.table_of_row(parts)
                }
                _ => Ok(false),
            },
            Expr::Function(function)
                if self
                    .function_name(&function.name)
                    .is_ok_and(|name| name == TYPE_OF) =>
            {
                self.type_of(function).map(|()| true)
            }
            _ => Ok(false),
        }
    }

    /// `t.tableoid`
    fn table_of_row(&mut self, parts: &[Ident]) -> Result<bool, Refusal> {
        let [source, column] = parts else {
            return Ok(false);
        };
        if names::folded(column, self.dialect) != TABLE_ID {
            return Ok(false);
        }
        self.check_idents(parts)?;
        let source = names::folded(source, self.dialect);
        if !self.scopes.tells_table(&source) {
            Refusal::at(Rule::SystemColumn, self.offset(column.span)).refuse()?;
        }
        self.use_table(&source);
        self.names_system = true;
        Ok(true)
    }

    /// `tableoid`, which gets the name of its table: behind a fence it is not known without.
    fn told_alone(&mut self, column: &Ident) -> Result<Option<Expr>, Refusal> {
        if names::folded(column, self.dialect) != TABLE_ID {
            return Ok(None);
        }
        self.check_ident(column)?;
        let at = self.offset(column.span);
        self.names_system = true;
        let Some((source, is_target)) = self.scopes.told_alone() else {
            Refusal::at(Rule::SystemColumn, at).refuse()?;
            return Ok(Some(Expr::Identifier(column.clone())));
        };
        if is_target {
            return Ok(Some(Expr::Identifier(column.clone())));
        }
        self.use_table(&source);
        self.put(at, format!("{}.", self.dialect.quoted(&source)));
        Ok(Some(Expr::CompoundIdentifier(vec![
            self.dialect.ident(&source),
            column.clone(),
        ])))
    }

    fn type_of(&mut self, function: &mut Function) -> Result<(), Refusal> {
        let Function {
            name,
            uses_odbc_syntax,
            parameters,
            args,
            within_group,
            filter,
            null_treatment,
            over,
        } = function;
        let range = self.text.range(name.span())?;
        only(!*uses_odbc_syntax && matches!(parameters, FunctionArguments::None) && within_group.is_empty())?;
        only(filter.is_none() && null_treatment.is_none() && over.is_none())?;
        let FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses,
        }) = args
        else {
            return Err(Refusal::at(Rule::Function, range.start));
        };
        let one = matches!(args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Expr(_))]);
        only(one && clauses.is_empty())?;
        self.pin_function(name, TYPE_OF, range.start)?;
        self.asks_type = Some(range.start);
        self.function_args(args)
    }
}
