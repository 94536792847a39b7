//! The ephemeral MariaDB: databases apart, an application user who may only read and write rows, a server that ends
//! with its process.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use sqlx::{Connection, MySqlConnection};
use tenancy_testkit::maria::{Found, MariaDatabase, MariaServer};

#[tokio::test]
async fn each_test_has_a_database_and_an_app_user_who_only_reads_and_writes() {
    let (Some(one), Some(two)) = (
        MariaDatabase::or_skip("users").await.unwrap(),
        MariaDatabase::or_skip("users").await.unwrap(),
    ) else {
        return;
    };
    let mut owner = MySqlConnection::connect(one.owner_url()).await.unwrap();
    sqlx::raw_sql(
        "CREATE TABLE t (id bigint AUTO_INCREMENT PRIMARY KEY, n int); INSERT INTO t (n) VALUES (1), (2)",
    )
    .execute(&mut owner)
    .await
    .unwrap();

    let mut app = MySqlConnection::connect(one.app_url()).await.unwrap();
    sqlx::query("INSERT INTO t (n) VALUES (3)")
        .execute(&mut app)
        .await
        .unwrap();
    let n: i64 = sqlx::query_scalar("SELECT count(*) FROM t")
        .fetch_one(&mut app)
        .await
        .unwrap();
    assert_eq!(n, 3);
    for refused in [
        "CREATE TABLE u (n int)",
        "CREATE TEMPORARY TABLE t (n int)",
        "TRUNCATE t",
        "DROP TABLE t",
        "LOCK TABLES t READ",
        "SELECT 1 INTO OUTFILE '/tmp/tenancy-out'",
        "SELECT * FROM mysql.global_priv",
        "SET GLOBAL max_connections = 1",
    ] {
        assert!(
            sqlx::raw_sql(refused).execute(&mut app).await.is_err(),
            "{refused}"
        );
    }

    let mut other = MySqlConnection::connect(two.app_url()).await.unwrap();
    let theirs = sqlx::AssertSqlSafe(format!("SELECT * FROM {}.t", one.name()));
    for sql in [sqlx::AssertSqlSafe("SELECT * FROM t".to_owned()), theirs] {
        assert!(
            sqlx::raw_sql(sql).execute(&mut other).await.is_err(),
            "the databases are one"
        );
    }
}

#[test]
fn the_server_is_one_for_the_whole_process() {
    let (Found::Server(a), Found::Server(b)) = (MariaServer::find(), MariaServer::find()) else {
        return;
    };
    assert!(std::ptr::eq(a, b));
}
