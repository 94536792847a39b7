//! Whose the rows of a table are.

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
    /// A row is its parent's tenant's: it has no key of its own, but a foreign key to the parent.
    Via(Via),
    /// A row is of several tenants, each named in a column of its own.
    Party(Vec<Party>),
    /// A view whose body the catalogue knows: it stands for a query over other tables.
    View {
        /// The query.
        sql: String,
    },
    /// Named so as to be refused.
    Denied,
}

/// The way from a child to the parent whose tenant it belongs to; see [`Table::via`](super::Table::via).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Via {
    parent: String,
    /// Column of the child, column of the parent; ordered by the first.
    on: Vec<(String, String)>,
}

impl Via {
    pub(super) fn new(parent: String, mut on: Vec<(String, String)>) -> Self {
        on.sort();
        Self { parent, on }
    }

    /// The parent's name in the catalogue.
    pub fn parent(&self) -> &str {
        &self.parent
    }

    /// The columns of the foreign key, each with the column of the parent that it references.
    pub fn on(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.on
            .iter()
            .map(|(column, references)| (column.as_str(), references.as_str()))
    }

    /// The columns of the foreign key.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = &str> {
        self.on().map(|(column, _)| column)
    }
}

/// One of the tenants that a row of a party table belongs to; see [`Table::party`](super::Table::party).
///
/// Every party reads the whole row. What it may write is said here; nothing is what is not said.
///
/// ```
/// use tenancy_core::Party;
///
/// let buyer = Party::new("buyer_id").inserts().updates(["quantity"]).deletes();
/// assert!(buyer.may_insert() && buyer.may_delete() && buyer.may_update("quantity"));
/// assert!(!buyer.may_update("price") && !Party::new("seller_id").may_insert());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Party {
    key: String,
    insert: bool,
    update: Vec<String>,
    delete: bool,
}

impl Party {
    /// The party that this column names.
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            insert: false,
            update: Vec::new(),
            delete: false,
        }
    }

    /// Lets it insert rows, in which it is this party. One party of a table at most may.
    ///
    /// # Cross-tenant
    /// It says freely who the other parties are, and they see the row.
    pub fn inserts(mut self) -> Self {
        self.insert = true;
        self
    }

    /// Lets it change these columns of its rows.
    ///
    /// # Cross-tenant
    /// The other parties see what it writes there.
    pub fn updates<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.update.extend(columns.into_iter().map(Into::into));
        self
    }

    /// Lets it delete its rows.
    ///
    /// # Cross-tenant
    /// They are gone for the other parties too.
    pub fn deletes(mut self) -> Self {
        self.delete = true;
        self
    }

    /// The column that names it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it may insert rows.
    pub fn may_insert(&self) -> bool {
        self.insert
    }

    /// Whether it may change this column, which is written as in the catalogue.
    pub fn may_update(&self, column: &str) -> bool {
        self.update.iter().any(|own| own == column)
    }

    /// The columns that it may change.
    pub fn updatable(&self) -> &[String] {
        &self.update
    }

    /// Whether it may delete rows.
    pub fn may_delete(&self) -> bool {
        self.delete
    }
}
