//! Stores with the same ids, on one database and on one of their own each.

use std::sync::Arc;

use diesel::{connection::SimpleConnection, prelude::*, sqlite::SqliteConnection};
use tenancy_core::{Catalog, KeyType, Table, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_diesel::TenantConnection;

diesel::table! {
    brands (id) { id -> BigInt, name -> Text }
}
diesel::table! {
    items (store_id, id) { store_id -> BigInt, id -> BigInt, brand_id -> Nullable<BigInt>, name -> Text, price -> BigInt }
}
diesel::table! {
    orders (store_id, id) { store_id -> BigInt, id -> BigInt, item_id -> BigInt, amount -> BigInt, note -> Nullable<Text> }
}
diesel::table! {
    unknown (id) { id -> BigInt }
}
diesel::allow_tables_to_appear_in_same_query!(brands, items, orders);

const TABLES: &str = "
CREATE TABLE brands (id BIGINT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE items (store_id BIGINT NOT NULL, id BIGINT NOT NULL, brand_id BIGINT, name TEXT NOT NULL, price BIGINT NOT NULL,
    PRIMARY KEY (store_id, id), UNIQUE (store_id, name));
CREATE TABLE orders (store_id BIGINT NOT NULL, id BIGINT NOT NULL, item_id BIGINT NOT NULL, amount BIGINT NOT NULL CHECK (amount > 0), note TEXT,
    PRIMARY KEY (store_id, id), FOREIGN KEY (store_id, item_id) REFERENCES items (store_id, id));
CREATE TABLE unknown (id BIGINT PRIMARY KEY);
INSERT INTO unknown VALUES (1);
INSERT INTO brands VALUES (1, 'Acme'), (2, 'Bolt');
PRAGMA foreign_keys = ON;";

/// Rows of a store: the ids of every other, words and prices of its own.
fn rows(store: i64) -> String {
    format!(
        "INSERT INTO items VALUES ({store}, 1, 1, 'cup', 1{store}), ({store}, 2, NULL, 'pot of {store}', 2{store}), ({store}, 3, 2, 'tea', 3{store});
         INSERT INTO orders VALUES ({store}, 1, 1, {store}, 'note of {store}'), ({store}, 2, 1, 2, NULL), ({store}, 3, 3, 4, 'gift');
         INSERT INTO items SELECT {store}, 10 + {store}, NULL, 'only of {store}', 7;"
    )
}

pub(crate) fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("store_id", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .unique(["store_id", "id"])
                .unique(["store_id", "name"]),
        )
        .table(Table::tenant("orders").unique(["store_id", "id"]))
        .shared_tables(["brands"])
        .build()
        .unwrap()
}

pub(crate) fn ctx(id: i64) -> TenantContext {
    let tenant = Tenant::builder(
        TenantId::bigint(id).unwrap(),
        format!("store-{id}").parse().unwrap(),
    )
    .status(TenantStatus::Active)
    .build();
    TenantContext::public(&Arc::new(tenant)).unwrap()
}

pub(crate) fn database(stores: &[i64]) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    connection.batch_execute(TABLES).unwrap();
    for store in stores {
        connection.batch_execute(&rows(*store)).unwrap();
    }
    connection
}

pub(crate) fn shared() -> TenantConnection<SqliteConnection> {
    TenantConnection::new(database(&[1, 2, 3]), catalog())
}

/// All rows of the other stores, as text.
#[derive(Debug, PartialEq, diesel::QueryableByName)]
pub(crate) struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub(crate) line: String,
}

pub(crate) fn lines(connection: &mut SqliteConnection, condition: &str) -> Vec<Line> {
    let sql = format!(
        "SELECT 'i' || store_id || ' ' || id || ' ' || coalesce(brand_id, '-') || name || price AS line FROM items WHERE {condition} UNION ALL \
         SELECT 'o' || store_id || ' ' || id || ' ' || item_id || ' ' || amount || coalesce(note, '-') FROM orders WHERE {condition} ORDER BY 1"
    );
    diesel::sql_query(sql).load(connection).unwrap()
}

/// Runs the same code for store 1 on a database of all stores and on one of its own, and compares what it answers and what the
/// tables hold behind it. The others' rows are as they were.
macro_rules! same {
    (|$conn:ident| $body:expr) => {{
        let mut own = $crate::world::database(&[1]);
        let private: Result<_, diesel::result::Error> = {
            let $conn = &mut own;
            $body
        };
        let mut all = $crate::world::database(&[1, 2, 3]);
        let others = $crate::world::lines(&mut all, "store_id <> 1");
        let mut shared = tenancy_diesel::TenantConnection::new(all, $crate::world::catalog());
        let scoped: Result<_, diesel::result::Error> = {
            let mut slice = tenancy_core::Scoped::scoped(&mut shared, &$crate::world::ctx(1));
            let $conn = &mut slice;
            $body
        };
        let mut all = shared.into_inner();
        match (&scoped, &private) {
            (Ok(scoped), Ok(private)) => assert_eq!(scoped, private),
            (Err(scoped), Err(private)) => {
                assert_eq!(
                    std::mem::discriminant(scoped),
                    std::mem::discriminant(private),
                    "{scoped:?} {private:?}"
                );
            }
            (scoped, private) => panic!("{scoped:?} and not {private:?}"),
        }
        let everything = $crate::world::lines(&mut own, "true");
        assert_eq!($crate::world::lines(&mut all, "store_id = 1"), everything);
        assert_eq!($crate::world::lines(&mut all, "store_id <> 1"), others);
        scoped
    }};
}
pub(crate) use same;
