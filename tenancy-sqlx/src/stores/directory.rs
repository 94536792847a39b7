//! [`SqlDirectory`]: tenants in a table.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, Pool, SqlSafeStr};
use tenancy_core::{Directory, DirectoryError, KeyType, Lookup, Tenant, TenantId};

use super::Texts;
use crate::TenantDatabase;

/// A directory of tenants in a table, of this crate's making or of the application's.
///
/// [`SqlDirectory::new`] reads the tables that [`SqlDirectory::migration`] makes; [`SqlDirectory::builder`] reads a table
/// of the application's own. It asks the database each time: put tenancy-core's `CachedDirectory` in front of it.
///
/// A tenant is found only if what the database gives back is exactly what was asked for, so that a collation that
/// folds case finds nothing under another spelling. A row whose id, slug or status is not well-formed, and two
/// tenants under one name, are errors and not tenants.
///
/// ```
/// use sqlx::Sqlite;
/// use tenancy_core::{Directory, KeyType, Lookup};
/// use tenancy_sqlx::SqlDirectory;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
/// sqlx::raw_sql("CREATE TABLE stores (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, title TEXT, status TEXT)")
///     .execute(&pool).await?;
/// sqlx::raw_sql("INSERT INTO stores VALUES (7, 'green-leaf', 'Green Leaf', 'active')").execute(&pool).await?;
///
/// let directory = SqlDirectory::<Sqlite>::builder(pool.clone(), KeyType::BigInt)
///     .table("stores")
///     .name("title")
///     .build()?;
/// let tenant = directory.find(&Lookup::Slug("green-leaf".parse()?)).await?.expect("it is there");
/// assert_eq!(tenant.id().to_string(), "7");
/// # pool.close().await;
/// # Ok(()) }
/// ```
pub struct SqlDirectory<DB: TenantDatabase> {
    pool: Pool<DB>,
    key_type: KeyType,
    by_id: Arc<str>,
    by_slug: Arc<str>,
    by_domain: Option<Arc<str>>,
}

impl<DB: TenantDatabase> SqlDirectory<DB> {
    /// The directory in the tables `tenancy_tenants` and `tenancy_domains`.
    pub fn new(pool: Pool<DB>, key_type: KeyType) -> Self {
        Self::builder(pool, key_type)
            .version("version")
            .domains("tenancy_domains", "domain", "tenant_id")
            .assemble()
    }

    /// A directory in the application's own tables.
    ///
    /// Until told otherwise it reads the columns `id`, `slug`, `name` and `status` of `tenancy_tenants`, and knows no
    /// domains.
    pub fn builder(pool: Pool<DB>, key_type: KeyType) -> SqlDirectoryBuilder<DB> {
        SqlDirectoryBuilder {
            pool,
            key_type,
            table: "tenancy_tenants".to_owned(),
            id: "id".to_owned(),
            slug: "slug".to_owned(),
            name: "name".to_owned(),
            status: "status".to_owned(),
            version: None,
            domains: Domains::None,
        }
    }

    /// The statements that make the tables, for the application's migrations.
    pub fn migration(key_type: KeyType) -> &'static str {
        DB::directory_tables(key_type)
    }

    /// The id, if it fits the table's.
    fn id_argument(&self, id: &TenantId) -> Result<Option<DB::Arguments>, sqlx::Error> {
        if id.key_type() != self.key_type {
            return Ok(None);
        }
        let mut arguments = DB::Arguments::default();
        DB::bind_one(&mut arguments, id).map_err(sqlx::Error::Encode)?;
        Ok(Some(arguments))
    }

    /// Reads a row of `asked, id, slug, name, status, version`.
    fn tenant(&self, row: &Texts) -> Result<Tenant, DirectoryError> {
        let [_, Some(id), Some(slug), name, Some(status), version] = row.as_slice() else {
            return Err(DirectoryError::new("a tenant has no id, slug or status"));
        };
        let id = TenantId::parse(self.key_type, id).map_err(DirectoryError::new)?;
        let slug = slug
            .parse()
            .map_err(|error: tenancy_core::InvalidSlug| DirectoryError::new(error))?;
        let status = status
            .parse()
            .map_err(|error: tenancy_core::InvalidStatus| DirectoryError::new(error))?;
        let version = version
            .as_deref()
            .unwrap_or("0")
            .parse()
            .map_err(|_| DirectoryError::new("a tenant's version is no whole number from 0 on"))?;
        let mut tenant = Tenant::builder(id, slug).status(status).version(version);
        if let Some(name) = name {
            tenant = tenant.name(name);
        }
        Ok(tenant.build())
    }
}

#[async_trait]
impl<DB: TenantDatabase> Directory for SqlDirectory<DB> {
    async fn find(&self, by: &Lookup) -> Result<Option<Arc<Tenant>>, DirectoryError> {
        let text = |text: &str| DB::text_argument(text).map(Some);
        let (sql, arguments, asked) = match by {
            Lookup::Id(id) => (Some(&self.by_id), self.id_argument(id), id.to_string()),
            Lookup::Slug(slug) => (Some(&self.by_slug), text(slug.as_str()), slug.to_string()),
            Lookup::Domain(domain) => (self.by_domain.as_ref(), text(domain.as_str()), domain.to_string()),
        };
        let (Some(sql), Some(arguments)) = (sql, arguments.map_err(DirectoryError::new)?) else {
            return Ok(None);
        };
        let sql = AssertSqlSafe(Arc::clone(sql)).into_sql_str();
        let rows = DB::texts(&self.pool, sql, arguments)
            .await
            .map_err(DirectoryError::new)?;
        // A column that folds case gives back more than was asked for.
        let mut found = rows
            .iter()
            .filter(|row| row.first() == Some(&Some(asked.clone())));
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(row), None) => Ok(Some(Arc::new(self.tenant(row)?))),
            (Some(_), Some(_)) => Err(DirectoryError::new("two tenants have one name")),
        }
    }
}

impl<DB: TenantDatabase> Clone for SqlDirectory<DB> {
    fn clone(&self) -> Self {
        Self {
            pool: self.pool.clone(),
            key_type: self.key_type,
            by_id: Arc::clone(&self.by_id),
            by_slug: Arc::clone(&self.by_slug),
            by_domain: self.by_domain.clone(),
        }
    }
}

impl<DB: TenantDatabase> fmt::Debug for SqlDirectory<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlDirectory")
            .field("key_type", &self.key_type)
            .finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum Domains {
    None,
    Column(String),
    Table {
        table: String,
        domain: String,
        tenant: String,
    },
}

/// Says where a [`SqlDirectory`] finds what; made by [`SqlDirectory::builder`].
///
/// Tables may be given with their schema (`shop.stores`). Names are of ASCII letters, digits and `_`, and quoted: on
/// PostgreSQL write them as the catalogue has them, which is in lower case unless they were quoted when made.
#[must_use]
pub struct SqlDirectoryBuilder<DB: TenantDatabase> {
    pool: Pool<DB>,
    key_type: KeyType,
    table: String,
    id: String,
    slug: String,
    name: String,
    status: String,
    version: Option<String>,
    domains: Domains,
}

impl<DB: TenantDatabase> SqlDirectoryBuilder<DB> {
    /// The table of tenants.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.table = table.into();
        self
    }

    /// The column of the id, which is of the directory's key type.
    pub fn id(mut self, column: impl Into<String>) -> Self {
        self.id = column.into();
        self
    }

    /// The column of the slug.
    pub fn slug(mut self, column: impl Into<String>) -> Self {
        self.slug = column.into();
        self
    }

    /// The column of the name for people. Where it is NULL the slug serves.
    pub fn name(mut self, column: impl Into<String>) -> Self {
        self.name = column.into();
        self
    }

    /// The column of the status, which is one of the words of [`TenantStatus`](tenancy_core::TenantStatus).
    pub fn status(mut self, column: impl Into<String>) -> Self {
        self.status = column.into();
        self
    }

    /// The column that counts changes, a whole number. Without it the version is 0.
    pub fn version(mut self, column: impl Into<String>) -> Self {
        self.version = Some(column.into());
        self
    }

    /// The column of the table of tenants that holds the one host name of their own, or NULL.
    pub fn domain_column(mut self, column: impl Into<String>) -> Self {
        self.domains = Domains::Column(column.into());
        self
    }

    /// The table that holds host names, its column of the host name, and its column of the tenant's id.
    pub fn domains(
        mut self,
        table: impl Into<String>,
        domain: impl Into<String>,
        tenant: impl Into<String>,
    ) -> Self {
        self.domains = Domains::Table {
            table: table.into(),
            domain: domain.into(),
            tenant: tenant.into(),
        };
        self
    }

    /// The directory.
    ///
    /// # Errors
    /// A name is not 1 to 63 ASCII letters, digits and `_` that start with no digit.
    pub fn build(self) -> Result<SqlDirectory<DB>, InvalidStore> {
        let mut tables = vec![&self.table];
        let mut columns = vec![&self.id, &self.slug, &self.name, &self.status];
        columns.extend(&self.version);
        match &self.domains {
            Domains::None => {}
            Domains::Column(domain) => columns.push(domain),
            Domains::Table {
                table,
                domain,
                tenant,
            } => {
                tables.push(table);
                columns.extend([domain, tenant]);
            }
        }
        if tables.into_iter().all(|name| is_table(name)) && columns.into_iter().all(|name| is_name(name)) {
            Ok(self.assemble())
        } else {
            Err(InvalidStore(()))
        }
    }

    /// Writes the statements, from names that are known to be well-formed.
    fn assemble(self) -> SqlDirectory<DB> {
        let quote = DB::QUOTE;
        let column = |name: &String| format!("t.{quote}{name}{quote}");
        let (id, slug) = (column(&self.id), column(&self.slug));
        let (name, status) = (column(&self.name), column(&self.status));
        let version = self.version.as_ref().map_or_else(|| "0".to_owned(), column);
        let select = |asked: &str, from: &str| -> Arc<str> {
            let columns = [asked, &id, &slug, &name, &status, &version]
                .map(|column| format!("CAST({column} AS {})", DB::TEXT))
                .join(", ");
            // Two rows are enough to see that one name is not one tenant's; more come only from a column that folds.
            let value = DB::FIRST_VALUE;
            format!("SELECT {columns} FROM {from} WHERE {asked} = {value} LIMIT 50").into()
        };
        let from = format!("{} AS t", quoted(&self.table, quote));
        let by_domain = match &self.domains {
            Domains::None => None,
            Domains::Column(domain) => Some(select(&column(domain), &from)),
            Domains::Table {
                table,
                domain,
                tenant,
            } => {
                let table = quoted(table, quote);
                let join = format!("{from} JOIN {table} AS d ON d.{quote}{tenant}{quote} = {id}");
                Some(select(&format!("d.{quote}{domain}{quote}"), &join))
            }
        };
        SqlDirectory {
            key_type: self.key_type,
            by_id: select(&id, &from),
            by_slug: select(&slug, &from),
            by_domain,
            pool: self.pool,
        }
    }
}

impl<DB: TenantDatabase> fmt::Debug for SqlDirectoryBuilder<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlDirectoryBuilder")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// A name that cannot be that of a table or column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a table or column is named by 1 to 63 ASCII letters, digits and _, and starts with no digit")]
pub struct InvalidStore(());

fn is_name(name: &str) -> bool {
    let word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let starts_with_digit = name.bytes().next().is_none_or(|b| b.is_ascii_digit());
    word && !starts_with_digit && name.len() <= 63
}

/// A name, or a schema's and a name.
fn is_table(name: &str) -> bool {
    match name.split_once('.') {
        None => is_name(name),
        Some((schema, table)) => is_name(schema) && is_name(table),
    }
}

fn quoted(table: &str, quote: char) -> String {
    table
        .split('.')
        .map(|name| format!("{quote}{name}{quote}"))
        .collect::<Vec<_>>()
        .join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_hold_sql() {
        for wrong in [
            "",
            "1a",
            "a b",
            "a\"b",
            "a;b",
            "a.b.c",
            "ä",
            "a.",
            ".a",
            &"a".repeat(64),
        ] {
            assert!(!is_table(wrong), "{wrong:?}");
        }
        assert!(!is_name("a.b"), "a column has no schema");
        assert!(is_table("shop.stores"));
        assert_eq!(quoted("shop.stores", '"'), "\"shop\".\"stores\"");
    }
}
