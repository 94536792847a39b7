//! diesel on a tenant's slice.
//!
//! An application changes the type of its connection and nothing else: its queries (the DSL, `sql_query`, inserts, updates,
//! deletes, transactions) run on a [`ScopedConnection`], and each goes through the scoping engine before it reaches the
//! database. A query that the engine cannot make mean one tenant's slice is refused, and nothing is sent.
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use std::sync::Arc;
//! use diesel::{connection::SimpleConnection, prelude::*, sqlite::SqliteConnection};
//! use tenancy_core::{Catalog, KeyType, Scoped, Tenant, TenantContext, TenantId, TenantStatus};
//! use tenancy_diesel::TenantConnection;
//!
//! diesel::table! {
//!     orders (store_id, id) { store_id -> BigInt, id -> BigInt, total -> BigInt }
//! }
//! # fn ctx(id: i64) -> Result<TenantContext, Box<dyn std::error::Error>> {
//! #     let tenant = Tenant::builder(TenantId::bigint(id)?, format!("store-{id}").parse()?).status(TenantStatus::Active).build();
//! #     Ok(TenantContext::public(&Arc::new(tenant))?)
//! # }
//! let mut connection = SqliteConnection::establish(":memory:")?;
//! connection.batch_execute(
//!     "CREATE TABLE orders (store_id BIGINT NOT NULL, id BIGINT NOT NULL, total BIGINT NOT NULL, PRIMARY KEY (store_id, id));
//!      INSERT INTO orders VALUES (1, 1, 10), (1, 2, 20), (2, 1, 99)",
//! )?;
//! let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
//! let mut shared = TenantConnection::new(connection, catalog);
//!
//! let mut store = shared.scoped(&ctx(1)?);
//! let totals: Vec<i64> = orders::table.select(orders::total).order(orders::id).load(&mut store)?;
//! assert_eq!(totals, [10, 20]);
//! diesel::update(orders::table.filter(orders::id.eq(1))).set(orders::total.eq(11)).execute(&mut store)?;
//! # drop(store);
//! # let mut other = shared.scoped(&ctx(2)?);
//! # assert_eq!(orders::table.select(orders::total).load::<i64>(&mut other)?, [99]);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What a scoped connection does not have: `batch_execute` (refused: it runs any text), migrations, COPY and what else diesel
//! has on its own connections alone. Use those on a connection of the owner's.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `sqlite` | [`ScopedConnection`] over diesel's `SqliteConnection`, with SQLite built from source |
//! | `r2d2` | [`TenantDb`] over a pool of r2d2's |
//! | `postgres` | [`scope_query`] for diesel's `Pg`, without a C library |
//!
//! **Connections to PostgreSQL and MySQL are to come**; until then [`scope_query`] tells whether the engine takes a query.

mod connection;
mod error;
mod query;

pub use connection::{ConnectionPool, ScopedConnection, ScopedDb, ScopedDriver, TenantConnection, TenantDb};
pub use error::{Error, ErrorExt};
pub use query::{ScopedBackend, scope_query};
