//! What a statement that gets past the engine can make of the setting.

use sqlx::{Connection, PgConnection};
use tenancy_sqlx::SigningKey;

use crate::world::{SECRET, World, enter, is_refused, tenant};

const OWN: &str = "SELECT DISTINCT store_id FROM orders";

fn code(done: &Result<impl Sized, sqlx::Error>) -> Option<String> {
    let error = done.as_ref().err()?.as_database_error()?;
    error.code().map(|code| code.into_owned())
}

#[tokio::test]
async fn no_setting_but_a_sealed_one_is_believed() {
    let Some(mut world) = World::walled("forged settings").await else {
        return;
    };
    let token = world.token(2).await;
    world.turn(1).await;
    let own = world.setting().await;
    let until = own.get(65..78).unwrap().to_owned();
    let mut other = PgConnection::connect(world.database.app_url()).await.unwrap();
    enter(&mut other, &token).await.unwrap();
    let theirs: String = sqlx::query_scalar("SELECT current_setting('tenancy.slice')")
        .fetch_one(&mut other)
        .await
        .unwrap();

    for (what, slice) in [
        ("a bare id", "2".to_owned()),
        ("what the application signs", token.clone()),
        ("another tenant behind a seal", own.replace(".001.1", ".001.2")),
        ("a longer id", format!("{own}2")),
        ("a seal of nothing", format!("{}s{until}.001.2", "0".repeat(64))),
        ("of a transaction", format!("{}t001.2", "0".repeat(64))),
        ("of no kind", own.replacen('s', "x", 1)),
        ("of the other kind", own.replacen('s', "t", 1)),
        ("an empty one", String::new()),
        ("no seal", format!("s{until}.001.2")),
        ("rubbish", "'; SELECT 1; --".to_owned()),
        ("a longer time", own.replace(&until, "9999999999999")),
        ("another connection's", theirs),
    ] {
        world.set(&slice).await;
        assert_eq!(world.rows(OWN).await.unwrap(), [""; 0], "{what}: {slice}");
    }
    // The control: as it was sealed it holds, for each tenant.
    world.set(&own).await;
    assert_eq!(world.rows(OWN).await.unwrap(), ["(1)"]);
    world.turn(2).await;
    assert_eq!(world.rows(OWN).await.unwrap(), ["(2)"]);
}

#[tokio::test]
async fn no_token_but_a_signed_one_is_believed() {
    let Some(mut world) = World::walled("forged tokens").await else {
        return;
    };
    let now = world.now().await;
    let own = world.key.token(&tenant(1), now);
    let signed = |key: &SigningKey| key.token(&tenant(2), now);
    let other_key = SigningKey::new(1, b"another secret of at least 32 bytes").unwrap();
    let no_key = SigningKey::new(2, SECRET).unwrap();
    for (what, expected, token) in [
        ("a bare id", "TN001", "2".to_owned()),
        ("another tenant", "TN001", own.replace(".001.1", ".001.2")),
        ("a longer id", "TN001", format!("{own}2")),
        (
            "a longer time",
            "TN001",
            own.replace(&now.to_string(), &(now + 1).to_string()),
        ),
        ("no signature", "TN001", format!(".{now}.001.2")),
        ("an empty one", "TN001", String::new()),
        ("another key", "TN001", signed(&other_key)),
        ("a key that is not there", "TN001", signed(&no_key)),
        (
            "a time that is over",
            "TN002",
            world.key.token(&tenant(2), now - 60_000),
        ),
        (
            "a time that is to come",
            "TN002",
            world.key.token(&tenant(2), now + 60_000),
        ),
    ] {
        let done = enter(&mut world.app, &token).await;
        assert_eq!(code(&done).as_deref(), Some(expected), "{what}: {token}");
        assert_eq!(world.rows(OWN).await.unwrap(), [""; 0], "{what}: {token}");
    }
    enter(&mut world.app, &own).await.unwrap();
    assert_eq!(world.rows(OWN).await.unwrap(), ["(1)"]);
}

#[tokio::test]
async fn a_stolen_token_is_worth_nothing_inside_of_a_transaction() {
    let Some(mut world) = World::walled("stolen tokens").await else {
        return;
    };
    let stolen = world.token(2).await;
    let own = world.token(1).await;
    let begin = format!("BEGIN; SELECT tenancy.enter('{own}', '1kB')");
    world.run_text(&begin).await.unwrap();
    assert_eq!(world.rows(OWN).await.unwrap(), ["(1)"]);
    let done = world
        .run(&format!("SELECT tenancy.enter('{stolen}', '1kB')"))
        .await;
    assert_eq!(code(&done).as_deref(), Some("TN004"));
    world.run_text("ROLLBACK").await.unwrap();
    // Nor does one that the server would show to others become a turn.
    let begin = format!("BEGIN; SELECT tenancy.enter('{own}', '1023B')");
    assert_eq!(code(&world.run_text(&begin).await).as_deref(), Some("TN003"));
    world.run_text("ROLLBACK").await.unwrap();
    // The control: where it comes first it is what it says.
    let begin = format!("BEGIN; SELECT tenancy.enter('{stolen}', '1kB')");
    world.run_text(&begin).await.unwrap();
    assert_eq!(world.rows(OWN).await.unwrap(), ["(2)"]);
}

#[tokio::test]
async fn a_transaction_ends_the_turn() {
    let Some(mut world) = World::walled("the end of a turn").await else {
        return;
    };
    let own = world.token(1).await;
    let begin = format!("BEGIN; SELECT tenancy.enter('{own}', '1kB')");
    world.run_text(&begin).await.unwrap();
    assert_eq!(world.rows(OWN).await.unwrap(), ["(1)"]);
    let sealed = world.setting().await;
    // Not even with fewer digits of the time that it is sealed with.
    for sql in [
        "SET extra_float_digits = -15",
        "SAVEPOINT a",
        "ROLLBACK TO SAVEPOINT a",
    ] {
        world.run(sql).await.unwrap();
    }
    assert_eq!(world.rows(OWN).await.unwrap(), ["(1)"]);
    world.run("COMMIT").await.unwrap();
    assert_eq!(world.rows(OWN).await.unwrap(), [""; 0]);
    // What was sealed for one transaction is worth nothing in the next.
    world.set(&sealed).await;
    assert_eq!(world.rows(OWN).await.unwrap(), [""; 0]);
    world.run("BEGIN").await.unwrap();
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
        "SELECT tenancy.refuse('', '1kB')",
        "UPDATE tenancy.signing_key SET turn_inner = turn_outer",
        "INSERT INTO tenancy.signing_key VALUES ('009', repeat('0', 64)::bytea, repeat('0', 64)::bytea)",
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
