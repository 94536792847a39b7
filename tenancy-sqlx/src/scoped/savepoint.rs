//! [`ScopedSavepoint`]: a part of a transaction that can be undone by itself.

use std::fmt;

use tenancy_core::TenantContext;

use super::session::Session;
use crate::TenantDatabase;

/// A savepoint: a part of a [`ScopedTransaction`](crate::ScopedTransaction) that can be undone by itself.
///
/// An executor by `&mut`, like the transaction. Dropped without [`commit`](ScopedSavepoint::commit), it is rolled
/// back before the next statement of the transaction runs.
pub struct ScopedSavepoint<'t, DB: TenantDatabase> {
    session: &'t mut Session<DB>,
    ctx: &'t TenantContext,
    number: u32,
    open: bool,
}

impl<'t, DB: TenantDatabase> ScopedSavepoint<'t, DB> {
    pub(super) async fn open(
        session: &'t mut Session<DB>,
        ctx: &'t TenantContext,
    ) -> Result<ScopedSavepoint<'t, DB>, sqlx::Error> {
        let number = session.savepoint().await?;
        Ok(Self {
            session,
            ctx,
            number,
            open: true,
        })
    }

    pub(crate) fn parts(&mut self) -> (&mut Session<DB>, &TenantContext) {
        (self.session, self.ctx)
    }

    /// Opens a savepoint inside of this one.
    ///
    /// # Errors
    /// The transaction has failed, or is over.
    pub async fn begin(&mut self) -> Result<ScopedSavepoint<'_, DB>, sqlx::Error> {
        ScopedSavepoint::open(self.session, self.ctx).await
    }

    /// Keeps what was done since, if the transaction is kept.
    ///
    /// # Errors
    /// A statement had failed, or the transaction is over. What was done since is undone.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.session.release(self.number).await?;
        self.open = false;
        Ok(())
    }

    /// Undoes what was done since.
    ///
    /// # Errors
    /// The transaction is over.
    pub async fn rollback(mut self) -> Result<(), sqlx::Error> {
        self.open = false;
        self.session.rollback_to(self.number).await
    }
}

impl<DB: TenantDatabase> Drop for ScopedSavepoint<'_, DB> {
    fn drop(&mut self) {
        if self.open {
            self.session.drop_savepoint(self.number);
        }
    }
}

impl<DB: TenantDatabase> fmt::Debug for ScopedSavepoint<'_, DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedSavepoint")
            .field("tenant", self.ctx.tenant_id())
            .finish_non_exhaustive()
    }
}
