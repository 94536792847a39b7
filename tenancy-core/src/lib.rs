//! The small core of the tenancy crates: who a tenant is, who may act in it, and what belongs to whom.
//!
//! Everything shared is reached through a tenant's slice of it, and the way to the slice is one verb:
//! [`shared_thing.scoped(&ctx)`](Scoped::scoped). An operator who has to look over several tenants uses
//! [`shared_thing.across(&crossing)`](Across::across) instead, and leaves an audit record.
//!
//! Three types keep what a request *claims*, whose it *is* and what it *may do* apart:
//! a [`Lookup`] is a claim, an [`Arc<Tenant>`](Tenant) is what a [`Directory`] found for it, and only admission
//! makes a [`TenantContext`], without which there is no scoped handle.
//!
//! ```
//! use std::sync::Arc;
//! use tenancy_core::{Catalog, KeyType, Tenant, TenantContext, TenantId, TenantStatus};
//!
//! // say once what belongs to whom
//! let catalog = Catalog::builder()
//!     .tenant_key("store_id", KeyType::BigInt)
//!     .tenant_tables(["store_products", "orders", "order_items"])
//!     .shared_tables(["products", "brands", "categories"])
//!     .build()?;
//! assert_eq!(catalog.tables().count(), 6);
//!
//! // resolved is not entitled: admission makes the context
//! let tenant = Tenant::builder(TenantId::bigint(7)?, "green-leaf".parse()?)
//!     .status(TenantStatus::Active)
//!     .build();
//! let ctx = TenantContext::public(&Arc::new(tenant))?;
//! assert_eq!(ctx.tenant_id().to_string(), "7");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The [`manual`] tells each class of leak and what stands in its way.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `sql` | the scoping engine, [`sql::Scoper`](https://docs.rs/tenancy-core/latest/tenancy_core/sql/struct.Scoper.html) |
//! | `cache` | `CachedDirectory`, a bounded cache in front of any [`Directory`] |
//! | `axum` | [`TenantContext`] as an argument of an axum handler, and its rejection `MissingLayer` |

mod actor;
mod audit;
#[cfg(feature = "axum")]
mod axum;
mod catalog;
mod context;
mod crossing;
mod directory;
mod domain;
mod id;
#[doc = include_str!("../docs/manual.md")]
pub mod manual {}
mod owned;
mod scoped;
mod slug;
#[cfg(feature = "sql")]
pub mod sql;
mod tenant;

pub use actor::{Actor, ActorId, InvalidActor, InvalidRole, Membership, Role};
pub use audit::{AuditError, AuditEvent, AuditSink, MemoryAudit};
#[cfg(feature = "axum")]
pub use axum::MissingLayer;
pub use catalog::{Catalog, CatalogBuilder, CatalogError, Party, Table, TableKind, Via};
pub use context::{NotAdmitted, TenantContext};
pub use crossing::{CrossTenant, CrossingId, InvalidCrossing, Operator, Tenants};
#[cfg(feature = "cache")]
pub use directory::CachedDirectory;
pub use directory::{Directory, DirectoryError, Lookup, MemoryDirectory};
pub use domain::{DomainName, InvalidDomain};
pub use id::{InvalidTenantId, KeyType, KeyValue, TenantId};
pub use owned::{NotYours, TenantOwned};
pub use scoped::{Across, Scoped};
pub use slug::{InvalidSlug, Slug};
pub use tenant::{InvalidStatus, Tenant, TenantBuilder, TenantStatus};
