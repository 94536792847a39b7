//! The auditor: where a live schema would let one tenant reach another's rows.
//!
//! [`audit`] reads a database beside the catalogue, and [`Report`] says what it found: each [`Finding`] with a stable code, how
//! bad it is, why it matters and the SQL that mends it. It only reads. What it could not read is a finding of its own, so
//! that a report without findings means that everything was looked at.
//!
//! | file | holds |
//! |---|---|
//! | `rule`, `catalogue_of_rules` | what is looked for |
//! | `read/` | one file a database: what is in it, read once |
//! | `model/` | what was read |
//! | `scene` | what was read, beside the catalogue |
//! | `rules/` | one file a family of rules: functions of the two |
//! | `finding`, `report/` | what was found, as text, JSON, SARIF and as a migration |
//! | `tokens` | texts of the database's own, cut into words |

// A build with one database alone reads nothing for the rules of the others.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

mod catalogue_of_rules;
mod error;
mod finding;
mod model;
mod read;
mod report;
mod rule;
mod rules;
mod scene;
mod tokens;

pub use catalogue_of_rules::AuditRule;
pub use error::AuditError;
pub use finding::Finding;
pub use read::AuditedDatabase;
pub use report::Report;
pub use rule::{AuditedProduct, Severity};

use sqlx::Acquire;
use tenancy_core::Catalog;

/// Looks at a database beside its catalogue, with the wall's usual names: see [`Audit`] for others.
///
/// It takes a pool, or a connection by `&mut`, of a role that may read the server's catalogues; the application's own
/// may, but for what is nobody's business on MariaDB.
///
/// # Errors
/// The database cannot be reached. What it refuses to tell is no error but a finding.
///
/// # Cross-tenant
/// It reads the schema, and no table's rows.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use sqlx::sqlite::SqlitePoolOptions;
/// use tenancy_core::{Catalog, KeyType};
/// use tenancy_sqlx::{AuditRule, Severity, audit};
///
/// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
/// sqlx::raw_sql("CREATE TABLE orders (store_id BIGINT, id BIGINT NOT NULL, PRIMARY KEY (store_id, id))").execute(&pool).await?;
///
/// let report = audit(&pool, &catalog).await?;
/// assert_eq!(report.worst(), Some(Severity::Error));
/// assert!(report.findings().iter().any(|finding| finding.rule() == AuditRule::KeyNullable));
/// # Ok(())
/// # }
/// # #[cfg(feature = "sqlite")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
pub async fn audit<'c, A>(database: A, catalog: &Catalog) -> Result<Report, AuditError>
where
    A: Acquire<'c>,
    A::Database: AuditedDatabase,
{
    Audit::new(catalog).run(database).await
}

/// An audit with names of its own.
///
/// ```
/// # #[cfg(feature = "postgres")]
/// # async fn example(pool: sqlx::PgPool, catalog: tenancy_core::Catalog) -> Result<(), tenancy_sqlx::AuditError> {
/// use tenancy_sqlx::{Audit, Severity};
///
/// // At start: no server comes up on a database with a hole.
/// let report = Audit::new(&catalog).app_role("shop").run(&pool).await?;
/// assert!(report.is_clean(Severity::Warning), "{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Audit<'a> {
    catalog: &'a Catalog,
    app: Option<String>,
    operator: Option<String>,
    schema: String,
}

impl<'a> Audit<'a> {
    /// An audit beside this catalogue.
    pub fn new(catalog: &'a Catalog) -> Self {
        Self {
            catalog,
            app: None,
            operator: None,
            schema: "tenancy".to_owned(),
        }
    }

    /// The role, or on MariaDB the user (`shop` or `shop@%`), that the application logs in as. Without it, it is the role
    /// that the wall was built for, or else the one that asks.
    #[must_use]
    pub fn app_role(mut self, name: impl Into<String>) -> Self {
        self.app = Some(name.into());
        self
    }

    /// The operators' role on PostgreSQL. Without it, it is the one that the wall was built for.
    ///
    /// # Cross-tenant
    /// Policies that let this role reach all tenants' rows are no findings.
    #[must_use]
    pub fn operator_role(mut self, name: impl Into<String>) -> Self {
        self.operator = Some(name.into());
        self
    }

    /// The schema of the wall's function on PostgreSQL: `tenancy`, unless it is said otherwise.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Looks.
    ///
    /// # Errors
    /// The database cannot be reached. What it refuses to tell is no error but a finding.
    pub async fn run<'c, A>(&self, database: A) -> Result<Report, AuditError>
    where
        A: Acquire<'c>,
        A::Database: AuditedDatabase,
    {
        let mut connection = database.acquire().await.map_err(AuditError::new)?;
        let ask = read::Ask {
            catalog: self.catalog,
            options: self,
        };
        let seen = <A::Database as read::Reader>::look(&mut connection, ask)
            .await
            .map_err(AuditError::new)?;
        Ok(self.report(&seen.0))
    }

    fn report(&self, snapshot: &model::Snapshot) -> Report {
        let scene = scene::Scene {
            catalog: self.catalog,
            snapshot,
            wall: &self.schema,
        };
        Report::new(snapshot, rules::check(&scene), self.wall(snapshot))
    }

    /// The migration that puts up PostgreSQL's wall, with the names that were found.
    #[cfg(feature = "postgres")]
    fn wall(&self, snapshot: &model::Snapshot) -> Option<String> {
        let security = crate::RowSecurity::new(self.catalog)
            .app_role(&snapshot.app)
            .operator_role(&snapshot.operator)
            .schema(&self.schema);
        (snapshot.product() == AuditedProduct::Postgres).then(|| security.migration())
    }

    #[cfg(not(feature = "postgres"))]
    fn wall(&self, _: &model::Snapshot) -> Option<String> {
        None
    }
}
