//! What a statement that gets past the engine can make of the setting.

use sqlx::{Connection, Executor, PgConnection};
use tenancy_sqlx::SigningKey;

use crate::world::{SECRET, World, is_refused, tenant};

const OWN: &str = "SELECT DISTINCT store_id FROM orders";

#[tokio::test]
async fn no_setting_but_a_signed_one_is_believed() {
    let Some(mut world) = World::walled("forged settings").await else {
        return;
    };
    let (backend, now) = world.whereabouts().await;
    let until = now + 60_000;
    let own = world.key.token(&tenant(1), backend, now, until);
    let signed = |key: &SigningKey| key.token(&tenant(2), backend, now, until);
    let other_key = SigningKey::new(1, b"another secret of at least 32 bytes").unwrap();
    let no_key = SigningKey::new(2, SECRET).unwrap();

    for (what, token) in [
        ("a bare id", "2".to_owned()),
        (
            "another tenant behind a signature",
            own.replace(&format!("{until}.1"), &format!("{until}.2")),
        ),
        ("a longer id", format!("{own}2")),
        (
            "a signature of nothing",
            format!("{}.1.{backend}.{now}.{until}.2", "0".repeat(64)),
        ),
        ("an empty one", String::new()),
        ("no signature", format!(".1.{backend}.{now}.{until}.2")),
        ("rubbish", "'; SELECT 1; --".to_owned()),
        (
            "a longer time",
            own.replace(&until.to_string(), &(until + 1).to_string()),
        ),
        ("another key", signed(&other_key)),
        ("a key that is not there", signed(&no_key)),
        (
            "another connection",
            world.key.token(&tenant(2), backend + 1, now, until),
        ),
        ("a time that is over", world.token(2, -60_000, -1_000).await),
        ("a time that is to come", world.token(2, 60_000, 120_000).await),
    ] {
        world.set(&token).await;
        assert_eq!(world.rows(OWN).await.unwrap(), [""; 0], "{what}: {token}");
    }
    // The control: as it was signed it holds, for each tenant.
    for id in [1, 2] {
        world.turn(id).await;
        assert_eq!(world.rows(OWN).await.unwrap(), [format!("({id})")]);
    }
}

#[tokio::test]
async fn a_token_is_of_its_connection_alone() {
    let Some(mut world) = World::walled("stolen settings").await else {
        return;
    };
    let own = world.token(1, 0, 60_000).await;
    let mut thief = PgConnection::connect(world.database.app_url()).await.unwrap();
    sqlx::query("SELECT set_config('tenancy.slice', $1, false)")
        .bind(&own)
        .execute(&mut thief)
        .await
        .unwrap();
    let stolen = thief.fetch_all(OWN).await.unwrap();
    assert!(stolen.is_empty());
    world.set(&own).await;
    assert_eq!(world.rows(OWN).await.unwrap(), ["(1)"]);

    // Where the key says so, it holds on every connection.
    let key = world.key.clone().any_backend();
    let install = key.install("tenancy");
    world.own(&install).await.unwrap();
    assert_eq!(thief.fetch_all(OWN).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_transaction_ends_the_turn() {
    let Some(mut world) = World::walled("the end of a turn").await else {
        return;
    };
    let own = world.token(1, 0, 60_000).await;
    let begin = format!("BEGIN; SET LOCAL tenancy.slice = '{own}'");
    sqlx::raw_sql(sqlx::AssertSqlSafe(begin))
        .execute(&mut world.app)
        .await
        .unwrap();
    assert_eq!(world.rows(OWN).await.unwrap(), ["(1)"]);
    world.run("COMMIT").await.unwrap();
    assert_eq!(world.rows(OWN).await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn nothing_that_the_role_may_do_lets_it_sign() {
    let Some(mut world) = World::walled("the key").await else {
        return;
    };
    world.turn(1).await;
    for sql in [
        "SELECT * FROM tenancy.signing_key",
        "UPDATE tenancy.signing_key SET any_backend = true",
        "INSERT INTO tenancy.signing_key VALUES (9, repeat('0', 64)::bytea, repeat('0', 64)::bytea, true)",
        "DELETE FROM tenancy.signing_key",
        "CREATE OR REPLACE FUNCTION tenancy.current_tenant() RETURNS bigint LANGUAGE sql AS 'SELECT 2'",
        "CREATE FUNCTION tenancy.mine() RETURNS bigint LANGUAGE sql AS 'SELECT 2'",
        "CREATE FUNCTION public.mine() RETURNS bigint LANGUAGE sql AS 'SELECT 2'",
        "CREATE TABLE public.mine (id bigint)",
        "CREATE TEMPORARY TABLE signing_key (id smallint)",
        "CREATE SCHEMA mine",
        "COPY orders TO PROGRAM 'cat'",
    ] {
        let done = world.run(sql).await;
        assert!(is_refused(&done), "{sql}: {done:?}");
    }
    for sql in [
        "ALTER TABLE orders DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenancy_slice ON orders",
        "ALTER FUNCTION tenancy.current_tenant() OWNER TO CURRENT_USER",
        "SET SESSION AUTHORIZATION postgres",
        "SET session_replication_role = replica",
    ] {
        assert!(world.run(sql).await.is_err(), "{sql}");
    }
    let operator = format!("SET ROLE {}_operator", world.database.app());
    assert!(world.run(&operator).await.is_err());
    let owner = format!("SET ROLE {}", world.database.owner());
    assert!(world.run(&owner).await.is_err());

    // Row security that is off is an error, and not a way past it.
    world.run("SET row_security = off").await.unwrap();
    assert!(is_refused(&world.rows("SELECT * FROM orders").await));
    world.run("RESET row_security").await.unwrap();
    // Functions of the same names in front of the server's own change nothing in the one that checks.
    world
        .run("SET search_path = tenancy, public, pg_catalog")
        .await
        .unwrap();
    assert_eq!(
        world
            .rows("SELECT DISTINCT store_id FROM public.orders")
            .await
            .unwrap(),
        ["(1)"]
    );
}
