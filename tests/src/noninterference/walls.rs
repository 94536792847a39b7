//! A database's own wall, without the engine: statements as they are, on the shared database.

use tenancy_core::TenantId;

use super::case::Outcome;
use super::{PER_SCHEMA, Report, Setup, statement};
use crate::db::{Database, Fault};
use crate::dice::Dice;
use crate::engine::stored_tenant;
use crate::grammar::{Class, Made};
use crate::oracle::{Judge, Markers, Seen, State, Watched, observe, state};
use crate::pg::PgDatabase;
use crate::schema::{Schema, Side};
use crate::{Counterexample, Dialect, EngineRefusal, Failure, Value};

/// The proof that PostgreSQL's own wall keeps tenants apart where the engine does nothing at all.
///
/// Statements are made as [`NonInterference`](crate::NonInterference) makes them, and run as they are, by the application's
/// role in a tenant's turn. A query has to give the rows of the private database, or fail by want of a right, or, since the shared
/// database's keys have one column more, for its grouping; after a write the rows of other tenants, and the shared ones, stand
/// as before.
#[derive(Debug)]
pub struct WallAlone<W> {
    wall: W,
    cases: u64,
    seed: u64,
}

/// What puts a wall up, and tells it whose turn it is.
pub trait OwnWall: Send + Sync {
    /// The statements that put it up, for an application's role.
    fn put_up(&self, setup: &Setup, app: &str) -> String;

    /// The statements that make a connection a tenant's until it is closed.
    fn enter(&self, tenant: &TenantId) -> String;
}

impl<W: OwnWall> WallAlone<W> {
    /// A run of 1,000 statements.
    pub fn new(wall: W) -> Self {
        Self {
            wall,
            cases: 1_000,
            seed: 20_240_229,
        }
    }

    /// How many statements.
    #[must_use]
    pub fn cases(mut self, cases: u64) -> Self {
        self.cases = cases;
        self
    }

    /// Runs it. The environment overrides, as with [`NonInterference`](crate::NonInterference).
    ///
    /// # Errors
    /// The first statement that the wall is wrong about; or there is no PostgreSQL, and `CI` is set.
    pub fn run(mut self) -> Result<Report, Failure> {
        let number = |name| std::env::var(name).ok().and_then(|v| v.parse().ok());
        self.cases = number("TENANCY_CASES").unwrap_or(self.cases);
        self.seed = number("TENANCY_SEED").unwrap_or(self.seed);
        eprintln!("the wall alone: {} cases, TENANCY_SEED={}", self.cases, self.seed);
        crate::block_on(self.search())
    }

    async fn search(&self) -> Result<Report, Failure> {
        let Some(mut worlds) = Walled::open().await? else {
            return Ok(Report::missing(self.seed));
        };
        let mut report = Report::new(self.seed);
        for stream in 0..self.cases.div_ceil(PER_SCHEMA) {
            let mut schema = Schema::generate(Dialect::Postgres, &mut Dice::new(self.seed, stream));
            // A wall hides rows, and no columns.
            for table in &mut schema.tables {
                table.extra.hidden = false;
            }
            worlds.load(&self.wall, &schema).await?;
            for n in 0..PER_SCHEMA.min(self.cases - stream * PER_SCHEMA) {
                let made =
                    proptest::strategy::ValueTree::current(&statement(&schema, &[], [self.seed, stream, n])?);
                match worlds.check(&schema, &made).await? {
                    Outcome::Wrong { difference, scoped } => {
                        return Err(Failure::found(self.tell(&schema, &made, difference, scoped)));
                    }
                    right => report.count(&made, &schema, right),
                }
            }
        }
        Ok(report)
    }

    fn tell(&self, schema: &Schema, made: &Made, difference: String, scoped: String) -> Counterexample {
        let printed = made.tree.print(schema.dialect, Side::Shared, made.numbering);
        Counterexample {
            seed: self.seed,
            dialect: schema.dialect,
            schema: schema.ddl(Side::Shared),
            private_schema: schema.ddl(Side::Private),
            catalog: schema.toml(),
            tenant: schema.subject.to_string(),
            statement: printed.text,
            binds: printed.binds.iter().map(Value::literal).collect(),
            scoped,
            difference,
            shrunk: 0,
        }
    }
}

/// A database behind the wall, seen by somebody who becomes the application's role and, to look at all rows, nobody's.
struct Place {
    made: PgDatabase,
    owner: Database,
    admin: Database,
}

impl Place {
    async fn open() -> Result<Option<Place>, Failure> {
        let Some(made) = PgDatabase::or_skip("the wall alone").await? else {
            return Ok(None);
        };
        let owner = Database::postgres(made.owner_url()).await?;
        let admin = Database::postgres(made.admin_url()).await?;
        Ok(Some(Place { made, owner, admin }))
    }

    async fn fill(
        &mut self,
        wall: &impl OwnWall,
        (old, new): (Option<&Schema>, &Schema),
        side: Side,
    ) -> Result<(), Failure> {
        let fixture = |e: Fault| Failure::harness(&format!("the wall does not go up: {}", e.text));
        self.admin.script("RESET ROLE").await.map_err(fixture)?;
        self.admin.forget().await.map_err(fixture)?;
        if let Some(old) = old {
            self.owner.script(&old.drop_all()).await.map_err(fixture)?;
        }
        self.owner.script(&new.ddl(side)).await.map_err(fixture)?;
        let up = wall.put_up(&Setup::of(new)?, self.made.app());
        self.admin.script(&up).await.map_err(fixture)?;
        let enter = format!("SET ROLE {}; {}", self.made.app(), wall.enter(&new.subject));
        self.admin.script(&enter).await.map_err(fixture)?;
        Ok(())
    }

    /// As the harness observes other databases; all rows are looked at by one whom no wall holds.
    async fn see(&mut self, text: &str, binds: &[Value], write: Option<&[Watched]>) -> Result<Seen, Fault> {
        let Some(tables) = write else {
            return observe(&mut self.admin, text, binds, None).await;
        };
        self.admin.script("BEGIN").await?;
        let result = self.admin.run(text, binds).await;
        let after = match &result {
            Ok(_) => {
                self.admin.script("RESET ROLE").await?;
                Some(state(&mut self.admin, tables).await?)
            }
            Err(_) => None,
        };
        // Which makes it the application's role again.
        self.admin.script("ROLLBACK").await?;
        Ok(Seen { result, after })
    }
}

struct Walled {
    shared: Place,
    other: Place,
    private: Place,
    loaded: Option<Schema>,
    before: State,
    watched: Vec<Watched>,
    markers: Markers,
}

impl Walled {
    async fn open() -> Result<Option<Walled>, Failure> {
        let (Some(shared), Some(other), Some(private)) =
            (Place::open().await?, Place::open().await?, Place::open().await?)
        else {
            return Ok(None);
        };
        Ok(Some(Walled {
            shared,
            other,
            private,
            loaded: None,
            before: State::new(),
            watched: Vec::new(),
            markers: Markers::default(),
        }))
    }

    async fn load(&mut self, wall: &impl OwnWall, schema: &Schema) -> Result<(), Failure> {
        let old = self.loaded.take();
        let old = old.as_ref();
        self.shared.fill(wall, (old, schema), Side::Shared).await?;
        self.other.fill(wall, (old, schema), Side::Other).await?;
        let private = &mut self.private.owner;
        private.forget().await?;
        if let Some(old) = old {
            private.script(&old.drop_all()).await?;
        }
        private.script(&schema.ddl(Side::Private)).await?;
        self.watched = schema.watched(Side::Shared);
        self.markers = schema.markers();
        let mut all = Database::postgres(self.shared.made.admin_url()).await?;
        self.before = state(&mut all, &self.watched).await?;
        self.loaded = Some(schema.clone());
        Ok(())
    }

    async fn check(&mut self, schema: &Schema, made: &Made) -> Result<Outcome, Failure> {
        if made.class == Class::Forbidden {
            return Ok(Outcome::Forbidden);
        }
        let shared = made.tree.print(schema.dialect, Side::Shared, made.numbering);
        let private = made.tree.print(schema.dialect, Side::Private, made.numbering);
        let write = made.class.is_write();
        let tables = write.then_some(self.watched.as_slice());
        let seen = self.shared.see(&shared.text, &shared.binds, tables).await?;
        let judge = Judge {
            subject: stored_tenant(schema.dialect, &schema.subject).canonical(),
            markers: &self.markers,
            before: &self.before,
            generated: &[],
        };
        let found = if write {
            judge.others_untouched(&seen)
        } else {
            if let Some(refusal) = refused(&seen) {
                return Ok(Outcome::Refused(refusal));
            }
            let own = observe(&mut self.private.owner, &private.text, &private.binds, None).await?;
            let again = self.other.see(&shared.text, &shared.binds, None).await?;
            let slow = |seen: &Seen| seen.result.as_ref().is_err_and(Fault::is_timeout);
            if [&own, &seen, &again].into_iter().any(slow) {
                return Ok(Outcome::Slow);
            }
            judge
                .compare(&seen, &own, false)
                .and_then(|worth| judge.two_worlds(&seen, &again, false).map(|()| worth))
        };
        Ok(match found {
            Ok(worth) => Outcome::Same(worth),
            Err(difference) => Outcome::Wrong {
                difference,
                scoped: shared.text,
            },
        })
    }
}

/// What the wall says no to as a whole, and what the shared database's keys do not group by.
fn refused(seen: &Seen) -> Option<EngineRefusal> {
    let fault = seen.result.as_ref().err()?;
    let known = [
        ("permission denied", "permission"),
        ("must appear in the GROUP BY clause", "grouping"),
        ("uses ungrouped column", "grouping"),
    ];
    let (_, code) = known.iter().find(|(words, _)| fault.text.contains(words))?;
    Some(EngineRefusal {
        code: (*code).to_owned(),
        message: fault.text.clone(),
    })
}
