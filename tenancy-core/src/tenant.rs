//! [`Tenant`]: the record that a directory keeps of a tenant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Slug, TenantId};

/// Where a tenant stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantStatus {
    /// Asked for, not yet approved or not yet provisioned.
    Pending,
    /// Served.
    Active,
    /// Known, but not served for now.
    Suspended,
    /// Asked for and turned down.
    Rejected,
    /// Gone; its rows may still wait for their purge.
    Deleted,
}

impl TenantStatus {
    /// Every status, in the order of a tenant's life.
    pub const ALL: [TenantStatus; 5] = [
        TenantStatus::Pending,
        TenantStatus::Active,
        TenantStatus::Suspended,
        TenantStatus::Rejected,
        TenantStatus::Deleted,
    ];

    /// The status in its one written form.
    pub fn as_str(self) -> &'static str {
        match self {
            TenantStatus::Pending => "pending",
            TenantStatus::Active => "active",
            TenantStatus::Suspended => "suspended",
            TenantStatus::Rejected => "rejected",
            TenantStatus::Deleted => "deleted",
        }
    }

    /// Whether outsiders may learn that the tenant exists: it is active or suspended.
    pub fn is_visible(self) -> bool {
        match self {
            TenantStatus::Active | TenantStatus::Suspended => true,
            TenantStatus::Pending | TenantStatus::Rejected | TenantStatus::Deleted => false,
        }
    }
}

impl fmt::Display for TenantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TenantStatus {
    type Err = InvalidStatus;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == value)
            .ok_or(InvalidStatus(()))
    }
}

/// A text that names no [`TenantStatus`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a tenant's status is one of pending, active, suspended, rejected and deleted")]
pub struct InvalidStatus(());

/// What a directory knows of a tenant: whose a request is, not what it may do.
///
/// A `Tenant` opens nothing; admission turns it into a [`TenantContext`](crate::TenantContext), which does.
///
/// ```
/// use tenancy_core::{Tenant, TenantId, TenantStatus};
///
/// let tenant = Tenant::builder(TenantId::bigint(1)?, "green-leaf".parse()?).name("Green Leaf").build();
/// assert_eq!(tenant.status(), TenantStatus::Pending);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    id: TenantId,
    slug: Slug,
    name: String,
    status: TenantStatus,
    version: u64,
}

impl Tenant {
    /// Starts a record. Its status is [`Pending`](TenantStatus::Pending), its name the slug, until told otherwise.
    pub fn builder(id: TenantId, slug: Slug) -> TenantBuilder {
        let name = slug.to_string();
        TenantBuilder(Tenant {
            id,
            slug,
            name,
            status: TenantStatus::Pending,
            version: 0,
        })
    }

    /// The tenant's identity.
    pub fn id(&self) -> &TenantId {
        &self.id
    }

    /// Its name in host names and paths.
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    /// Its name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands in its life.
    pub fn status(&self) -> TenantStatus {
        self.status
    }

    /// Counts the changes of the record, so that a cache can tell an old one.
    pub fn version(&self) -> u64 {
        self.version
    }
}

/// Puts a [`Tenant`] together; made by [`Tenant::builder`].
#[derive(Debug, Clone)]
pub struct TenantBuilder(Tenant);

impl TenantBuilder {
    /// Sets the name for people.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.0.name = name.into();
        self
    }

    /// Sets where the tenant stands in its life.
    pub fn status(mut self, status: TenantStatus) -> Self {
        self.0.status = status;
        self
    }

    /// Sets the count of changes.
    pub fn version(mut self, version: u64) -> Self {
        self.0.version = version;
        self
    }

    /// The record.
    pub fn build(self) -> Tenant {
        self.0
    }
}
