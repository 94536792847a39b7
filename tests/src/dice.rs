//! Chance, from a seed.

use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// A source of chance that gives the same choices for the same seed.
#[derive(Debug, Clone)]
pub(crate) struct Dice(TestRng);

impl Dice {
    /// Chance of its own for each `stream` of a run, so that a case does not depend on the cases before it.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut bytes = [0_u8; 32];
        for (slot, byte) in bytes
            .iter_mut()
            .zip(seed.to_le_bytes().into_iter().chain(stream.to_le_bytes()))
        {
            *slot = byte;
        }
        Dice(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
    }

    pub(crate) fn of(rng: TestRng) -> Self {
        Dice(rng)
    }

    /// A number below `n` (0 when there is none).
    pub(crate) fn below(&mut self, n: usize) -> usize {
        match u64::try_from(n) {
            Ok(n) if n > 0 => usize::try_from(self.0.next_u64() % n).unwrap_or(0),
            _ => 0,
        }
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = usize::try_from(high.saturating_sub(low))
            .unwrap_or(0)
            .saturating_add(1);
        low.saturating_add(i64::try_from(self.below(span)).unwrap_or(0))
    }

    /// True in `percent` of the throws.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of `items`.
    pub(crate) fn choose<'t, T>(&mut self, items: &'t [T]) -> Option<&'t T> {
        let n = self.below(items.len());
        items.get(n)
    }

    /// One of some words (the empty word when there is none).
    pub(crate) fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.choose(words).copied().unwrap_or_default()
    }

    /// The place of one of `weights`, each as likely as its weight.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (place, weight) in weights.iter().enumerate() {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        0
    }

    /// A new order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i + 1);
            items.swap(i, j);
        }
    }
}
