//! Holes of PostgreSQL.

use std::{str::FromStr, time::Instant};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};
use tenancy_core::Catalog;
use tenancy_sqlx::{Audit, AuditRule, AuditedProduct, Report, RowSecurity, Severity, SigningKey};
use tenancy_testkit::pg::PgDatabase;

use crate::cases::{Case, catalog_of, complete, new, plain_catalog, schema_of};

const CASES: &str = include_str!("postgres.toml");

/// Rules for which a server of another version, or one that refuses, would be needed: they are tested on made-up servers,
/// beside the rules.
const ELSEWHERE: [(AuditRule, &str); 3] = [
    (AuditRule::ServerVulnerable, "an old server"),
    (AuditRule::ServerUnknown, "a server of the future"),
    (
        AuditRule::ObjectUnknown,
        "a kind of relation that does not exist yet",
    ),
];

/// A database without a hole, to be copied.
struct Template {
    database: PgDatabase,
    admin: PgConnection,
    name: String,
}

impl Template {
    async fn open(test: &str, text_keys: bool) -> Option<Template> {
        let database = PgDatabase::or_skip(test).await.unwrap()?;
        let options = PgConnectOptions::from_str(database.admin_url()).unwrap();
        let name = options.get_database().unwrap().to_owned();
        let mut admin = options.clone().connect().await.unwrap();
        let (owner, app) = (database.owner().to_owned(), database.app().to_owned());
        run(&mut admin, &format!(
            "CREATE ROLE {app}_operator NOLOGIN; ALTER ROLE {owner} NOINHERIT; GRANT {app}_operator TO {owner}"
        ))
        .await
        .unwrap();
        let mut connection = PgConnection::connect(database.owner_url()).await.unwrap();
        let schema = schema_of(
            include_str!("postgres.sql"),
            "bigint",
            text_keys.then_some("text"),
        );
        run(&mut connection, &schema).await.unwrap();
        run(&mut connection, &wall(&database, &catalog_of(text_keys)))
            .await
            .unwrap();
        let key = SigningKey::new(1, b"a secret of the tests, 32 bytes and more").unwrap();
        run(&mut connection, &key.install("tenancy")).await.unwrap();
        connection.close().await.unwrap();
        admin.close().await.unwrap();
        // Nobody may be in a database that is copied.
        let admin = options.database("postgres").connect().await.unwrap();
        Some(Template {
            database,
            admin,
            name,
        })
    }

    /// A copy, as its administrator.
    async fn copy(&mut self, number: usize) -> PgConnection {
        let copy = format!("{}_c{number}", self.name);
        run(
            &mut self.admin,
            &format!("CREATE DATABASE {copy} TEMPLATE {} STRATEGY file_copy", self.name),
        )
        .await
        .unwrap();
        // As the wall has it, which a copy does not take over.
        run(
            &mut self.admin,
            &format!(
                "REVOKE TEMPORARY, CREATE ON DATABASE {copy} FROM PUBLIC; ALTER DATABASE {copy} OWNER TO {}",
                self.database.owner()
            ),
        )
        .await
        .unwrap();
        let options = PgConnectOptions::from_str(self.database.admin_url()).unwrap();
        options.database(&copy).connect().await.unwrap()
    }

    async fn drop(&mut self, number: usize, connection: PgConnection) {
        connection.close().await.unwrap();
        run(
            &mut self.admin,
            &format!("DROP DATABASE {}_c{number} WITH (FORCE)", self.name),
        )
        .await
        .unwrap();
    }

    fn filled(&self, sql: &str, number: usize) -> String {
        sql.replace("{app}", self.database.app())
            .replace("{owner}", self.database.owner())
            .replace("{operator}", &format!("{}_operator", self.database.app()))
            .replace("{db}", &format!("{}_c{number}", self.name))
    }

    async fn audit(&self, connection: &mut PgConnection, catalog: &Catalog) -> Report {
        Audit::new(catalog)
            .app_role(self.database.app())
            .operator_role(format!("{}_operator", self.database.app()))
            .run(connection)
            .await
            .unwrap()
    }

    /// Makes a change, as the owner of the tables or as the administrator.
    async fn make(&self, connection: &mut PgConnection, sql: &str, admin: bool) -> Result<(), sqlx::Error> {
        if admin {
            return run(connection, sql).await;
        }
        run(connection, &format!("SET ROLE {}", self.database.owner())).await?;
        let done = run(connection, sql).await;
        run(connection, "RESET ROLE").await?;
        done
    }
}

fn wall(database: &PgDatabase, catalog: &Catalog) -> String {
    RowSecurity::new(catalog)
        .app_role(database.app())
        .operator_role(format!("{}_operator", database.app()))
        .migration()
}

async fn run(connection: &mut PgConnection, sql: &str) -> Result<(), sqlx::Error> {
    if sql.trim().is_empty() {
        return Ok(());
    }
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(|_| ())
}

#[tokio::test]
async fn a_sound_schema_behind_the_wall_has_nothing_to_mend() {
    let Some(mut template) = Template::open("the auditor on a sound schema", false).await else {
        return;
    };
    let mut connection = template.copy(0).await;
    let report = template.audit(&mut connection, &plain_catalog()).await;
    assert!(report.is_clean(Severity::Warning), "{report}");
    assert_eq!(report.migration(), "");
    // It asks without leaving a trace, in a transaction of the caller's too.
    let mut transaction = connection.begin().await.unwrap();
    transaction
        .execute("SET LOCAL search_path = secret_path")
        .await
        .unwrap();
    let inside = template.audit(&mut transaction, &plain_catalog()).await;
    assert_eq!(inside, report);
    let path: String = sqlx::query_scalar("SHOW search_path")
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(path, "secret_path");
    transaction.rollback().await.unwrap();
    // The application may ask as well, and learns the same.
    let options = PgConnectOptions::from_str(template.database.app_url()).unwrap();
    let mut app = options
        .database(&format!("{}_c0", template.name))
        .connect()
        .await
        .unwrap();
    assert_eq!(template.audit(&mut app, &plain_catalog()).await, report);
    // Whose role is not named is the one that the wall was built for.
    let found = tenancy_sqlx::audit(&mut app, &plain_catalog()).await.unwrap();
    assert_eq!(found, report);
    app.close().await.unwrap();
    template.drop(0, connection).await;
}

#[tokio::test]
async fn every_hole_is_found_and_mended() {
    let cases = Case::all(CASES);
    complete(AuditedProduct::Postgres, &cases, &ELSEWHERE);
    let started = Instant::now();
    let mut wrong = Vec::new();
    for text_keys in [false, true] {
        let Some(mut template) = Template::open("the auditor's holes on PostgreSQL", text_keys).await else {
            return;
        };
        let mut connection = template.copy(0).await;
        let base = template.audit(&mut connection, &catalog_of(text_keys)).await;
        template.drop(0, connection).await;
        let version: i32 =
            sqlx::query_scalar("SELECT pg_catalog.current_setting('server_version_num')::integer / 10000")
                .fetch_one(&mut template.admin)
                .await
                .unwrap();
        let those = cases
            .iter()
            .filter(|case| case.text_keys == text_keys && case.since <= i64::from(version));
        for (number, case) in (1..).step_by(2).zip(those) {
            hole(&mut template, case, &base, number, &mut wrong).await;
            near(&mut template, case, &base, number + 1, &mut wrong).await;
        }
    }
    eprintln!("{} holes on PostgreSQL, {:?}", cases.len(), started.elapsed());
    assert!(
        wrong.is_empty(),
        "{} wrong\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

async fn hole(template: &mut Template, case: &Case, base: &Report, number: usize, wrong: &mut Vec<String>) {
    let catalog = case.catalog();
    let mut connection = template.copy(number).await;
    let hole = template.filled(&case.hole, number);
    match template.make(&mut connection, &hole, case.admin).await {
        Err(error) => wrong.push(format!("{}: {error}\n{hole}", case.rule)),
        Ok(()) => {
            let report = template.audit(&mut connection, &catalog).await;
            wrong.extend(case.judge_hole(&new(&report, base)));
            let migration = report.migration();
            match run(&mut connection, &migration).await {
                Ok(()) => {
                    let after = template.audit(&mut connection, &catalog).await;
                    wrong.extend(case.judge_mended(&migration, &new(&after, base)));
                }
                Err(error) if case.mended => {
                    let line = error.to_string();
                    let short = migration.lines().take(60).collect::<Vec<_>>().join("\n");
                    wrong.push(format!("{}: {line}\n{hole}\n{short}", case.rule));
                }
                Err(_) => {}
            }
        }
    }
    end(template, case, connection, number, wrong).await;
}

async fn near(template: &mut Template, case: &Case, base: &Report, number: usize, wrong: &mut Vec<String>) {
    let Some(near) = &case.near else { return };
    let mut connection = template.copy(number).await;
    let near = template.filled(near, number);
    match template.make(&mut connection, &near, case.admin).await {
        Ok(()) => {
            let report = template.audit(&mut connection, &case.near_catalog()).await;
            wrong.extend(case.judge_near(&new(&report, base)));
        }
        Err(error) => wrong.push(format!("{}: near: {error}\n{near}", case.rule)),
    }
    end(template, case, connection, number, wrong).await;
}

/// What is the server's is put back, and the database is gone.
async fn end(
    template: &mut Template,
    case: &Case,
    mut connection: PgConnection,
    number: usize,
    wrong: &mut Vec<String>,
) {
    if let Err(error) = run(&mut connection, &template.filled(&case.undo, number)).await {
        wrong.push(format!("{}: undo: {error}", case.rule));
    }
    template.drop(number, connection).await;
}
