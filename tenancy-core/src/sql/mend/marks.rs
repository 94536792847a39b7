//! Tokens looked at without the white space between them, and the changes noted.

use std::ops::Range;

use sqlparser::{
    ast::Ident,
    keywords::Keyword,
    tokenizer::{Location, Token, TokenWithSpan, Word},
};

use super::conflict::Unread;

/// What becomes of a token.
#[derive(Debug)]
enum Change {
    Hide,
    Become(Token),
    Before(Token),
    After(Token),
}

/// Changes by the index of the token.
pub(super) type Changes = Vec<(usize, Kind)>;

/// A change, as [`apply`] takes it.
#[derive(Debug)]
pub(super) struct Kind(Change);

/// A list of tokens to match shapes in. Positions count the tokens that are not white space.
#[derive(Debug)]
pub(super) struct Marks<'t> {
    tokens: &'t [TokenWithSpan],
    seen: Vec<usize>,
    changes: Changes,
    hidden: Hidden,
}

/// What is kept from the parser.
#[derive(Debug, Default)]
pub(in crate::sql) struct Hidden {
    /// The names in it, which the walk has to check.
    pub(in crate::sql) names: Vec<Ident>,
    /// Each phrase with the token before it. The result has to have the same ones, in the same places.
    pub(in crate::sql) phrases: Vec<String>,
    /// How many `ONLY` stand before names; the walk has to come to each.
    pub(in crate::sql) only: usize,
    /// The expressions of upserts' targets.
    pub(in crate::sql) arbiters: Vec<Unread>,
}

impl<'t> Marks<'t> {
    pub(super) fn new(tokens: &'t [TokenWithSpan]) -> Self {
        let seen = tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| !matches!(token.token, Token::Whitespace(_)))
            .map(|(index, _)| index)
            .collect();
        Self {
            tokens,
            seen,
            changes: Vec::new(),
            hidden: Hidden::default(),
        }
    }

    pub(super) fn finish(self) -> (Changes, Hidden) {
        (self.changes, self.hidden)
    }

    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    fn located(&self, at: usize) -> Option<&'t TokenWithSpan> {
        self.seen.get(at).and_then(|index| self.tokens.get(*index))
    }

    pub(super) fn token(&self, at: usize) -> Option<&'t Token> {
        self.located(at).map(|token| &token.token)
    }

    /// The token before `at`.
    pub(super) fn before(&self, at: usize) -> Option<&'t Token> {
        at.checked_sub(1).and_then(|at| self.token(at))
    }

    /// Where the token at `at` begins.
    pub(super) fn place(&self, at: usize) -> Option<Location> {
        self.located(at).map(|token| token.span.start)
    }

    /// The tokens of a range, as they were written.
    pub(super) fn tokens(&self, range: Range<usize>) -> Vec<TokenWithSpan> {
        range.filter_map(|at| self.located(at).cloned()).collect()
    }

    /// The word without quotes at `at`.
    fn word(&self, at: usize) -> Option<&'t Word> {
        match self.token(at)? {
            Token::Word(word) if word.quote_style.is_none() => Some(word),
            _ => None,
        }
    }

    /// The keyword without quotes at `at`.
    pub(super) fn keyword(&self, at: usize) -> Option<Keyword> {
        self.word(at).map(|word| word.keyword)
    }

    pub(super) fn is(&self, at: usize, keyword: Keyword) -> bool {
        self.keyword(at) == Some(keyword)
    }

    /// Whether the words at `at` are these, in any case.
    pub(super) fn are(&self, at: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(index, expected)| {
            self.word(at + index)
                .is_some_and(|word| word.value.eq_ignore_ascii_case(expected))
        })
    }

    /// Whether the token before `at` is one of these words.
    pub(super) fn follows(&self, at: usize, keywords: &[Keyword]) -> bool {
        at.checked_sub(1)
            .and_then(|at| self.keyword(at))
            .is_some_and(|keyword| keywords.contains(&keyword))
    }

    pub(super) fn is_token(&self, at: usize, token: &Token) -> bool {
        self.token(at) == Some(token)
    }

    /// The name at `at`, in quotes or not.
    pub(super) fn ident(&self, at: usize) -> Option<Ident> {
        let located = self.located(at)?;
        match &located.token {
            Token::Word(word) => Some(word.clone().into_ident(located.span)),
            _ => None,
        }
    }

    fn change(&mut self, at: usize, change: Change) {
        if let Some(index) = self.seen.get(at) {
            self.changes.push((*index, Kind(change)));
        }
    }

    /// Keeps `count` tokens from `at` on from the parser.
    pub(super) fn hide(&mut self, at: usize, count: usize) {
        self.hide_phrase(at.saturating_sub(1), at, count);
    }

    /// Keeps `count` tokens from the parser that can only stand where they do, whatever comes to stand before them.
    pub(super) fn hide_alone(&mut self, at: usize, count: usize) {
        self.hide_phrase(at, at, count);
    }

    /// Hides the tokens, and remembers them as a phrase that begins at `from`.
    fn hide_phrase(&mut self, from: usize, at: usize, count: usize) {
        let phrase: Vec<String> = (from..at + count)
            .filter_map(|at| self.token(at).map(ToString::to_string))
            .collect();
        self.hidden.phrases.push(phrase.join(" "));
        for at in at..at + count {
            self.change(at, Change::Hide);
        }
    }

    /// Keeps the ONLY before a table from the parser; it moves with the table.
    pub(super) fn hide_only(&mut self, at: usize) {
        self.hidden.only += 1;
        self.change(at, Change::Hide);
    }

    /// Shows the parser a word of our own in place of the token.
    pub(super) fn show(&mut self, at: usize, word: &str) {
        let word = Word {
            value: word.to_owned(),
            quote_style: None,
            keyword: Keyword::NoKeyword,
        };
        self.change(at, Change::Become(Token::Word(word)));
    }

    /// Shows the parser a word of the grammar in place of another one: what is meant is in the tree.
    pub(super) fn show_word(&mut self, at: usize, word: &str, keyword: Keyword) {
        let word = Word {
            value: word.to_owned(),
            quote_style: None,
            keyword,
        };
        self.change(at, Change::Become(Token::Word(word)));
    }

    /// Keeps a word from the parser whose meaning [`show_word`](Self::show_word) has put into the tree.
    pub(super) fn drop_word(&mut self, at: usize) {
        self.change(at, Change::Hide);
    }

    /// Shows the parser a sign in place of the token.
    pub(super) fn turn(&mut self, at: usize, sign: Token) {
        self.change(at, Change::Become(sign));
    }

    pub(super) fn put_before(&mut self, at: usize, token: Token) {
        self.change(at, Change::Before(token));
    }

    pub(super) fn put_after(&mut self, at: usize, token: Token) {
        self.change(at, Change::After(token));
    }

    /// Hands an expression on that the parser does not see.
    pub(super) fn hand_on(&mut self, arbiter: Unread) {
        self.hidden.arbiters.push(arbiter);
    }

    /// Hands a hidden name on.
    pub(super) fn note_name(&mut self, name: Ident) {
        self.hidden.names.push(name);
    }
}

/// The tokens with the changes made. What is added stands where the token stands that it was added to.
pub(super) fn apply(tokens: Vec<TokenWithSpan>, mut changes: Changes) -> Vec<TokenWithSpan> {
    if changes.is_empty() {
        return tokens;
    }
    changes.sort_by_key(|(index, _)| *index);
    let mut out = Vec::with_capacity(tokens.len() + changes.len());
    let mut changes = changes.into_iter().peekable();
    for (index, token) in tokens.into_iter().enumerate() {
        let span = token.span;
        let (mut kept, mut after) = (Some(token), Vec::new());
        while let Some((_, Kind(change))) = changes.next_if(|(at, _)| *at == index) {
            match change {
                Change::Hide => kept = None,
                Change::Become(token) => kept = Some(TokenWithSpan { token, span }),
                Change::Before(token) => out.push(TokenWithSpan { token, span }),
                Change::After(token) => after.push(TokenWithSpan { token, span }),
            }
        }
        out.extend(kept);
        out.extend(after);
    }
    out
}
