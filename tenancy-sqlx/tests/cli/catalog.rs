//! `tenancy catalog`: what it writes of live databases, each with the same tables as far as they go.

use sqlx::{AssertSqlSafe, Connection};
use tenancy_core::{Catalog, KeyType, Table, TableKind};
use tenancy_testkit::{maria::MariaDatabase, pg::PgDatabase};

use crate::support::Folder;

const TABLES: &str = "
    CREATE TABLE orders (store_id bigint NOT NULL, id bigint NOT NULL, total bigint NOT NULL, code varchar(20) NOT NULL,
        PRIMARY KEY (store_id, id), UNIQUE (store_id, code), UNIQUE (id));
    CREATE TABLE order_items (id bigint NOT NULL PRIMARY KEY, order_id bigint NOT NULL, qty bigint NOT NULL,
        FOREIGN KEY (order_id) REFERENCES orders (id));
    CREATE TABLE notes (id bigint NOT NULL, store_id bigint, body varchar(20));
    CREATE TABLE brands (id bigint NOT NULL PRIMARY KEY, name varchar(20));
    CREATE TABLE names (store_id varchar(20) NOT NULL);
    CREATE VIEW large_orders AS SELECT store_id, id FROM orders WHERE total > 100;";

fn is_tenant(table: &Table) -> bool {
    matches!(table.kind(), TableKind::Tenant { .. })
}

/// What is the same on each database.
fn check(text: &str) {
    let catalog = Catalog::from_toml(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let table = |name: &str| catalog.table(name).unwrap_or_else(|| panic!("no {name}\n{text}"));
    let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (catalog.tenant_key(), catalog.key_type()),
        ("store_id", KeyType::BigInt)
    );

    let orders = table("orders");
    assert!(is_tenant(orders), "{text}");
    assert_eq!(
        orders.column_names(),
        Some(&all(&["store_id", "id", "total", "code"])[..])
    );
    assert_eq!(orders.primary_key(), Some(&all(&["store_id", "id"])[..]));
    let mut unique = orders.unique_keys().unwrap().to_vec();
    unique.sort();
    assert_eq!(
        unique,
        [all(&["id"]), all(&["store_id", "code"]), all(&["store_id", "id"])],
        "{text}"
    );
    assert!(text.contains("# unique [\"id\"] is without the key"), "{text}");

    assert!(is_tenant(table("notes")), "{text}");
    assert!(text.contains("# \"store_id\" may be NULL"), "{text}");
    assert_eq!(table("brands").kind(), &TableKind::Shared);
    for denied in ["order_items", "names", "large_orders"] {
        assert_eq!(table(denied).kind(), &TableKind::Denied, "{text}");
    }
    assert!(table("large_orders").is_view());
    let via = "order_items = { kind = \"via\", parent = \"orders\", on = { order_id = \"id\" } }";
    assert!(text.contains(via), "{text}");
    // What it proposes is what the catalogue takes.
    let child = text.replace("order_items = \"denied\"", via);
    assert!(matches!(
        Catalog::from_toml(&child)
            .unwrap()
            .table("order_items")
            .unwrap()
            .kind(),
        TableKind::Via(_)
    ));
    assert!(text.contains("large_orders = \"tenant\""), "{text}");
}

fn written(url: &str, arguments: &[&str]) -> String {
    let said = Folder::new().run(&[&["catalog", "--database-url", url], arguments].concat(), b"");
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{said:?}");
    said.out
}

const KEY: &[&str] = &[
    "--tenant-key",
    "store_id",
    "--type",
    "bigint",
    "--shared",
    "brands",
];

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// A SQLite file with tables, in a folder.
fn sqlite(folder: &Folder, tables: &str) -> String {
    let url = format!("sqlite://{}", folder.path("shop.db").display());
    run(async {
        let mut connection = sqlx::SqliteConnection::connect(&format!("{url}?mode=rwc"))
            .await
            .unwrap();
        sqlx::raw_sql(AssertSqlSafe(tables.to_owned()))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    });
    url
}

#[test]
fn of_sqlite() {
    let folder = Folder::new();
    let more = "
        CREATE TABLE people (id INTEGER PRIMARY KEY, STORE_ID INTEGER NOT NULL, email TEXT);
        CREATE UNIQUE INDEX people_email ON people (store_id, lower(email));
        CREATE TABLE tags (store_id INTEGER NOT NULL, tag TEXT, low TEXT AS (lower(tag)), PRIMARY KEY (store_id, tag));
        CREATE UNIQUE INDEX tags_low ON tags (lower(tag));
        CREATE TABLE \"odd \"\"name\" (id INTEGER);
        CREATE VIRTUAL TABLE pages USING fts5 (body);
        CREATE TABLE children (order_id INTEGER NOT NULL REFERENCES people);
        CREATE VIEW broken AS SELECT * FROM gone;";
    let text = written(&sqlite(&folder, &format!("{TABLES}{more}")), KEY);
    check(&text);
    let catalog = Catalog::from_toml(&text).unwrap();
    let people = catalog.table("people").unwrap();
    assert_eq!(people.key(), Some("STORE_ID"));
    // The key that is left out has the tenant's in it; the one that is not keeps all from being listed.
    assert_eq!(people.unique_keys().unwrap(), [["id"]]);
    assert_eq!(people.primary_key().unwrap(), ["id"]);
    let tags = catalog.table("tags").unwrap();
    assert_eq!(
        (tags.unique_keys(), tags.column_names(), tags.primary_key()),
        (None, None, None)
    );
    assert!(text.contains("# \"odd \\\"name\" is left out"), "{text}");
    assert!(
        text.contains("parent = \"people\", on = { order_id = \"id\" }"),
        "{text}"
    );
    assert!(
        text.contains("large_orders = { sql = \"SELECT store_id, id FROM orders WHERE total > 100\" }"),
        "{text}"
    );
    for denied in ["pages", "pages_data", "broken"] {
        assert_eq!(
            catalog.table(denied).unwrap().kind(),
            &TableKind::Denied,
            "{text}"
        );
    }
}

#[test]
fn of_postgres() {
    let Some(db) = run(PgDatabase::or_skip("cli::catalog::of_postgres")).unwrap() else {
        return;
    };
    let more = "
        CREATE SCHEMA app;
        CREATE TABLE app.reports (store_id bigint NOT NULL, id bigint NOT NULL, EXCLUDE USING btree (id WITH =));
        CREATE TABLE app.orders (id bigint);
        CREATE TABLE \"Orders\" (id bigint);
        CREATE TABLE events (store_id bigint NOT NULL, id bigint) PARTITION BY LIST (store_id);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
        CREATE MATERIALIZED VIEW totals AS SELECT store_id, sum(total) AS total FROM orders GROUP BY 1;
        CREATE DOMAIN store AS bigint;
        CREATE TABLE domains (store_id store NOT NULL);
        CREATE TABLE slots (store_id bigint NOT NULL, id bigint, CONSTRAINT \"by id\" UNIQUE (store_id, id),
            CONSTRAINT \"a.b\" UNIQUE (id), CONSTRAINT late UNIQUE (store_id) DEFERRABLE);
        CREATE TYPE status AS ENUM ('new', 'paid');";
    run(async {
        let mut connection = sqlx::PgConnection::connect(db.owner_url()).await.unwrap();
        let tables = AssertSqlSafe(format!("{TABLES}{more}"));
        sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
    });
    let text = written(db.owner_url(), KEY);
    check(&text);
    let catalog = Catalog::from_toml(&text).unwrap();
    let slots = catalog.table("slots").unwrap();
    assert_eq!(slots.constraint_columns("by id").unwrap(), ["store_id", "id"]);
    // Neither the name that the catalogue does not take, nor the one that the server does not.
    assert_eq!(
        (slots.constraint_columns("a.b"), slots.constraint_columns("late")),
        (None, None)
    );
    let reports = catalog.table("reports").unwrap();
    assert_eq!(
        (reports.schema_name(), reports.unique_keys()),
        (Some("app"), None)
    );
    assert!(
        is_tenant(reports) && is_tenant(catalog.table("domains").unwrap()),
        "{text}"
    );
    assert!(is_tenant(catalog.table("events").unwrap()), "{text}");
    for denied in ["events_1", "totals"] {
        assert_eq!(
            catalog.table(denied).unwrap().kind(),
            &TableKind::Denied,
            "{text}"
        );
    }
    assert!(
        text.contains("# a partition; statements name \"events\""),
        "{text}"
    );
    // The catalogue knows names alone: one of each stays, that of the first schema.
    assert_eq!(
        text.matches("is left out: another table has that name").count(),
        2,
        "{text}"
    );
    assert_eq!(
        catalog.table("orders").map(Table::schema_name),
        Some(None),
        "{text}"
    );
    assert!(text.contains("# types = [\"status\"]"), "{text}");
    assert!(text.contains("large_orders = { sql = \""), "{text}");
}

#[test]
fn of_mariadb() {
    let Some(db) = run(MariaDatabase::or_skip("cli::catalog::of_mariadb")).unwrap() else {
        return;
    };
    let more = "
        CREATE TABLE pages (store_id bigint NOT NULL, slug varchar(200) NOT NULL, secret int INVISIBLE, UNIQUE (slug(10)));
        CREATE SEQUENCE numbers;";
    run(async {
        let mut connection = sqlx::MySqlConnection::connect(db.owner_url()).await.unwrap();
        let tables = AssertSqlSafe(format!("{TABLES}{more}"));
        sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
    });
    let text = written(db.owner_url(), KEY);
    check(&text);
    let catalog = Catalog::from_toml(&text).unwrap();
    let pages = catalog.table("pages").unwrap();
    assert_eq!(
        (pages.unique_keys(), pages.column_names()),
        (None, None),
        "{text}"
    );
    assert_eq!(
        catalog.table("numbers").unwrap().kind(),
        &TableKind::Denied,
        "{text}"
    );
}

#[test]
fn without_a_key_everything_is_denied() {
    let folder = Folder::new();
    let url = sqlite(&folder, TABLES);
    let text = written(&url, &[]);
    let catalog = Catalog::from_toml(&text).unwrap();
    assert!(
        catalog.tables().all(|table| table.kind() == &TableKind::Denied),
        "{text}"
    );
    assert!(text.contains("\"store_id\" in 3"), "{text}");
}

#[test]
fn what_it_is_told_is_checked() {
    let folder = Folder::new();
    let url = sqlite(&folder, TABLES);
    let fails = |arguments: &[&str], part: &str| {
        let said = folder.run(arguments, b"");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        assert!(said.err.contains(part), "{said:?}");
    };
    let catalog = ["catalog", "--database-url"];
    let with = |url: &'static str| [catalog[0], catalog[1], url];
    fails(&with("nonsense"), "starts with sqlite:");
    fails(&with("mysql://root@localhost"), "names no database");
    fails(&with("sqlite:///no/such/file.db"), "cannot be read");
    // A password is repeated in no message.
    let said = folder.run(&with("postgres://u:hunter2@127.0.0.1:1/x"), b"");
    assert_eq!(said.code, Some(2));
    assert!(!said.err.contains("hunter2"), "{said:?}");
    let on = |more: &[&str]| {
        [&[catalog[0], catalog[1], &url], more]
            .concat()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    for (more, part) in [
        (
            &["--tenant-key", "tenant_id"][..],
            "no table has a column \"tenant_id\"; columns that are in several tables: \"store_id\"",
        ),
        (&["--tenant-key", "store_id"], "--type"),
        (&["--shared", "brand"], "\"brand\""),
    ] {
        let arguments = on(more);
        fails(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), part);
    }
    assert!(!folder.path("no").exists());
}
