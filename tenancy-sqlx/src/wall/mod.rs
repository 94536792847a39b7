//! The wall behind the engine: what the database itself refuses.
//!
//! On PostgreSQL [`RowSecurity`] writes the migration that puts it up. Where the engine is mistaken, a statement of one tenant still
//! sees, changes and locks no row of another's, because the server tells whose each row is by itself.
//!
//! | file | holds |
//! |---|---|
//! | `slice` | which rows of a table of each kind a tenant may reach, as conditions |
//! | `migration` | the migration, whose longer pieces are the `.sql` files beside it |
//! | `key` | the key that signs whose turn it is, and the signature |
//! | `carry` | how a transaction or a connection is told whose turn it is |
//! | `proof` | what the server's functions believe, and what they sign |
//! | `enter` | telling it, and what to do where that fails |
//! | `sqlite/` | SQLite's wall, which is put up on each connection |

#[cfg(feature = "postgres")]
mod carry;
#[cfg(feature = "postgres")]
pub(crate) mod enter;
#[cfg(feature = "postgres")]
mod key;
#[cfg(feature = "postgres")]
mod migration;
#[cfg(feature = "postgres")]
mod proof;
#[cfg(feature = "postgres")]
mod slice;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(all(test, feature = "postgres"))]
mod two_sources;

#[cfg(feature = "postgres")]
pub use carry::Wall;
#[cfg(feature = "postgres")]
pub use key::{InvalidSigningKey, SigningKey};
#[cfg(feature = "postgres")]
pub use migration::RowSecurity;
