//! What is refused before the database hears of it.

use sqlx::{Executor, SqlSafeStr, Statement};
use tenancy_core::{Scoped, TenantId, sql::Rule};
use tenancy_sqlx::{ErrorExt, refusal};

use super::{
    q,
    support::{World, ctx, everything},
};

#[tokio::test]
async fn as_many_values_as_the_text_names_and_no_more() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let one = &one;

    let fine: i64 = sqlx::query_scalar(q("SELECT qty FROM items WHERE id = $1"))
        .bind(1_i64)
        .fetch_one(one)
        .await
        .unwrap();
    assert_eq!(fine, 3);

    let errors = [
        // the place after the last value is the tenant's
        sqlx::query(super::only::TWO_NAMED)
            .bind(1_i64)
            .fetch_all(one)
            .await
            .unwrap_err(),
        sqlx::query(super::only::TWO_NAMED_OF_A_TENANT)
            .bind(1_i64)
            .fetch_all(one)
            .await
            .unwrap_err(),
        // too few
        sqlx::query(q("SELECT id FROM items WHERE id = $1"))
            .fetch_all(one)
            .await
            .unwrap_err(),
        sqlx::raw_sql(q("SELECT id FROM items WHERE id = $1"))
            .fetch_all(one)
            .await
            .unwrap_err(),
        // too many: the caller's second value would stand where the tenant belongs
        sqlx::query(q("SELECT id FROM items WHERE id = $1"))
            .bind(1_i64)
            .bind(2_i64)
            .fetch_all(one)
            .await
            .unwrap_err(),
        sqlx::query("SELECT id FROM items")
            .bind(2_i64)
            .fetch_optional(one)
            .await
            .unwrap_err(),
        sqlx::query("DELETE FROM items")
            .bind(2_i64)
            .execute(one)
            .await
            .unwrap_err(),
    ];
    for error in errors {
        assert!(
            error.tenancy().is_some_and(tenancy_sqlx::Error::is_bind_count),
            "{error:?}"
        );
    }
    assert_eq!(
        (world.rows_of(1).await.len(), world.rows_of(2).await.len()),
        (2, 2)
    );
    world.close().await;
}

#[tokio::test]
async fn an_id_of_another_type_is_never_cast() {
    let Some(world) = World::open().await else { return };
    let text = TenantId::text("a1").unwrap();
    let uuid = TenantId::uuid([1; 16]).unwrap();
    for id in [text, uuid] {
        let db = world.db.scoped(&ctx(&id));
        for sql in ["SELECT id FROM items", "SELECT id FROM products"] {
            let error = sqlx::query(sql).fetch_all(&db).await.unwrap_err();
            assert!(
                error.tenancy().is_some_and(tenancy_sqlx::Error::is_key_type),
                "{error:?}"
            );
        }
        let error = db.begin().await.unwrap_err();
        assert!(
            error.tenancy().is_some_and(tenancy_sqlx::Error::is_key_type),
            "{error:?}"
        );
    }
    world.close().await;
}

#[tokio::test]
async fn what_the_engine_refuses_says_which_rule() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let cases = [
        ("SELECT * FROM people", Rule::UnknownTable),
        ("SELECT 1; SELECT 2", Rule::MultipleStatements),
        ("BEGIN", Rule::StatementKind),
        ("COMMIT", Rule::StatementKind),
        ("ROLLBACK", Rule::StatementKind),
        ("SAVEPOINT a", Rule::StatementKind),
        ("DROP TABLE items", Rule::StatementKind),
        ("DELETE FROM products", Rule::SharedWrite),
        ("UPDATE items SET tenant_id = 2", Rule::KeyAssigned),
    ];
    for (sql, rule) in cases {
        let mut tx = one.begin().await.unwrap();
        let errors = [
            (&one).execute(sql).await.unwrap_err(),
            sqlx::raw_sql(sql).execute(&one).await.unwrap_err(),
            sqlx::query(sql).fetch_optional(&one).await.unwrap_err(),
            (&mut tx).execute(sql).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_refused());
            assert_eq!(
                refusal(&error).map(|refusal| refusal.rule()),
                Some(rule),
                "{sql}: {error}"
            );
            assert!(
                everything(&error).contains(rule.code()),
                "the developer is told: {error}"
            );
        }
        // a refusal is no failure of the transaction
        sqlx::query("SELECT id FROM items")
            .fetch_all(&mut tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(
        (world.rows_of(1).await.len(), world.rows_of(2).await.len()),
        (2, 2)
    );
    world.close().await;
}

#[tokio::test]
async fn nothing_is_prepared_or_described_and_what_was_elsewhere_is_scoped_all_the_same() {
    let Some(world) = World::open().await else { return };
    let one = world.tenant(1);
    let mut tx = one.begin().await.unwrap();
    let sql = "SELECT sku FROM items";
    let errors = [
        (&one).prepare(sql.into_sql_str()).await.map(|_| ()).unwrap_err(),
        (&one).describe(sql.into_sql_str()).await.map(|_| ()).unwrap_err(),
        (&mut tx)
            .prepare(sql.into_sql_str())
            .await
            .map(|_| ())
            .unwrap_err(),
    ];
    for error in errors {
        assert!(
            error.tenancy().is_some_and(tenancy_sqlx::Error::is_prepared),
            "{error:?}"
        );
    }

    // prepared on the whole database, executed on the slice
    let statement = (&world.raw).prepare(sql.into_sql_str()).await.unwrap();
    assert_eq!(
        statement.query().fetch_all(&world.raw).await.unwrap().len(),
        4,
        "control"
    );
    assert_eq!(statement.query().fetch_all(&one).await.unwrap().len(), 2);
    assert_eq!(statement.query().fetch_all(&mut tx).await.unwrap().len(), 2);
    drop(tx);
    world.close().await;
}
