//! The audit log that crossings and refusals are written to.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;

use crate::{Actor, CrossTenant, TenantId, Tenants};

/// One record of the audit log.
///
/// ```
/// use tenancy_core::{Actor, AuditEvent};
///
/// let event = AuditEvent::new(Actor::user("42")?, "order.cancel").resource("order 7").detail("asked by phone");
/// assert_eq!(event.action, "order.cancel");
/// # Ok::<(), tenancy_core::InvalidActor>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEvent {
    /// When it happened.
    pub at: SystemTime,
    /// Who did it.
    pub actor: Actor,
    /// In which tenant; `None` for what concerns several.
    pub tenant: Option<TenantId>,
    /// What was done, in the application's own words, such as `crossing.read`.
    pub action: String,
    /// To what.
    pub resource: String,
    /// Why.
    pub reason: String,
    /// What else is to be known.
    pub detail: String,
}

impl AuditEvent {
    /// A record of `action` by `actor`, now.
    pub fn new(actor: Actor, action: impl Into<String>) -> Self {
        Self {
            at: SystemTime::now(),
            actor,
            tenant: None,
            action: action.into(),
            resource: String::new(),
            reason: String::new(),
            detail: String::new(),
        }
    }

    /// The record of a crossing: who, over which tenants, why.
    pub fn crossing(crossing: &CrossTenant) -> Self {
        let action = if crossing.is_read_only() {
            "crossing.read"
        } else {
            "crossing.write"
        };
        let (tenant, resource) = match crossing.tenants() {
            Tenants::All => (None, "tenants: all".to_owned()),
            Tenants::Only(ids) => {
                let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
                let tenant = if let [only] = ids.as_slice() {
                    Some(only.clone())
                } else {
                    None
                };
                (tenant, format!("tenants: {}", names.join(" ")))
            }
        };
        let mut event = Self::new(crossing.operator().actor(), action)
            .resource(resource)
            .reason(crossing.reason());
        event.tenant = tenant;
        event
    }

    /// Says in which tenant it happened.
    pub fn tenant(mut self, tenant: TenantId) -> Self {
        self.tenant = Some(tenant);
        self
    }

    /// Says what it was done to.
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Says why.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Says what else is to be known.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// Where audit records go. Append-only: there is no method that reads, changes or removes one.
#[async_trait]
pub trait AuditSink: Send + Sync + fmt::Debug {
    /// Writes one record, and returns when it is safe.
    ///
    /// # Errors
    /// The record could not be written; what it was to announce must not happen then.
    async fn record(&self, event: &AuditEvent) -> Result<(), AuditError>;
}

/// An audit record could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the audit record could not be written")]
pub struct AuditError(#[source] Option<Box<dyn std::error::Error + Send + Sync>>);

impl AuditError {
    /// Wraps what went wrong. It is kept as the error's source, for the operator's log.
    pub fn new(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Some(source.into()))
    }
}

/// An audit log in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryAudit(Mutex<Vec<AuditEvent>>);

impl MemoryAudit {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of what was recorded so far, oldest first.
    pub fn events(&self) -> Vec<AuditEvent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl AuditSink for MemoryAudit {
    async fn record(&self, event: &AuditEvent) -> Result<(), AuditError> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event.clone());
        Ok(())
    }
}
