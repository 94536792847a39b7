//! [`TenantContext`]: the admission without which nothing is scoped.

use std::{sync::Arc, time::SystemTime};

use crate::{Actor, Membership, Role, Tenant, TenantId, TenantStatus};

/// A short-lived admission of an actor to a tenant.
///
/// It is made by admission alone, and passed on, never ambient: there is no default tenant and no current one.
/// It is cheap to clone. What lives long (a socket, a job) admits again, so that a suspension takes effect.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{Actor, Membership, Role, Tenant, TenantContext, TenantId, TenantStatus};
///
/// let id = TenantId::bigint(1)?;
/// let tenant = Arc::new(Tenant::builder(id.clone(), "green-leaf".parse()?).status(TenantStatus::Active).build());
///
/// let visitor = TenantContext::public(&tenant)?;
/// assert_eq!(visitor.actor(), &Actor::Anonymous);
///
/// let clerk = Membership::new(id, Actor::user("42")?, Role::Member);
/// assert_eq!(TenantContext::member(&tenant, &clerk)?.role(), Some(Role::Member));
///
/// // a member of another tenant is nobody here
/// let stranger = Membership::new(TenantId::bigint(2)?, Actor::user("43")?, Role::Owner);
/// assert!(TenantContext::member(&tenant, &stranger).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TenantContext(Arc<Admission>);

#[derive(Debug)]
struct Admission {
    tenant: Arc<Tenant>,
    /// Whom the actor was admitted to, apart from the record above.
    admitted_to: TenantId,
    actor: Actor,
    role: Option<Role>,
    admitted_at: SystemTime,
}

impl TenantContext {
    /// Admits anybody, for a public route. The actor is [`Actor::Anonymous`].
    ///
    /// # Errors
    /// The tenant is not active.
    pub fn public(tenant: &Arc<Tenant>) -> Result<Self, NotAdmitted> {
        Self::admit(tenant, tenant.id(), Actor::Anonymous, None)
    }

    /// Admits a member.
    ///
    /// # Errors
    /// The tenant is not active, or the membership is one of another tenant.
    pub fn member(tenant: &Arc<Tenant>, membership: &Membership) -> Result<Self, NotAdmitted> {
        if membership.tenant() != tenant.id() {
            return Err(NotAdmitted(Why::NotMember));
        }
        Self::admit(
            tenant,
            membership.tenant(),
            membership.actor().clone(),
            Some(membership.role()),
        )
    }

    /// Admits a program of the application itself, such as a job or a command; `service` names it in the audit log.
    ///
    /// # Errors
    /// The tenant is not active, or `service` is no [`ActorId`](crate::ActorId).
    pub fn service(tenant: &Arc<Tenant>, service: &str) -> Result<Self, NotAdmitted> {
        let actor = Actor::service(service).map_err(|_| NotAdmitted(Why::InvalidActor))?;
        Self::admit(tenant, tenant.id(), actor, None)
    }

    /// The one place where a context is made.
    fn admit(
        tenant: &Arc<Tenant>,
        admitted_to: &TenantId,
        actor: Actor,
        role: Option<Role>,
    ) -> Result<Self, NotAdmitted> {
        match tenant.status() {
            TenantStatus::Active => {}
            TenantStatus::Suspended => return Err(NotAdmitted(Why::Suspended)),
            TenantStatus::Pending | TenantStatus::Rejected | TenantStatus::Deleted => {
                return Err(NotAdmitted(Why::Unknown));
            }
        }
        Ok(Self(Arc::new(Admission {
            tenant: Arc::clone(tenant),
            admitted_to: admitted_to.clone(),
            actor,
            role,
            admitted_at: SystemTime::now(),
        })))
    }

    /// The tenant.
    pub fn tenant(&self) -> &Tenant {
        &self.0.tenant
    }

    /// The tenant's identity.
    pub fn tenant_id(&self) -> &TenantId {
        self.0.tenant.id()
    }

    /// Whom the actor was admitted to: the same as [`tenant_id`](TenantContext::tenant_id), but kept apart from the
    /// tenant's record since admission, and for a member taken from the membership.
    ///
    /// Statements are scoped by the one, and a database's own wall is told the other, so that a mistake in one of the
    /// two is not a mistake in both.
    pub fn admitted_to(&self) -> &TenantId {
        &self.0.admitted_to
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.0.actor
    }

    /// What the actor is in the tenant; `None` for a visitor and for a service.
    pub fn role(&self) -> Option<Role> {
        self.0.role
    }

    /// When the actor was admitted.
    pub fn admitted_at(&self) -> SystemTime {
        self.0.admitted_at
    }
}

/// Admission was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.message())]
pub struct NotAdmitted(Why);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Suspended,
    Unknown,
    NotMember,
    InvalidActor,
}

impl Why {
    fn message(self) -> &'static str {
        match self {
            Why::Suspended => "the tenant is suspended",
            Why::Unknown => "there is no such tenant",
            Why::NotMember => "the actor is not a member of this tenant",
            Why::InvalidActor => "a service is named by 1 to 128 visible ASCII characters without spaces",
        }
    }
}

impl NotAdmitted {
    /// The tenant is suspended (HTTP 403).
    pub fn is_suspended(&self) -> bool {
        self.0 == Why::Suspended
    }

    /// The tenant is pending, rejected or deleted, which looks like one that never was (HTTP 404).
    pub fn is_unknown(&self) -> bool {
        self.0 == Why::Unknown
    }

    /// The actor is no member.
    pub fn is_not_member(&self) -> bool {
        self.0 == Why::NotMember
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_active_tenant_admits() {
        for status in TenantStatus::ALL {
            let id = TenantId::bigint(1).unwrap();
            let tenant = Arc::new(
                Tenant::builder(id.clone(), "a".parse().unwrap())
                    .status(status)
                    .build(),
            );
            let owner = Membership::new(id, Actor::user("1").unwrap(), Role::Owner);
            let tries = [
                TenantContext::public(&tenant),
                TenantContext::member(&tenant, &owner),
                TenantContext::service(&tenant, "nightly"),
            ];
            for attempt in tries {
                match status {
                    TenantStatus::Active => assert!(attempt.is_ok()),
                    TenantStatus::Suspended => assert!(attempt.unwrap_err().is_suspended()),
                    TenantStatus::Pending | TenantStatus::Rejected | TenantStatus::Deleted => {
                        assert!(attempt.unwrap_err().is_unknown());
                    }
                }
            }
        }
    }
}
