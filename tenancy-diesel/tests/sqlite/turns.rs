//! Tenants' turns on one connection, or on a pool's.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::{
    connection::TransactionManager,
    prelude::*,
    r2d2::{ConnectionManager, Pool},
    result::Error,
};
use tenancy_core::Scoped;
use tenancy_diesel::TenantDb;

use crate::world::{catalog, ctx, database, items, lines, orders, same, shared};

#[test]
fn transactions_and_savepoints() {
    same!(|c| c.transaction(|c| {
        diesel::delete(orders::table).execute(c)?;
        let inner = c.transaction(|c| {
            diesel::delete(items::table).execute(c)?;
            Err::<(), _>(Error::RollbackTransaction)
        });
        assert!(inner.is_err());
        items::table.count().get_result::<i64>(c)
    }))
    .unwrap();
    same!(|c| c.transaction(|c| {
        diesel::delete(orders::table).execute(c)?;
        Err::<(), _>(Error::RollbackTransaction)
    }))
    .unwrap_err();
}

/// No statement that is kept on a connection answers for another tenant, and their number does not grow with the tenants.
#[test]
fn statements_are_kept_for_all_tenants() {
    let stores: Vec<i64> = (1..=1000).collect();
    let mut shared = tenancy_diesel::TenantConnection::new(database(&stores), catalog());
    for id in (1..=1000).chain([1000, 1, 500]) {
        let mut one = shared.scoped(&ctx(id));
        let price: i64 = items::table
            .filter(items::id.eq(1))
            .select(items::price)
            .get_result(&mut one)
            .unwrap();
        assert_eq!(price, format!("1{id}").parse::<i64>().unwrap());
        let mine: Vec<i64> = items::table
            .select(items::store_id)
            .distinct()
            .load(&mut one)
            .unwrap();
        assert_eq!(mine, [id]);
        let name: String = items::table
            .filter(items::id.eq(10 + id))
            .select(items::name)
            .get_result(&mut one)
            .unwrap();
        assert_eq!(name, format!("only of {id}"));
    }
}

/// What a panic leaves open is not the next tenant's.
#[test]
fn a_panic_leaves_nothing_open() {
    let mut shared = shared();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let mut one = shared.scoped(&ctx(1));
        let _ = one.transaction(|c| -> QueryResult<()> {
            diesel::delete(orders::table).execute(c)?;
            panic!("in the middle");
        });
    }));
    assert!(panicked.is_err());
    // Or begun by hand, and forgotten.
    let mut two = shared.scoped(&ctx(2));
    <ScopedTransactionsOf<'_>>::begin_transaction(&mut two).unwrap();
    diesel::delete(orders::table).execute(&mut two).unwrap();
    drop(two);
    let mut three = shared.scoped(&ctx(3));
    three
        .transaction(|c| diesel::delete(orders::table).execute(c))
        .unwrap();
    drop(three);
    let left = lines(&mut shared.into_inner(), "true");
    let of = |store: i64| {
        left.iter()
            .filter(|line| line.line.starts_with(&format!("o{store}")))
            .count()
    };
    assert_eq!((of(1), of(2), of(3)), (3, 3, 0));
}

type ScopedTransactionsOf<'c> =
    <tenancy_diesel::ScopedConnection<&'c mut SqliteConnection> as Connection>::TransactionManager;

#[test]
fn a_pool_is_scoped() {
    let folder = std::env::temp_dir().join(format!("tenancy-diesel-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("pool.db").to_string_lossy().into_owned();
    let _ = std::fs::remove_file(&file);
    let mut source = database(&[1, 2]);
    diesel::sql_query(format!("VACUUM INTO '{file}'"))
        .execute(&mut source)
        .unwrap();
    let pool = Pool::builder()
        .max_size(1)
        .build(ConnectionManager::<SqliteConnection>::new(&file))
        .unwrap();
    let db = TenantDb::new(pool.clone(), catalog());
    for id in [1, 2, 1] {
        let mut connection = db.scoped(&ctx(id)).get().unwrap();
        let stores: Vec<i64> = items::table
            .select(items::store_id)
            .distinct()
            .load(&mut connection)
            .unwrap();
        assert_eq!(stores, [id]);
    }
    // The control: the pool's own connection sees them all.
    let all: i64 = items::table.count().get_result(&mut pool.get().unwrap()).unwrap();
    assert_eq!(all, 8);
    drop((db, pool));
    std::fs::remove_dir_all(&folder).unwrap();
}
