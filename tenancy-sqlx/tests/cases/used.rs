//! A connection that has served many tenants answers as a fresh one: what is prepared on it, what failed on it and what was
//! dropped on it leaves nothing that a later answer tells of.

use std::future::Future;

use sqlx::QueryBuilder;
use tenancy_core::{Scoped, TenantId};
use tenancy_sqlx::{ScopedDb, TenantDb};

use super::{
    Db,
    cancel::cancelled,
    q,
    support::{World, catalog, ctx},
};

/// Queries with one bound number, each of a column of text.
const ASKED: [&str; 14] = [
    "SELECT sku FROM items WHERE qty > $1 ORDER BY sku",
    "SELECT i.sku FROM items i JOIN products p ON p.id = i.id WHERE i.qty >= $1 ORDER BY i.sku",
    "SELECT p.name FROM products p LEFT JOIN items i ON i.id = p.id AND i.qty > $1 ORDER BY p.name",
    "SELECT CAST(count(*) AS text) FROM items WHERE qty > $1",
    "SELECT CAST(sum(qty) AS text) FROM items WHERE id >= $1",
    "SELECT name FROM products WHERE EXISTS (SELECT 1 FROM items WHERE items.id = products.id AND qty > $1) ORDER BY name",
    "SELECT name FROM products WHERE id NOT IN (SELECT id FROM items WHERE qty > $1) ORDER BY name",
    "WITH w AS (SELECT sku, qty FROM items WHERE qty > $1) SELECT sku FROM w ORDER BY sku",
    "SELECT sku FROM items WHERE qty > $1 UNION SELECT note FROM items ORDER BY 1",
    "SELECT CAST(rank() OVER (ORDER BY qty) AS text) FROM items WHERE id > $1 ORDER BY 1",
    "SELECT d.m FROM (SELECT max(sku) AS m, id FROM items WHERE qty > $1 GROUP BY id) AS d ORDER BY d.m",
    "SELECT (SELECT max(note) FROM items WHERE qty > $1) FROM products ORDER BY id",
    "SELECT a.sku FROM items a JOIN items b ON b.id = a.id WHERE a.qty > $1 ORDER BY a.sku",
    "SELECT note FROM items WHERE qty > $1 ORDER BY note LIMIT 2",
];

/// A slice asked on a connection of its own.
async fn open(world: &World) -> TenantDb<Db> {
    world.place.db_of(catalog(), 1).await
}

/// What is told: the rows, or that it failed.
async fn asked(db: &ScopedDb<Db>, sql: &str, bind: i64) -> Result<Vec<Option<String>>, String> {
    let rows = sqlx::query_scalar(q(sql)).bind(bind).fetch_all(db);
    rows.await.map_err(|error| error.to_string())
}

/// A write that fails, one that is refused, one that is dropped halfway, and one that is undone.
async fn disturb(db: &ScopedDb<Db>, round: usize) {
    let insert = q("INSERT INTO items (id, sku, note, qty) VALUES ($1, $2, 'x', $3)");
    let taken = sqlx::query(insert)
        .bind(1_i64)
        .bind(format!("T-{round}"))
        .bind(-1_i64);
    assert!(taken.execute(db).await.is_err());
    assert!(
        sqlx::query("UPDATE products SET name = 'x'")
            .execute(db)
            .await
            .is_err()
    );
    dropped(
        sqlx::query_scalar::<_, String>(q("SELECT sku FROM items WHERE qty > $1"))
            .bind(0_i64)
            .fetch_all(db),
        round,
    )
    .await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query(q("UPDATE items SET note = 'undone' WHERE qty > $1"))
        .bind(0_i64)
        .execute(&mut tx)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
}

async fn dropped<F: Future>(future: F, polls: usize) {
    let _ = cancelled(future, polls % 5).await;
}

#[tokio::test]
async fn a_used_connection_answers_as_a_fresh_one() {
    let Some(world) = World::open().await else { return };
    // A third tenant has nothing at all.
    let contexts = [1, 2, 3].map(|id| ctx(&TenantId::bigint(id).unwrap()));
    let used = open(&world).await;
    let mut told = Vec::new();
    for round in 0..4 {
        for (n, sql) in ASKED.iter().enumerate() {
            for ctx in &contexts {
                let db = used.scoped(ctx);
                let bind = i64::try_from((round + n) % 4).unwrap();
                let answer = asked(&db, sql, bind).await;
                // All tenants have asked this before, but for the first round.
                if round == 3 {
                    told.push((*sql, bind, ctx, answer));
                }
            }
        }
        for ctx in &contexts {
            disturb(&used.scoped(ctx), round).await;
        }
    }
    let mut answers = 0;
    for (sql, bind, ctx, answer) in told {
        let fresh = open(&world).await;
        let alone = asked(&fresh.scoped(ctx), sql, bind).await;
        assert_eq!(answer, alone, "{ctx:?}: {sql}");
        answers += usize::from(answer.is_ok_and(|rows| rows.iter().flatten().next().is_some()));
        fresh.close().await;
    }
    // Control: most of them tell something.
    assert!(answers * 2 > ASKED.len() * 3, "{answers}");
    used.close().await;
    world.close().await;
}

/// What is asked in a transaction on the used connection, with other tenants' in between on the others.
#[tokio::test]
async fn tenants_in_turn_on_one_connection_see_their_own() {
    let Some(world) = World::open().await else { return };
    let contexts = [1, 2].map(|id| ctx(&TenantId::bigint(id).unwrap()));
    let used = open(&world).await;
    for round in 0..12_i64 {
        for (tenant, ctx) in contexts.iter().enumerate() {
            let mut tx = used.scoped(ctx).begin().await.unwrap();
            // The same text for both, prepared by whoever came first.
            let mut builder = QueryBuilder::<Db>::new("SELECT tenant_id FROM items WHERE qty > ");
            builder.push_bind(round % 3);
            let rows: Vec<i64> = builder.build_query_scalar().fetch_all(&mut tx).await.unwrap();
            let own = i64::try_from(tenant).unwrap() + 1;
            assert!(!rows.is_empty() && rows.iter().all(|id| *id == own), "{rows:?}");
            if round % 2 == 0 {
                tx.commit().await.unwrap();
            } else {
                drop(tx);
            }
        }
    }
    used.close().await;
    world.close().await;
}
