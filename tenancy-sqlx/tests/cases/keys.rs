//! Each type of tenant's id, bound as the database has it.

use std::sync::Arc;

use tenancy_core::{Across, Catalog, CrossTenant, KeyType, MemoryAudit, Operator, Scoped, TenantId, Tenants};

use super::{
    only, q,
    support::{World, ctx},
};

#[tokio::test]
async fn bigint_uuid_and_text() {
    let uuid = |byte: u8| TenantId::uuid([byte; 16]).unwrap();
    let text = |text: &str| TenantId::text(text).unwrap();
    let bigint = |value: i64| TenantId::bigint(value).unwrap();
    let cases = [
        (KeyType::BigInt, [bigint(1), bigint(i64::MAX), bigint(3)]),
        (KeyType::Uuid, [uuid(0xab), uuid(0xac), uuid(1)]),
        (KeyType::Text, [text("acme"), text("acme-2"), text("b_c")]),
    ];
    for (key_type, [a, b, c]) in cases {
        let catalog = Catalog::builder()
            .tenant_key("owner", key_type)
            .tenant_tables(["things"])
            .build()
            .unwrap();
        let column = only::column_type(key_type);
        let make = format!("CREATE TABLE things (owner {column} NOT NULL, id bigint NOT NULL)");
        let Some(mut world) = World::with_catalog(catalog, &make).await else {
            return;
        };
        world.db = world.db.audit(Arc::new(MemoryAudit::new()));

        for (n, id) in [&a, &b, &c].into_iter().enumerate() {
            let n = i64::try_from(n).unwrap();
            let done = sqlx::query(q("INSERT INTO things (id) VALUES ($1)"))
                .bind(n)
                .execute(&world.db.scoped(&ctx(id)))
                .await;
            assert_eq!(done.unwrap().rows_affected(), 1);
        }
        // control: they stand in one table, under the written forms of their ids
        let mut stored: Vec<String> = sqlx::query_scalar(q("SELECT CAST(owner AS text) FROM things"))
            .fetch_all(&world.raw)
            .await
            .unwrap();
        let mut ids = [&a, &b, &c].map(ToString::to_string);
        stored.sort();
        ids.sort();
        assert_eq!(stored, ids);

        for (n, id) in [&a, &b, &c].into_iter().enumerate() {
            let found: Vec<i64> = sqlx::query_scalar("SELECT id FROM things")
                .fetch_all(&world.db.scoped(&ctx(id)))
                .await
                .unwrap();
            assert_eq!(found, [i64::try_from(n).unwrap()]);
        }
        let two = Tenants::Only(vec![a.clone(), c.clone()]);
        let crossing = CrossTenant::read(&Operator::new("olga").unwrap(), two, "a test").unwrap();
        let found: Vec<i64> = sqlx::query_scalar("SELECT id FROM things ORDER BY id")
            .fetch_all(&world.db.across(&crossing))
            .await
            .unwrap();
        assert_eq!(found, [0, 2]);
        world.close().await;
    }
}
