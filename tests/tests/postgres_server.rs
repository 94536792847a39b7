//! The ephemeral PostgreSQL: databases apart, roles that own and bypass nothing, a server that ends with its process.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use sqlx::{Connection, PgConnection};
use tenancy_testkit::pg::{Found, PgDatabase, PgServer};

#[tokio::test]
async fn each_test_has_a_database_and_an_app_role_that_owns_nothing() {
    let (Some(one), Some(two)) = (
        PgDatabase::or_skip("roles").await.unwrap(),
        PgDatabase::or_skip("roles").await.unwrap(),
    ) else {
        return;
    };
    let mut owner = PgConnection::connect(one.owner_url()).await.unwrap();
    sqlx::raw_sql("CREATE TABLE t (id bigserial PRIMARY KEY, n int); INSERT INTO t (n) VALUES (1), (2)")
        .execute(&mut owner)
        .await
        .unwrap();

    let mut app = PgConnection::connect(one.app_url()).await.unwrap();
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
        "TRUNCATE t",
        "ALTER TABLE t DISABLE ROW LEVEL SECURITY",
        "DROP TABLE t",
    ] {
        assert!(
            sqlx::raw_sql(refused).execute(&mut app).await.is_err(),
            "{refused}"
        );
    }
    for connection in [&mut app, &mut owner] {
        let (superuser, bypass): (bool, bool) =
            sqlx::query_as("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
                .fetch_one(connection)
                .await
                .unwrap();
        assert!(!superuser && !bypass);
    }

    let mut other = PgConnection::connect(two.app_url()).await.unwrap();
    assert!(
        sqlx::query("SELECT * FROM t").execute(&mut other).await.is_err(),
        "the databases are one"
    );
}

#[test]
fn the_server_is_one_for_the_whole_process() {
    let (Found::Server(a), Found::Server(b)) = (PgServer::find(), PgServer::find()) else {
        return;
    };
    assert!(std::ptr::eq(a, b));
}
