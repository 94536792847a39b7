//! Holes of MariaDB.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use tenancy_core::Catalog;
use tenancy_sqlx::{Audit, AuditRule, AuditedProduct, Report, Severity};
use tenancy_testkit::maria::MariaDatabase;

use crate::cases::{Case, catalog_of, complete, list, new, plain_catalog, schema_of};

const CASES: &str = include_str!("mariadb.toml");

const ELSEWHERE: [(AuditRule, &str); 2] = [
    (AuditRule::ServerUnknown, "an old server"),
    (
        AuditRule::ObjectUnknown,
        "a kind of table that does not exist yet",
    ),
];

async fn run(connection: &mut MySqlConnection, sql: &str) -> Result<(), sqlx::Error> {
    if sql.trim().is_empty() {
        return Ok(());
    }
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(|_| ())
}

struct World {
    database: MariaDatabase,
    admin: MySqlConnection,
}

impl World {
    async fn open(test: &str, text_keys: bool) -> Option<World> {
        let database = MariaDatabase::or_skip(test).await.unwrap()?;
        let admin = MySqlConnection::connect(database.admin_url()).await.unwrap();
        let mut world = World { database, admin };
        let schema = schema_of(
            include_str!("mariadb.sql"),
            "bigint",
            text_keys.then_some("varchar(63)"),
        );
        world.make(&schema).await.unwrap();
        Some(world)
    }

    fn filled(&self, sql: &str) -> String {
        sql.replace("{app}", &format!("'{}'@'%'", self.database.app()))
            .replace("{db}", self.database.name())
    }

    async fn make(&mut self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = self.filled(sql);
        run(&mut self.admin, &sql).await
    }

    async fn audit(&mut self, catalog: &Catalog) -> Report {
        Audit::new(catalog)
            .app_role(self.database.app())
            .run(&mut self.admin)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_sound_schema_has_nothing_to_mend() {
    let Some(mut world) = World::open("the auditor on a sound schema of MariaDB", false).await else {
        return;
    };
    let report = world.audit(&plain_catalog()).await;
    // The server is not the schema's.
    let own: Vec<_> = report
        .findings()
        .iter()
        .filter(|one| one.group() != "server" && one.severity() > Severity::Note)
        .cloned()
        .collect();
    assert!(own.is_empty(), "{}", list(&own));
    // The application sees less, and says so.
    let mut app = MySqlConnection::connect(world.database.app_url()).await.unwrap();
    let seen = tenancy_sqlx::audit(&mut app, &plain_catalog()).await.unwrap();
    assert!(
        seen.findings()
            .iter()
            .any(|finding| finding.rule() == AuditRule::Unreadable),
        "{seen}"
    );
    // Whom it may not see, it does not call missing.
    let other = Audit::new(&plain_catalog())
        .app_role("somebody_else")
        .run(&mut app)
        .await
        .unwrap();
    let rules: Vec<AuditRule> = other.findings().iter().map(|finding| finding.rule()).collect();
    assert!(
        rules.contains(&AuditRule::Unreadable) && !rules.contains(&AuditRule::RoleMissing),
        "{other}"
    );
}

#[tokio::test]
async fn every_hole_is_found_and_mended() {
    let cases = Case::all(CASES);
    complete(AuditedProduct::MariaDb, &cases, &ELSEWHERE);
    let started = Instant::now();
    let mut wrong = Vec::new();
    for case in &cases {
        let Some(mut world) = World::open("the auditor's holes on MariaDB", case.text_keys).await else {
            return;
        };
        let base = world.audit(&catalog_of(case.text_keys)).await;
        if let Err(error) = world.make(&case.hole).await {
            wrong.push(format!("{}: {error}\n{}", case.rule, case.hole));
        } else {
            let report = world.audit(&case.catalog()).await;
            wrong.extend(case.judge_hole(&new(&report, &base)));
            let migration = report.migration();
            match run(&mut world.admin, &migration).await {
                Ok(()) => {
                    let after = world.audit(&case.catalog()).await;
                    wrong.extend(case.judge_mended(&migration, &new(&after, &base)));
                }
                Err(error) => wrong.push(format!("{}: {error}\n{migration}", case.rule)),
            }
        }
        if let Err(error) = world.make(&case.undo).await {
            wrong.push(format!("{}: undo: {error}", case.rule));
        }
        let Some(near) = &case.near else { continue };
        let Some(mut world) = World::open("the auditor's holes on MariaDB", case.text_keys).await else {
            return;
        };
        let base = world.audit(&catalog_of(case.text_keys)).await;
        match world.make(near).await {
            Ok(()) => {
                let report = world.audit(&case.near_catalog()).await;
                wrong.extend(case.judge_near(&new(&report, &base)));
            }
            Err(error) => wrong.push(format!("{}: near: {error}\n{near}", case.rule)),
        }
        if let Err(error) = world.make(&case.undo).await {
            wrong.push(format!("{}: undo: {error}", case.rule));
        }
    }
    eprintln!("{} holes on MariaDB, {:?}", cases.len(), started.elapsed());
    assert!(
        wrong.is_empty(),
        "{} wrong\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}
