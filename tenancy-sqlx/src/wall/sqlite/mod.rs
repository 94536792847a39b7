//! SQLite's wall: views, triggers and an authorizer on each connection of a [`TenantDb`](crate::TenantDb)'s own.
//!
//! | file | holds |
//! |---|---|
//! | `native` | the calls into SQLite's library, and the only `unsafe` |
//! | `guard` | what a connection's wall knows, and whose turn it is |
//! | `rules` | what a statement may do at all |
//! | `schema` | what the wall has to know of the tables that there are |
//! | `views`, `body` | the temporary views and triggers, as text |
//! | `tokens` | what a text names, and what it could name |
//!
//! **Whose turn it is** comes with each statement: the text that is sent is `SELECT 1 WHERE tenancy_enter($n); …`, and the value
//! of `$n` is a ticket, a number that stands for a [`Grant`] with the tenant and what the statement writes. sqlx runs both
//! as one execution. The grant lives as long as the execution, so nothing of it is left on the connection.

mod body;
mod guard;
mod native;
mod rules;
mod schema;
#[cfg(test)]
mod tests;
mod tokens;
mod views;

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak, atomic::AtomicBool},
};

use sqlx::SqliteConnection;
use tenancy_core::{Catalog, TenantId};

use crate::error::Kind;
use guard::{Grant, Guard, Id, Reach, Tickets, UNGUARDED};
use native::{Fault, Raw};
use schema::Schema;

/// The wall of a pool's connections.
pub struct SqliteWall {
    catalog: Catalog,
    /// What the names of its own views and triggers begin with.
    prefix: String,
    tickets: Arc<Tickets>,
    /// The connections that have it, by address; a guard is gone with its connection.
    known: Mutex<HashMap<usize, Weak<Guard>>>,
}

/// What lets one execution of one statement in. Everything that it allows ends when it is dropped.
pub struct Pass {
    wall: Arc<SqliteWall>,
    #[allow(dead_code, reason = "alive as long as the pass is")]
    grant: Arc<Grant>,
    ticket: i64,
}

impl Pass {
    /// What the statement gets in with.
    pub(crate) fn ticket(&self) -> i64 {
        self.ticket
    }

    pub(crate) fn wall(&self) -> &SqliteWall {
        &self.wall
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").finish_non_exhaustive()
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.wall.tickets.revoke(self.ticket);
    }
}

/// Whose rows a pass reaches.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose<'a> {
    One(&'a TenantId),
    Many(&'a [TenantId]),
    All,
}

impl SqliteWall {
    pub(crate) fn new(catalog: &Catalog) -> Self {
        // Keys of the operating system's random numbers.
        let chance = RandomState::new();
        Self {
            catalog: catalog.clone(),
            prefix: format!("tenancy_{:016x}{:016x}_", chance.hash_one(1), chance.hash_one(2)),
            tickets: Arc::default(),
            known: Mutex::default(),
        }
    }

    /// Lets one execution of `text` in.
    pub(crate) fn admit(self: &Arc<Self>, whose: Whose<'_>, writes: &[String], text: Arc<str>) -> Pass {
        let reach = match whose {
            Whose::One(tenant) => Reach::One(Id::of(tenant)),
            Whose::Many(tenants) => Reach::Many(tenants.iter().map(Id::of).collect()),
            Whose::All => Reach::All,
        };
        let grant = Arc::new(Grant {
            reach,
            replaces: !writes.is_empty() && tokens::could_replace(&text),
            writes: writes.iter().map(|table| table.to_ascii_lowercase()).collect(),
            text,
            told: AtomicBool::new(false),
            stays: OnceLock::new(),
        });
        Pass {
            wall: Arc::clone(self),
            ticket: self.tickets.issue(&grant),
            grant,
        }
    }

    /// The text that begins with the turn that the value at `place` stands for.
    pub(crate) fn entering(place: usize, text: &str) -> String {
        // Named, and not `?n`: sqlx would count the numbers before it as values of this statement.
        format!("SELECT 1 WHERE tenancy_enter(${place}); {text}")
    }

    /// Whether a statement failed because the wall is not there, or not all of it.
    pub(crate) fn is_missing(error: &sqlx::Error) -> bool {
        let sqlx::Error::Database(error) = error else {
            return false;
        };
        let message = error.message();
        message == "no such function: tenancy_enter"
            || UNGUARDED.to_str() == Ok(message)
            // SQLITE_AUTH: of a table or trigger that was not there yet.
            || error.code().as_deref() == Some("23")
    }

    /// Puts the wall up on a connection that is in no transaction, unless it stands as the schema wants it.
    ///
    /// SQLite is asked here and not on sqlx's thread, so that nothing can come between and a dropped future leaves
    /// no half of a wall.
    pub(crate) async fn put_up(&self, conn: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let mut lock = conn.lock_handle().await?;
        self.build(&Raw::of(&mut lock)).map_err(|fault| {
            tracing::warn!(%fault, "a connection without a wall is not used");
            Kind::SqliteWall.into_sqlx()
        })
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<usize, Weak<Guard>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn build(&self, raw: &Raw<'_>) -> Result<(), Fault> {
        let standing = self.known().get(&raw.address()).and_then(Weak::upgrade);
        if let Some(guard) = &standing {
            let _opened = guard.open();
            if schema::version(raw)? == guard.schema.version {
                return Ok(());
            }
        }
        raw.unwatch()?;
        let built = self.rebuild(raw);
        if let (Err(_), Some(guard)) = (&built, &standing) {
            // What stood before stands on. Where nothing did, there is no function to begin a turn with.
            raw.watch(guard)?;
        }
        built
    }

    fn rebuild(&self, raw: &Raw<'_>) -> Result<(), Fault> {
        // SQLite makes a table of each when it is named first, which an authorizer would not let it.
        for function in rules::ROW_FUNCTIONS {
            let _ = raw.rows(&format!("SELECT 1 FROM {function}('[]')"));
        }
        raw.run("BEGIN")?;
        match self
            .define(raw)
            .and_then(|schema| raw.run("COMMIT").map(|()| schema))
        {
            Ok(schema) => {
                let guard = Arc::new(Guard::new(Arc::clone(&self.tickets), schema));
                raw.define(&guard)?;
                raw.watch(&guard)?;
                raw.define_entrance(&guard)?;
                let mut known = self.known();
                known.retain(|_, guard| guard.strong_count() > 0);
                known.insert(raw.address(), Arc::downgrade(&guard));
                Ok(())
            }
            Err(fault) => {
                raw.run("ROLLBACK")?;
                Err(fault)
            }
        }
    }

    fn define(&self, raw: &Raw<'_>) -> Result<Schema, Fault> {
        let mut schema = Schema::read(raw, &self.catalog, &self.prefix)?;
        let writer = views::Writer {
            catalog: &self.catalog,
            schema: &schema,
            prefix: &self.prefix,
        };
        let plan = writer.plan();
        plan.needed.iter().try_for_each(|sql| raw.run(sql))?;
        for sql in &plan.extra {
            let _ = raw.run(sql);
        }
        for (name, sql) in plan.covers {
            // SQLite keeps some names to itself. A text that has such a word is denied.
            if raw.run(&sql).is_err() {
                schema.bare.insert(name);
            }
        }
        Ok(schema)
    }
}
