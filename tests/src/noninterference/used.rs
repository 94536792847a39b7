//! *Fresh against used connection*: a connection that has answered for many tenants, with statements that stay prepared on it,
//! answers as one that has answered nothing.

use tenancy_core::TenantId;

use super::case::Worlds;
use super::oracles::Found;
use crate::db::Database;
use crate::engine::arguments;
use crate::oracle::same_rows;
use crate::schema::Schema;
use crate::{Dialect, Engine, Failure, Value};

/// How many of a schema's queries are asked again at its end.
const KEPT: usize = 10;

/// Queries that the used connection has answered.
#[derive(Debug, Default)]
pub(super) struct Used {
    seen: usize,
    queries: Vec<(String, Vec<Value>)>,
}

impl Used {
    /// Keeps every third query, up to a number.
    pub(super) fn note(&mut self, text: &str, binds: &[Value]) {
        self.seen += 1;
        if self.seen.is_multiple_of(3) && self.queries.len() < KEPT {
            self.queries.push((text.to_owned(), binds.to_vec()));
        }
    }
}

impl Worlds {
    /// Asks what was asked before: on the used connection by all tenants in turn, the subject last, and then on a fresh one.
    pub(super) async fn fresh(
        &mut self,
        schema: &Schema,
        engine: &dyn Engine,
    ) -> Result<Option<Found>, Failure> {
        let queries = std::mem::take(&mut self.used.queries);
        if queries.is_empty() {
            return Ok(None);
        }
        let mut fresh = self.second(schema).await?;
        let everybody: Vec<&TenantId> = schema.neighbours.iter().chain([&schema.subject]).collect();
        for (statement, binds) in &queries {
            let mut used = None;
            let mut scoped = String::new();
            for tenant in &everybody {
                let Ok(output) = engine.scope_for(statement, tenant) else {
                    continue;
                };
                let Ok(all) = arguments(&output, binds, tenant) else {
                    continue;
                };
                let answer = self.shared.db.run_kept(&output.text, &all).await;
                scoped.clone_from(&output.text);
                used = Some((answer, all));
            }
            let Some((used, all)) = used else { continue };
            let alone = fresh.run_kept(&scoped, &all).await;
            let difference = match (&used, &alone) {
                (Ok(one), Ok(other)) => same_rows(one, other, &[]).err(),
                (Err(one), Err(other)) if one.kind == other.kind => None,
                (Err(e), _) | (_, Err(e)) if e.is_timeout() || e.is_server_bug() => None,
                (Err(one), Err(other)) => Some(format!("{} / {}", one.text, other.text)),
                (Err(e), Ok(_)) | (Ok(_), Err(e)) => Some(e.text.clone()),
            };
            if let Some(difference) = difference {
                return Ok(Some(Found {
                    statement: statement.clone(),
                    scoped,
                    difference: format!("a fresh connection answers otherwise than a used one: {difference}"),
                }));
            }
        }
        Ok(None)
    }

    /// A connection that has answered nothing, to the first shared database or, on SQLite, to one that is made as it was.
    async fn second(&self, schema: &Schema) -> Result<Database, Failure> {
        let wanted = || Failure::harness("no fresh connection: the database has no address");
        match schema.dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => {
                let mut db = Database::sqlite().await?;
                db.script(&schema.ddl(crate::schema::Side::Shared))
                    .await
                    .map_err(|e| Failure::harness(&format!("no fresh connection: {}", e.text)))?;
                Ok(db)
            }
            #[cfg(feature = "postgres")]
            Dialect::Postgres => {
                Ok(Database::postgres(self.shared_url.as_deref().ok_or_else(wanted)?).await?)
            }
            #[cfg(feature = "mysql")]
            Dialect::Mysql => Ok(Database::mysql(self.shared_url.as_deref().ok_or_else(wanted)?).await?),
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            other => Err(Failure::harness(&format!("the kit was built without {other:?}"))),
        }
    }
}
