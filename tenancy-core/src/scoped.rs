//! The one verb, and the second one for operators.

use crate::{CrossTenant, TenantContext};

/// A shared thing that has a slice for each tenant.
///
/// Implemented for references to the shared thing (`&TenantDb`, `&mut SqliteConnection`), so that it is written
/// `shared_thing.scoped(&ctx)`. What comes back sees this tenant's slice alone and has no way back to the whole.
/// Scoping is cheap and cannot fail; what can fail fails at use, with a typed error.
///
/// ```
/// use std::{collections::HashMap, sync::Arc};
/// use tenancy_core::{Scoped, Tenant, TenantContext, TenantId, TenantStatus};
///
/// /// Greetings of all tenants.
/// struct Greetings(HashMap<TenantId, String>);
/// /// The greeting of one.
/// struct ScopedGreeting<'a>(Option<&'a String>);
///
/// impl<'a> Scoped for &'a Greetings {
///     type Slice = ScopedGreeting<'a>;
///     fn scoped(self, ctx: &TenantContext) -> ScopedGreeting<'a> {
///         ScopedGreeting(self.0.get(ctx.tenant_id()))
///     }
/// }
///
/// let id = TenantId::bigint(1)?;
/// let greetings = Greetings(HashMap::from([(id.clone(), "hello".to_owned())]));
/// let tenant = Tenant::builder(id, "green-leaf".parse()?).status(TenantStatus::Active).build();
/// let ctx = TenantContext::public(&Arc::new(tenant))?;
/// assert_eq!(greetings.scoped(&ctx).0.map(String::as_str), Some("hello"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no slice for a tenant",
    note = "call `.scoped(&ctx)` on the shared thing itself, such as a `TenantDb`, and pass on what it returns"
)]
pub trait Scoped: Sized {
    /// What one tenant sees of it.
    type Slice;

    /// This tenant's slice.
    fn scoped(self, ctx: &TenantContext) -> Self::Slice;
}

/// A shared thing that an operator can read across tenants.
///
/// # Cross-tenant
/// This is the second of the two verbs, and the only one that reaches more than one tenant: it takes a
/// [`CrossTenant`], which names the operator, the tenants and a reason. An audit record is written before the
/// first row is read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read across tenants",
    note = "call `.across(&crossing)` on the shared thing itself; a tenant's slice has no way back to the whole"
)]
pub trait Across: Sized {
    /// What the operator sees of it.
    type Crossing;

    /// The shared thing as the crossing allows it.
    fn across(self, crossing: &CrossTenant) -> Self::Crossing;
}
