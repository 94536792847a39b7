//! The statement that a file is being cut at: what of it decides where it ends.

/// The statement that is being read.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Where its first and behind its last element.
    pub(super) range: Option<(usize, usize)>,
    /// How many parentheses are open.
    pub(super) open: usize,
    /// Its first words, in lower case.
    words: Vec<String>,
    /// The last word.
    last: String,
    /// How many blocks of a routine's body are open.
    pub(super) blocks: usize,
    /// How near a trigger is to the `; END ;` that ends it.
    pub(super) ending: Ending,
    /// Whether rows follow it in the file.
    pub(super) takes_rows: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    #[default]
    Far,
    Semicolon,
    End,
}

impl Pending {
    fn starts_with(&self, words: &[&str]) -> bool {
        self.words
            .iter()
            .zip(words)
            .filter(|(have, want)| have == want)
            .count()
            == words.len()
    }

    fn is_routine(&self) -> bool {
        ["function", "procedure"].iter().any(|what| {
            self.starts_with(&["create", what]) || self.starts_with(&["create", "or", "replace", what])
        })
    }

    /// Whether it makes a trigger.
    pub(super) fn is_trigger(&self) -> bool {
        let words = match self.words.first().map(String::as_str) {
            Some("explain") => self.words.get(1..).unwrap_or_default(),
            _ => &self.words,
        };
        let word = |at: usize| words.get(at).map(String::as_str);
        match (word(0), word(1)) {
            (Some("create"), Some("temp" | "temporary")) => word(2) == Some("trigger"),
            (Some("create"), Some("trigger")) => true,
            _ => false,
        }
    }

    /// Takes the next word.
    pub(super) fn word(&mut self, word: &[u8]) {
        let word = String::from_utf8_lossy(word).to_ascii_lowercase();
        if self.words.len() < 4 {
            self.words.push(word.clone());
        }
        if self.open == 0 {
            match word.as_str() {
                // A body in SQL: BEGIN ATOMIC … END, in which CASE … END stands.
                "begin" if self.is_routine() => self.blocks += 1,
                "case" if self.blocks > 0 => self.blocks += 1,
                "end" => self.blocks = self.blocks.saturating_sub(1),
                "stdin" => {
                    self.takes_rows |= self.last == "from" && self.starts_with(&["copy"]);
                }
                _ => {}
            }
        }
        self.ending = match (self.ending, word.as_str()) {
            (Ending::Semicolon, "end") => Ending::End,
            _ => Ending::Far,
        };
        self.last = word;
    }
}
