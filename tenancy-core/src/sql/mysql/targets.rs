//! Assigned columns that are written with their table, `SET t.a = 1`, which only MySQL has where one table is written.

use std::ops::Range;

use sqlparser::{
    ast::{Assignment, AssignmentTarget, Ident, Spanned, helpers::attached_token::AttachedToken},
    keywords::Keyword,
};

use crate::sql::{
    Dialect, Refusal, Rule, names,
    walk::{Walk, plain_name},
};

impl Walk<'_> {
    /// Takes the table's name away from in front of the columns. Any other name there is refused later.
    pub(in crate::sql) fn unqualify(
        &mut self,
        table: &Ident,
        assignments: &mut [Assignment],
    ) -> Result<(), Refusal> {
        if self.dialect != Dialect::Mysql {
            return Ok(());
        }
        for Assignment { target, value: _ } in assignments {
            let AssignmentTarget::ColumnName(name) = target else {
                return Err(Refusal::new(Rule::Construct));
            };
            let at = self.offset(name.span());
            let own = match names::parts(name, at)?[..] {
                // As the server compares tables and their aliases.
                [source, column] if source.value == table.value => {
                    let range = self.ident_range(source)?.start..self.ident_range(column)?.start;
                    Some((range, column.clone()))
                }
                _ => None,
            };
            if let Some((range, column)) = own {
                *name = plain_name([self.without_table(range, column)?]);
            }
        }
        Ok(())
    }

    /// A column that its table stood before. Behind a period any word is a name (`r.end`), so it gets quotes.
    fn without_table(&mut self, range: Range<usize>, column: Ident) -> Result<Ident, Refusal> {
        let glued = self
            .text
            .sql
            .get(..range.end)
            .is_some_and(|before| before.ends_with('.'));
        if !glued || column.quote_style.is_some() {
            self.edit(range, String::new());
            return Ok(column);
        }
        let quoted = Ident::with_quote('`', column.value.clone());
        self.edit(range.start..self.ident_range(&column)?.end, quoted.to_string());
        Ok(quoted)
    }

    /// Whether the words behind UPDATE, which are hidden from the parser, have an IGNORE among them.
    pub(in crate::sql) fn ignores(&self, first: &AttachedToken) -> Result<bool, Refusal> {
        let start = self.text.tok_at(self.text.offset(first.0.span.start)?)?;
        let words = [Keyword::LOW_PRIORITY, Keyword::IGNORE];
        let mut behind = self
            .text
            .toks
            .iter()
            .skip(start + 1)
            .take_while(|tok| words.iter().any(|word| tok.is_keyword(*word)));
        Ok(self.dialect == Dialect::Mysql && behind.any(|tok| tok.is_keyword(Keyword::IGNORE)))
    }
}
