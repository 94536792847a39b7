//! Holes of SQLite.

use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tenancy_sqlx::{AuditRule, AuditedProduct, Severity, audit};

use crate::cases::{Case, catalog_of, complete, new, plain_catalog, schema_of};

const CASES: &str = include_str!("sqlite.toml");

const ELSEWHERE: [(AuditRule, &str); 3] = [
    (AuditRule::ServerUnknown, "an old library"),
    (
        AuditRule::ObjectUnknown,
        "a kind of table that does not exist yet",
    ),
    (AuditRule::StatisticsSampled, "a library with STAT4"),
];

async fn run(connection: &mut SqliteConnection, sql: &str) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .map(|_| ())
}

async fn sound(text_keys: bool) -> SqliteConnection {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let schema = schema_of(include_str!("sqlite.sql"), "BIGINT", text_keys.then_some("TEXT"));
    run(&mut connection, &schema).await.unwrap();
    connection
}

#[tokio::test]
async fn a_sound_schema_has_nothing_to_mend() {
    let report = audit(&mut sound(false).await, &plain_catalog()).await.unwrap();
    assert!(report.is_clean(Severity::Warning), "{report}");
    assert_eq!(report.migration(), "");
}

#[tokio::test]
async fn every_hole_is_found_and_mended() {
    let cases = Case::all(CASES);
    complete(AuditedProduct::Sqlite, &cases, &ELSEWHERE);
    let mut wrong = Vec::new();
    for case in &cases {
        let base = audit(&mut sound(case.text_keys).await, &catalog_of(case.text_keys))
            .await
            .unwrap();
        let mut connection = sound(case.text_keys).await;
        if let Err(error) = run(&mut connection, &case.hole).await {
            wrong.push(format!("{}: {error}\n{}", case.rule, case.hole));
            continue;
        }
        let report = audit(&mut connection, &case.catalog()).await.unwrap();
        wrong.extend(case.judge_hole(&new(&report, &base)));
        let migration = report.migration();
        match run(&mut connection, &migration).await {
            Ok(()) => {
                let after = audit(&mut connection, &case.catalog()).await.unwrap();
                wrong.extend(case.judge_mended(&migration, &new(&after, &base)));
            }
            Err(error) => wrong.push(format!("{}: {error}\n{migration}", case.rule)),
        }
        let Some(near) = &case.near else { continue };
        let mut connection = sound(case.text_keys).await;
        match run(&mut connection, near).await {
            Ok(()) => {
                let report = audit(&mut connection, &case.near_catalog()).await.unwrap();
                wrong.extend(case.judge_near(&new(&report, &base)));
            }
            Err(error) => wrong.push(format!("{}: near: {error}\n{near}", case.rule)),
        }
    }
    eprintln!("{} holes on SQLite", cases.len());
    assert!(
        wrong.is_empty(),
        "{} wrong\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}
