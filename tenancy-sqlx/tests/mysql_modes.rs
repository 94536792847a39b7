//! A server whose own settings are hostile: in a process of its own, because they are the whole server's.
#![cfg(feature = "mysql")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use sqlx::{Connection, MySqlConnection, mysql::MySqlPoolOptions};
use tenancy_core::{Catalog, KeyType, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ErrorExt, TenantDb};
use tenancy_testkit::maria::MariaDatabase;

/// One literal to the engine; with NO_BACKSLASH_ESCAPES the server ends it earlier, and reads a UNION.
const HOSTILE: &str = r"SELECT '\' UNION SELECT sku FROM items -- '";

#[tokio::test]
async fn what_the_engine_relies_on_is_set_whatever_the_server_says() {
    if std::env::var_os("TENANCY_TEST_MYSQL_URL").is_some() {
        eprintln!("SKIPPED: another's server is not to be set up so");
        return;
    }
    let Some(place) = MariaDatabase::or_skip("modes").await.unwrap() else {
        return;
    };
    let mut owner = MySqlConnection::connect(place.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE items (tenant_id bigint NOT NULL, id bigint NOT NULL, sku varchar(99), PRIMARY KEY (tenant_id, id));
         INSERT INTO items VALUES (1, 1, 'A-1'), (2, 1, 'SECRET-1')",
    )
    .execute(&mut owner)
    .await
    .unwrap();
    let mut admin = MySqlConnection::connect(place.admin_url()).await.unwrap();
    sqlx::raw_sql(
        "SET GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,IGNORE_SPACE,ONLY_FULL_GROUP_BY'; SET GLOBAL autocommit = 0;
         SET GLOBAL completion_type = 1; SET GLOBAL character_set_server = latin1",
    )
    .execute(&mut admin)
    .await
    .unwrap();

    let catalog = Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .tenant_tables(["items"])
        .build()
        .unwrap();
    let tenant = Tenant::builder(TenantId::bigint(1).unwrap(), "green-leaf".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    let ctx = TenantContext::public(&Arc::new(tenant)).unwrap();

    // control: this is what the server makes of it
    let plain = MySqlPoolOptions::new().connect(place.app_url()).await.unwrap();
    let leaked = sqlx::raw_sql(HOSTILE).fetch_all(&plain).await.unwrap();
    assert_eq!(leaked.len(), 3, "control: the other tenant's rows come");
    let shared = TenantDb::new(plain.clone(), catalog.clone());
    let error = sqlx::query("SELECT sku FROM items")
        .fetch_all(&shared.scoped(&ctx))
        .await
        .unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_connection),
        "{error:?}"
    );

    let db: TenantDb<sqlx::MySql> = TenantDb::connect(place.app_url(), catalog).await.unwrap();
    let one = db.scoped(&ctx);
    match sqlx::query_as::<_, (String,)>(HOSTILE).fetch_all(&one).await {
        Ok(rows) => assert_eq!(rows, [("' UNION SELECT sku FROM items -- ".to_owned(),)]),
        Err(error) => assert!(error.is_refused(), "{error:?}"),
    }
    // What ran is kept: no transaction was opened behind anybody's back.
    sqlx::query(r"INSERT INTO items (id, sku) VALUES (2, 'it\'s')")
        .execute(&one)
        .await
        .unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM items")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(kept, 3);
    let read: Vec<String> = sqlx::query_scalar("SELECT sku || '!' FROM items ORDER BY id")
        .fetch_all(&one)
        .await
        .unwrap();
    assert_eq!(read, ["A-1!", "it's!"]);
    plain.close().await;
    db.close().await;
}
