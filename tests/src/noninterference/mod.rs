//! The proof over made-up schemas and statements.

mod case;
mod fallen;
mod oracles;
mod report;
mod samples;
mod strategy;
mod used;
#[cfg(feature = "postgres")]
mod walls;

use std::fmt;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tenancy_core::{Catalog, TenantId};

use crate::bench::Bench;
use crate::dice::Dice;
use crate::grammar::{Class, Emphasis, Made};
use crate::schema::{Schema, Side};
use crate::{Counterexample, Dialect, Engine, Failure};

use case::{Outcome, Worlds};
pub use report::{ClassCount, Refused, Report};
pub use samples::{Sample, sample};
use strategy::Statements;
#[cfg(feature = "postgres")]
pub use walls::{OwnWall, WallAlone};

/// How many statements are tried on one schema and its data.
const PER_SCHEMA: u64 = 50;

/// What an engine is made for: a schema of the run.
#[derive(Debug)]
pub struct Setup {
    dialect: Dialect,
    catalog: Catalog,
    toml: String,
    tenant: TenantId,
}

impl Setup {
    fn of(schema: &Schema) -> Result<Setup, Failure> {
        let toml = schema.toml();
        let catalog = Catalog::from_toml(&toml).map_err(|e| Failure::harness(&format!("{e}\n{toml}")))?;
        Ok(Setup {
            dialect: schema.dialect,
            catalog,
            toml,
            tenant: schema.subject.clone(),
        })
    }

    /// The dialect of the run.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The catalogue of the schema.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The catalogue as `tenancy.toml`.
    pub fn catalog_toml(&self) -> &str {
        &self.toml
    }

    /// The tenant that asks.
    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

type MakeEngine = Box<dyn Fn(&Setup) -> Box<dyn Engine> + Send + Sync>;

/// Non-interference over schemas and statements made up by chance.
///
/// Each schema has tables of every kind and rows of three tenants. One of them, the subject, has clean rows; the
/// others' rows collide with them in ids and ordinary values, carry markers, and are poison to evaluate (zero
/// divisors, texts that are no numbers). Every statement runs, as the engine scopes it, on the shared database,
/// on a second one with other neighbours, and as it is on a private database. Rows, column names, errors, counts,
/// and for a write the contents of all tables are compared.
///
/// Beside that, some things are looked at without a private database: a text that the engine has seen before is scoped as
/// before; a scoped text that is scoped once more does the same; a connection that has answered for all tenants answers as a fresh
/// one; all tenants together see what an unscoped query that
/// joins on the key sees; a row that is described in full is seen by its owner and by nobody else.
///
/// ```
/// use tenancy_testkit::{Dialect, NonInterference};
///
/// # fn main() -> Result<(), tenancy_testkit::Failure> {
/// let report = NonInterference::scoper(Dialect::Sqlite).cases(50).seed(7).run()?;
/// report.assert_accepted(0.90);
/// report.assert_nonempty(0.30);
/// # Ok(())
/// # }
/// ```
///
/// The environment overrides: `TENANCY_CASES` how many statements, `TENANCY_SEED` the seed that a failure printed.
pub struct NonInterference {
    dialect: Dialect,
    engine: MakeEngine,
    cases: u64,
    seed: u64,
    shrink: Duration,
    emphases: Vec<Emphasis>,
}

impl fmt::Debug for NonInterference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonInterference")
            .field("dialect", &self.dialect)
            .field("cases", &self.cases)
            .field("seed", &self.seed)
            .field("emphases", &self.emphases)
            .finish_non_exhaustive()
    }
}

impl NonInterference {
    /// A run of the engine that `engine` makes for each schema.
    pub fn new(dialect: Dialect, engine: impl Fn(&Setup) -> Box<dyn Engine> + Send + Sync + 'static) -> Self {
        let seed = std::time::UNIX_EPOCH
            .elapsed()
            .map_or(0, |d| u64::from(d.subsec_nanos()) ^ d.as_secs());
        NonInterference {
            dialect,
            engine: Box::new(engine),
            cases: 2_000,
            seed,
            shrink: Duration::from_secs(60),
            emphases: Vec::new(),
        }
    }

    /// A run of the product's own engine.
    pub fn scoper(dialect: Dialect) -> Self {
        NonInterference::new(dialect, move |setup| {
            Box::new(tenancy_core::sql::Scoper::new(
                setup.catalog().clone(),
                dialect.into(),
            ))
        })
    }

    /// How many statements (2,000 when it is not said).
    #[must_use]
    pub fn cases(mut self, cases: u64) -> Self {
        self.cases = cases;
        self
    }

    /// The seed (from the clock when it is not said).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How long a counterexample is made smaller (60 seconds when it is not said).
    #[must_use]
    pub fn shrink_for(mut self, time: Duration) -> Self {
        self.shrink = time;
        self
    }

    /// Makes more of this than chance would; may be said more than once.
    #[must_use]
    pub fn mostly(mut self, emphasis: Emphasis) -> Self {
        self.emphases.push(emphasis);
        self
    }

    /// Runs it. It blocks, and may be called inside a runtime.
    ///
    /// # Errors
    /// The first statement on which the engine is wrong, made as small as it gets; or a harness that could not
    /// run. Where PostgreSQL is missing the report [says so](Report::skipped) (an error when `CI` is set).
    pub fn run(mut self) -> Result<Report, Failure> {
        let number = |name| std::env::var(name).ok().and_then(|v| v.parse().ok());
        self.cases = number("TENANCY_CASES").unwrap_or(self.cases);
        self.seed = number("TENANCY_SEED").unwrap_or(self.seed);
        eprintln!(
            "non-interference on {:?}: {} cases, TENANCY_SEED={}",
            self.dialect, self.cases, self.seed
        );
        crate::block_on(self.search())
    }

    async fn search(&self) -> Result<Report, Failure> {
        let Some(bench) = Bench::find(self.dialect, "non-interference").await? else {
            return Ok(Report::missing(self.seed));
        };
        let mut report = Report::new(self.seed);
        let mut worlds = Worlds::open(&bench).await?;
        for stream in 0..self.cases.div_ceil(PER_SCHEMA) {
            let schema = Schema::generate(self.dialect, &mut Dice::new(self.seed, stream));
            let engine = (self.engine)(&Setup::of(&schema)?);
            worlds.load_standing(&bench, &schema).await?;
            let mut dice = Dice::new(self.seed, stream ^ 0x0ac1e5);
            match worlds.extra(&schema, &*engine, &mut dice).await {
                Ok(None) => {}
                Ok(Some(found)) => return Err(Failure::found(self.tell(&schema, found))),
                Err(e) if e.is_lost() => worlds.revive(&bench, &schema).await?,
                Err(e) => return Err(e),
            }
            for n in 0..PER_SCHEMA.min(self.cases - stream * PER_SCHEMA) {
                let mut tree = statement(&schema, &self.emphases, [self.seed, stream, n])?;
                let made = tree.current();
                match worlds.check_standing(&bench, &schema, &*engine, &made).await? {
                    first @ Outcome::Wrong { .. } => {
                        return Err(self
                            .shrink(&bench, &mut worlds, &schema, &mut tree, first)
                            .await?);
                    }
                    right => report.count(&made, &schema, right),
                }
            }
            if let Some(found) = worlds.fresh(&schema, &*engine).await? {
                return Err(Failure::found(self.tell(&schema, found)));
            }
        }
        Ok(report)
    }

    /// Makes the statement smaller while it stays wrong, then the tables and their rows.
    async fn shrink(
        &self,
        bench: &Bench,
        worlds: &mut Worlds,
        schema: &Schema,
        tree: &mut strategy::StatementTree,
        first: Outcome,
    ) -> Result<Failure, Failure> {
        let original = tree.current();
        let until = Instant::now() + self.shrink;
        let engine = (self.engine)(&Setup::of(schema)?);
        let mut shrunk = 0;
        while Instant::now() < until && tree.simplify() {
            loop {
                let smaller = tree.current();
                let wrong = worlds.check_standing(bench, schema, &*engine, &smaller).await?;
                if matches!(wrong, Outcome::Wrong { .. }) {
                    shrunk += 1;
                    break;
                }
                if Instant::now() > until || !tree.complicate() {
                    break;
                }
            }
        }
        tree.settle();
        let made = tree.current();
        let mut smallest = schema.clone();
        // From the last to the first: what is left out does not move those still to be tried.
        for table in (0..schema.tables.len()).rev() {
            if Instant::now() < until {
                let less = smallest.without_table(table);
                shrunk += self.keep_wrong(bench, worlds, &mut smallest, less, &made).await;
            }
        }
        for table in 0..smallest.tables.len() {
            for row in (0..smallest.tables.get(table).map_or(0, |t| t.rows.len())).rev() {
                if Instant::now() < until {
                    let less = smallest.without_row(table, row);
                    shrunk += self.keep_wrong(bench, worlds, &mut smallest, less, &made).await;
                }
            }
        }
        let Some(outcome) = self.is_wrong(bench, worlds, &smallest, &made).await else {
            // It was wrong once, which is enough; what it was is told as it was first seen.
            return Ok(Failure::found(self.describe(schema, &original, first, 0)));
        };
        Ok(Failure::found(self.describe(&smallest, &made, outcome, shrunk)))
    }

    /// Takes the smaller schema if the statement is wrong on it too; how many steps that was.
    async fn keep_wrong(
        &self,
        bench: &Bench,
        worlds: &mut Worlds,
        smallest: &mut Schema,
        less: Schema,
        made: &Made,
    ) -> usize {
        let wrong = self.is_wrong(bench, worlds, &less, made).await.is_some();
        if wrong {
            *smallest = less;
        }
        usize::from(wrong)
    }

    async fn is_wrong(
        &self,
        bench: &Bench,
        worlds: &mut Worlds,
        schema: &Schema,
        made: &Made,
    ) -> Option<Outcome> {
        let engine = (self.engine)(&Setup::of(schema).ok()?);
        worlds.load_standing(bench, schema).await.ok()?;
        let outcome = worlds.check_standing(bench, schema, &*engine, made).await.ok()?;
        matches!(outcome, Outcome::Wrong { .. }).then_some(outcome)
    }

    /// A statement of one of the oracles' own as a counterexample; those are small as they are.
    fn tell(&self, schema: &Schema, found: oracles::Found) -> Counterexample {
        let oracles::Found {
            statement,
            scoped,
            difference,
        } = found;
        Counterexample {
            seed: self.seed,
            dialect: self.dialect,
            schema: schema.ddl(Side::Shared),
            private_schema: schema.ddl(Side::Private),
            catalog: schema.toml(),
            tenant: schema.subject.to_string(),
            statement,
            binds: Vec::new(),
            scoped,
            difference,
            shrunk: 0,
        }
    }

    fn describe(&self, schema: &Schema, made: &Made, outcome: Outcome, shrunk: usize) -> Counterexample {
        let printed = made.tree.print(self.dialect, Side::Shared, made.numbering);
        let (difference, scoped) = match outcome {
            Outcome::Wrong { difference, scoped } => (difference, scoped),
            Outcome::Refused(_)
            | Outcome::Same(_)
            | Outcome::Slow
            | Outcome::Fell { .. }
            | Outcome::Forbidden => (String::new(), String::new()),
        };
        Counterexample {
            seed: self.seed,
            dialect: self.dialect,
            schema: schema.ddl(Side::Shared),
            private_schema: schema.ddl(Side::Private),
            catalog: schema.toml(),
            tenant: schema.subject.to_string(),
            statement: printed.text,
            binds: printed.binds.iter().map(crate::Value::literal).collect(),
            scoped,
            difference,
            shrunk,
        }
    }
}

fn statement(
    schema: &Schema,
    emphases: &[Emphasis],
    [seed, stream, n]: [u64; 3],
) -> Result<strategy::StatementTree, Failure> {
    let mut bytes = [0_u8; 32];
    let words = [seed, stream, n, 1].into_iter().flat_map(u64::to_le_bytes);
    bytes.iter_mut().zip(words).for_each(|(slot, byte)| *slot = byte);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    Statements { schema, emphases }
        .new_tree(&mut runner)
        .map_err(|e| Failure::harness(&e.to_string()))
}

impl Class {
    /// Whether an engine is expected to let statements of this class through.
    pub(crate) fn is_allowed(self) -> bool {
        self != Class::Forbidden
    }
}
