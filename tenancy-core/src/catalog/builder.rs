//! Puts a catalogue together, and checks it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Allowed, Catalog, CatalogError, Table, TableKind, check};
use crate::KeyType;

/// Puts a [`Catalog`] together; made by [`Catalog::builder`].
#[derive(Debug, Clone, Default)]
pub struct CatalogBuilder {
    key: Option<(String, KeyType)>,
    tables: Vec<Table>,
    functions: BTreeSet<String>,
    types: BTreeSet<String>,
    operators: BTreeSet<String>,
}

impl CatalogBuilder {
    /// Says which column carries a row's tenant, and its type. Needed where there is a tenant or a mixed table.
    pub fn tenant_key(mut self, column: impl Into<String>, key_type: KeyType) -> Self {
        self.key = Some((column.into(), key_type));
        self
    }

    /// Adds tables whose rows each carry their tenant's key.
    pub fn tenant_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::tenant)
    }

    /// Adds tables that every tenant reads and none writes.
    ///
    /// # Cross-tenant
    /// Every row of theirs is readable by every tenant.
    pub fn shared_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::shared)
    }

    /// Adds tables whose rows are shared where the key is NULL, and their tenant's own elsewhere.
    ///
    /// # Cross-tenant
    /// Every row of theirs whose key is NULL is readable by every tenant.
    pub fn mixed_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::mixed)
    }

    /// Adds tables that are refused by name.
    pub fn denied_tables<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.all(names, Table::denied)
    }

    /// Adds one table with what there is to say of it.
    pub fn table(mut self, table: Table) -> Self {
        self.tables.push(table);
        self
    }

    /// Lets statements call functions of the application's own, each written with its schema where that is not the
    /// dialect's default. A call of one without a schema means the server's own function, where there is one of the
    /// name.
    ///
    /// # Cross-tenant
    /// The engine does not see into them. A function that reads a table reads all tenants' rows, unless the database
    /// itself keeps it from them: only functions of their arguments alone belong here.
    ///
    /// ```
    /// use tenancy_core::Catalog;
    ///
    /// let catalog = Catalog::builder().allow_functions(["slugify", "app.price_with_tax"]).build()?;
    /// assert_eq!(catalog.allowed_functions().count(), 2);
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn allow_functions<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.functions.extend(names.into_iter().map(Into::into));
        self
    }

    /// Lets statements cast to types of the application's own (enums, domains) and arrays of them, each written with its
    /// schema where that is not the dialect's default.
    ///
    /// # Cross-tenant
    /// A domain's check and a type's own input function run outside of the engine's sight, as
    /// [functions](Self::allow_functions) do.
    ///
    /// ```
    /// use tenancy_core::Catalog;
    ///
    /// let catalog = Catalog::builder().allow_types(["order_status"]).build()?;
    /// assert_eq!(catalog.allowed_types().collect::<Vec<_>>(), ["order_status"]);
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn allow_types<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.types.extend(names.into_iter().map(Into::into));
        self
    }

    /// Lets statements on PostgreSQL use operators between two operands that are not the server's own, such as those of
    /// an extension (`<=>` of pgvector, `%>` of pg_trgm). The server's own are allowed anyway.
    ///
    /// # Cross-tenant
    /// Each is a function, which runs outside of the engine's sight as [functions](Self::allow_functions) do, and any
    /// function that the search path finds by this operator: it cannot be pinned to a schema.
    ///
    /// ```
    /// use tenancy_core::Catalog;
    ///
    /// let catalog = Catalog::builder().allow_operators(["<=>"]).build()?;
    /// assert_eq!(catalog.allowed_operators().collect::<Vec<_>>(), ["<=>"]);
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn allow_operators<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.operators.extend(names.into_iter().map(Into::into));
        self
    }

    fn all<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>, make: fn(String) -> Table) -> Self {
        self.tables
            .extend(names.into_iter().map(|name| make(name.into())));
        self
    }

    /// The catalogue.
    ///
    /// # Errors
    /// A name is no identifier, two tables share one (in any case, as SQLite would see it), a unique key names
    /// a column that the table does not list, a tenant or mixed table has no key, a child no parent that it can belong
    /// to, or a party table fewer than two parties.
    pub fn build(self) -> Result<Catalog, CatalogError> {
        let (key, key_type) = self.key.unwrap_or_else(|| (String::new(), KeyType::BigInt));
        if !key.is_empty() {
            check::identifier(&key)?;
        }
        let mut tables = BTreeMap::new();
        let mut folded = BTreeSet::new();
        for mut table in self.tables {
            match &mut table.kind {
                TableKind::Tenant { key: own } | TableKind::Mixed { key: own } if own.is_empty() => {
                    own.clone_from(&key)
                }
                TableKind::Tenant { .. }
                | TableKind::Mixed { .. }
                | TableKind::Shared
                | TableKind::Via(_)
                | TableKind::Party(_)
                | TableKind::View { .. }
                | TableKind::Denied => {}
            }
            check::table(&table)?;
            primary_among_unique(&mut table);
            // SQLite folds case, so one catalogue that serves both dialects keeps names apart in either.
            if !folded.insert(table.name.to_ascii_lowercase()) {
                return Err(CatalogError::table(
                    &table.name,
                    "is named twice; upper and lower case count as the same",
                ));
            }
            tables.insert(table.name.clone(), table);
        }
        check::parents(&tables)?;
        let Self {
            functions,
            types,
            operators,
            ..
        } = self;
        check::allowed(&functions, &types, &operators, &folded)?;
        let allowed = Allowed {
            functions,
            types,
            operators,
        };
        Ok(Catalog::new((key, key_type), tables, allowed))
    }
}

/// Where all unique keys are given, the primary one is one of them.
fn primary_among_unique(table: &mut Table) {
    let (Some(primary), Some(unique)) = (&table.primary, &mut table.unique) else {
        return;
    };
    let set = |columns: &[String]| -> BTreeSet<String> {
        columns.iter().map(|column| column.to_ascii_lowercase()).collect()
    };
    if !unique.iter().any(|columns| set(columns) == set(primary)) {
        unique.insert(0, primary.clone());
    }
}
