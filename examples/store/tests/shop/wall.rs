//! PostgreSQL's own wall before the stores.

use sqlx::{AssertSqlSafe, Connection, PgConnection};
use store::model::Paging;
use store::repository::{self, catalog};
use store::{demo, serve};
use tenancy_core::{Directory as _, Lookup, TenantContext};
use tenancy_sqlx::{Audit, AuditRule, Severity};
use tenancy_testkit::pg::PgDatabase;

use crate::common::{OPERATOR, allow_roles};

async fn run(connection: &mut PgConnection, statements: &str) {
    sqlx::raw_sql(AssertSqlSafe(statements.to_owned()))
        .execute(connection)
        .await
        .unwrap();
}

async fn count(connection: &mut PgConnection, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(AssertSqlSafe(count))
        .fetch_one(connection)
        .await
        .unwrap()
}

/// A role that somebody else made: the owner may make none.
async fn named_roles(database: &PgDatabase) {
    let mut admin = PgConnection::connect(database.admin_url()).await.unwrap();
    let (owner, app) = (database.owner(), database.app());
    run(
        &mut admin,
        &format!(
            "ALTER ROLE {owner} NOINHERIT; CREATE ROLE {app}_operator NOLOGIN; GRANT {app}_operator TO {owner}"
        ),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_logs_in_as_the_stores_role_sees_no_store() {
    let Some(database) = PgDatabase::or_skip("the store's wall").await.unwrap() else {
        return;
    };
    named_roles(&database).await;
    let (url, stores) = (database.owner_url(), Some(database.app_url()));
    let shop = repository::open(url, stores).await.unwrap();
    serve::operator_token(&*shop, Some(OPERATOR.into()))
        .await
        .unwrap();
    demo::load(&*shop).await.unwrap();

    // The shop shows its products, by way of the wall.
    let tenant = shop
        .directory()
        .find(&Lookup::Slug("green-leaf".parse().unwrap()))
        .await
        .unwrap()
        .unwrap();
    let ctx = TenantContext::public(&tenant).unwrap();
    let master = shop
        .master_products(&ctx, "", Paging { page: 1, per_page: 5 })
        .await
        .unwrap();
    assert!(!master.items.is_empty());
    assert!(!shop.categories(&ctx).await.unwrap().is_empty());

    // What is past it sees nothing, and not the platform's own at all.
    let mut past = PgConnection::connect(database.app_url()).await.unwrap();
    let mut admin = PgConnection::connect(database.admin_url()).await.unwrap();
    for table in ["store_products", "people", "orders", "api_tokens"] {
        assert_eq!(count(&mut past, table).await, 0, "{table}");
    }
    assert!(count(&mut admin, "store_products").await > 0);
    for table in ["stores", "operator_tokens", "platform_secrets", "tenancy_audit"] {
        let read = format!("SELECT * FROM {table}");
        let read = sqlx::query(AssertSqlSafe(read)).fetch_all(&mut past).await;
        assert!(read.is_err(), "{table}");
    }
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_put_up_once_and_mended() {
    let Some(database) = PgDatabase::or_skip("the store's wall, twice").await.unwrap() else {
        return;
    };
    allow_roles(&database).await;
    let url = database.owner_url();
    let (first, second) = tokio::join!(repository::open(url, None), repository::open(url, None));
    first.unwrap().close().await;
    second.unwrap().close().await;

    let mut owner = PgConnection::connect(url).await.unwrap();
    let catalog = catalog().unwrap();
    let policies = "SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_policy";
    let before: String = sqlx::query_scalar(policies).fetch_one(&mut owner).await.unwrap();
    repository::open(url, None).await.unwrap().close().await;
    let after: String = sqlx::query_scalar(policies).fetch_one(&mut owner).await.unwrap();
    assert_eq!(before, after, "an untouched wall is left alone");

    run(&mut owner, "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY").await;
    let report = Audit::new(&catalog).run(&mut owner).await.unwrap();
    assert_eq!(report.worst(), Some(Severity::Error), "{report}");
    repository::open(url, None).await.unwrap().close().await;
    let report = Audit::new(&catalog).run(&mut owner).await.unwrap();
    assert!(report.is_clean(Severity::Error), "{report}");
    assert!(
        report
            .findings()
            .iter()
            .all(|finding| finding.rule() != AuditRule::SigningKeyMissing)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_cannot_be_made_is_told() {
    let Some(database) = PgDatabase::or_skip("the store without a role").await.unwrap() else {
        return;
    };
    let Err(error) = repository::open(database.owner_url(), None).await else {
        panic!("there is no role for the stores");
    };
    assert!(error.to_string().contains("--stores-url"), "{error}");
    // Nor is it enough that the stores' role is the owner itself.
    let Err(error) = repository::open(database.owner_url(), Some(database.owner_url())).await else {
        panic!("the owner is held by no policy");
    };
    assert!(error.to_string().contains("owns the tables"), "{error}");
    let Err(error) = repository::open("sqlite://x.db", Some(database.app_url())).await else {
        panic!("a file has no roles");
    };
    assert!(error.to_string().contains("--stores-url"), "{error}");
}
