//! What a run was worth: what was made, what was let through, what came of it.

use std::collections::BTreeMap;
use std::fmt;

use super::case::Outcome;
use crate::Class;
use crate::grammar::Made;
use crate::schema::{Schema, Side};

/// The counts of a run in which no difference was found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    seed: u64,
    skipped: bool,
    classes: BTreeMap<Class, ClassCount>,
    refused: BTreeMap<String, Refused>,
    felled: Vec<String>,
}

/// The counts of one class of statements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClassCount {
    /// How many were made.
    pub generated: usize,
    /// How many the engine let through; all of them ran and looked the same as on the private database.
    pub accepted: usize,
    /// How many of those returned rows.
    pub with_rows: usize,
    /// How many of those changed rows.
    pub with_changes: usize,
    /// How many of those failed, on both databases in the same way.
    pub failed: usize,
    /// How many were let through and not compared, because a database did not answer in time, or failed by a known
    /// bug of its own.
    pub slow: usize,
    /// How many were let through and not compared, because the server fell over them.
    pub fell: usize,
}

/// The statements refused with one code.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Refused {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub example: String,
    /// What the engine said to it.
    pub message: String,
}

impl Report {
    pub(super) fn new(seed: u64) -> Self {
        Report {
            seed,
            ..Report::default()
        }
    }

    pub(super) fn missing(seed: u64) -> Self {
        Report {
            seed,
            skipped: true,
            ..Report::default()
        }
    }

    pub(super) fn count(&mut self, made: &Made, schema: &Schema, outcome: Outcome) {
        let class = self.classes.entry(made.class).or_default();
        class.generated += 1;
        match outcome {
            Outcome::Same(worth) => {
                class.accepted += 1;
                class.with_rows += usize::from(worth.rows);
                class.with_changes += usize::from(worth.changed);
                class.failed += usize::from(worth.failed);
            }
            Outcome::Refused(refusal) => {
                let refused = self.refused.entry(refusal.code).or_default();
                refused.count += 1;
                if refused.example.is_empty() {
                    refused.example = made.tree.print(schema.dialect, Side::Shared, made.numbering).text;
                    refused.message = refusal.message;
                }
            }
            Outcome::Slow => class.slow += 1,
            Outcome::Fell { over } => {
                class.fell += 1;
                self.felled.extend(over);
            }
            Outcome::Forbidden | Outcome::Wrong { .. } => {}
        }
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether nothing ran because the database is not there.
    pub fn skipped(&self) -> bool {
        self.skipped
    }

    /// The counts of a class.
    pub fn class(&self, class: Class) -> ClassCount {
        self.classes.get(&class).copied().unwrap_or_default()
    }

    /// The refusals of statements that could have been let through, by code.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &Refused)> {
        self.refused
            .iter()
            .map(|(code, refused)| (code.as_str(), refused))
    }

    /// The scoped statements over which the server fell, where it had answered the plain ones.
    pub fn felled(&self) -> &[String] {
        &self.felled
    }

    /// Fails if the server fell over more than this share of the statements: what was not compared proves nothing.
    #[expect(clippy::cast_precision_loss, reason = "counts of tests are small")]
    pub fn assert_standing(&self, share: f64) {
        let fell: usize = self.classes.values().map(|c| c.fell).sum();
        let few = fell as f64 <= share * self.generated() as f64;
        assert!(
            few,
            "the server fell over {fell} statements, wanted {share}:\n{self}"
        );
    }

    /// How many statements were made.
    pub fn generated(&self) -> usize {
        self.classes.values().map(|c| c.generated).sum()
    }

    /// Fails unless at least this share of the statements was let through: a refusal is no success. Statements
    /// that must be refused are not counted.
    pub fn assert_accepted(&self, share: f64) {
        let (generated, accepted) = self
            .classes
            .iter()
            .filter(|(class, _)| class.is_allowed())
            .fold((0, 0), |(g, a), (_, c)| (g + c.generated, a + c.accepted));
        self.assert_share("were let through", accepted, generated, share);
    }

    /// Fails unless at least this share of the queries that were let through returned rows, and of the writes
    /// changed rows: equal emptiness proves little.
    pub fn assert_nonempty(&self, share: f64) {
        let select = self.class(Class::Select);
        self.assert_share(
            "of the queries returned rows",
            select.with_rows,
            select.accepted,
            share,
        );
        let (accepted, changed) = self
            .classes
            .iter()
            .filter(|(class, _)| class.is_write())
            .fold((0, 0), |(a, c), (_, count)| {
                (a + count.accepted, c + count.with_changes)
            });
        self.assert_share("of the writes changed rows", changed, accepted, share);
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of tests are small")]
    fn assert_share(&self, what: &str, part: usize, whole: usize, share: f64) {
        let enough = self.skipped || (whole > 0 && part as f64 >= share * whole as f64);
        assert!(enough, "only {part} of {whole} {what}, wanted {share}:\n{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.skipped {
            return writeln!(f, "skipped: the database is not there");
        }
        writeln!(
            f,
            "seed {}; class: made, let through, with rows, with changes, failed alike, too slow, felled the server",
            self.seed
        )?;
        for (class, c) in &self.classes {
            let name = format!("{class:?}");
            let (g, a, r, w, e, t, d) = (
                c.generated,
                c.accepted,
                c.with_rows,
                c.with_changes,
                c.failed,
                c.slow,
                c.fell,
            );
            writeln!(f, "  {name:<9} {g:>6} {a:>6} {r:>6} {w:>6} {e:>6} {t:>6} {d:>6}")?;
        }
        for scoped in &self.felled {
            writeln!(f, "  the server fell over the scoped statement alone: {scoped}")?;
        }
        for (code, refused) in &self.refused {
            writeln!(
                f,
                "  refused {:>4} {code}: {}\n      {}",
                refused.count, refused.message, refused.example
            )?;
        }
        Ok(())
    }
}
