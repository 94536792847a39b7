//! The example store's own schema has nothing to mend.

use std::{fs, path::Path};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tenancy_core::Catalog;
use tenancy_sqlx::{Audit, AuditRule, RowSecurity, Severity, audit};
use tenancy_testkit::pg::PgDatabase;

const STORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/store");

fn catalog() -> Catalog {
    Catalog::from_toml(&fs::read_to_string(Path::new(STORE).join("tenancy.toml")).unwrap()).unwrap()
}

/// The store's migrations in order, and the books that sqlx keeps of them.
fn schema(folder: &str) -> String {
    let mut files: Vec<_> = fs::read_dir(Path::new(STORE).join("migrations").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 1, "{files:?}");
    let mut schema: String = files
        .iter()
        .map(|file| fs::read_to_string(file).unwrap() + "\n")
        .collect();
    schema.push_str(
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL, \
         success BOOLEAN NOT NULL, checksum TEXT NOT NULL, execution_time BIGINT NOT NULL);\n",
    );
    schema
}

#[tokio::test]
async fn the_stores_sqlite_schema_has_no_finding_at_all() {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(schema("sqlite")))
        .execute(&mut connection)
        .await
        .unwrap();
    let report = audit(&mut connection, &catalog()).await.unwrap();
    assert!(report.findings().is_empty(), "{report}");
    // The control: it is this schema that was looked at.
    sqlx::raw_sql("CREATE UNIQUE INDEX one_email ON customers (email)")
        .execute(&mut connection)
        .await
        .unwrap();
    let report = audit(&mut connection, &catalog()).await.unwrap();
    assert!(
        report
            .findings()
            .iter()
            .any(|finding| finding.rule() == AuditRule::UniqueWithoutKey),
        "{report}"
    );
}

#[tokio::test]
async fn the_stores_postgres_schema_has_nothing_to_mend_behind_the_wall() {
    let Some(database) = PgDatabase::or_skip("the auditor on the store").await.unwrap() else {
        return;
    };
    let mut admin = PgConnection::connect(database.admin_url()).await.unwrap();
    let operator = format!("{}_operator", database.app());
    let roles = format!(
        "CREATE ROLE {operator} NOLOGIN; ALTER ROLE {owner} NOINHERIT; GRANT {operator} TO {owner}",
        owner = database.owner()
    );
    sqlx::raw_sql(AssertSqlSafe(roles))
        .execute(&mut admin)
        .await
        .unwrap();
    let mut owner = PgConnection::connect(database.owner_url()).await.unwrap();
    // A store grants table by table, by the wall's migration alone.
    let defaults = "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM {app}; ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM {app};";
    let bare = schema("postgres");
    sqlx::raw_sql(AssertSqlSafe(defaults.replace("{app}", database.app()) + &bare))
        .execute(&mut owner)
        .await
        .unwrap();
    let catalog = catalog();
    let audit = Audit::new(&catalog)
        .app_role(database.app())
        .operator_role(&operator);
    let before = audit.run(&mut owner).await.unwrap();
    assert!(
        before
            .findings()
            .iter()
            .any(|finding| finding.rule() == AuditRule::RlsOff),
        "{before}"
    );
    // Nothing but the wall is missing, and the report writes it.
    assert!(before.migration().contains("CREATE POLICY tenancy_slice"));
    let wall = RowSecurity::new(&catalog)
        .app_role(database.app())
        .operator_role(&operator);
    sqlx::raw_sql(AssertSqlSafe(wall.migration()))
        .execute(&mut owner)
        .await
        .unwrap();
    let report = audit.run(&mut owner).await.unwrap();
    assert!(report.is_clean(Severity::Warning), "{report}");
    let notes: Vec<AuditRule> = report.findings().iter().map(|finding| finding.rule()).collect();
    // The migration holds no secret, so the key is still to come.
    assert_eq!(notes, [AuditRule::SigningKeyMissing], "{report}");
}
