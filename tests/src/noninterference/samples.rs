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
    /// The private database.
    pub private_ddl: String,
    /// The same statements as the private database is asked them.
    pub private_statements: Vec<(String, Vec<Value>)>,
    /// The tables, each with an expression over `tenancy_t` that says whose a row is, where a row is somebody's.
    pub owners: Vec<(String, Option<String>)>,
}

/// The schema and the first `count` statements of a seed's stream, as a run with that seed makes them.
///
/// # Errors
/// A statement could not be made.
pub fn sample(dialect: Dialect, seed: u64, stream: u64, count: u64) -> Result<Sample, Failure> {
    let schema = Schema::generate(dialect, &mut Dice::new(seed, stream));
    let (mut statements, mut private_statements) = (Vec::new(), Vec::new());
    for n in 0..count {
        use proptest::strategy::ValueTree;
        let made = super::statement(&schema, &[], [seed, stream, n])?.current();
        let printed = made.tree.print(dialect, Side::Shared, made.numbering);
        statements.push((made.class, printed.text, printed.binds));
        let own = made.tree.print(dialect, Side::Private, made.numbering);
        private_statements.push((own.text, own.binds));
    }
    let watched = schema.watched(Side::Shared).into_iter();
    Ok(Sample {
        private_ddl: schema.ddl(Side::Private),
        private_statements,
        owners: watched.map(|table| (table.name, table.owner)).collect(),
        ddl: schema.ddl(Side::Shared),
        catalog: schema.toml(),
        tenant: schema.subject,
        statements,
    })
}
