//! What the database says about another tenant's rows is not passed on.

use sqlx::error::ErrorKind;
use tenancy_sqlx::{ErrorExt, ScopedDatabaseError};

use super::{
    q,
    support::{MARK, World, everything},
};

#[tokio::test]
async fn a_violated_key_of_all_tenants_is_not_quoted() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let insert = "INSERT INTO items (id, sku, note, qty) VALUES ($1, $2, 'n', 1)";

    // control: unscoped, the database says what it knows
    let raw = sqlx::query("INSERT INTO items VALUES (1, 8, 'SECRET-1', 'n', 1)")
        .execute(&world.place.unwalled().await)
        .await
        .unwrap_err();
    assert!(raw.is_unique_violation());
    assert!(
        super::only::says_what_was_violated(&everything(&raw)),
        "control: {raw:?}"
    );

    let mut tx = one.begin().await.unwrap();
    let errors = [
        sqlx::query(q(insert))
            .bind(8_i64)
            .bind("SECRET-1")
            .execute(&one)
            .await
            .unwrap_err(),
        sqlx::query(q(insert))
            .bind(8_i64)
            .bind("SECRET-1")
            .fetch_optional(&one)
            .await
            .map(|_| ())
            .unwrap_err(),
        sqlx::query(q(insert))
            .bind(8_i64)
            .bind("SECRET-1")
            .execute(&mut tx)
            .await
            .unwrap_err(),
    ];
    for error in errors {
        let text = everything(&error);
        assert!(!text.contains(MARK), "{text}");
        assert!(!super::only::says_what_was_violated(&text), "{text}");
        assert!(error.is_unique_violation() && !error.is_refused() && !error.is_retryable());
        let database = error.as_database_error().unwrap();
        assert_eq!(database.kind(), ErrorKind::UniqueViolation);
        assert_eq!(database.code().as_deref(), Some(super::only::UNIQUE));
        assert!(
            database.try_downcast_ref::<ScopedDatabaseError>().is_some(),
            "the driver's own error is gone"
        );
    }
    drop(tx);

    let error = sqlx::query("UPDATE items SET qty = -1")
        .execute(&one)
        .await
        .unwrap_err();
    assert!(error.is_check_violation(), "{error:?}");
    world.close().await;
}

#[tokio::test]
async fn errors_of_the_program_itself_keep_their_words() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let row = sqlx::query("SELECT sku FROM items WHERE id = 1")
        .fetch_one(&one)
        .await
        .unwrap();
    assert!(matches!(
        sqlx::Row::try_get::<i64, _>(&row, "sku"),
        Err(sqlx::Error::ColumnDecode { .. })
    ));
    assert!(matches!(
        sqlx::Row::try_get::<i64, _>(&row, "no"),
        Err(sqlx::Error::ColumnNotFound(_))
    ));
    let error = sqlx::query_as::<_, (i64,)>("SELECT sku FROM items")
        .fetch_all(&one)
        .await
        .unwrap_err();
    assert!(matches!(error, sqlx::Error::ColumnDecode { .. }), "{error:?}");

    world.db.close().await;
    assert!(matches!(
        sqlx::query("SELECT id FROM items").fetch_all(&one).await,
        Err(sqlx::Error::PoolClosed)
    ));
    assert!(matches!(one.begin().await, Err(sqlx::Error::PoolClosed)));
    world.close().await;
}
