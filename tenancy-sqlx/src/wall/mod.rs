//! The wall behind the engine: what PostgreSQL itself refuses (feature `postgres`).
//!
//! [`RowSecurity`] writes the migration that puts it up. Where the engine is mistaken, a statement of one tenant still
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

mod carry;
pub(crate) mod enter;
mod key;
mod migration;
mod proof;
mod slice;
#[cfg(test)]
mod two_sources;

pub use carry::Wall;
pub use key::{InvalidSigningKey, SigningKey};
pub use migration::RowSecurity;
