//! Scoped statements by text, bounded in bytes.

use std::sync::Arc;

use foldhash::quality::RandomState;
use quick_cache::{
    Weighter,
    sync::{Cache, DefaultLifecycle},
};

use super::{Asked, Refusal, ScopedSql};

/// What a key weighs besides its text, in bytes: map entry, bookkeeping.
const OVERHEAD: u64 = 128;

type Key = (Asked, Arc<str>);

#[derive(Debug, Clone)]
struct ByBytes;

impl Weighter<Key, Arc<ScopedSql>> for ByBytes {
    fn weight(&self, key: &Key, scoped: &Arc<ScopedSql>) -> u64 {
        OVERHEAD + (key.1.len() + scoped.bytes()) as u64
    }
}

impl Weighter<Key, Refusal> for ByBytes {
    fn weight(&self, key: &Key, _: &Refusal) -> u64 {
        OVERHEAD + key.1.len() as u64
    }
}

/// Two caches, so that a flood of refused texts cannot push out what the application uses.
#[derive(Debug)]
pub(super) struct Statements {
    scoped: Cache<Key, Arc<ScopedSql>, ByBytes, RandomState>,
    refused: Cache<Key, Refusal, ByBytes, RandomState>,
}

impl Statements {
    /// Caches that hold about `bytes` of text together; an eighth of it for refusals.
    pub(super) fn new(bytes: u64) -> Self {
        let entries = |bytes: u64| usize::try_from(bytes / 512).unwrap_or(usize::MAX);
        let refused = bytes / 8;
        Self {
            scoped: cache(entries(bytes), bytes - refused),
            refused: cache(entries(refused), refused),
        }
    }

    pub(super) fn get(&self, asked: Asked, sql: &str) -> Option<Result<Arc<ScopedSql>, Refusal>> {
        let key = Lookup(asked, sql);
        self.scoped
            .get(&key)
            .map(Ok)
            .or_else(|| self.refused.get(&key).map(Err))
    }

    pub(super) fn put(&self, asked: Asked, sql: &str, outcome: &Result<Arc<ScopedSql>, Refusal>) {
        let key = (asked, Arc::from(sql));
        match outcome {
            Ok(scoped) => self.scoped.insert(key, Arc::clone(scoped)),
            Err(refusal) => self.refused.insert(key, refusal.clone()),
        }
    }

    /// The bytes that are held now.
    pub(super) fn weight(&self) -> u64 {
        self.scoped.weight() + self.refused.weight()
    }
}

/// A cache whose hasher is fast on long texts and keyed by chance, so that nobody can choose texts that collide.
fn cache<V: Clone>(entries: usize, bytes: u64) -> Cache<Key, V, ByBytes, RandomState>
where
    ByBytes: Weighter<Key, V>,
{
    let hasher = RandomState::default();
    Cache::with(entries, bytes, ByBytes, hasher, DefaultLifecycle::default())
}

/// A key that borrows its text, so that a hit allocates nothing.
#[derive(Hash)]
struct Lookup<'a>(Asked, &'a str);

impl quick_cache::Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && self.1 == &*key.1
    }
}
