//! Transactions of a scoped connection: the driver's own.

use diesel::{
    QueryResult,
    connection::{TransactionManager, TransactionManagerStatus},
};

use super::{Holder, ScopedConnection, Transactions};

/// The transactions of a scoped connection.
#[derive(Debug)]
pub struct ScopedTransactions(());

impl<G: Holder> TransactionManager<ScopedConnection<G>> for ScopedTransactions {
    type TransactionStateData =
        <Transactions<G::Target> as TransactionManager<G::Target>>::TransactionStateData;

    fn begin_transaction(conn: &mut ScopedConnection<G>) -> QueryResult<()> {
        let done = Transactions::<G::Target>::begin_transaction(conn.driver());
        conn.opaque(done)
    }

    fn rollback_transaction(conn: &mut ScopedConnection<G>) -> QueryResult<()> {
        let done = Transactions::<G::Target>::rollback_transaction(conn.driver());
        conn.opaque(done)
    }

    fn commit_transaction(conn: &mut ScopedConnection<G>) -> QueryResult<()> {
        let done = Transactions::<G::Target>::commit_transaction(conn.driver());
        conn.opaque(done)
    }

    fn transaction_manager_status_mut(conn: &mut ScopedConnection<G>) -> &mut TransactionManagerStatus {
        Transactions::<G::Target>::transaction_manager_status_mut(conn.driver())
    }
}
