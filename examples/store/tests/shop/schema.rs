//! The tables: what the catalogue says of them, and that no key of a store's table can see another store.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{On, Shop};
use sqlx::Row;
use store::repository::catalog;
use tenancy_core::TableKind;
use tenancy_sqlx::SqlAudit;

#[test]
fn the_audit_log_is_the_librarys_own() {
    let sqlite = include_str!("../../migrations/sqlite/0002_audit.sql");
    assert_eq!(sqlite, SqlAudit::<sqlx::Sqlite>::migration());
    let postgres = include_str!("../../migrations/postgres/0002_audit.sql");
    assert_eq!(postgres, SqlAudit::<sqlx::Postgres>::migration());
}

#[test]
fn both_databases_have_the_same_tables() {
    assert_eq!(
        include_str!("../../migrations/sqlite/0001_shop.sql"),
        include_str!("../../migrations/postgres/0001_shop.sql"),
    );
}

/// Table → the columns of each of its keys and indexes, and of each foreign key.
struct Schema {
    columns: BTreeMap<String, Vec<String>>,
    unique: BTreeMap<String, BTreeSet<Vec<String>>>,
    indexes: BTreeMap<String, Vec<Vec<String>>>,
    /// To the table that is spoken of.
    foreign: BTreeMap<String, Vec<(String, Vec<String>)>>,
}

async fn read(shop: &Shop) -> Schema {
    let pool = sqlx::SqlitePool::connect(&shop.url).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let mut schema = Schema {
        columns: BTreeMap::new(),
        unique: BTreeMap::new(),
        indexes: BTreeMap::new(),
        foreign: BTreeMap::new(),
    };
    for table in names {
        let columns = sqlx::query_scalar("SELECT name FROM pragma_table_info(?) ORDER BY cid");
        let columns: Vec<String> = columns.bind(&table).fetch_all(&pool).await.unwrap();
        schema.columns.insert(table.clone(), columns);
        let list = sqlx::query("SELECT name, \"unique\" AS uniq FROM pragma_index_list(?)");
        for index in list.bind(&table).fetch_all(&pool).await.unwrap() {
            let (name, unique): (String, bool) = (index.get(0), index.get(1));
            let columns = sqlx::query_scalar("SELECT name FROM pragma_index_info(?) ORDER BY seqno");
            let columns: Vec<String> = columns.bind(name).fetch_all(&pool).await.unwrap();
            if unique {
                schema
                    .unique
                    .entry(table.clone())
                    .or_default()
                    .insert(columns.clone());
            }
            schema.indexes.entry(table.clone()).or_default().push(columns);
        }
        let list =
            sqlx::query("SELECT id, \"table\", \"from\" FROM pragma_foreign_key_list(?) ORDER BY id, seq");
        let mut keys: BTreeMap<i64, (String, Vec<String>)> = BTreeMap::new();
        for row in list.bind(&table).fetch_all(&pool).await.unwrap() {
            let key = keys.entry(row.get(0)).or_insert_with(|| (row.get(1), Vec::new()));
            key.1.push(row.get(2));
        }
        schema.foreign.insert(table, keys.into_values().collect());
    }
    schema
}

#[tokio::test]
async fn the_catalogue_is_the_schema() {
    let shop = Shop::start(On::Sqlite).await.unwrap();
    let schema = read(&shop).await;
    let catalog = catalog().unwrap();
    let named: BTreeSet<String> = catalog.tables().map(|table| table.name().to_owned()).collect();
    assert_eq!(named, schema.columns.keys().cloned().collect());
    for table in catalog
        .tables()
        .filter(|table| !matches!(table.kind(), TableKind::Denied))
    {
        let name = table.name();
        assert_eq!(table.column_names().unwrap(), schema.columns[name], "{name}");
        let unique: BTreeSet<Vec<String>> = table.unique_keys().unwrap().iter().cloned().collect();
        assert_eq!(unique, schema.unique[name], "{name}");
    }
}

#[tokio::test]
async fn every_key_of_a_store_begins_with_the_store() {
    let shop = Shop::start(On::Sqlite).await.unwrap();
    let schema = read(&shop).await;
    let catalog = catalog().unwrap();
    let kind = |name: &str| catalog.table(name).unwrap().kind().clone();
    let of_a_store = |name: &str| matches!(kind(name), TableKind::Tenant { .. });
    let mut seen = 0;
    for table in schema.columns.keys().filter(|table| of_a_store(table)) {
        for index in &schema.indexes[table] {
            assert_eq!(index[0], "store_id", "an index of {table}: {index:?}");
            seen += 1;
        }
        for (other, columns) in &schema.foreign[table] {
            let shared = matches!(kind(other), TableKind::Shared);
            assert_eq!(
                columns[0] == "store_id",
                !shared,
                "a foreign key of {table} to {other}: {columns:?}"
            );
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen}");
    // What all share speaks of no store.
    for table in schema
        .columns
        .keys()
        .filter(|table| matches!(kind(table), TableKind::Shared))
    {
        assert!(!schema.columns[table].contains(&"store_id".to_owned()));
        assert!(
            schema.foreign[table]
                .iter()
                .all(|(other, _)| matches!(kind(other), TableKind::Shared))
        );
    }
}
