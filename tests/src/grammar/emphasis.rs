//! What a run makes more of than chance would.

use super::{Class, Maker};

/// What a run makes more of than chance would.
///
/// Chance spreads over all of the grammar, so that an engine which is wrong in one place alone, such as in what an upsert
/// assigns, may meet it a handful of times in thousands of statements. A run that is after that place says so; all else is
/// still made, only less of it.
///
/// ```
/// use tenancy_testkit::{Class, Dialect, Emphasis, NonInterference};
///
/// # fn main() -> Result<(), tenancy_testkit::Failure> {
/// let report = NonInterference::scoper(Dialect::Sqlite)
///     .mostly(Emphasis::Class(Class::Upsert))
///     .mostly(Emphasis::Values)
///     .cases(50)
///     .seed(7)
///     .run()?;
/// # let others = report.generated() - report.class(Class::Upsert).generated;
/// # assert!(report.skipped() || others < report.generated() / 2);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Emphasis {
    /// Statements of a class.
    Class(Class),
    /// Queries in what a write assigns, inserts and returns.
    Values,
    /// Tables with rows of several parties, for writes.
    Parties,
}

impl Maker<'_> {
    /// The same, with more of these.
    pub(crate) fn with_more(mut self, emphases: &[Emphasis]) -> Self {
        self.emphases = emphases.to_vec();
        self
    }

    pub(super) fn stresses(&self, emphasis: Emphasis) -> bool {
        self.emphases.contains(&emphasis)
    }

    /// The classes, each as often as its number says.
    pub(super) fn weights(&self) -> [usize; 7] {
        let all = [
            (Class::Select, 62),
            (Class::Insert, 8),
            (Class::Upsert, 8),
            (Class::Update, 10),
            (Class::Delete, 7),
            (Class::Forbidden, 5),
            // Only PostgreSQL has them.
            (Class::Compound, if self.postgres() { 7 } else { 0 }),
        ];
        all.map(|(class, weight)| match weight {
            0 => 0,
            weight if self.stresses(Emphasis::Class(class)) => weight + 300,
            weight => weight,
        })
    }

    /// Whether a query is to stand in the place of a value of a write.
    pub(super) fn wants_query(&mut self) -> bool {
        self.stresses(Emphasis::Values) && self.dice.chance(60)
    }
}
