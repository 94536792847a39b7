//! `source.field`, where the field may be a function.
//!
//! PostgreSQL reads `g.f` as `f(g)` where `g` has no column `f`. Of a function in FROM that returns a plain value, `g` is that
//! value, so `g.current_setting` would call what no list allows. So the fields of such a source are only those that it is
//! known to have. (Of a table `g` is a row, which no function of the server's own takes but harmless ones.)

use std::collections::HashMap;

use sqlparser::ast::{Ident, ObjectName, Spanned, TableAlias};

use super::Walk;
use crate::sql::{Dialect, Refusal, Rule, names};

/// The fields that functions in FROM have by themselves, whatever they are called there.
const OWN_FIELDS: [&str; 3] = ["key", "ordinality", "value"];

/// The fields that a statement names, and those that functions in FROM have.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Source, field, and the place in the text.
    named: Vec<(String, String, usize)>,
    /// The fields of a source; where several go by one name, those that all have.
    known: HashMap<String, Vec<String>>,
}

impl Fields {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let unknown = self.named.iter().find(|(source, field, _)| {
            self.known
                .get(source)
                .is_some_and(|fields| !fields.contains(field))
        });
        unknown.map_or(Ok(()), |(.., at)| Refusal::at(Rule::Field, *at).refuse())
    }
}

impl Walk<'_> {
    /// Notes that `source.field` is named.
    pub(super) fn note_field(&mut self, source: &Ident, field: String, at: usize) {
        if self.dialect == Dialect::Postgres {
            self.fields
                .named
                .push((names::folded(source, self.dialect), field, at));
        }
    }

    /// Notes a function in FROM.
    pub(super) fn note_row_function(
        &mut self,
        name: Option<&ObjectName>,
        alias: Option<&TableAlias>,
    ) -> Result<(), Refusal> {
        let fold = |ident: &Ident| names::folded(ident, self.dialect);
        let called = match (alias, name) {
            (Some(alias), _) => fold(&alias.name),
            (None, Some(name)) => match names::parts(name, self.offset(name.span()))?.last() {
                Some(last) => fold(last),
                None => return Ok(()),
            },
            (None, None) => "unnest".to_owned(),
        };
        let columns = alias.map(|alias| {
            alias
                .columns
                .iter()
                .map(|column| fold(&column.name))
                .collect::<Vec<_>>()
        });
        let fields: Vec<String> = match columns {
            Some(columns) if !columns.is_empty() => columns,
            _ => OWN_FIELDS
                .iter()
                .map(ToString::to_string)
                .chain([called.clone()])
                .collect(),
        };
        self.fields
            .known
            .entry(called)
            .and_modify(|known| known.retain(|field| fields.contains(field)))
            .or_insert(fields);
        Ok(())
    }
}
