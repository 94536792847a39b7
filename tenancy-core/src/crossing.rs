//! [`CrossTenant`]: the typed, named and logged way across tenants.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{Actor, ActorId, InvalidActor, TenantId};

/// Someone who runs the platform, as the application's own operator authentication has established.
///
/// # Cross-tenant
/// An `Operator` can make a [`CrossTenant`]. Make one only where an operator has proved to be one; an operator is no
/// member of any tenant, and a member of a tenant is no operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator(ActorId);

impl Operator {
    /// The operator of this name.
    ///
    /// # Cross-tenant
    /// Call this only behind the application's operator authentication.
    ///
    /// # Errors
    /// `id` is no [`ActorId`].
    pub fn new(id: &str) -> Result<Self, InvalidActor> {
        id.parse().map(Self)
    }

    /// The operator as an actor, for the audit log.
    pub fn actor(&self) -> Actor {
        Actor::Operator(self.0.clone())
    }
}

/// Which tenants a crossing reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenants {
    /// Every tenant.
    All,
    /// These and no others.
    Only(Vec<TenantId>),
}

/// One crossing, to tell its records in the audit log apart within this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CrossingId(u64);

impl fmt::Display for CrossingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crossing-{}", self.0)
    }
}

/// Leave to read across tenants: an operator, a set of tenants and a reason.
///
/// # Cross-tenant
/// Passed to [`across`](crate::Across::across). The audit record is written before the first row is read, and
/// where it cannot be written nothing is read. It is read-only unless made by [`CrossTenant::write`].
///
/// ```
/// use tenancy_core::{CrossTenant, Operator, Tenants};
///
/// let operator = Operator::new("olga")?;
/// let crossing = CrossTenant::read(&operator, Tenants::All, "monthly report of sales")?;
/// assert!(crossing.is_read_only());
/// assert!(CrossTenant::read(&operator, Tenants::All, " ").is_err());
/// assert!(CrossTenant::read(&operator, Tenants::Only(vec![]), "support case").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct CrossTenant(Arc<Crossing>);

#[derive(Debug)]
struct Crossing {
    id: CrossingId,
    operator: Operator,
    tenants: Tenants,
    reason: String,
    read_only: bool,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl CrossTenant {
    /// Leave to read.
    ///
    /// # Errors
    /// The reason is shorter than 3 or longer than 500 characters, or the set of tenants is empty.
    pub fn read(operator: &Operator, tenants: Tenants, reason: &str) -> Result<Self, InvalidCrossing> {
        Self::new(operator, tenants, reason, true)
    }

    /// Leave to read and write.
    ///
    /// # Errors
    /// As for [`CrossTenant::read`].
    pub fn write(operator: &Operator, tenants: Tenants, reason: &str) -> Result<Self, InvalidCrossing> {
        Self::new(operator, tenants, reason, false)
    }

    fn new(
        operator: &Operator,
        tenants: Tenants,
        reason: &str,
        read_only: bool,
    ) -> Result<Self, InvalidCrossing> {
        let reason = reason.trim();
        if !(3..=500).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
            return Err(InvalidCrossing(
                "a crossing has a reason of 3 to 500 characters on one line",
            ));
        }
        if matches!(&tenants, Tenants::Only(ids) if ids.is_empty()) {
            return Err(InvalidCrossing("a crossing names at least one tenant, or all"));
        }
        // Relaxed: the number only has to differ.
        let id = CrossingId(NEXT.fetch_add(1, Ordering::Relaxed));
        let crossing = Crossing {
            id,
            operator: operator.clone(),
            tenants,
            reason: reason.to_owned(),
            read_only,
        };
        Ok(Self(Arc::new(crossing)))
    }

    /// Tells this crossing from the others of this process.
    pub fn id(&self) -> CrossingId {
        self.0.id
    }

    /// Who crosses.
    pub fn operator(&self) -> &Operator {
        &self.0.operator
    }

    /// Which tenants are reached.
    pub fn tenants(&self) -> &Tenants {
        &self.0.tenants
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Whether writes are refused.
    pub fn is_read_only(&self) -> bool {
        self.0.read_only
    }
}

/// A crossing that is not fully named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidCrossing(&'static str);
