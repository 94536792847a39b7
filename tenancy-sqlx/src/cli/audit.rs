//! `tenancy audit`: where a live schema would let one tenant reach another's rows.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use sqlx::{
    ConnectOptions, mysql::MySqlConnectOptions, postgres::PgConnectOptions, sqlite::SqliteConnectOptions,
};
use tenancy_core::Catalog;

use super::{
    Verdict,
    engine::{CatalogArgs, DialectName},
    failure::{Failure, answer, wait},
};
use crate::{Audit, AuditError, Report, Severity};

const HELP: &str = "\
The database is only read. docs/audit.md explains the codes. The role may be the owner's, an administrator's or the
application's; what it may not read is a finding.

Exit codes: 0 nothing as bad as --fail-on, or --fix, 1 something, 2 the audit could not be done.

Examples:
  $ tenancy audit --database-url postgres://localhost/shop --app-role shop
  $ tenancy audit --database-url sqlite://shop.db --format sarif > audit.sarif
  $ tenancy audit --database-url postgres://localhost/shop --app-role shop --fix > migrations/0043_audit.sql";

/// Find where a live schema would let one tenant reach another's rows
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct AuditArgs {
    /// sqlite://FILE, postgres://USER@HOST/NAME or mysql://USER@HOST/NAME (MySQL, MariaDB); it is only read
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: String,
    #[command(flatten)]
    catalog: CatalogArgs,
    /// How the findings are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write a migration that mends what SQL can mend, instead of the findings
    #[arg(long, conflicts_with = "format")]
    fix: bool,
    /// The role that the application logs in as; the one that the wall was built for, or else the URL's, where it is left out
    #[arg(long, value_name = "ROLE")]
    app_role: Option<String>,
    /// The role of operators on PostgreSQL; the one that the wall was built for, where it is left out
    #[arg(long, value_name = "ROLE")]
    operator_role: Option<String>,
    /// The schema of the wall's function on PostgreSQL
    #[arg(long, value_name = "SCHEMA", default_value = "tenancy")]
    schema: String,
    /// Leave out what is not as bad as this
    #[arg(long, value_name = "SEVERITY", default_value = "note")]
    severity: SeverityName,
    /// Exit with 1 from this severity on
    #[arg(long, value_name = "SEVERITY", default_value = "warning")]
    fail_on: SeverityName,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SeverityName {
    Note,
    Warning,
    Error,
}

impl SeverityName {
    fn severity(self) -> Severity {
        match self {
            SeverityName::Note => Severity::Note,
            SeverityName::Warning => Severity::Warning,
            SeverityName::Error => Severity::Error,
        }
    }
}

impl AuditArgs {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let dialect = DialectName::of_url(&self.database_url)?;
        let catalog = self.catalog.load(dialect)?;
        let report =
            wait(self.report(dialect, &catalog))?.map_err(|error| Failure::told(error.to_string()))?;
        let failed = !report.is_clean(self.fail_on.severity());
        let report = report.at_least(self.severity.severity());
        let text = match (self.fix, self.format) {
            (true, _) => report.migration(),
            (false, Format::Text) => report.to_string(),
            (false, Format::Json) => report.to_json(),
            (false, Format::Sarif) => report.to_sarif(),
        };
        answer(&text)?;
        // A migration is the work that --fix was asked for.
        Ok(if failed && !self.fix {
            Verdict::Refused
        } else {
            Verdict::Good
        })
    }

    async fn report(&self, dialect: DialectName, catalog: &Catalog) -> Result<Report, AuditError> {
        let mut audit = Audit::new(catalog).schema(&self.schema);
        if let Some(role) = &self.app_role {
            audit = audit.app_role(role);
        }
        if let Some(role) = &self.operator_role {
            audit = audit.operator_role(role);
        }
        match dialect {
            DialectName::Sqlite => {
                let options = SqliteConnectOptions::from_str(&self.database_url).map_err(AuditError::new)?;
                let mut connection = options.read_only(true).connect().await.map_err(AuditError::new)?;
                audit.run(&mut connection).await
            }
            DialectName::Postgres => {
                let options = PgConnectOptions::from_str(&self.database_url).map_err(AuditError::new)?;
                let options = options.options([("default_transaction_read_only", "on")]);
                let mut connection = options.connect().await.map_err(AuditError::new)?;
                audit.run(&mut connection).await
            }
            DialectName::Mysql => {
                let url = self.database_url.replacen("mariadb:", "mysql:", 1);
                let options = MySqlConnectOptions::from_str(&url).map_err(AuditError::new)?;
                let mut connection = options.connect().await.map_err(AuditError::new)?;
                audit.run(&mut connection).await
            }
        }
    }
}
