//! [`Table`]: a table or view as the catalogue knows it.

use std::collections::BTreeMap;

use super::{Party, TableKind, Via};

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
    pub(super) name: String,
    pub(super) schema: Option<String>,
    pub(super) kind: TableKind,
    pub(super) columns: Option<Vec<String>>,
    pub(super) unique: Option<Vec<Vec<String>>>,
    pub(super) primary: Option<Vec<String>>,
    pub(super) constraints: BTreeMap<String, Vec<String>>,
    pub(super) view: bool,
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

    /// A child without a key of its own, whose rows belong to their parent's tenant: `on` pairs each column of the
    /// foreign key with the column of the parent that it references.
    ///
    /// The parent is a tenant, mixed or party table, or a child itself. Children of a mixed table's shared rows are
    /// shared and read-only; children of a party table are read by each party and written by none. A row whose foreign
    /// key is NULL is nobody's: no tenant sees it. The columns of the foreign key have to be NOT NULL, since an insert
    /// under a parent that is not the tenant's own tries to store NULL there, and has to fail: as it does where there
    /// is no such parent.
    ///
    /// Each read follows the foreign key. On PostgreSQL it does so behind a fence, so that a point lookup costs as much
    /// as all of the tenant's rows; a key of the child's own is the faster way.
    ///
    /// # Cross-tenant
    /// The referenced columns have to be unique in the whole parent table, not just for each tenant: a child of `(5)`
    /// would belong to every tenant that has a parent 5. Where the catalogue lists the parent's unique keys, it checks
    /// that.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Table};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .tenant_tables(["orders"])
    ///     .table(Table::via("order_items", "orders", [("order_id", "id")]))
    ///     .build()?;
    /// # let _ = catalog;
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn via<C: Into<String>, R: Into<String>>(
        name: impl Into<String>,
        parent: impl Into<String>,
        on: impl IntoIterator<Item = (C, R)>,
    ) -> Self {
        let on = on
            .into_iter()
            .map(|(column, references)| (column.into(), references.into()))
            .collect();
        Self::new(name, TableKind::Via(Via::new(parent.into(), on)))
    }

    /// A table whose rows belong to several tenants, each named in a column of its own, such as a buyer and a seller.
    ///
    /// # Cross-tenant
    /// Every party reads the whole row, and writes what its [`Party`] says.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Party, Table};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .table(Table::party("deals", [
    ///         Party::new("buyer_id").inserts().updates(["quantity"]).deletes(),
    ///         Party::new("seller_id").updates(["status"]),
    ///     ]))
    ///     .build()?;
    /// # let _ = catalog;
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn party(name: impl Into<String>, parties: impl IntoIterator<Item = Party>) -> Self {
        let mut parties: Vec<Party> = parties.into_iter().collect();
        parties.sort_by(|one, other| one.key().cmp(other.key()));
        Self::new(name, TableKind::Party(parties))
    }

    /// A view whose body is known. Where a statement names it, the body takes its place, scoped like any query: it
    /// sees the catalogue's tables, and nothing that the statement defines. It cannot be written.
    ///
    /// The body is the one that the database has, without parameters; the view's columns are named in its select list.
    /// Whether the engine can scope it is checked by
    /// [`Scoper::check_views`](https://docs.rs/tenancy-core/latest/tenancy_core/sql/struct.Scoper.html#method.check_views).
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Table};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .tenant_tables(["orders"])
    ///     .table(Table::view("large_orders", "SELECT id, total FROM orders WHERE total > 1000"))
    ///     .build()?;
    /// # let _ = catalog;
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn view(name: impl Into<String>, sql: impl Into<String>) -> Self {
        let mut view = Self::new(name, TableKind::View { sql: sql.into() });
        view.view = true;
        view
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
            primary: None,
            constraints: BTreeMap::new(),
            view: false,
        }
    }

    /// Sets the key column, where it differs from the catalogue's. Of no meaning for kinds that have none.
    pub fn key_column(mut self, column: impl Into<String>) -> Self {
        match &mut self.kind {
            TableKind::Tenant { key } | TableKind::Mixed { key } => *key = column.into(),
            TableKind::Shared
            | TableKind::Via(_)
            | TableKind::Party(_)
            | TableKind::View { .. }
            | TableKind::Denied => {}
        }
        self
    }

    /// Sets the schema that the table stands in, where it is not the dialect's default (`public`, `main`).
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Lists the columns in the order of the table: needed for an INSERT that names none.
    ///
    /// With the key among them, all of them are listed, and the key is a column like any other. **A list without
    /// the key hides it**: `*` and an INSERT without a list of columns then mean the listed columns, as they would in
    /// a database of the tenant's own, and a statement that names the key column is refused, as one that names a
    /// column that is not there.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Table};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .table(Table::tenant("orders").columns(["id", "total"]))
    ///     .build()?;
    /// assert!(catalog.table("orders").is_some_and(Table::hides_key));
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Adds a unique key, once for each that the table has. Needed for upserts; once one is given, all of them are,
    /// and the [primary key](Self::primary) counts as given.
    pub fn unique<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        let key = columns.into_iter().map(Into::into).collect();
        self.unique.get_or_insert_default().push(key);
        self
    }

    /// Sets the primary key: a unique key whose columns are NOT NULL, the tenant's key included where it is in it.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Table};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .table(Table::tenant("people").primary(["id"]).unique(["store_id", "email"]))
    ///     .build()?;
    /// let people = catalog.table("people").unwrap();
    /// assert_eq!(people.primary_key(), Some(&["id".to_owned()][..]));
    /// assert_eq!(people.unique_keys().map(<[_]>::len), Some(2));
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn primary<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.primary = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Names a unique or primary key as PostgreSQL does, so that `ON CONFLICT ON CONSTRAINT` can mean its columns. Where all
    /// [unique keys](Self::unique) are given, it is one of them.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Table};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .table(Table::tenant("orders").constraint("orders_pkey", ["store_id", "id"]))
    ///     .build()?;
    /// let orders = catalog.table("orders").unwrap();
    /// assert_eq!(orders.constraint_columns("orders_pkey").map(<[_]>::len), Some(2));
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn constraint<S: Into<String>>(
        mut self,
        name: impl Into<String>,
        columns: impl IntoIterator<Item = S>,
    ) -> Self {
        let columns = columns.into_iter().map(Into::into).collect();
        self.constraints.insert(name.into(), columns);
        self
    }

    /// Says that it is a view (or a materialized one), whose rows are of this kind by its own columns. It is scoped as
    /// a table of the kind is, and cannot be written.
    ///
    /// # Cross-tenant
    /// The predicate is put on what the view returns. That is the tenant's slice only where each row of the view comes
    /// from rows of the one tenant that its key column names: a view that counts all tenants' orders tells of all of
    /// them, whatever key it shows. A view that joins on the key, groups by it and hands it on is right.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Table};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .table(Table::tenant("daily_totals").as_view())
    ///     .build()?;
    /// assert!(catalog.table("daily_totals").is_some_and(Table::is_view));
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn as_view(mut self) -> Self {
        self.view = true;
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
            TableKind::Shared
            | TableKind::Via(_)
            | TableKind::Party(_)
            | TableKind::View { .. }
            | TableKind::Denied => None,
        }
    }

    /// The columns that name the tenants of a row: the key, or the column of each party. Statements do not assign them.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        let parties = match &self.kind {
            TableKind::Party(parties) => parties.as_slice(),
            TableKind::Tenant { .. }
            | TableKind::Shared
            | TableKind::Mixed { .. }
            | TableKind::Via(_)
            | TableKind::View { .. }
            | TableKind::Denied => &[],
        };
        self.key().into_iter().chain(parties.iter().map(Party::key))
    }

    /// Whether there is a key column that statements do not see, because the [columns](Self::columns) are listed
    /// without it.
    pub fn hides_key(&self) -> bool {
        match (self.key(), &self.columns) {
            (Some(key), Some(columns)) => !columns.iter().any(|column| column.eq_ignore_ascii_case(key)),
            (None, _) | (_, None) => false,
        }
    }

    /// All columns in order, if the catalogue knows them; without the key where it is hidden.
    pub fn column_names(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    /// All unique keys, the primary one included, if the catalogue knows them.
    pub fn unique_keys(&self) -> Option<&[Vec<String>]> {
        self.unique.as_deref()
    }

    /// The primary key, if the catalogue knows it.
    pub fn primary_key(&self) -> Option<&[String]> {
        self.primary.as_deref()
    }

    /// The columns of a unique or primary key by its constraint's name, if the catalogue knows it.
    pub fn constraint_columns(&self, name: &str) -> Option<&[String]> {
        self.constraints.get(name).map(Vec::as_slice)
    }

    /// Whether it is a view, with a body or by a kind: then it cannot be written.
    pub fn is_view(&self) -> bool {
        self.view
    }
}
