//! The wall alone, without the engine: statements that got past it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod escapes;
mod faults;
mod generated;
mod plans;

use std::sync::{Arc, Weak};

use sqlx::SqliteConnection;
use tenancy_core::{Catalog, TenantId};
use tenancy_testkit::{
    Value,
    probe::{Answer, Database, Fault},
};

use super::{SqliteWall, Whose};

/// A database in memory behind a wall, and no engine in front of it.
struct Walled {
    db: Database,
    wall: Arc<SqliteWall>,
}

fn connection(db: &mut Database) -> &mut SqliteConnection {
    match db {
        Database::Sqlite(conn) => conn,
        Database::Postgres(_) | Database::Mysql(_) => panic!("SQLite's"),
    }
}

fn tenant(id: i64) -> TenantId {
    TenantId::bigint(id).unwrap()
}

impl Walled {
    async fn with(catalog: &Catalog, ddl: &str) -> Walled {
        let mut db = Database::sqlite().await.unwrap();
        db.script(ddl).await.unwrap();
        let wall = Arc::new(SqliteWall::new(catalog));
        {
            let mut lock = connection(&mut db).lock_handle().await.unwrap();
            wall.build(&super::Raw::of(&mut lock)).unwrap();
        }
        Walled { db, wall }
    }

    /// Runs a text as a tenant's turn, as if the engine had let it pass and had told what it writes.
    async fn run(
        &mut self,
        tenant: &TenantId,
        writes: &[String],
        text: &str,
        binds: &[Value],
    ) -> Result<Answer, Fault> {
        let pass = self.wall.admit(Whose::One(tenant), writes, text.into());
        let entering = format!("SELECT 1 WHERE tenancy_enter({}); {text}", pass.ticket());
        self.db.run(&entering, binds).await
    }

    fn set_open(&self, open: bool) {
        let known = self.wall.known();
        for guard in known.values().filter_map(Weak::upgrade) {
            guard.set_open(open);
        }
    }

    /// What the owner of the tables sees and does.
    async fn whole(&mut self, sql: &str) -> Answer {
        self.set_open(true);
        let answer = self.db.run(sql, &[]).await.unwrap();
        self.set_open(false);
        answer
    }
}

/// The statement with its target named as the table itself, as the engine names it.
fn with_bare_target(sql: &str) -> String {
    let upper = sql.to_ascii_uppercase();
    let verbs = [
        " INTO ",
        "UPDATE OR IGNORE ",
        "UPDATE OR REPLACE ",
        "UPDATE ",
        "DELETE FROM ",
    ];
    let end = verbs
        .iter()
        .filter_map(|verb| upper.find(verb).map(|at| (at, at + verb.len())))
        .min_by_key(|(at, end)| (*at, std::cmp::Reverse(*end)));
    match end.and_then(|(_, end)| sql.split_at_checked(end)) {
        Some((before, target)) if !target.to_ascii_uppercase().starts_with("MAIN.") => {
            format!("{before}main.{target}")
        }
        _ => sql.to_owned(),
    }
}
