// How a tenant is bound is not for others to decide.
use tenancy_sqlx::{TenantDatabase, TenantDb};

struct Mine;

impl TenantDatabase for Mine {}

fn wrong(_: TenantDb<Mine>) {}

fn main() {}
