//! Places in a text.

use sqlparser::tokenizer::Location;

use crate::sql::{Refusal, Rule};

/// From the tokenizer's lines and columns to bytes, in constant time.
#[derive(Debug)]
pub(super) struct Lines {
    /// The number, in characters of the text, at which each line starts.
    starts: Vec<usize>,
    /// The byte at which each character starts, and the end; left out where each is one byte.
    chars: Option<Vec<usize>>,
    /// The length in characters.
    len: usize,
}

impl Lines {
    pub(super) fn new(sql: &str) -> Self {
        let chars = (!sql.is_ascii()).then(|| {
            sql.char_indices()
                .map(|(at, _)| at)
                .chain(std::iter::once(sql.len()))
                .collect::<Vec<_>>()
        });
        let newlines = sql
            .chars()
            .enumerate()
            .filter(|(_, c)| *c == '\n')
            .map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(newlines).collect();
        let len = chars.as_ref().map_or(sql.len(), |chars| chars.len() - 1);
        Self { starts, chars, len }
    }

    /// The tokenizer counts lines by `\n` and columns by characters, both from 1.
    pub(super) fn offset(&self, location: Location) -> Result<usize, Refusal> {
        let from_one = |number: u64| {
            usize::try_from(number)
                .ok()
                .and_then(|number| number.checked_sub(1))
        };
        let line = from_one(location.line).and_then(|line| self.starts.get(line));
        let at = line
            .zip(from_one(location.column))
            .map(|(start, column)| start + column);
        let at = at
            .filter(|at| *at <= self.len)
            .ok_or(Refusal::new(Rule::Lexical))?;
        match &self.chars {
            None => Ok(at),
            Some(chars) => chars.get(at).copied().ok_or(Refusal::new(Rule::Lexical)),
        }
    }
}
