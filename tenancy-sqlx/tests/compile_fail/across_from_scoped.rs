// A slice does not widen: not to another tenant, and not to all of them.
use sqlx::Sqlite;
use tenancy_core::{Across, CrossTenant, Scoped, TenantContext};
use tenancy_sqlx::ScopedDb;

fn wrong(scoped: ScopedDb<Sqlite>, other: &TenantContext, crossing: &CrossTenant) {
    let _ = (&scoped).scoped(other);
    let _ = (&scoped).across(crossing);
}

fn main() {}
