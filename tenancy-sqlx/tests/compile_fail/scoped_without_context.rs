// There is no slice without a tenant: neither by leaving it out, nor by an id, nor by an Option.
use sqlx::Sqlite;
use tenancy_core::{Scoped, Tenant, TenantContext, TenantId};
use tenancy_sqlx::{ScopedDb, TenantDb};

fn wrong(db: &TenantDb<Sqlite>, id: TenantId, tenant: &Tenant, maybe: Option<TenantContext>) {
    let _: ScopedDb<Sqlite> = db.scoped();
    let _: ScopedDb<Sqlite> = db.scoped(&id);
    let _: ScopedDb<Sqlite> = db.scoped(tenant);
    let _: ScopedDb<Sqlite> = db.scoped(&maybe);
    let _: ScopedDb<Sqlite> = ScopedDb::default();
}

fn main() {}
