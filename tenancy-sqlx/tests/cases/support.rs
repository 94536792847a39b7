//! Two tenants' rows in one database, seen whole through `raw` and in slices through `db`.

use std::{error::Error as _, sync::Arc};

use sqlx::Pool;
use tenancy_core::{Catalog, KeyType, Scoped, Table, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_sqlx::{ScopedDb, TenantDb};

use super::{Db, Place, q};

/// Every value of tenant 2 carries this mark.
pub(crate) const MARK: &str = "SECRET";

pub(crate) struct World {
    /// Sees everything: for the positive controls.
    pub(crate) raw: Pool<Db>,
    pub(crate) db: TenantDb<Db>,
    #[allow(dead_code, reason = "kept for its drop, and for tests of one database")]
    pub(crate) place: Place,
}

const ROWS: &str = "
    INSERT INTO products VALUES (1, 'Tea'), (2, 'Coffee');
    INSERT INTO items VALUES
        (1, 1, 'A-1', 'alpha', 3), (1, 2, 'A-2', 'beta', 4),
        (2, 1, 'SECRET-1', 'SECRET note', 900), (2, 3, 'SECRET-3', 'SECRET too', 901)";

pub(crate) fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["tenant_id", "id", "sku", "note", "qty"])
                .unique(["tenant_id", "id"])
                .unique(["sku"]),
        )
        .shared_tables(["products"])
        .build()
        .unwrap()
}

impl World {
    /// `None` where the database is not on this machine; the reason was printed.
    pub(crate) async fn open() -> Option<World> {
        Self::with_catalog(catalog(), "").await
    }

    /// With a catalogue of its own, for tables that the second text makes.
    pub(crate) async fn with_catalog(catalog: Catalog, tables: &str) -> Option<World> {
        let place = Place::make().await?;
        let raw = place.pool().await;
        let tables = sqlx::AssertSqlSafe(format!("{}\n{tables}", super::TABLES));
        sqlx::raw_sql(tables).execute(&raw).await.unwrap();
        sqlx::raw_sql(ROWS).execute(&raw).await.unwrap();
        let db = place.db(catalog).await;
        Some(World { raw, db, place })
    }

    pub(crate) fn tenant(&self, id: i64) -> ScopedDb<Db> {
        self.db.scoped(&ctx(&TenantId::bigint(id).unwrap()))
    }

    /// Everything in the table, as the unscoped connection sees it.
    pub(crate) async fn rows_of(&self, tenant: i64) -> Vec<(i64, String, String, i64)> {
        sqlx::query_as(q(
            "SELECT id, sku, note, qty FROM items WHERE tenant_id = $1 ORDER BY id",
        ))
        .bind(tenant)
        .fetch_all(&self.raw)
        .await
        .unwrap()
    }

    pub(crate) async fn close(self) {
        self.db.close().await;
        self.raw.close().await;
    }
}

pub(crate) fn ctx(id: &TenantId) -> TenantContext {
    let tenant = Tenant::builder(id.clone(), "green-leaf".parse().unwrap())
        .status(TenantStatus::Active)
        .build();
    TenantContext::public(&Arc::new(tenant)).unwrap()
}

/// Everything that can be read off an error.
pub(crate) fn everything(error: &sqlx::Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(&format!(" {inner} {inner:?}"));
        source = inner.source();
    }
    if let Some(db) = error.as_database_error() {
        text.push_str(&format!(
            " {} {:?} {:?} {:?}",
            db.message(),
            db.code(),
            db.table(),
            db.constraint()
        ));
    }
    text
}
