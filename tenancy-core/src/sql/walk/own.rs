//! Functions and types of the application's own that the catalogue allows.
//!
//! Each is written with its schema in the result, so that no search path makes another of it.

use sqlparser::ast::{ArrayElemTypeDef, DataType, Ident, ObjectName, ObjectNamePart, Spanned};

use super::{Walk, table::plain_name};
use crate::sql::{Dialect, Refusal, names};

impl Walk<'_> {
    /// Whether a call is of a function of the application's own; its name becomes qualified. Without a schema, the
    /// server's own function of the name comes first, which the caller has looked for.
    pub(super) fn own_function(&mut self, name: &mut ObjectName) -> Result<bool, Refusal> {
        let tables = self.tables;
        self.own(name, tables.functions())
    }

    /// Whether a type, or the type of an array's items, is one of the application's own; its name becomes qualified.
    pub(super) fn own_type(&mut self, data_type: &mut DataType) -> Result<bool, Refusal> {
        match data_type {
            DataType::Custom(name, modifiers) if modifiers.is_empty() => {
                let tables = self.tables;
                self.own(name, tables.types())
            }
            DataType::Array(ArrayElemTypeDef::SquareBracket(item, _))
                if self.dialect == Dialect::Postgres =>
            {
                self.own_type(item)
            }
            _ => Ok(false),
        }
    }

    fn own(&mut self, name: &mut ObjectName, allowed: &[(Option<String>, String)]) -> Result<bool, Refusal> {
        let at = self.offset(name.span());
        let ObjectName(parts) = &*name;
        let (schema, last) = match parts.as_slice() {
            [ObjectNamePart::Identifier(last)] => (None, last),
            [
                ObjectNamePart::Identifier(schema),
                ObjectNamePart::Identifier(last),
            ] => (Some(schema), last),
            _ => return Ok(false),
        };
        let default = self.dialect.default_schema();
        let found = allowed.iter().find(|(stands_in, called)| {
            let stands_in = stands_in.as_deref().unwrap_or(default);
            names::is_named(last, called, self.dialect)
                && schema.map_or(stands_in == default, |schema| {
                    names::is_named(schema, stands_in, self.dialect)
                })
        });
        let Some((stands_in, called)) = found else {
            return Ok(false);
        };
        for part in schema.into_iter().chain([last]) {
            names::check_function(part, self.dialect, at)?;
        }
        match self.dialect {
            Dialect::Postgres => {
                let schema = stands_in.as_deref().unwrap_or(default);
                let range = self.text.range(name.span())?;
                self.edit(
                    range,
                    format!("{}.{}", names::quoted(schema), names::quoted(called)),
                );
                *name = plain_name([Ident::with_quote('"', schema), Ident::with_quote('"', called)]);
            }
            // A function stands in no schema there, and a type is but an affinity.
            Dialect::Sqlite => {
                if schema.is_some() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
