//! Functions and types of the application's own that the catalogue allows.
//!
//! Each is written with its schema in the result, so that no search path makes another of it.

use sqlparser::ast::{ArrayElemTypeDef, DataType, ObjectName, ObjectNamePart, Spanned};

use super::{Walk, relation::plain_name};
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
            let stands_in = stands_in.as_deref().or(default);
            names::is_named(last, called, self.dialect)
                && schema.map_or(stands_in == default, |schema| {
                    stands_in.is_some_and(|stands_in| names::is_named(schema, stands_in, self.dialect))
                })
        });
        let Some((stands_in, called)) = found else {
            return Ok(false);
        };
        // A column without a name may be called after it.
        self.names_system |= super::system::is_table_id(last);
        for part in schema.into_iter().chain([last]) {
            names::check_function(part, self.dialect, at)?;
        }
        match (self.dialect, stands_in.as_deref().or(default)) {
            (Dialect::Postgres | Dialect::Mysql, Some(schema)) => {
                let range = self.text.range(name.span())?;
                self.edit(
                    range,
                    format!("{}.{}", self.dialect.quoted(schema), self.dialect.quoted(called)),
                );
                *name = plain_name([self.dialect.ident(schema), self.dialect.ident(called)]);
            }
            // A function stands in no schema there, and a type is but an affinity.
            (Dialect::Sqlite, _) => {
                if schema.is_some() {
                    return Ok(false);
                }
            }
            // The connection's own; the server's built-ins come before it.
            (Dialect::Postgres | Dialect::Mysql, None) => {}
        }
        Ok(true)
    }
}
