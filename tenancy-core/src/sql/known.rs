//! What the engine writes itself, parsed once.
//!
//! The predicates and slices of a catalogue are a few texts that stand in every statement, and their tree depends on the
//! text alone. They are kept for the whole process, within a limit in bytes; each use gets a copy of its own.

use std::sync::{Arc, LazyLock};

use foldhash::quality::RandomState;
use quick_cache::{
    Equivalent, Weighter,
    sync::{Cache, DefaultLifecycle},
};
use sqlparser::ast::{Expr, Query};

use super::Dialect;

/// A longer text holds something of the user's, and will not come again.
const MAX_TEXT: usize = 1 << 10;
/// What a tree weighs for each byte of its text, about.
const TREE: u64 = 64;
/// What the trees of each kind may weigh together, in bytes.
const BYTES: u64 = 4 << 20;

type Key = (Dialect, Box<str>);

#[derive(Debug, Clone)]
struct ByText;

impl<T> Weighter<Key, Arc<T>> for ByText {
    fn weight(&self, key: &Key, _: &Arc<T>) -> u64 {
        TREE * (key.1.len() as u64 + 8)
    }
}

/// Trees by their text.
pub(super) struct Known<T>(Cache<Key, Arc<T>, ByText, RandomState>);

pub(super) static EXPRESSIONS: LazyLock<Known<Expr>> = LazyLock::new(Known::new);
pub(super) static QUERIES: LazyLock<Known<Query>> = LazyLock::new(Known::new);

impl<T: Clone> Known<T> {
    fn new() -> Self {
        let entries = usize::try_from(BYTES / TREE / 128).unwrap_or(usize::MAX);
        let hasher = RandomState::default();
        Self(Cache::with(
            entries,
            BYTES,
            ByText,
            hasher,
            DefaultLifecycle::default(),
        ))
    }

    /// The tree of `text`, which `parse` gives where it is not known yet.
    pub(super) fn tree<E>(
        &self,
        text: &str,
        dialect: Dialect,
        parse: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if text.len() > MAX_TEXT {
            return parse();
        }
        if let Some(tree) = self.0.get(&Lookup(dialect, text)) {
            return Ok(T::clone(&tree));
        }
        let tree = Arc::new(parse()?);
        self.0.insert((dialect, text.into()), Arc::clone(&tree));
        Ok(T::clone(&tree))
    }
}

/// A key that borrows its text.
#[derive(Hash)]
struct Lookup<'a>(Dialect, &'a str);

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && self.1 == &*key.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_parsed_once_for_each_dialect() {
        let known = Known::<Vec<u8>>::new();
        let ask =
            |text, dialect, answer: u8| known.tree(text, dialect, || Ok::<_, ()>(vec![answer])).unwrap();
        assert_eq!(ask("a", Dialect::Sqlite, 1), [1]);
        assert_eq!(ask("a", Dialect::Sqlite, 2), [1]);
        assert_eq!(ask("a", Dialect::Postgres, 3), [3]);
        assert!(known.tree("b", Dialect::Sqlite, || Err(())).is_err());
        assert_eq!(ask("b", Dialect::Sqlite, 4), [4]);
        let long = "x".repeat(MAX_TEXT + 1);
        assert_eq!(ask(&long, Dialect::Sqlite, 5), [5]);
        assert_eq!(ask(&long, Dialect::Sqlite, 6), [6]);
    }

    #[test]
    fn trees_are_bounded() {
        let known = Known::<u8>::new();
        for number in 0..100_000 {
            let text = format!("{number:>200}");
            known.tree(&text, Dialect::Sqlite, || Ok::<_, ()>(0)).unwrap();
        }
        assert!(known.0.weight() <= BYTES, "{}", known.0.weight());
    }
}
