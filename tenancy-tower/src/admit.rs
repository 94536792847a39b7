//! Admit: what may be done in the tenant that a request is for.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use http::{HeaderValue, request::Parts};
use tenancy_core::{NotAdmitted, Tenant, TenantContext, TenantStatus};

use crate::problem::{Kind, Problem};

/// The application's own admission: from a tenant and a request's credentials to a [`TenantContext`], or a rejection.
///
/// It is asked for active tenants only, once a request's claims have been resolved to one. Here the application
/// authenticates: it reads a bearer token or a session, asks its membership store *for this tenant*, and admits
/// with [`TenantContext::member`].
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use http::{header::AUTHORIZATION, request::Parts};
/// use tenancy_core::{Actor, Membership, Role, Tenant, TenantContext};
/// use tenancy_tower::{Admit, Rejection};
///
/// #[derive(Debug)]
/// struct Tokens(/* a pool, say */);
///
/// impl Tokens {
///     /// The membership of the token's user in this very tenant.
///     async fn find(&self, token: &str, tenant: &Tenant) -> Option<Membership> {
///         let clerk = Actor::user("42").ok()?;
///         (token == "s3cret").then(|| Membership::new(tenant.id().clone(), clerk, Role::Member))
///     }
/// }
///
/// #[async_trait]
/// impl Admit for Tokens {
///     async fn admit(&self, request: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
///         let header = request.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
///         let Some(token) = header.and_then(|header| header.strip_prefix("Bearer ")) else {
///             return Ok(TenantContext::public(tenant)?); // a visitor; routes for staff look at the role
///         };
///         let membership = self.find(token, tenant).await.ok_or_else(Rejection::unauthenticated)?;
///         Ok(TenantContext::member(tenant, &membership)?)
///     }
/// }
/// ```
///
/// # Cross-tenant
/// This is the only place that makes a context, so "the token is valid" is not enough: it has to be valid for
/// `tenant`. A context of any other tenant is refused by the layer with 500.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not admit anybody",
    note = "use `Public`, or implement `tenancy_tower::Admit`"
)]
#[async_trait]
pub trait Admit: fmt::Debug + Send + Sync + 'static {
    /// Admits the actor of `request` to `tenant`, or does not.
    ///
    /// # Errors
    /// The actor is not admitted.
    async fn admit(&self, request: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection>;
}

#[async_trait]
impl<A: Admit + ?Sized> Admit for Arc<A> {
    async fn admit(&self, request: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        (**self).admit(request, tenant).await
    }
}

/// Admits everybody to every active tenant as [`Actor::Anonymous`](tenancy_core::Actor::Anonymous), without a role.
///
/// # Cross-tenant
/// Right for pages that are open to all, such as a storefront. Whoever can name a tenant sees what those pages show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Public;

#[async_trait]
impl Admit for Public {
    async fn admit(&self, _: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        Ok(TenantContext::public(tenant)?)
    }
}

/// Why an actor is not admitted, as far as the client may know.
///
/// ```
/// use tenancy_tower::Rejection;
///
/// let rejection = Rejection::unauthenticated();
/// assert_eq!(rejection.status(), 401);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection(Problem);

impl Rejection {
    /// 401 with `WWW-Authenticate: Bearer`: there are no valid credentials.
    pub fn unauthenticated() -> Self {
        Self(Problem::new(Kind::Unauthenticated).with_challenge(HeaderValue::from_static("Bearer")))
    }

    /// 401 with a challenge of one's own (RFC 9110, section 11.6.1).
    pub fn unauthenticated_with(challenge: HeaderValue) -> Self {
        Self(Problem::new(Kind::Unauthenticated).with_challenge(challenge))
    }

    /// 403: the actor is known and may not.
    pub fn forbidden() -> Self {
        Self(Problem::new(Kind::Forbidden))
    }

    /// 404, byte for byte like a tenant that does not exist: for tenants whose existence is a secret.
    pub fn unknown() -> Self {
        Self(Problem::new(Kind::UnknownTenant))
    }

    /// 503: a store that admission asks did not answer. Log the cause; the client is not told.
    pub fn unavailable() -> Self {
        Self(Problem::new(Kind::Unavailable))
    }

    /// The status of the answer.
    pub fn status(&self) -> http::StatusCode {
        self.0.status()
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.title())
    }
}

impl std::error::Error for Rejection {}

impl From<NotAdmitted> for Rejection {
    fn from(error: NotAdmitted) -> Self {
        if error.is_suspended() {
            Self(Problem::new(Kind::SuspendedTenant))
        } else if error.is_unknown() {
            Self::unknown()
        } else {
            Self::forbidden()
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        rejection.0
    }
}

/// Admission: the status first, then the application, and its answer only for the tenant that was asked about.
pub(crate) async fn admit(
    policy: &dyn Admit,
    request: &Parts,
    tenant: &Arc<Tenant>,
) -> Result<TenantContext, Problem> {
    // The application is not asked about a tenant that nobody may be admitted to.
    match tenant.status() {
        TenantStatus::Active => {}
        TenantStatus::Suspended => return Err(Problem::new(Kind::SuspendedTenant)),
        TenantStatus::Pending | TenantStatus::Rejected | TenantStatus::Deleted => {
            return Err(Problem::new(Kind::UnknownTenant));
        }
    }
    let context = policy.admit(request, tenant).await?;
    if context.tenant_id() != tenant.id() {
        tracing::error!("admission gave a context of another tenant");
        return Err(Problem::new(Kind::Misconfigured));
    }
    Ok(context)
}
