//! The directory and the audit log in tables.

use sqlx::AssertSqlSafe;
use tenancy_core::{Actor, AuditEvent, AuditSink, Directory, KeyType, Lookup, TenantId, TenantStatus};
use tenancy_sqlx::{SqlAudit, SqlDirectory};

use super::{Db, q, support::World};

#[tokio::test]
async fn the_directory_of_this_crate() {
    let cases = [
        (KeyType::BigInt, "7", "8"),
        (
            KeyType::Uuid,
            "0d3e2c1b-0000-4000-8000-000000000001",
            "0d3e2c1b-0000-4000-8000-000000000002",
        ),
        (KeyType::Text, "acme", "beta"),
    ];
    for (key_type, a, b) in cases {
        let Some(world) = World::open().await else { return };
        sqlx::raw_sql(SqlDirectory::<Db>::migration(key_type))
            .execute(&world.raw)
            .await
            .unwrap();
        let rows = format!(
            "INSERT INTO tenancy_tenants VALUES ('{a}', 'green-leaf', 'Green Leaf', 'active', 5), ('{b}', 'blue-river', 'Blue River', 'pending', 0);
             INSERT INTO tenancy_domains VALUES ('shop.example', '{b}')"
        );
        sqlx::raw_sql(AssertSqlSafe(rows))
            .execute(&world.raw)
            .await
            .unwrap();
        let directory = SqlDirectory::new(world.raw.clone(), key_type);
        let find = |by: Lookup| {
            let directory = directory.clone();
            async move { directory.find(&by).await.unwrap() }
        };

        let green = find(Lookup::Id(TenantId::parse(key_type, a).unwrap()))
            .await
            .unwrap();
        assert_eq!(
            (
                green.id().to_string().as_str(),
                green.slug().as_str(),
                green.name()
            ),
            (a, "green-leaf", "Green Leaf")
        );
        assert_eq!((green.status(), green.version()), (TenantStatus::Active, 5));
        assert_eq!(
            find(Lookup::Slug("green-leaf".parse().unwrap())).await,
            Some(green)
        );
        let blue = find(Lookup::Domain("shop.example".parse().unwrap()))
            .await
            .unwrap();
        assert_eq!(
            (blue.id().to_string().as_str(), blue.status()),
            (b, TenantStatus::Pending)
        );

        assert_eq!(find(Lookup::Slug("green".parse().unwrap())).await, None);
        assert_eq!(find(Lookup::Domain("other.example".parse().unwrap())).await, None);
        for other in ["9", "0d3e2c1b-0000-4000-8000-000000000009", "nobody"] {
            assert_eq!(
                find(Lookup::Id(other.parse().unwrap())).await,
                None,
                "unknown, or of another type"
            );
        }
        world.close().await;
    }
}

#[tokio::test]
async fn the_directory_in_tables_of_the_application() {
    let Some(world) = World::open().await else { return };
    sqlx::raw_sql(
        "CREATE TABLE stores (number bigint PRIMARY KEY, handle varchar(63), title varchar(99), state varchar(20), host varchar(99));
         INSERT INTO stores VALUES (1, 'green-leaf', NULL, 'suspended', 'leaf.example'), (2, 'twin', 'x', 'active', NULL),
            (3, 'twin', 'y', 'active', NULL), (4, 'odd', 'z', 'closed', NULL), (5, 'Upper', 'u', 'active', NULL), (-6, 'minus', 'm', 'active', NULL)",
    )
    .execute(&world.raw)
    .await
    .unwrap();
    let directory = SqlDirectory::<Db>::builder(world.raw.clone(), KeyType::BigInt)
        .table("stores")
        .id("number")
        .slug("handle")
        .name("title")
        .status("state")
        .domain_column("host")
        .build()
        .unwrap();
    let slug = |slug: &str| Lookup::Slug(slug.parse().unwrap());
    let green = directory.find(&slug("green-leaf")).await.unwrap().unwrap();
    assert_eq!(
        (green.name(), green.status(), green.version()),
        ("green-leaf", TenantStatus::Suspended, 0)
    );
    assert_eq!(
        directory
            .find(&Lookup::Domain("leaf.example".parse().unwrap()))
            .await
            .unwrap(),
        Some(green)
    );
    assert!(
        directory.find(&slug("twin")).await.is_err(),
        "two tenants under one name"
    );
    assert!(
        directory.find(&slug("odd")).await.is_err(),
        "a status that is none"
    );
    assert!(
        directory.find(&slug("minus")).await.is_err(),
        "an id that is none"
    );
    assert_eq!(directory.find(&slug("upper")).await.unwrap(), None);

    let missing = SqlDirectory::<Db>::builder(world.raw.clone(), KeyType::BigInt)
        .table("nowhere")
        .build()
        .unwrap();
    assert!(missing.find(&slug("green-leaf")).await.is_err());
    assert!(
        SqlDirectory::<Db>::builder(world.raw.clone(), KeyType::BigInt)
            .table("a; DROP TABLE b")
            .build()
            .is_err()
    );
    world.close().await;
}

#[tokio::test]
async fn a_column_that_folds_case_finds_nothing_under_another_spelling() {
    let Some(world) = World::open().await else { return };
    super::only::folding_table(&world.raw).await;
    let directory = SqlDirectory::<Db>::builder(world.raw.clone(), KeyType::BigInt)
        .table("folding")
        .build()
        .unwrap();
    let folded: i64 = sqlx::query_scalar("SELECT count(*) FROM folding WHERE slug = 'green-leaf'")
        .fetch_one(&world.raw)
        .await
        .unwrap();
    assert_eq!(folded, 1, "control: the database finds GREEN-LEAF for green-leaf");
    assert_eq!(
        directory
            .find(&Lookup::Slug("green-leaf".parse().unwrap()))
            .await
            .unwrap(),
        None
    );
    world.close().await;
}

#[tokio::test]
async fn the_audit_log_is_added_to_and_never_changed() {
    let Some(world) = World::open().await else { return };
    sqlx::raw_sql(SqlAudit::<Db>::migration())
        .execute(&world.raw)
        .await
        .unwrap();
    let log = SqlAudit::new(world.raw.clone());
    let event = AuditEvent::new(Actor::user("42").unwrap(), "order.cancel")
        .tenant(TenantId::bigint(7).unwrap())
        .resource("order 1")
        .reason("'; DROP TABLE tenancy_audit; --")
        .detail("by phone");
    log.record(&event).await.unwrap();
    log.record(&AuditEvent::new(Actor::Anonymous, "visit"))
        .await
        .unwrap();

    let rows: Vec<(String, Option<String>, String, String)> =
        sqlx::query_as("SELECT actor, tenant, action, reason FROM tenancy_audit ORDER BY id")
            .fetch_all(&world.raw)
            .await
            .unwrap();
    assert_eq!(
        rows,
        [
            (
                "user:42".to_owned(),
                Some("7".to_owned()),
                "order.cancel".to_owned(),
                event.reason.clone()
            ),
            ("anonymous".to_owned(), None, "visit".to_owned(), String::new()),
        ]
    );
    let years: Vec<String> = sqlx::query_scalar(q("SELECT CAST(at AS text) FROM tenancy_audit"))
        .fetch_all(&world.raw)
        .await
        .unwrap();
    assert!(years.iter().all(|at| at.starts_with("20")), "{years:?}");
    for sql in [
        "UPDATE tenancy_audit SET actor = 'x'",
        "DELETE FROM tenancy_audit",
    ] {
        assert!(sqlx::query(sql).execute(&world.raw).await.is_err(), "{sql}");
    }
    world.close().await;
}
