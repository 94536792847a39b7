//! `USE INDEX (…)` and its kind.
//!
//! They stay with a table that all tenants share. Of a tenant's table they are dropped: a condition is looked at in the
//! index before the row is, so that with an index of the statement's choice that lacks the key, an error could tell of
//! another tenant's row.

use std::ops::Range;

use sqlparser::{
    ast::{Ident, Spanned, TableAlias, TableIndexHints},
    keywords::Keyword,
    tokenizer::Token,
};

use crate::sql::{Dialect, Refusal, Rule, walk::Walk};

impl Walk<'_> {
    /// The bytes of a table's index hints; `None` where it has none. They stand right behind its name and alias.
    pub(in crate::sql) fn index_hints(
        &self,
        name: &impl Spanned,
        alias: Option<&TableAlias>,
        hints: &[TableIndexHints],
    ) -> Result<Option<Range<usize>>, Refusal> {
        if hints.is_empty() {
            return Ok(None);
        }
        if self.dialect != Dialect::Mysql {
            return Err(Refusal::new(Rule::Construct));
        }
        for TableIndexHints {
            hint_type: _,
            index_type: _,
            for_clause: _,
            index_names,
        } in hints
        {
            index_names.iter().try_for_each(|index| self.index(index))?;
        }
        let lost = Refusal::new(Rule::Verification);
        let before = match alias {
            Some(alias) => self.ident_range(&alias.name)?.end,
            None => self.text.range(name.span())?.end,
        };
        let first = self.text.toks.partition_point(|tok| tok.range.start < before);
        let mut at = first;
        for _ in hints {
            let begins = self.text.toks.get(at).is_some_and(|tok| {
                [Keyword::USE, Keyword::IGNORE, Keyword::FORCE]
                    .into_iter()
                    .any(|word| tok.is_keyword(word))
            });
            let rest = self.text.toks.get(at..).ok_or(lost.clone())?;
            let close = rest.iter().position(|tok| matches!(tok.token, Token::RParen));
            at += close.filter(|_| begins).ok_or(lost.clone())? + 1;
        }
        let start = self.text.toks.get(first).ok_or(lost.clone())?.range.start;
        let end = at
            .checked_sub(1)
            .and_then(|last| self.text.toks.get(last))
            .ok_or(lost)?;
        Ok(Some(start..end.range.end))
    }

    /// An index may be called by a word of the grammar, such as PRIMARY.
    fn index(&self, index: &Ident) -> Result<(), Refusal> {
        crate::sql::names::check_function(index, self.dialect, self.offset(index.span))
    }
}
