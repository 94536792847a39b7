//! Resolve: whose a request is, from what it claims.

use std::sync::Arc;

use tenancy_core::{Directory, Lookup, Tenant, TenantId};

use crate::{
    Identity,
    problem::{Kind, Problem},
};

/// The one tenant that all claims name, where outsiders may know of it.
///
/// Claims are compared by what they resolve to, so a slug in the host and an id in a header may name one tenant. A
/// tenant that is not visible is taken out before the comparison: a claim of a pending tenant is answered like
/// one of a tenant that never was, also next to another claim.
pub(crate) async fn resolve(directory: &dyn Directory, claims: &[Identity]) -> Result<Arc<Tenant>, Problem> {
    let Some((first, others)) = claims.split_first() else {
        return Err(Problem::new(Kind::NoIdentity));
    };
    let tenant = find(directory, first.lookup()).await?;
    for other in others {
        if other.lookup() == first.lookup() {
            continue;
        }
        let found = find(directory, other.lookup()).await?;
        if id(found.as_ref()) != id(tenant.as_ref()) {
            return Err(Problem::new(Kind::ConflictingIdentities));
        }
    }
    tenant.ok_or_else(|| Problem::new(Kind::UnknownTenant))
}

fn id(tenant: Option<&Arc<Tenant>>) -> Option<&TenantId> {
    tenant.map(|tenant| tenant.id())
}

async fn find(directory: &dyn Directory, lookup: &Lookup) -> Result<Option<Arc<Tenant>>, Problem> {
    let found = directory.find(lookup).await.map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the tenant directory could not be asked"
        );
        Problem::new(Kind::Unavailable)
    })?;
    let Some(tenant) = found else {
        return Ok(None);
    };
    // A directory that answers with another tenant (the first one, say) would have every request served as that one's.
    let asked_for = match lookup {
        Lookup::Id(id) => tenant.id() == id,
        Lookup::Slug(slug) => tenant.slug() == slug,
        Lookup::Domain(_) => true,
    };
    if !asked_for {
        tracing::error!("the tenant directory answered with a tenant that was not asked for");
        return Err(Problem::new(Kind::Unavailable));
    }
    Ok(Some(tenant).filter(|tenant| tenant.status().is_visible()))
}
