//! The smallest statement found on which the engine is wrong.

use std::fmt;

use crate::Dialect;

/// A shrunk counterexample: all that is needed to see the difference by hand.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Counterexample {
    /// The seed of the run.
    pub seed: u64,
    /// Where it was seen.
    pub dialect: Dialect,
    /// The shared database: its tables and the rows of all tenants.
    pub schema: String,
    /// The private database it is compared with.
    pub private_schema: String,
    /// The catalogue as `tenancy.toml`.
    pub catalog: String,
    /// The tenant that asks.
    pub tenant: String,
    /// The statement as it was given to the engine.
    pub statement: String,
    /// The values it binds, in order.
    pub binds: Vec<String>,
    /// What the engine made of it.
    pub scoped: String,
    /// How the answers differ.
    pub difference: String,
    /// How often it was made smaller.
    pub shrunk: usize,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "tenant {} on {:?} (TENANCY_SEED={}):",
            self.tenant, self.dialect, self.seed
        )?;
        writeln!(f, "  {}\n", self.difference)?;
        writeln!(
            f,
            "statement (shrunk {} times), binds {:?}:\n{}\n",
            self.shrunk, self.binds, self.statement
        )?;
        writeln!(f, "scoped:\n{}\n", self.scoped)?;
        writeln!(
            f,
            "shared database:\n{}\nprivate database:\n{}",
            self.schema, self.private_schema
        )?;
        write!(f, "tenancy.toml:\n{}", self.catalog)
    }
}
