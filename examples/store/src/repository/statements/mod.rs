//! Every SQL statement of the shop, by name.
//!
//! [`SCOPED`] run on a store's slice: they say nothing about stores, the engine adds that. They are the same text for
//! SQLite and PostgreSQL. [`ACROSS`] run for the operator over several stores. Those of [`platform`] run outside of
//! all stores, and touch only tables that are no store's.
//!
//! A test runs each of them through the engine and the isolation harness, so a new one goes into its list.

pub mod catalogue;
pub mod import;
pub mod master;
pub mod orders;
pub mod people;
pub mod platform;
pub mod staff;

/// A statement and its name.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// For reports.
    pub name: &'static str,
    /// The text.
    pub sql: &'static str,
}

/// Names the statements of a module, and lists them.
macro_rules! statements {
    ($(#[$list_doc:meta])* $list:ident: $($(#[$doc:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$doc])* pub const $name: &str = $sql;)+
        $(#[$list_doc])*
        pub const $list: &[super::Statement] =
            &[$(super::Statement { name: concat!(module_path!(), "::", stringify!($name)), sql: $name }),+];
    };
}
use statements;

/// All that run on one store's slice.
pub const SCOPED: &[&[Statement]] = &[catalogue::ALL, orders::ALL, people::ALL, staff::ALL, import::ALL];

/// All that run over several stores, for the operator.
pub const ACROSS: &[&[Statement]] = &[orders::ACROSS];
