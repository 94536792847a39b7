//! Whose turn it is, for the wall behind the engine.

use tenancy_core::{TenantContext, TenantId};

/// On whose behalf a statement runs. The engine does not look here.
#[derive(Clone)]
pub(crate) enum Turn {
    Tenant(TenantContext),
    /// An operator's crossing.
    Operator,
}

impl Turn {
    pub(crate) fn tenant(&self) -> Option<&TenantId> {
        match self {
            Turn::Tenant(ctx) => Some(ctx.admitted_to()),
            Turn::Operator => None,
        }
    }
}

/// How a wall is told whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry {
    /// There is none to be told.
    Nothing,
    /// Each statement runs in a transaction, which is told when it begins.
    Transaction,
    /// Transactions are told when they begin, and connections when they are taken from the pool.
    Checkout,
    /// It was not said whether there is a wall.
    Unsaid,
}
