//! Schemas and statements of a run as plain text, for readers other than the oracles.

use crate::dice::Dice;
use crate::grammar::Class;
use crate::schema::{Schema, Side};
use crate::{Dialect, Failure, Value};

/// A made-up schema and statements over it.
#[derive(Debug)]
pub struct Sample {
    /// The shared database.
    pub ddl: String,
    /// The catalogue as `tenancy.toml`.
    pub catalog: String,
    /// The tenant that asks.
    pub tenant: tenancy_core::TenantId,
    /// The statements and what they bind.
    pub statements: Vec<(Class, String, Vec<Value>)>,
}

/// The schema and the first `count` statements of a seed's stream, as a run with that seed makes them.
///
/// # Errors
/// A statement could not be made.
pub fn sample(dialect: Dialect, seed: u64, stream: u64, count: u64) -> Result<Sample, Failure> {
    let schema = Schema::generate(dialect, &mut Dice::new(seed, stream));
    let mut statements = Vec::new();
    for n in 0..count {
        use proptest::strategy::ValueTree;
        let made = super::statement(&schema, &[], [seed, stream, n])?.current();
        let printed = made.tree.print(dialect, Side::Shared, made.numbering);
        statements.push((made.class, printed.text, printed.binds));
    }
    Ok(Sample {
        ddl: schema.ddl(Side::Shared),
        catalog: schema.toml(),
        tenant: schema.subject,
        statements,
    })
}
