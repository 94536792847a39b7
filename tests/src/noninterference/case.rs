//! One statement on the three databases of a schema.

use super::oracles;
use super::used::Used;
use crate::bench::Bench;
use crate::db::{Database, Fault};
use crate::engine::{arguments, stored_tenant};
use crate::grammar::{Class, Made};
use crate::oracle::{Judge, Markers, Seen, State, Watched, Worth, observe, state};
use crate::schema::{Schema, Side};
use crate::{Dialect, Engine, EngineRefusal, Failure, Value};

/// What came of a statement.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The engine refused a statement that it could have let through.
    Refused(EngineRefusal),
    /// The engine refused what has to be refused.
    Forbidden,
    /// A database did not answer in time, or stumbled over a bug of its own: nothing was compared.
    Slow,
    /// The server fell over the statement.
    Fell {
        /// The scoped text, where the server had answered the plain one.
        over: Option<String>,
    },
    /// The answers were the same, and worth this much.
    Same(Worth),
    Wrong {
        difference: String,
        scoped: String,
    },
}

/// A database and, where the application does not own its tables, a connection of who does.
pub(super) struct World {
    owner: Option<Database>,
    pub(super) db: Database,
}

impl World {
    /// Runs a statement; `None` if the server fell over it.
    async fn see(
        &mut self,
        text: &str,
        binds: &[Value],
        write: Option<&[Watched]>,
    ) -> Result<Option<Seen>, Fault> {
        match observe(&mut self.db, text, binds, write).await {
            Ok(seen) if seen.is_lost() => Ok(None),
            Ok(seen) => Ok(Some(seen)),
            Err(e) if e.is_lost() => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// As [`World::see`], where the server does not make derived tables a part of what stands around them.
    async fn see_unmerged(
        &mut self,
        text: &str,
        binds: &[Value],
        write: Option<&[Watched]>,
    ) -> Result<Option<Seen>, Fault> {
        self.db
            .script("SET optimizer_switch = 'derived_merge=off'")
            .await?;
        let seen = self.see(text, binds, write).await?;
        if seen.is_some() {
            self.db
                .script("SET optimizer_switch = 'derived_merge=on'")
                .await?;
        }
        Ok(seen)
    }

    async fn fill(&mut self, old: Option<&Schema>, new: &Schema, side: Side) -> Result<(), Fault> {
        let db = self.owner.as_mut().unwrap_or(&mut self.db);
        if let Some(old) = old {
            db.script(&old.drop_all()).await?;
        }
        db.script(&new.ddl(side)).await
    }
}

/// The databases of a run: of all tenants, of all tenants with other neighbours, of the subject alone.
pub(super) struct Worlds {
    pub(super) shared: World,
    other: World,
    private: World,
    before: State,
    markers: Markers,
    pub(super) watched: Vec<Watched>,
    own_watched: Vec<Watched>,
    loaded: Option<Schema>,
    /// Where a second connection to the first shared database goes; SQLite's is made anew.
    pub(super) shared_url: Option<String>,
    pub(super) used: Used,
}

impl Worlds {
    pub(super) async fn open(bench: &Bench) -> Result<Worlds, Failure> {
        let mut worlds = Vec::new();
        for private in [true, false, false] {
            let (owner, db) = bench.open().await?;
            // In the private database the tenant is the owner: there is nobody to be kept from.
            worlds.push(match owner {
                Some(owner) if private => World {
                    owner: None,
                    db: owner,
                },
                owner => World { owner, db },
            });
        }
        let (Some(shared), Some(other), Some(private)) = (worlds.pop(), worlds.pop(), worlds.pop()) else {
            return Err(Failure::harness("three databases were asked for"));
        };
        let (before, markers) = (State::new(), Markers::default());
        let shared_url = bench.newest_url().await;
        Ok(Worlds {
            shared,
            other,
            private,
            before,
            markers,
            watched: Vec::new(),
            own_watched: Vec::new(),
            loaded: None,
            shared_url,
            used: Used::default(),
        })
    }

    /// Fills all databases anew.
    pub(super) async fn load(&mut self, bench: &Bench, schema: &Schema) -> Result<(), Failure> {
        let mut old = self.loaded.take();
        if bench.is_cheap() {
            *self = Worlds::open(bench).await?;
            old = None;
        }
        let fixture = |e: Fault| Failure::harness(&format!("a made-up schema does not load: {}", e.text));
        self.shared.db.forget().await.map_err(fixture)?;
        self.shared
            .fill(old.as_ref(), schema, Side::Shared)
            .await
            .map_err(fixture)?;
        self.other
            .fill(old.as_ref(), schema, Side::Other)
            .await
            .map_err(fixture)?;
        self.private
            .fill(old.as_ref(), schema, Side::Private)
            .await
            .map_err(fixture)?;
        if schema.dialect == Dialect::Postgres {
            // Half of the schemas are read row by row, where conditions meet the rows of others.
            let word = if schema.tables.len().is_multiple_of(2) {
                "off"
            } else {
                "on"
            };
            let plans =
                ["indexscan", "indexonlyscan", "bitmapscan"].map(|n| format!("SET enable_{n} = {word}"));
            for world in [&mut self.shared, &mut self.other] {
                world.db.script(&plans.join(";")).await.map_err(fixture)?;
            }
        }
        self.used = Used::default();
        self.loaded = Some(schema.clone());
        self.markers = schema.markers();
        self.watched = schema.watched(Side::Shared);
        self.own_watched = schema.watched(Side::Private);
        self.before = state(&mut self.shared.db, &self.watched).await?;
        Ok(())
    }

    /// Runs a statement on all databases and compares.
    pub(super) async fn check(
        &mut self,
        schema: &Schema,
        engine: &dyn Engine,
        made: &Made,
    ) -> Result<Outcome, Failure> {
        let shared = made.tree.print(schema.dialect, Side::Shared, made.numbering);
        let private = made.tree.print(schema.dialect, Side::Private, made.numbering);
        let output = match engine.scope_for(&shared.text, &schema.subject) {
            Ok(output) => output,
            Err(_) if made.class == Class::Forbidden => return Ok(Outcome::Forbidden),
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        };
        let wrong = |difference: String| {
            Ok(Outcome::Wrong {
                difference,
                scoped: output.text.clone(),
            })
        };
        if made.class == Class::Forbidden {
            return wrong("was let through".to_owned());
        }
        let all = match arguments(&output, &shared.binds, &schema.subject) {
            Ok(all) => all,
            Err(difference) => return wrong(difference),
        };
        let write = made.class.is_write();
        let tables = write.then_some(self.watched.as_slice());
        let own_tables = write.then_some(self.own_watched.as_slice());
        let Some(own) = self
            .private
            .see(&private.text, &private.binds, own_tables)
            .await?
        else {
            return Ok(Outcome::Fell { over: None });
        };
        let fell = || Outcome::Fell {
            over: Some(output.text.clone()),
        };
        let Some(seen) = self.shared.see(&output.text, &all, tables).await? else {
            return Ok(fell());
        };
        // The second world: nothing but the neighbours differs, so nothing may.
        let Some(again) = self.other.see(&output.text, &all, write.then_some(&[])).await? else {
            return Ok(fell());
        };
        if [&own, &seen, &again]
            .iter()
            .any(|s| s.result.as_ref().is_err_and(Fault::is_timeout))
        {
            return Ok(Outcome::Slow);
        }
        if seen.result.as_ref().is_err_and(Fault::is_server_bug)
            || own.result.as_ref().is_err_and(Fault::is_of_a_view)
            || seen.result.is_ok() && own.result.as_ref().is_err_and(Fault::divides_by_no_row)
        {
            return Ok(Outcome::Slow);
        }
        let subject = stored_tenant(schema.dialect, &schema.subject).canonical();
        let judge = Judge {
            subject,
            markers: &self.markers,
            before: &self.before,
            generated: &[],
        };
        if own.result.is_ok() && seen.result.as_ref().is_err_and(Fault::is_lost_column) {
            let unmerged = self.shared.see_unmerged(&output.text, &all, tables).await?;
            if unmerged.is_some_and(|unmerged| judge.compare(&unmerged, &own, write).is_ok()) {
                return Ok(Outcome::Slow);
            }
        }
        let worth = match judge.compare(&seen, &own, write) {
            Ok(worth) => worth,
            Err(difference) => return wrong(difference),
        };
        if let Err(difference) = judge.two_worlds(&seen, &again, write) {
            return wrong(difference);
        }
        if let Err(difference) = oracles::asked_again(engine, &shared.text, &schema.subject, &output) {
            return wrong(difference);
        }
        let again = self.scoped_again(schema, engine, &output, &all, (&seen, write));
        if let Err(difference) = again.await? {
            return wrong(difference);
        }
        if !write {
            self.used.note(&shared.text, &shared.binds);
        }
        Ok(Outcome::Same(worth))
    }
}
