//! An operator's view over several tenants, and its record.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlx::Pool;
use tenancy_core::{
    Across, AuditError, AuditEvent, AuditSink, CrossTenant, MemoryAudit, Operator, TenantId, Tenants,
    sql::Rule,
};
use tenancy_sqlx::{ErrorExt, SqlAudit, refusal};

use super::{Db, q, support::World};

fn tenants(ids: &[i64]) -> Tenants {
    Tenants::Only(ids.iter().map(|id| TenantId::bigint(*id).unwrap()).collect())
}

fn read(tenants: Tenants) -> CrossTenant {
    CrossTenant::read(&Operator::new("olga").unwrap(), tenants, "monthly report").unwrap()
}

fn write(tenants: Tenants) -> CrossTenant {
    CrossTenant::write(
        &Operator::new("olga").unwrap(),
        tenants,
        "correction asked for by phone",
    )
    .unwrap()
}

const SUM: &str = "SELECT CAST(sum(qty) AS bigint) FROM items WHERE qty > $1";

#[tokio::test]
async fn all_some_and_one() {
    let Some(mut world) = World::open().await else {
        return;
    };
    sqlx::raw_sql("INSERT INTO items VALUES (3, 1, 'C-1', 'n', 10000)")
        .execute(&world.raw)
        .await
        .unwrap();
    let log = Arc::new(MemoryAudit::new());
    world.db = world.db.audit(log.clone());

    for (set, sum) in [
        (Tenants::All, 11_808),
        (tenants(&[1, 2]), 1_808),
        (tenants(&[1]), 7),
        (tenants(&[3, 1]), 10_007),
    ] {
        let cross = world.db.across(&read(set));
        let found: i64 = sqlx::query_scalar(q(SUM))
            .bind(0_i64)
            .fetch_one(&cross)
            .await
            .unwrap();
        assert_eq!(found, sum);
        let rows: Vec<i64> = sqlx::query_scalar::<_, i64>("SELECT qty FROM items")
            .fetch(&mut cross.clone())
            .try_collect()
            .await
            .unwrap();
        assert_eq!(rows.iter().sum::<i64>(), sum);
    }
    assert_eq!(log.events().len(), 8, "one record a statement");
    world.close().await;
}

#[tokio::test]
async fn the_record_says_who_what_and_why() {
    let Some(mut world) = World::open().await else {
        return;
    };
    let log = Arc::new(MemoryAudit::new());
    world.db = world.db.audit(log.clone());
    let _: Option<i64> = sqlx::query_scalar(q(SUM))
        .bind(424_242_i64)
        .fetch_one(&world.db.across(&read(tenants(&[2]))))
        .await
        .unwrap();
    let refused = sqlx::query("SELECT * FROM people")
        .fetch_all(&world.db.across(&read(Tenants::All)))
        .await
        .unwrap_err();
    assert!(refused.is_refused());

    let events = log.events();
    let [crossed, refused] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(
        (crossed.action.as_str(), crossed.reason.as_str()),
        ("crossing.read", "monthly report")
    );
    assert_eq!(crossed.actor.to_string(), "operator:olga");
    assert!(crossed.resource.contains('2'), "{crossed:?}");
    assert!(
        crossed.detail.contains("reads: items") && crossed.detail.contains(&q(SUM).0),
        "{crossed:?}"
    );
    assert!(
        !crossed.detail.contains("424242"),
        "bound values are not recorded: {crossed:?}"
    );
    assert_eq!(refused.action, "crossing.refused");
    world.close().await;
}

#[tokio::test]
async fn without_a_log_nothing_is_read() {
    let Some(world) = World::open().await else { return };
    let error = sqlx::query("SELECT qty FROM items")
        .fetch_all(&world.db.across(&read(Tenants::All)))
        .await
        .unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_audit),
        "{error:?}"
    );
    world.close().await;
}

/// A log that looks at the database when it is told of something, and may fail.
#[derive(Debug)]
struct Watching {
    raw: Pool<Db>,
    seen: Mutex<Vec<i64>>,
    fails: bool,
}

#[async_trait]
impl AuditSink for Watching {
    async fn record(&self, _: &AuditEvent) -> Result<(), AuditError> {
        let rows = sqlx::query_scalar("SELECT count(*) FROM items")
            .fetch_one(&self.raw)
            .await
            .unwrap();
        self.seen.lock().unwrap().push(rows);
        if self.fails {
            Err(AuditError::new("the disk is full"))
        } else {
            Ok(())
        }
    }
}

#[tokio::test]
async fn the_record_is_first_and_where_it_fails_nothing_happens() {
    for fails in [true, false] {
        let Some(mut world) = World::open().await else {
            return;
        };
        let log = Arc::new(Watching {
            raw: world.raw.clone(),
            seen: Mutex::default(),
            fails,
        });
        world.db = world.db.audit(log.clone());
        let cross = world.db.across(&write(Tenants::All));
        let results = [
            sqlx::query("DELETE FROM items WHERE id = 1")
                .execute(&cross)
                .await
                .map(|_| ()),
            sqlx::query("DELETE FROM items WHERE id = 2 RETURNING id")
                .fetch_optional(&cross)
                .await
                .map(|_| ()),
        ];
        for result in results {
            match result {
                Ok(()) => assert!(!fails),
                Err(error) => assert!(
                    fails && error.tenancy().is_some_and(tenancy_sqlx::Error::is_audit),
                    "{error:?}"
                ),
            }
        }
        let seen = log.seen.lock().unwrap().clone();
        assert_eq!(
            seen,
            if fails { [4, 4] } else { [4, 2] },
            "each record came before its statement"
        );
        let left: i64 = sqlx::query_scalar("SELECT count(*) FROM items")
            .fetch_one(&world.raw)
            .await
            .unwrap();
        assert_eq!(left, if fails { 4 } else { 1 });
        world.close().await;
    }
}

#[tokio::test]
async fn read_only_unless_asked_and_within_its_tenants() {
    let Some(mut world) = World::open().await else {
        return;
    };
    world.db = world.db.audit(Arc::new(MemoryAudit::new()));
    let error = sqlx::query("UPDATE items SET qty = 0")
        .execute(&world.db.across(&read(Tenants::All)))
        .await
        .unwrap_err();
    assert_eq!(
        refusal(&error).map(|refusal| refusal.rule()),
        Some(Rule::ReadOnly)
    );

    let one = world.rows_of(1).await;
    let done = sqlx::query("UPDATE items SET qty = 0")
        .execute(&world.db.across(&write(tenants(&[2]))))
        .await
        .unwrap();
    assert_eq!(done.rows_affected(), 2);
    assert_eq!(world.rows_of(1).await, one, "tenant 1 was not named");

    // ids of another type than the catalogue's
    let texts = Tenants::Only(vec![TenantId::text("acme").unwrap()]);
    let error = sqlx::query("SELECT id FROM items")
        .fetch_all(&world.db.across(&read(texts)))
        .await
        .unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_key_type),
        "{error:?}"
    );
    let error = sqlx::query("SELECT id FROM items")
        .bind(1_i64)
        .fetch_all(&world.db.across(&read(tenants(&[1]))))
        .await
        .unwrap_err();
    assert!(
        error.tenancy().is_some_and(tenancy_sqlx::Error::is_bind_count),
        "{error:?}"
    );
    world.close().await;
}

#[tokio::test]
async fn the_log_may_stand_in_the_same_database() {
    let Some(mut world) = World::open().await else {
        return;
    };
    sqlx::raw_sql(SqlAudit::<Db>::migration())
        .execute(&world.raw)
        .await
        .unwrap();
    world.db = world.db.audit(Arc::new(SqlAudit::new(world.raw.clone())));
    let cross = world.db.across(&read(Tenants::All));
    assert_eq!(
        sqlx::query("SELECT id FROM items")
            .fetch_all(&cross)
            .await
            .unwrap()
            .len(),
        4
    );
    let records: i64 = sqlx::query_scalar("SELECT count(*) FROM tenancy_audit")
        .fetch_one(&world.raw)
        .await
        .unwrap();
    assert_eq!(records, 1);
    // no tenant, and no crossing, can name the log
    for error in [
        sqlx::query("SELECT * FROM tenancy_audit")
            .fetch_all(&world.tenant(1))
            .await
            .unwrap_err(),
        sqlx::query("SELECT * FROM tenancy_audit")
            .fetch_all(&cross)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            refusal(&error).map(|refusal| refusal.rule()),
            Some(Rule::UnknownTable)
        );
    }
    world.close().await;
}
