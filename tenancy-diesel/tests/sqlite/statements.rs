//! Statements as text, what is refused, and what an error says.

use diesel::{
    connection::SimpleConnection,
    prelude::*,
    result::{DatabaseErrorKind, Error},
    sql_types::{BigInt, Text},
};
use tenancy_core::{Scoped, sql::Rule};
use tenancy_diesel::{ErrorExt, ScopedConnection, TenantConnection};

use crate::world::{Line, catalog, ctx, database, items, lines, orders, same, shared, unknown};

#[derive(Debug, PartialEq, QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    name: String,
}

#[test]
fn text_is_scoped_too() {
    let query = || diesel::sql_query("SELECT id, name FROM items WHERE price > ? AND id < ? ORDER BY id");
    let rows = same!(|c| query()
        .bind::<BigInt, _>(1)
        .bind::<BigInt, _>(100)
        .load::<Named>(c))
    .unwrap();
    assert_eq!(rows.len(), 4);
    same!(
        |c| diesel::sql_query("SELECT id, name FROM items WHERE id = $1 OR name = $2")
            .bind::<BigInt, _>(2)
            .bind::<Text, _>("tea")
            .load::<Named>(c)
            .map(|rows| rows.len())
    )
    .unwrap();
    same!(|c| diesel::sql_query("UPDATE items SET price = ?2 WHERE id = ?1")
        .bind::<BigInt, _>(2)
        .bind::<BigInt, _>(5)
        .execute(c))
    .unwrap();
    same!(|c| diesel::sql_query("DELETE FROM orders").execute(c)).unwrap();
}

/// A value too few or too many never comes to stand where the tenant does.
#[test]
fn values_do_not_move() {
    let mut shared = shared();
    let mut one = shared.scoped(&ctx(1));
    let query = || diesel::sql_query("SELECT id, name FROM items WHERE id = ?1 OR id = ?2");
    let fewer = query().bind::<BigInt, _>(1).load::<Named>(&mut one).unwrap();
    assert_eq!(
        fewer,
        [Named {
            id: 1,
            name: "cup".into()
        }]
    );
    let more = query()
        .bind::<BigInt, _>(2)
        .bind::<BigInt, _>(2)
        .bind::<BigInt, _>(2)
        .load::<Named>(&mut one);
    assert!(more.is_err(), "{more:?}");
    let insert = "INSERT INTO items (id, name, price) VALUES (?1, ?2, ?3)";
    let fewer = diesel::sql_query(insert)
        .bind::<BigInt, _>(50)
        .bind::<Text, _>("x")
        .execute(&mut one);
    assert!(
        matches!(
            fewer,
            Err(Error::DatabaseError(DatabaseErrorKind::NotNullViolation, _))
        ),
        "{fewer:?}"
    );
    let more = diesel::sql_query(insert)
        .bind::<BigInt, _>(50)
        .bind::<Text, _>("x")
        .bind::<BigInt, _>(1)
        .bind::<BigInt, _>(2)
        .execute(&mut one);
    assert!(more.is_err());
    drop(one);
    let mut all = shared.into_inner();
    assert_eq!(lines(&mut all, "store_id IS NULL OR id = 50"), []);
}

fn rule<T: std::fmt::Debug>(done: QueryResult<T>) -> Rule {
    done.unwrap_err().refusal().unwrap().rule()
}

#[test]
fn what_may_not_be_is_refused() {
    let mut shared = shared();
    let mut one = shared.scoped(&ctx(1));
    assert_eq!(
        rule(unknown::table.select(unknown::id).load::<i64>(&mut one)),
        Rule::UnknownTable
    );
    assert_eq!(
        rule(
            diesel::update(items::table)
                .set(items::store_id.eq(2))
                .execute(&mut one)
        ),
        Rule::KeyAssigned
    );
    assert_eq!(
        rule(diesel::sql_query("ATTACH 'x' AS y").execute(&mut one)),
        Rule::StatementKind
    );
    let two = diesel::sql_query("SELECT id, name FROM items; DELETE FROM items").load::<Named>(&mut one);
    assert!(two.unwrap_err().is_refused());
    // The driver would bind the first value to $2.
    let names = diesel::sql_query("SELECT id, name FROM items WHERE name = $2 OR id = $1")
        .bind::<BigInt, _>(1)
        .bind::<Text, _>("tea");
    assert_eq!(rule(names.load::<Named>(&mut one)), Rule::Placeholder);
    let raw = one.batch_execute("DELETE FROM items").unwrap_err();
    assert!(raw.tenancy().unwrap().is_raw(), "{raw}");
    assert!(ScopedConnection::<&mut SqliteConnection>::establish(":memory:").is_err());
}

/// A store's key that is given is replaced by the store's own.
#[test]
fn a_key_that_is_given_is_the_stores_own() {
    let mut shared = shared();
    let row = (
        items::store_id.eq(2),
        items::id.eq(77),
        items::name.eq("planted"),
        items::price.eq(1),
    );
    diesel::insert_into(items::table)
        .values(row)
        .execute(&mut shared.scoped(&ctx(1)))
        .unwrap();
    let mut all = shared.into_inner();
    assert_eq!(lines(&mut all, "store_id = 2 AND id = 77"), []);
    assert_eq!(lines(&mut all, "store_id = 1 AND id = 77").len(), 1);
}

#[test]
fn errors_name_no_row_and_no_key() {
    let mut shared = shared();
    let mut one = shared.scoped(&ctx(1));
    let row = (
        items::store_id.eq(1),
        items::id.eq(1),
        items::name.eq("secret-name"),
        items::price.eq(1),
    );
    let Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, said)) =
        diesel::insert_into(items::table).values(row).execute(&mut one)
    else {
        panic!("the id is taken");
    };
    assert_eq!(said.message(), "a unique key was violated");
    assert!(said.details().is_none() && said.constraint_name().is_none());
    let shown = format!("{said:?}");
    assert!(
        !shown.contains("store_id") && !shown.contains("secret"),
        "{shown}"
    );
    // The control: diesel's own error names the key.
    let mut all = database(&[1]);
    let Err(Error::DatabaseError(_, said)) = diesel::insert_into(items::table).values(row).execute(&mut all)
    else {
        panic!("the id is taken");
    };
    assert!(said.message().contains("store_id"), "{}", said.message());
}

#[test]
fn ids_have_the_catalogues_type() {
    use tenancy_core::{Tenant, TenantContext, TenantId, TenantStatus};
    let tenant = Tenant::builder(TenantId::text("one").unwrap(), "one".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    let ctx = TenantContext::public(&std::sync::Arc::new(tenant)).unwrap();
    let mut shared = TenantConnection::new(database(&[1]), catalog());
    let error = orders::table
        .count()
        .get_result::<i64>(&mut shared.scoped(&ctx))
        .unwrap_err();
    assert!(error.tenancy().unwrap().is_key_type(), "{error}");
    let _: Vec<Line> = lines(&mut shared.into_inner(), "true");
}
