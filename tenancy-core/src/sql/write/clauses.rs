//! Where clauses begin and end in the text: found by tokens outside of parentheses, and proved by the re-parse.

use std::ops::Range;

use sqlparser::{ast::helpers::attached_token::AttachedToken, keywords::Keyword, tokenizer::Token};

use crate::sql::{Dialect, Refusal, Rule, text::Tok, walk::Walk};

/// What can follow the ON of a join; LEFT and RIGHT are functions too.
const AFTER_JOIN: [Keyword; 9] = [
    Keyword::JOIN,
    Keyword::INNER,
    Keyword::LEFT,
    Keyword::RIGHT,
    Keyword::CROSS,
    Keyword::NATURAL,
    Keyword::STRAIGHT_JOIN,
    Keyword::SET,
    Keyword::WHERE,
];

impl Walk<'_> {
    /// The indexes of the statement's tokens, from its first word to its end or to the parenthesis that closes it.
    pub(super) fn body_from(&self, first: &AttachedToken) -> Result<Range<usize>, Refusal> {
        let start = self.text.tok_at(self.text.offset(first.0.span.start)?)?;
        let end = self
            .outside(start..self.text.toks.len())
            .find(|(_, tok, depth)| *depth < 0 || matches!(tok.token, Token::SemiColon))
            .map_or(self.text.toks.len(), |(index, ..)| index);
        Ok(start..end)
    }

    /// The tokens of a range of indexes that stand outside of parentheses opened in it, with the depth after them. What
    /// stands inside is passed over at once, so that a deep text is not read as often as it is deep.
    pub(in crate::sql) fn outside(&self, range: Range<usize>) -> impl Iterator<Item = (usize, &Tok, i32)> {
        let mut depth = 0_i32;
        let mut next = range.start;
        std::iter::from_fn(move || {
            let index = next;
            let tok = self.text.toks.get(index).filter(|_| index < range.end)?;
            next = index + 1;
            match tok.token {
                Token::LParen | Token::LBracket => {
                    depth += 1;
                    next = self.text.close_of(index).unwrap_or(range.end);
                }
                Token::RParen | Token::RBracket => depth -= 1,
                _ => {}
            }
            Some((index, tok, depth))
        })
    }

    /// The first of these words outside of parentheses.
    pub(super) fn find_word(&self, range: Range<usize>, words: &[Keyword]) -> Option<usize> {
        self.outside(range)
            .find(|(index, tok, depth)| {
                *depth == 0 && words.iter().any(|word| tok.is_keyword(*word)) && !self.is_part(*index)
            })
            .map(|(index, ..)| index)
    }

    /// Whether the word at `index` is a column behind its table: `ride.order` orders nothing.
    fn is_part(&self, index: usize) -> bool {
        index
            .checked_sub(1)
            .and_then(|before| self.text.toks.get(before))
            .is_some_and(|tok| tok.token == Token::Period)
    }

    /// The byte where the part of an UPDATE or DELETE before RETURNING ends.
    pub(super) fn clause_end(&self, body: Range<usize>) -> Result<usize, Refusal> {
        let end = self
            .find_word(body.clone(), self.after_condition())
            .unwrap_or(body.end);
        self.end_of(end.checked_sub(1))
    }

    /// The bytes of the condition of an UPDATE or DELETE.
    pub(super) fn condition(&self, body: Range<usize>) -> Result<Range<usize>, Refusal> {
        let lost = Refusal::new(Rule::Verification);
        let word = self
            .find_word(body.clone(), &[Keyword::WHERE])
            .ok_or(lost.clone())?;
        let first = self.text.toks.get(word + 1).ok_or(lost)?;
        Ok(first.range.start..self.clause_end(body)?)
    }

    /// The words that can follow the condition of an UPDATE or DELETE.
    fn after_condition(&self) -> &'static [Keyword] {
        match self.dialect {
            Dialect::Postgres | Dialect::Sqlite => &[Keyword::RETURNING],
            Dialect::Mysql => &[Keyword::RETURNING, Keyword::ORDER, Keyword::LIMIT],
        }
    }

    /// The bytes of the ON condition of the joined relation whose name or alias ends at byte `after`.
    pub(super) fn join_condition(&self, after: usize) -> Result<Range<usize>, Refusal> {
        let lost = Refusal::at(Rule::Verification, after);
        let first = self.text.toks.partition_point(|tok| tok.range.start < after);
        let on = self
            .find_word(first..self.text.toks.len(), &[Keyword::ON])
            .ok_or(lost.clone())?;
        let ends = |index: usize, tok: &Tok| {
            let calls = self
                .text
                .toks
                .get(index + 1)
                .is_some_and(|next| matches!(next.token, Token::LParen));
            matches!(tok.token, Token::Comma | Token::SemiColon)
                || AFTER_JOIN.iter().any(|word| tok.is_keyword(*word)) && !calls
        };
        let end = self
            .outside(on + 1..self.text.toks.len())
            .find(|(index, tok, depth)| *depth < 0 || *depth == 0 && ends(*index, tok))
            .map_or(self.text.toks.len(), |(index, ..)| index);
        let start = self.text.toks.get(on + 1).ok_or(lost)?.range.start;
        Ok(start..self.end_of(end.checked_sub(1))?)
    }

    /// The byte after a token.
    pub(in crate::sql) fn end_of(&self, index: Option<usize>) -> Result<usize, Refusal> {
        let tok = index.and_then(|index| self.text.toks.get(index));
        tok.map(|tok| tok.range.end)
            .ok_or(Refusal::new(Rule::Verification))
    }

    /// The bytes of the items of a list, which commas outside of parentheses part.
    pub(super) fn items(&self, range: Range<usize>) -> Result<Vec<Range<usize>>, Refusal> {
        let mut bounds: Vec<usize> = self
            .outside(range.clone())
            .filter(|(_, tok, depth)| *depth == 0 && matches!(tok.token, Token::Comma))
            .map(|(index, ..)| index)
            .collect();
        bounds.push(range.end);
        let mut start = range.start;
        let mut items = Vec::with_capacity(bounds.len());
        for bound in bounds {
            let first = self
                .text
                .toks
                .get(start)
                .ok_or(Refusal::new(Rule::Verification))?;
            items.push(first.range.start..self.end_of(bound.checked_sub(1))?);
            start = bound + 1;
        }
        Ok(items)
    }
}
