//! The migration itself.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tenancy_core::{Catalog, KeyType};
use tenancy_sqlx::{RowSecurity, SigningKey};

use crate::world::{CATALOG, SECRET, World, catalog, enter};

#[tokio::test]
async fn without_it_the_role_sees_everything() {
    let Some(mut world) = World::open("no wall").await else {
        return;
    };
    assert_eq!(world.rows("SELECT * FROM orders").await.unwrap().len(), 6);
}

#[tokio::test]
async fn another_policy_widens_nothing_and_the_owner_is_held_too() {
    let Some(mut world) = World::walled("another policy").await else {
        return;
    };
    world
        .own("CREATE POLICY reporting ON orders USING (true) WITH CHECK (true)")
        .await
        .unwrap();
    world.turn(1).await;
    let own = world.rows("SELECT DISTINCT store_id FROM orders").await.unwrap();
    assert_eq!(own, ["(1)"]);
    world.own("DROP POLICY reporting ON orders").await.unwrap();
    let owner = world.owner.fetch_all("SELECT * FROM orders").await.unwrap();
    assert!(owner.is_empty());
    // The operator sees all of it.
    let operator = format!("SET ROLE {}_operator", world.database.app());
    world.own(&operator).await.unwrap();
    let all = world.owner.fetch_all("SELECT * FROM orders").await.unwrap();
    assert_eq!(all.len(), 6);
}

#[tokio::test]
async fn a_changed_catalogue_is_what_holds_after_it() {
    let Some(mut world) = World::walled("a changed catalogue").await else {
        return;
    };
    // A table that was shared, and is refused from now on.
    let changed = CATALOG.replace("brands = \"shared\"", "brands = \"denied\"");
    let changed = Catalog::from_toml(&changed).unwrap();
    assert_ne!(changed, catalog());
    let migration = world.migration(&changed);
    world.own(&migration).await.unwrap();
    world.turn(1).await;
    assert!(world.rows("SELECT * FROM brands").await.is_err());
    assert_eq!(world.rows("SELECT * FROM orders").await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_role_that_no_policy_holds_is_refused() {
    let Some(mut world) = World::open("strong roles").await else {
        return;
    };
    let mut admin = PgConnection::connect(world.database.admin_url()).await.unwrap();
    let (app, owner) = (world.database.app().to_owned(), world.database.owner().to_owned());
    for (strong, weak) in [
        (
            format!("ALTER ROLE {app} BYPASSRLS"),
            format!("ALTER ROLE {app} NOBYPASSRLS"),
        ),
        (
            format!("ALTER ROLE {app} SUPERUSER"),
            format!("ALTER ROLE {app} NOSUPERUSER"),
        ),
        (
            format!("ALTER ROLE {app} CREATEROLE"),
            format!("ALTER ROLE {app} NOCREATEROLE"),
        ),
        (
            format!("GRANT {owner} TO {app}"),
            format!("REVOKE {owner} FROM {app}"),
        ),
        (
            format!("GRANT {app}_operator TO {app}"),
            format!("REVOKE {app}_operator FROM {app}"),
        ),
        (
            format!("GRANT pg_read_all_data TO {app}"),
            format!("REVOKE pg_read_all_data FROM {app}"),
        ),
    ] {
        admin.execute(AssertSqlSafe(strong.clone())).await.unwrap();
        let migration = world.migration(&catalog());
        let error = world.own(&migration).await.unwrap_err().to_string();
        assert!(error.contains("whom no policy holds"), "{strong}: {error}");
        admin.execute(AssertSqlSafe(weak)).await.unwrap();
    }
    let migration = world.migration(&catalog());
    world.own(&migration).await.unwrap();
}

#[tokio::test]
async fn ids_of_every_type_are_told() {
    for (key_type, id, sql_type) in [
        (KeyType::Uuid, "67e55044-10b1-426f-9247-bb680e5fe0c8", "uuid"),
        (KeyType::Text, "green-leaf_1", "text"),
        (KeyType::BigInt, "9007199254740993", "bigint"),
    ] {
        let Some(mut world) = World::open("key types").await else {
            return;
        };
        let catalog = Catalog::builder()
            .tenant_key("owner", key_type)
            .tenant_tables(["things"])
            .build()
            .unwrap();
        let table =
            format!("CREATE TABLE things (owner {sql_type} NOT NULL); INSERT INTO things VALUES ('{id}')");
        world.own(&table).await.unwrap();
        let migration = world.migration(&catalog);
        world.own(&migration).await.unwrap();
        let install = world.key.install("tenancy");
        world.own(&install).await.unwrap();
        assert!(world.rows("SELECT * FROM things").await.unwrap().is_empty());
        let now = world.now().await;
        let tenant = tenancy_core::TenantId::parse(key_type, id).unwrap();
        let token = world.key.token(&tenant, now);
        enter(&mut world.app, &token).await.unwrap();
        assert_eq!(
            world.rows("SELECT * FROM things").await.unwrap(),
            [format!("({id})")]
        );
    }
}

#[tokio::test]
async fn nobody_reads_the_key_by_default_privileges() {
    let Some(mut world) = World::open("default privileges").await else {
        return;
    };
    let mut admin = PgConnection::connect(world.database.admin_url()).await.unwrap();
    let reporting = format!("{}_Reporting", world.database.app());
    let role = format!("CREATE ROLE \"{reporting}\" NOLOGIN");
    admin.execute(AssertSqlSafe(role)).await.unwrap();
    let given = format!("ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO \"{reporting}\"");
    world.own(&given).await.unwrap();
    world.own("CREATE TABLE control (id bigint)").await.unwrap();
    let migration = world.migration(&catalog());
    world.own(&migration).await.unwrap();
    for (table, reads) in [("control", true), ("tenancy.signing_key", false)] {
        let can: bool = sqlx::query_scalar(
            "SELECT has_table_privilege($1, $2, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
        )
        .bind(&reporting)
        .bind(table)
        .fetch_one(&mut admin)
        .await
        .unwrap();
        assert_eq!(can, reads, "{table}");
    }
}

#[tokio::test]
async fn unsigned_it_believes_the_setting() {
    let Some(mut world) = World::open("an unsigned wall").await else {
        return;
    };
    let migration = RowSecurity::new(&catalog())
        .app_role(world.database.app())
        .operator_role(format!("{}_operator", world.database.app()))
        .unsigned()
        .migration();
    world.own(&migration).await.unwrap();
    assert!(world.rows("SELECT * FROM orders").await.unwrap().is_empty());
    world.set("2").await;
    let seen = world.rows("SELECT DISTINCT store_id FROM orders").await.unwrap();
    assert_eq!(seen, ["(2)"]);
}

#[test]
fn it_holds_no_secret_and_quotes_names() {
    let odd = "a\"b'c\\d";
    let catalog = catalog();
    let migration = RowSecurity::new(&catalog).app_role(odd).migration();
    assert!(migration.contains(r#""a""b'c\d""#));
    assert!(migration.contains(r#"E'a"b''c\\d'"#));
    assert!(!migration.contains("INSERT INTO"));
    assert!(SigningKey::new(1, &SECRET[..31]).is_err());
    let shown = format!("{:?}", SigningKey::new(1, SECRET).unwrap());
    assert_eq!(shown, "SigningKey { id: 1, .. }");
}
