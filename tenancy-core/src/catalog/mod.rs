//! [`Catalog`]: what belongs to whom, said once.

mod builder;
mod check;
mod file;
mod kind;
mod table;

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

pub use builder::CatalogBuilder;
pub use check::CatalogError;
pub use kind::{Party, TableKind, Via};
pub use table::Table;

use crate::KeyType;

/// What belongs to whom: the tables that scoped statements may name. A table that is not in it is refused.
///
/// Made by [`Catalog::builder`], or read from `tenancy.toml` by [`Catalog::from_toml`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    key: String,
    key_type: KeyType,
    tables: BTreeMap<String, Table>,
    allowed: Allowed,
    version: u64,
}

/// What statements may use of the application's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Allowed {
    functions: BTreeSet<String>,
    types: BTreeSet<String>,
    operators: BTreeSet<String>,
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
    ///
    ///     ## The key is not among the columns: statements do not see it.
    ///     people = { kind = "tenant", columns = ["id", "email"], primary = ["id"], unique = [["store_id", "email"]] }
    ///
    ///     ## A child belongs to its parent's tenant.
    ///     addresses = { kind = "via", parent = "people", on = { person_id = "id" } }
    ///
    ///     ## Rows of two tenants, and what each may write.
    ///     [tables.deals]
    ///     kind = "party"
    ///     parties.buyer_id = { insert = true, update = ["quantity"], delete = true }
    ///     parties.seller_id = { update = ["status"] }
    ///
    ///     [views]
    ///     daily_totals = "tenant"
    ///     open_deals = { sql = "SELECT id, quantity FROM deals WHERE status = 'open'" }
    ///
    ///     [allow]
    ///     functions = ["slugify", "app.price_with_tax"]
    ///     types = ["order_status"]
    ///     operators = ["<=>"]
    /// "#)?;
    /// assert_eq!(catalog.tables().count(), 8);
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

    /// The application's own functions that statements may call, each with its schema where one was given.
    pub fn allowed_functions(&self) -> impl Iterator<Item = &str> {
        self.allowed.functions.iter().map(String::as_str)
    }

    /// The application's own types that statements may cast to, each with its schema where one was given.
    pub fn allowed_types(&self) -> impl Iterator<Item = &str> {
        self.allowed.types.iter().map(String::as_str)
    }

    /// The operators that statements may use besides the server's own.
    pub fn allowed_operators(&self) -> impl Iterator<Item = &str> {
        self.allowed.operators.iter().map(String::as_str)
    }

    /// A number that differs between catalogues that differ (a hash of the contents, stable within a process).
    pub fn version(&self) -> u64 {
        self.version
    }

    fn new((key, key_type): (String, KeyType), tables: BTreeMap<String, Table>, allowed: Allowed) -> Self {
        let mut hasher = DefaultHasher::new();
        (&key, key_type, &tables, &allowed).hash(&mut hasher);
        Self {
            key,
            key_type,
            tables,
            allowed,
            version: hasher.finish(),
        }
    }
}
