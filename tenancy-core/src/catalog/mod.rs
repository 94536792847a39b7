//! [`Catalog`]: what belongs to whom, said once.

mod builder;
mod file;

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

pub use builder::{CatalogBuilder, CatalogError};

use crate::KeyType;

/// Whose the rows of a table are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TableKind {
    /// Every row carries the key of its tenant.
    Tenant {
        /// The key column.
        key: String,
    },
    /// Readable by every tenant, written by operators only.
    Shared,
    /// Rows whose key is NULL are shared and read-only, the others are their tenant's own.
    Mixed {
        /// The key column.
        key: String,
    },
    /// Named so as to be refused.
    Denied,
}

/// A table as the catalogue knows it.
///
/// ```
/// use tenancy_core::{Catalog, KeyType, Table};
///
/// let catalog = Catalog::builder()
///     .tenant_key("store_id", KeyType::BigInt)
///     .table(Table::tenant("orders").columns(["store_id", "id", "total"]).unique(["store_id", "id"]))
///     .build()?;
/// assert_eq!(catalog.table("orders").and_then(Table::key), Some("store_id"));
/// # Ok::<(), tenancy_core::CatalogError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Table {
    name: String,
    schema: Option<String>,
    kind: TableKind,
    columns: Option<Vec<String>>,
    unique: Option<Vec<Vec<String>>>,
}

impl Table {
    /// A table whose rows each carry their tenant's key.
    pub fn tenant(name: impl Into<String>) -> Self {
        Self::new(name, TableKind::Tenant { key: String::new() })
    }

    /// A table that every tenant reads and none writes.
    ///
    /// # Cross-tenant
    /// Every row is readable by every tenant: a row that belongs to one does not go here.
    pub fn shared(name: impl Into<String>) -> Self {
        Self::new(name, TableKind::Shared)
    }

    /// A table of both: rows whose key is NULL are shared and read-only, the others their tenant's own.
    ///
    /// # Cross-tenant
    /// Every row whose key is NULL is readable by every tenant.
    pub fn mixed(name: impl Into<String>) -> Self {
        Self::new(name, TableKind::Mixed { key: String::new() })
    }

    /// A table that is refused to every tenant, by name.
    pub fn denied(name: impl Into<String>) -> Self {
        Self::new(name, TableKind::Denied)
    }

    fn new(name: impl Into<String>, kind: TableKind) -> Self {
        Self {
            name: name.into(),
            schema: None,
            kind,
            columns: None,
            unique: None,
        }
    }

    /// Sets the key column, where it differs from the catalogue's. Of no meaning for shared and denied tables.
    pub fn key_column(mut self, column: impl Into<String>) -> Self {
        match &mut self.kind {
            TableKind::Tenant { key } | TableKind::Mixed { key } => *key = column.into(),
            TableKind::Shared | TableKind::Denied => {}
        }
        self
    }

    /// Sets the schema that the table stands in, where it is not the dialect's default (`public`, `main`).
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Lists all columns in the order of the table, the key included: needed for an INSERT that names none.
    pub fn columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a unique key or primary key, once for each that the table has. Needed for upserts; once one is
    /// given, all of them are.
    pub fn unique<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        let key = columns.into_iter().map(Into::into).collect();
        self.unique.get_or_insert_default().push(key);
        self
    }

    /// The table's name, as it was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema, if one was given.
    pub fn schema_name(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    /// Whose the rows are.
    pub fn kind(&self) -> &TableKind {
        &self.kind
    }

    /// The key column of a tenant or mixed table.
    pub fn key(&self) -> Option<&str> {
        match &self.kind {
            TableKind::Tenant { key } | TableKind::Mixed { key } => Some(key),
            TableKind::Shared | TableKind::Denied => None,
        }
    }

    /// All columns in order, if the catalogue knows them.
    pub fn column_names(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// All unique keys, if the catalogue knows them.
    pub fn unique_keys(&self) -> Option<&[Vec<String>]> {
        self.unique.as_deref()
    }
}

/// What belongs to whom: the tables that scoped statements may name. A table that is not in it is refused.
///
/// Made by [`Catalog::builder`], or read from `tenancy.toml` by [`Catalog::from_toml`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    key: String,
    key_type: KeyType,
    tables: BTreeMap<String, Table>,
    version: u64,
}

impl Catalog {
    /// Starts a catalogue.
    pub fn builder() -> CatalogBuilder {
        CatalogBuilder::default()
    }

    /// Reads a catalogue from the text of a `tenancy.toml`.
    ///
    /// # Errors
    /// The text is no TOML, has a key that is not known, or makes no catalogue; the message says where.
    ///
    /// ```
    /// use tenancy_core::Catalog;
    ///
    /// let catalog = Catalog::from_toml(r#"
    ///     [tenant]
    ///     key = "store_id"
    ///     type = "bigint"
    ///
    ///     [tables]
    ///     order_items = "tenant"
    ///     brands = "shared"
    ///     orders = { kind = "tenant", key = "shop_id", columns = ["shop_id", "id"], unique = [["shop_id", "id"]] }
    /// "#)?;
    /// assert_eq!(catalog.tables().count(), 3);
    /// assert!(Catalog::from_toml("[tenant]\nkey = 1").is_err());
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, CatalogError> {
        file::read(text)
    }

    /// The catalogue as the text of a `tenancy.toml`, from which [`Catalog::from_toml`] makes an equal one.
    pub fn to_toml(&self) -> String {
        file::write(self)
    }

    /// The key column of tables that name no other.
    pub fn tenant_key(&self) -> &str {
        &self.key
    }

    /// The type of the key columns, and of the ids that fit.
    pub fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The tables, ordered by name.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.values()
    }

    /// The table of exactly this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// A number that differs between catalogues that differ (a hash of the contents, stable within a process).
    pub fn version(&self) -> u64 {
        self.version
    }

    fn new(key: String, key_type: KeyType, tables: BTreeMap<String, Table>) -> Self {
        let mut hasher = DefaultHasher::new();
        (&key, key_type, &tables).hash(&mut hasher);
        Self {
            key,
            key_type,
            tables,
            version: hasher.finish(),
        }
    }
}
