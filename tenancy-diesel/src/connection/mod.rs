//! Connections on which every query means one tenant's slice.
//!
//! | file | holds |
//! |---|---|
//! | `shared` | [`TenantConnection`] and [`TenantDb`], which all tenants share |
//! | `scoped` | [`ScopedConnection`], diesel's traits on it |
//! | `slice` | a query as the engine scoped it, with its tenant |
//! | `transaction` | transactions, which are the driver's own |
//! | `engine` | from a query to its scoped text, once for each type of query |

mod engine;
mod scoped;
mod shared;
mod slice;
mod transaction;

use std::ops::DerefMut;

use diesel::{Connection, connection::TransactionManager};

pub use scoped::ScopedConnection;
pub use shared::{ConnectionPool, ScopedDb, TenantConnection, TenantDb};
pub(crate) use slice::TenantBind;

use crate::query::ScopedBackend;

mod sealed {
    pub trait Sealed {}
    #[cfg(feature = "sqlite")]
    impl Sealed for diesel::sqlite::SqliteConnection {}
}

/// A connection of diesel's that can be scoped: `SqliteConnection`.
///
/// It cannot be implemented elsewhere: what a driver does with a query has to be known.
#[diagnostic::on_unimplemented(
    message = "connections of the type `{Self}` cannot be scoped",
    note = "switch on the feature of tenancy-diesel that is named after the database"
)]
pub trait ScopedDriver: Connection<Backend: ScopedBackend> + sealed::Sealed + 'static {}

#[cfg(feature = "sqlite")]
impl ScopedDriver for diesel::sqlite::SqliteConnection {}

/// What holds a connection: a reference to it, or what a pool gave.
pub trait Holder: DerefMut<Target: ScopedDriver> + Send {}

impl<G: DerefMut<Target: ScopedDriver> + Send> Holder for G {}

/// The driver's own transactions.
type Transactions<C> = <C as Connection>::TransactionManager;

/// How deep a connection is in transactions; `None` where it does not know.
fn depth<C: ScopedDriver>(connection: &mut C) -> Option<u32> {
    Transactions::<C>::transaction_manager_status_mut(connection)
        .transaction_depth()
        .ok()
        .map(|depth| depth.map_or(0, u32::from))
}
