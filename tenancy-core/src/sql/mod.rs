//! The scoping engine: SQL text in, scoped SQL or a [`Refusal`] out.
//!
//! A [`Scoper`] reads one statement, finds every relation that it names, and makes each tenant table mean this
//! tenant's rows, by a bind parameter that the adapter adds at execution. The user's own text is kept: it is
//! edited in place, and the result is parsed again and must equal the tree that was meant. An independent second
//! reader then checks the one rule that matters. What is not understood is refused.
//!
//! ```
//! use tenancy_core::{Catalog, KeyType, sql::{Dialect, Scoper}};
//!
//! let catalog = Catalog::builder()
//!     .tenant_key("store_id", KeyType::BigInt)
//!     .tenant_tables(["orders"])
//!     .shared_tables(["brands"])
//!     .build()?;
//! let scoper = Scoper::new(catalog, Dialect::Sqlite);
//!
//! let scoped = scoper.scope("SELECT total FROM orders o WHERE id = ?")?;
//! assert_eq!(
//!     scoped.text(),
//!     r#"SELECT total FROM "main"."orders" o WHERE o."store_id" = ?2 AND (id = ?1)"#,
//! );
//! assert_eq!((scoped.binds(), scoped.tenant_bind()), (1, Some(2)));
//! assert!(scoper.scope("SELECT * FROM sqlite_master").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | file | holds |
//! |---|---|
//! | `text` | limits, comments dropped, placeholders numbered, tokens |
//! | `mend/` | valid SQL that the parser cannot read: hidden from it, or written in another way |
//! | `walk/` | the exhaustive walk: which name is which relation, what is refused, what is edited |
//! | `place` | where the tenant's predicate goes, and what it looks like |
//! | `kinds` | whose a row is: the predicate of each kind of table |
//! | `literal` | the tenant as a literal, where the server has no bind for it |
//! | `mysql/`, `sqlite` | how the parser reads MySQL and SQLite, and MySQL's types |
//! | `write/` | INSERT with upsert, UPDATE, DELETE |
//! | `functions/`, `types` | every built-in of the servers, with its class |
//! | `splice` | the edits put into the text, and the proof that they mean the tree |
//! | `verify`, `words` | the independent second readers |
//! | `cache`, `known` | scoped statements by text; what the engine writes itself, parsed once |
//! | `refusal` | every rule, with code and advice; a new one also needs an example in `tests/refusals_doc.rs` |

/// The questions to a parser's dialect whose answers are another dialect's.
macro_rules! as_the_base {
    ($base:ident: $($question:ident)+) => { $(fn $question(&self) -> bool { $base.$question() })+ };
}

mod cache;
mod dialect;
mod fails;
mod faults;
mod functions;
#[cfg(test)]
mod guards;
mod kinds;
mod known;
mod literal;
mod mend;
mod migration;
#[cfg(test)]
mod mutants;
mod mysql;
mod names;
mod place;
mod refusal;
mod reserved;
mod scoper;
mod splice;
mod sqlite;
mod text;
mod types;
mod verify;
mod walk;
mod words;
mod write;

pub use dialect::Dialect;
pub use literal::UnfitTenant;
pub use refusal::{Refusal, Rule};
use scoper::{Asked, Breadth};
pub use scoper::{ScopedSql, Scoper};
