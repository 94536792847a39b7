//! `tenancy rls`: the migration that has PostgreSQL keep tenants apart too.

use std::io::{self, Read};

use clap::Args;

use super::{
    Verdict,
    engine::{CatalogArgs, DialectName},
    failure::{Failure, answer},
};
use crate::{RowSecurity, SigningKey};

const HELP: &str = "\
The migration can be run again, after each change of the catalogue or of the tables. The owner of the tables runs it, in a
transaction. It holds no secret: the key is installed by a statement of its own.

Example:
  $ tenancy rls --app-role shop > migrations/0042_row_security.sql
  $ openssl rand 48 > signing.key
  $ tenancy rls --install-key 1 < signing.key | psql \"$OWNER_URL\"";

/// Write the migration that puts PostgreSQL's row level security behind the engine, to standard output
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Rls {
    #[command(flatten)]
    catalog: CatalogArgs,
    /// The role of the application, which is made where there is none
    #[arg(long, value_name = "ROLE", default_value = "tenancy_app")]
    app_role: String,
    /// The role of operators, which sees all tenants' rows
    #[arg(long, value_name = "ROLE", default_value = "tenancy_operator")]
    operator_role: String,
    /// The schema of the function that tells the tenant, and of the key that it checks with
    #[arg(long, value_name = "SCHEMA", default_value = "tenancy")]
    schema: String,
    /// Believe the setting without a signature, as Citus needs it: whoever can run a statement of their own can name any tenant
    #[arg(long)]
    unsigned: bool,
    /// Write the statement that installs a key of this number instead; its secret, of at least 32 bytes, is read from
    /// standard input
    #[arg(long, value_name = "NUMBER", conflicts_with = "unsigned")]
    install_key: Option<u8>,
}

impl Rls {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let text = match self.install_key {
            Some(number) => self.key(number)?,
            None => self.migration()?,
        };
        answer(&text)?;
        Ok(Verdict::Good)
    }

    fn migration(&self) -> Result<String, Failure> {
        let catalog = self.catalog.load(DialectName::Postgres)?;
        let security = RowSecurity::new(&catalog)
            .app_role(&self.app_role)
            .operator_role(&self.operator_role)
            .schema(&self.schema);
        let security = if self.unsigned {
            security.unsigned()
        } else {
            security
        };
        Ok(security.migration())
    }

    fn key(&self, number: u8) -> Result<String, Failure> {
        let mut secret = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut secret)
            .map_err(|error| Failure::told(format!("the key cannot be read from standard input: {error}")))?;
        let key = SigningKey::new(number, &secret).map_err(|error| Failure::told(error.to_string()))?;
        Ok(format!("{};\n", key.install(&self.schema)))
    }
}
