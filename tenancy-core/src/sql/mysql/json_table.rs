//! `JSON_TABLE(value, path COLUMNS (…)) AS t`: rows made out of a value, which may be a column of what stands before it.

use sqlparser::ast::{
    DataType, Expr, JsonTableColumn, JsonTableColumnErrorHandling, JsonTableNamedColumn,
    JsonTableNestedColumn, TableAlias, ValueWithSpan,
};

use super::types::is_type_allowed;
use crate::sql::{
    Dialect, Refusal, Rule, names,
    walk::{Columns, Walk, only},
};

impl Walk<'_> {
    /// No relation stands in it, and the value is an expression like any other. Paths and defaults are literals.
    pub(in crate::sql) fn json_table(
        &mut self,
        value: &mut Expr,
        path: &ValueWithSpan,
        columns: &[JsonTableColumn],
        alias: Option<&TableAlias>,
    ) -> Result<(), Refusal> {
        only(self.dialect == Dialect::Mysql)?;
        let alias = alias.ok_or(Refusal::new(Rule::Construct))?;
        only(alias.columns.is_empty())?;
        self.alias(alias)?;
        self.value(path)?;
        let mut made = Vec::new();
        self.json_columns(columns, &mut made)?;
        self.expr(value)?;
        self.note_source(Some(alias), Columns::Known(made));
        Ok(())
    }

    fn json_columns(&mut self, columns: &[JsonTableColumn], made: &mut Vec<String>) -> Result<(), Refusal> {
        columns.iter().try_for_each(|column| match column {
            JsonTableColumn::ForOrdinality(name) => {
                self.check_ident(name)?;
                made.push(names::folded(name, self.dialect));
                Ok(())
            }
            JsonTableColumn::Nested(JsonTableNestedColumn { path, columns }) => {
                self.value(path)?;
                self.json_columns(columns, made)
            }
            JsonTableColumn::Named(JsonTableNamedColumn {
                name,
                r#type,
                path,
                exists: _,
                on_empty,
                on_error,
            }) => {
                self.check_ident(name)?;
                made.push(names::folded(name, self.dialect));
                if !is_column_type(r#type) {
                    Refusal::at(Rule::Type, self.offset(name.span)).refuse()?;
                }
                self.value(path)?;
                [on_empty, on_error]
                    .into_iter()
                    .flatten()
                    .try_for_each(|otherwise| match otherwise {
                        JsonTableColumnErrorHandling::Null | JsonTableColumnErrorHandling::Error => Ok(()),
                        JsonTableColumnErrorHandling::Default(value) => self.value(value),
                    })
            }
        })
    }
}

/// What a column can be of: the types of casts, and those of tables that have a plain name.
pub(in crate::sql) fn is_column_type(ty: &DataType) -> bool {
    is_type_allowed(ty)
        || matches!(
            ty,
            DataType::TinyInt(_)
                | DataType::SmallInt(_)
                | DataType::MediumInt(_)
                | DataType::BigInt(_)
                | DataType::IntUnsigned(_)
                | DataType::BigIntUnsigned(_)
                | DataType::Bool
                | DataType::Boolean
                | DataType::TinyText
                | DataType::Text
                | DataType::MediumText
                | DataType::LongText
        )
}
