//! `tenancy catalog`: a `tenancy.toml` from a live database.

mod file;
mod mariadb;
mod model;
mod postgres;
mod sqlite;
mod wishes;

use clap::{Args, ValueEnum};
use tenancy_core::KeyType;

use super::{
    Verdict,
    engine::DialectName,
    failure::{Failure, answer, wait},
};
use model::Database;
use wishes::Wishes;

const HELP: &str = "\
A table that has the key column becomes \"tenant\", one that --shared names \"shared\", and every other one \"denied\", with a
comment that says what it could be. Views are denied too, with what they could be. Review the file: what it denies,
nobody reads until you say whose it is.

Example:
  $ tenancy catalog --database-url postgres://localhost/shop --tenant-key store_id --shared brands,categories > tenancy.toml";

/// Write a tenancy.toml from a live database, to standard output
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct WriteCatalog {
    /// sqlite://FILE, postgres://USER@HOST/NAME or mysql://USER@HOST/NAME (MySQL, MariaDB); it is only read
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    /// The column that says whose a row is. Without it everything is denied, and columns that it could be are named
    #[arg(long, value_name = "COLUMN")]
    tenant_key: Option<String>,
    /// The type of the ids; that of the key columns, where it is left out
    #[arg(long = "type", value_name = "TYPE", requires = "tenant_key")]
    key_type: Option<TypeName>,
    /// Tables that every tenant may read
    #[arg(long, value_name = "TABLE,…", value_delimiter = ',')]
    shared: Vec<String>,
}

/// A key type by its name on the command line.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum TypeName {
    Bigint,
    Uuid,
    Text,
}

impl TypeName {
    fn key_type(self) -> KeyType {
        match self {
            TypeName::Bigint => KeyType::BigInt,
            TypeName::Uuid => KeyType::Uuid,
            TypeName::Text => KeyType::Text,
        }
    }
}

impl WriteCatalog {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let database = read(&self.database_url)?;
        let wishes = Wishes {
            key: self.tenant_key,
            key_type: self.key_type.map(TypeName::key_type),
            shared: self.shared,
        };
        let text = file::write(&database, &wishes).map_err(Failure::Told)?;
        answer(&text)?;
        Ok(Verdict::Good)
    }
}

fn read(url: &str) -> Result<Database, Failure> {
    let database = match DialectName::of_url(url)? {
        DialectName::Sqlite => wait(sqlite::read(url)),
        DialectName::Postgres => wait(postgres::read(url)),
        DialectName::Mysql => wait(mariadb::read(url)),
    }?;
    database.map_err(|error| Failure::told(format!("the database cannot be read: {error}")))
}
