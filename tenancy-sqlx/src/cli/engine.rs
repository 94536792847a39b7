//! The catalogue and the dialect that the user names, made a [`Scoper`].

use std::{fs, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};
use tenancy_core::{
    Catalog, TenantId,
    sql::{Dialect, Refusal, ScopedSql, Scoper},
};

use super::failure::Failure;

/// The catalogue that the user names.
#[derive(Debug, Args)]
pub(super) struct CatalogArgs {
    /// The catalogue: which table is whose
    #[arg(long, value_name = "FILE", default_value = "tenancy.toml")]
    catalog: PathBuf,
}

/// What `scope` and `check` need to know.
#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    #[command(flatten)]
    catalog: CatalogArgs,
    /// The database whose SQL the statements are
    #[arg(long)]
    pub(super) dialect: DialectName,
}

/// A dialect by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DialectName {
    Postgres,
    Sqlite,
    /// MySQL and MariaDB
    Mysql,
}

impl DialectName {
    /// The database that a URL is of.
    pub(super) fn of_url(url: &str) -> Result<Self, Failure> {
        // It may hold a password, so no message repeats it.
        match url.split(':').next().unwrap_or_default() {
            "sqlite" => Ok(DialectName::Sqlite),
            "postgres" | "postgresql" => Ok(DialectName::Postgres),
            "mysql" | "mariadb" => Ok(DialectName::Mysql),
            _ => Err(Failure::told(
                "--database-url is none: it starts with sqlite:, postgres: or mysql:",
            )),
        }
    }

    pub(super) fn dialect(self) -> Dialect {
        match self {
            DialectName::Postgres => Dialect::Postgres,
            DialectName::Sqlite => Dialect::Sqlite,
            DialectName::Mysql => Dialect::Mysql,
        }
    }
}

/// The engine, ready to answer.
#[derive(Debug)]
pub(super) struct Engine {
    scoper: Scoper,
}

impl EngineArgs {
    pub(super) fn load(&self) -> Result<Engine, Failure> {
        self.catalog.scoper(self.dialect).map(|scoper| Engine { scoper })
    }
}

impl CatalogArgs {
    /// The catalogue, if the dialect can use it.
    pub(super) fn load(&self, dialect: DialectName) -> Result<Catalog, Failure> {
        self.scoper(dialect).map(|scoper| scoper.catalog().clone())
    }

    fn scoper(&self, dialect: DialectName) -> Result<Scoper, Failure> {
        let path = self.catalog.display();
        let bytes = fs::read(&self.catalog).map_err(|error| {
            Failure::told(format!(
                "the catalogue {path} cannot be read: {error}; name one with --catalog, or write one with `tenancy catalog`"
            ))
        })?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::told(format!("the catalogue {path} is not UTF-8")))?;
        let catalog = Catalog::from_toml(text.strip_prefix('\u{feff}').unwrap_or(&text))
            .map_err(|error| Failure::told(format!("the catalogue {path} is none: {error}")))?;
        let scoper = Scoper::new(catalog, dialect.dialect());
        scoper
            .check_views()
            .map_err(|error| Failure::told(format!("the catalogue {path} cannot be used: {error}")))?;
        Ok(scoper)
    }
}

impl Engine {
    /// The tenant of this written form, if it fits the catalogue.
    pub(super) fn tenant(&self, id: &str) -> Result<TenantId, Failure> {
        TenantId::parse(self.scoper.catalog().key_type(), id)
            .map_err(|error| Failure::told(format!("--tenant does not fit the catalogue: {error}")))
    }

    /// One statement, scoped for a caller that binds `binds` values, or as many as the text names.
    pub(super) fn scope(&self, sql: &str, binds: Option<usize>) -> Result<Arc<ScopedSql>, Refusal> {
        match binds {
            Some(binds) => self.scoper.scope_binding(sql, binds),
            None => self.scoper.scope(sql),
        }
    }
}
