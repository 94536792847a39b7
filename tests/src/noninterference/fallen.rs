//! A server that falls over a statement: it is waited for, and the run goes on.
//!
//! MariaDB 10.11 does that on some statements, on plain ones as on scoped ones. Nothing crosses then, and nothing was compared.

use std::time::{Duration, Instant};

use super::case::{Outcome, Worlds};
use crate::bench::Bench;
use crate::grammar::Made;
use crate::schema::Schema;
use crate::{Engine, Failure};

impl Worlds {
    /// As [`Worlds::check`]. Where the server fell the statement is tried once more, since another thread's may have felled
    /// it.
    pub(super) async fn check_standing(
        &mut self,
        bench: &Bench,
        schema: &Schema,
        engine: &dyn Engine,
        made: &Made,
    ) -> Result<Outcome, Failure> {
        let mut fell = Outcome::Fell { over: None };
        for _ in 0..2 {
            match self.check(schema, engine, made).await {
                Ok(over @ Outcome::Fell { .. }) => fell = over,
                Err(e) if e.is_lost() => fell = Outcome::Fell { over: None },
                other => return other,
            }
            self.revive(bench, schema).await?;
        }
        Ok(fell)
    }

    /// As [`Worlds::load`], with new databases if the server falls meanwhile.
    pub(super) async fn load_standing(&mut self, bench: &Bench, schema: &Schema) -> Result<(), Failure> {
        match self.load(bench, schema).await {
            Err(e) if e.is_lost() => self.revive(bench, schema).await,
            other => other,
        }
    }

    /// Waits for the server to stand again, and fills new databases.
    pub(super) async fn revive(&mut self, bench: &Bench, schema: &Schema) -> Result<(), Failure> {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            match self.renew(bench, schema).await {
                Err(_) if Instant::now() < until => {}
                other => return other,
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn renew(&mut self, bench: &Bench, schema: &Schema) -> Result<(), Failure> {
        *self = Worlds::open(bench).await?;
        self.load(bench, schema).await
    }
}
