//! A mistake in one of the two sources, and none in the other.

use std::sync::Arc;

use futures_util::TryStreamExt;
use sqlx::{Arguments, Either, Row, Sqlite, SqliteConnection, sqlite::SqlitePoolOptions};
use tenancy_core::{Catalog, KeyType, Tenant, TenantContext, TenantStatus};

use super::{super::Whose, tenant};
use crate::{
    database::{Driver, Statement},
    db::Inner,
    scoped::plan::{Plan, Reach, plan},
};

fn ctx(id: i64) -> TenantContext {
    let tenant = Tenant::builder(tenant(id), "a".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    TenantContext::public(&Arc::new(tenant)).unwrap()
}

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .tenant_tables(["items"])
        .build()
        .unwrap()
}

/// Where one of the two says tenant 2 in tenant 1's turn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    Bind,
    Turn,
}

async fn open() -> (Inner<Sqlite>, sqlx::pool::PoolConnection<Sqlite>) {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    sqlx::raw_sql(
        "CREATE TABLE items (tenant_id INTEGER NOT NULL, id INTEGER NOT NULL, note TEXT, PRIMARY KEY (tenant_id, id));
         INSERT INTO items VALUES (1, 1, 'mine'), (2, 2, 'SECRET'); CREATE TABLE secrets (name TEXT);
         INSERT INTO secrets VALUES ('SECRET')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let conn = pool.acquire().await.unwrap();
    (Inner::new(pool, true, catalog()), conn)
}

/// Tenant 1's statement, with a mistake made behind the engine or in front of the wall.
fn planned(inner: &Inner<Sqlite>, sql: &'static str, fault: Fault) -> Statement<Sqlite> {
    let (one, two) = (ctx(1), ctx(2));
    let Plan { statement, .. } = plan(inner, Reach::One(&one), sqlx::query(sql)).unwrap();
    let mut statement = statement;
    let wrong = plan(inner, Reach::One(&two), sqlx::query(sql)).unwrap().statement;
    let (own_pass, wrong_pass) = (statement.pass.clone().unwrap(), wrong.pass.clone().unwrap());
    let (bound, pass) = match fault {
        Fault::None => (1_i64, own_pass),
        Fault::Bind => (2, own_pass),
        Fault::Turn => (1, wrong_pass),
    };
    // The engine's own value is the first, since these statements bind nothing; the ticket is the second.
    let mut arguments = <Sqlite as sqlx::Database>::Arguments::default();
    arguments.add(bound).unwrap();
    arguments.add(pass.ticket()).unwrap();
    statement.arguments = Some(arguments);
    statement.pass = Some(pass);
    statement
}

async fn run(
    conn: &mut SqliteConnection,
    statement: Statement<Sqlite>,
) -> Result<(Vec<String>, u64), sqlx::Error> {
    let (mut rows, mut affected) = (Vec::new(), 0);
    let mut steps = <Sqlite as Driver>::fetch_many(conn, statement);
    while let Some(step) = steps.try_next().await? {
        match step {
            Either::Left(result) => affected = result.rows_affected(),
            Either::Right(row) => rows.push(row.get(0)),
        }
    }
    Ok((rows, affected))
}

#[tokio::test]
async fn a_mistake_in_one_of_two_sources_shows_nothing() {
    let (inner, mut conn) = open().await;
    for (fault, seen) in [
        (Fault::None, vec!["mine"]),
        (Fault::Bind, vec![]),
        (Fault::Turn, vec![]),
    ] {
        let statement = planned(&inner, "SELECT note FROM items", fault);
        let (rows, _) = run(&mut conn, statement).await.unwrap();
        assert_eq!(rows, seen, "{fault:?}");
    }
}

#[tokio::test]
async fn a_mistake_in_one_of_two_sources_changes_nothing() {
    for (fault, changed) in [(Fault::None, 1), (Fault::Bind, 0), (Fault::Turn, 0)] {
        for sql in ["UPDATE items SET note = 'x'", "DELETE FROM items"] {
            let (inner, mut conn) = open().await;
            let (_, affected) = run(&mut conn, planned(&inner, sql, fault)).await.unwrap();
            assert_eq!(affected, changed, "{fault:?}: {sql}");
        }
        let (inner, mut conn) = open().await;
        let inserted = run(
            &mut conn,
            planned(&inner, "INSERT INTO items (id) VALUES (7)", fault),
        )
        .await;
        assert_eq!(inserted.is_ok(), fault == Fault::None, "{fault:?}: {inserted:?}");
    }
}

#[tokio::test]
async fn both_mistakes_at_once_are_the_other_tenants_turn() {
    // The positive control: it is these two that keep the tenants apart, and nothing else.
    let (inner, mut conn) = open().await;
    let statement = planned(&inner, "SELECT note FROM items", Fault::Turn);
    let mut both = planned(&inner, "SELECT note FROM items", Fault::Bind);
    let mut arguments = <Sqlite as sqlx::Database>::Arguments::default();
    arguments.add(2_i64).unwrap();
    arguments.add(statement.pass.as_ref().unwrap().ticket()).unwrap();
    both.arguments = Some(arguments);
    both.pass = statement.pass.clone();
    let (rows, _) = run(&mut conn, both).await.unwrap();
    assert_eq!(rows, ["SECRET"]);
}

#[tokio::test]
async fn a_turn_is_over_with_its_execution() {
    let (inner, mut conn) = open().await;
    let statement = planned(&inner, "SELECT note FROM items", Fault::None);
    let ticket = statement.pass.as_ref().unwrap().ticket();
    run(&mut conn, statement).await.unwrap();
    // A text of the connection's own has no turn, and an old ticket begins none.
    for sql in [
        "SELECT note FROM items".to_owned(),
        "SELECT note FROM main.items".to_owned(),
        "SELECT tenancy_slice()".to_owned(),
        "SELECT count(*) FROM items".to_owned(),
        format!("SELECT 1 WHERE tenancy_enter({ticket}); SELECT note FROM items"),
    ] {
        let result = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone()))
            .fetch_all(&mut *conn)
            .await;
        assert!(result.is_err(), "{sql}");
    }
}

#[tokio::test]
async fn a_turn_is_not_to_be_had_from_inside_of_another() {
    let (inner, mut conn) = open().await;
    let wall = inner.wall().clone().unwrap();
    wall.put_up(&mut conn).await.unwrap();
    let other = wall.admit(Whose::One(&tenant(2)), &[], "".into());
    for text in [
        format!("SELECT tenancy_enter({}); SELECT note FROM items", other.ticket()),
        "SELECT ?1".to_owned(),
        "SAVEPOINT a".to_owned(),
        "COMMIT".to_owned(),
        "PRAGMA table_list".to_owned(),
        "ATTACH ':memory:' AS a".to_owned(),
        "SELECT load_extension('x')".to_owned(),
        "CREATE TEMP VIEW a AS SELECT 1".to_owned(),
        "DROP VIEW temp.items".to_owned(),
        "SELECT name FROM sqlite_temp_schema".to_owned(),
        "SELECT count(*) FROM sqlite_schema".to_owned(),
        "SELECT count(*) FROM pragma_table_list".to_owned(),
        "SELECT count(*) FROM dbstat".to_owned(),
        "SELECT count(*) FROM main.items".to_owned(),
        "SELECT last_insert_rowid()".to_owned(),
        "SELECT note FROM main.items FULL JOIN (SELECT 1 AS note) USING (note)".to_owned(),
        "SELECT name FROM sqlite_schema FULL JOIN (SELECT 1 AS name) USING (name)".to_owned(),
        "SELECT name FROM secrets FULL JOIN (SELECT 1 AS name) USING (name)".to_owned(),
        "SELECT count(*) FROM secrets".to_owned(),
        "ANALYZE".to_owned(),
        "REINDEX".to_owned(),
        "VACUUM".to_owned(),
    ] {
        let pass = wall.admit(Whose::One(&tenant(1)), &[], text.as_str().into());
        let sql = format!("SELECT 1 WHERE tenancy_enter({}); {text}", pass.ticket());
        let result = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut *conn)
            .await;
        let own = text == "SELECT ?1";
        assert_eq!(result.is_ok(), own, "{text}");
    }
}

#[tokio::test]
async fn a_statement_that_is_given_up_is_done_whole_or_not_at_all() {
    let many = "INSERT INTO items (id, note) WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
        SELECT i, (SELECT max(note) FROM items) FROM n";
    let (mut none, mut whole) = (0, 0);
    for wait in [0_u64, 1, 5, 20, 60, 5_000] {
        let (inner, mut conn) = open().await;
        let statement = planned(&inner, many, Fault::None);
        let given_up = std::time::Duration::from_millis(wait);
        let _ = tokio::time::timeout(given_up, run(&mut conn, statement)).await;
        let counted = planned(
            &inner,
            "SELECT CAST(count(*) - count(note = 'mine') AS TEXT) || ' ' || count(*) FROM items",
            Fault::None,
        );
        let (rows, _) = run(&mut conn, counted).await.unwrap();
        match rows.first().map(String::as_str) {
            Some("0 1") => none += 1,
            Some("0 59992") => whole += 1,
            other => panic!("after {wait} ms: {other:?}"),
        }
    }
    assert!(none > 0 && whole > 0, "{none} {whole}");
}
