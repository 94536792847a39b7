//! Rows that know whose they are.

use crate::{TenantContext, TenantId};

/// A value that knows its tenant, such as a row read with its key column.
///
/// ```
/// use std::sync::Arc;
/// use tenancy_core::{Tenant, TenantContext, TenantId, TenantOwned, TenantStatus};
///
/// struct Order { store: TenantId }
/// impl TenantOwned for Order {
///     fn tenant_id(&self) -> TenantId { self.store.clone() }
/// }
///
/// let tenant = Tenant::builder(TenantId::bigint(1)?, "green-leaf".parse()?).status(TenantStatus::Active).build();
/// let ctx = TenantContext::public(&Arc::new(tenant))?;
/// assert!(ctx.verify(&Order { store: TenantId::bigint(1)? }).is_ok());
/// assert!(ctx.verify(&Order { store: TenantId::bigint(2)? }).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait TenantOwned {
    /// The tenant that the value belongs to.
    fn tenant_id(&self) -> TenantId;
}

impl<T: TenantOwned + ?Sized> TenantOwned for &T {
    fn tenant_id(&self) -> TenantId {
        (**self).tenant_id()
    }
}

/// A value is not this tenant's. Answer as if it did not exist: the error says nothing about whose it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not found")]
pub struct NotYours(());

impl TenantContext {
    /// Checks that `row` belongs to this tenant.
    ///
    /// # Errors
    /// [`NotYours`], to be answered like a row that does not exist.
    pub fn verify<T: TenantOwned + ?Sized>(&self, row: &T) -> Result<(), NotYours> {
        if row.tenant_id() == *self.tenant_id() {
            Ok(())
        } else {
            Err(NotYours(()))
        }
    }

    /// Checks that each of `rows` belongs to this tenant.
    ///
    /// # Errors
    /// [`NotYours`], if one does not.
    pub fn verify_all<'a, T, I>(&self, rows: I) -> Result<(), NotYours>
    where
        T: TenantOwned + 'a,
        I: IntoIterator<Item = &'a T>,
    {
        rows.into_iter().try_for_each(|row| self.verify(row))
    }
}
