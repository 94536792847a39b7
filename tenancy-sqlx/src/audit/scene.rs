//! [`Scene`]: what every rule looks at.

use tenancy_core::{Catalog, Table, TableKind};

use super::{
    model::{Column, Index, Relation, RelationKind, Snapshot},
    rule::AuditedProduct,
};

/// The database beside the catalogue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) snapshot: &'a Snapshot,
    /// The schema of the wall's function.
    pub(crate) wall: &'a str,
}

impl<'a> Scene<'a> {
    pub(crate) fn product(&self) -> AuditedProduct {
        self.snapshot.product()
    }

    /// Whether two names are one to the server. Of MariaDB's tables the names are compared as they are written.
    pub(crate) fn same_column(&self, one: &str, other: &str) -> bool {
        match self.product() {
            AuditedProduct::Postgres => one == other,
            AuditedProduct::Sqlite | AuditedProduct::MariaDb => one.eq_ignore_ascii_case(other),
        }
    }

    fn same_table(&self, one: &str, other: &str) -> bool {
        match self.product() {
            AuditedProduct::Postgres => one == other,
            AuditedProduct::Sqlite | AuditedProduct::MariaDb => one.eq_ignore_ascii_case(other),
        }
    }

    /// The schema that the catalogue means.
    pub(crate) fn schema_of(&self, table: &Table) -> String {
        let default = match &self.snapshot.server {
            super::model::Server::Postgres(_) => "public",
            super::model::Server::Sqlite(_) => "main",
            super::model::Server::MariaDb(server) => server.database.as_str(),
        };
        table.schema_name().unwrap_or(default).to_owned()
    }

    /// What the catalogue says of a relation.
    pub(crate) fn table(&self, relation: &Relation) -> Option<&'a Table> {
        self.named(&relation.schema, &relation.name)
    }

    /// What the catalogue says of a name.
    pub(crate) fn named(&self, schema: &str, name: &str) -> Option<&'a Table> {
        self.catalog.tables().find(|table| {
            self.same_table(table.name(), name) && self.same_table(&self.schema_of(table), schema)
        })
    }

    /// The relation that the catalogue means.
    pub(crate) fn relation(&self, table: &Table) -> Option<&'a Relation> {
        self.find(&self.schema_of(table), table.name())
    }

    pub(crate) fn find(&self, schema: &str, name: &str) -> Option<&'a Relation> {
        self.snapshot.relations.iter().find(|relation| {
            self.same_table(&relation.name, name) && self.same_table(&relation.schema, schema)
        })
    }

    pub(crate) fn by_id(&self, id: i64) -> Option<&'a Relation> {
        self.snapshot.relations.iter().find(|relation| relation.id == id)
    }

    /// The catalogue's tables that are there, without views.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (&'a Table, &'a Relation)> + use<'a> {
        let scene = *self;
        scene
            .catalog
            .tables()
            .filter(|table| !table.is_view())
            .filter_map(move |table| scene.relation(table).map(|relation| (table, relation)))
    }

    /// Every relation whose rows are those of a table of the catalogue: the table, and its partitions and other children that
    /// the catalogue does not name.
    pub(crate) fn covered(&self) -> Vec<(&'a Table, &'a Relation)> {
        let mut all: Vec<(&'a Table, &'a Relation)> = self.tables().collect();
        let mut at = 0;
        while let Some((table, parent)) = all.get(at).copied() {
            let children = self
                .snapshot
                .relations
                .iter()
                .filter(|one| one.parents.contains(&parent.id));
            for child in children {
                if self.table(child).is_none() && !all.iter().any(|(_, known)| known.id == child.id) {
                    all.push((table, child));
                }
            }
            at += 1;
        }
        all
    }

    /// The table of the catalogue whose rows a relation has: its own, or that of which it is a child.
    pub(crate) fn covering(&self, relation: &Relation) -> Option<&'a Table> {
        self.table(relation).or_else(|| {
            let covered = self.covered();
            covered
                .iter()
                .find(|(_, one)| one.id == relation.id)
                .map(|(table, _)| *table)
        })
    }

    /// A table's parent by the catalogue, if it is a child.
    pub(crate) fn parent(&self, table: &Table) -> Option<&'a Table> {
        match table.kind() {
            TableKind::Via(via) => self.catalog.table(via.parent()),
            TableKind::Tenant { .. }
            | TableKind::Shared
            | TableKind::Mixed { .. }
            | TableKind::Party(_)
            | TableKind::View { .. }
            | TableKind::Denied => None,
        }
    }

    pub(crate) fn column(&self, relation: &'a Relation, name: &str) -> Option<&'a Column> {
        relation
            .columns
            .iter()
            .find(|column| self.same_column(&column.name, name))
    }

    /// Whether an index begins with these columns, in any order.
    pub(crate) fn begins_with(&self, index: &Index, columns: &[&str]) -> bool {
        let first: Vec<Option<&str>> = index
            .columns
            .iter()
            .take(columns.len())
            .map(Option::as_deref)
            .collect();
        !index.exclusion
            && first.len() == columns.len()
            && columns
                .iter()
                .all(|wanted| first.iter().flatten().any(|own| self.same_column(own, wanted)))
    }

    /// Whether an index has a column as it is.
    pub(crate) fn has_column(&self, index: &Index, column: &str) -> bool {
        index
            .columns
            .iter()
            .flatten()
            .any(|own| self.same_column(own, column))
    }

    /// A name as the server reads it in quotes.
    pub(crate) fn quoted(&self, name: &str) -> String {
        match self.product() {
            AuditedProduct::Postgres | AuditedProduct::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
            AuditedProduct::MariaDb => format!("`{}`", name.replace('`', "``")),
        }
    }

    pub(crate) fn quoted_all<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> String {
        let names: Vec<String> = names.into_iter().map(|name| self.quoted(name)).collect();
        names.join(", ")
    }

    /// A relation's name for statements.
    pub(crate) fn qualified(&self, relation: &Relation) -> String {
        match self.product() {
            AuditedProduct::Sqlite => self.quoted(&relation.name),
            AuditedProduct::Postgres | AuditedProduct::MariaDb => {
                format!(
                    "{}.{}",
                    self.quoted(&relation.schema),
                    self.quoted(&relation.name)
                )
            }
        }
    }

    /// A relation's name for people: without the schema where that is the usual one.
    pub(crate) fn name(&self, relation: &Relation) -> String {
        let usual = match self.product() {
            AuditedProduct::Postgres => relation.schema == "public",
            AuditedProduct::Sqlite | AuditedProduct::MariaDb => true,
        };
        if usual {
            relation.name.clone()
        } else {
            format!("{}.{}", relation.schema, relation.name)
        }
    }

    /// Whether rows of tenants stand in a table of this kind.
    pub(crate) fn holds_tenants(table: &Table) -> bool {
        match table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Via(_) | TableKind::Party(_) => {
                true
            }
            TableKind::Shared | TableKind::View { .. } | TableKind::Denied => false,
        }
    }

    /// Whether a relation shows tenants' or denied rows: a table of such a kind, one that nobody knows, or a view of one.
    pub(crate) fn shows_tenants(&self, relation: &Relation) -> bool {
        let mut seen = Vec::new();
        self.shows(relation, &mut seen)
    }

    fn shows(&self, relation: &Relation, seen: &mut Vec<i64>) -> bool {
        if seen.contains(&relation.id) {
            return false;
        }
        seen.push(relation.id);
        let below = |seen: &mut Vec<i64>| {
            relation
                .reads
                .iter()
                .chain(&relation.parents)
                .any(|id| self.by_id(*id).is_some_and(|read| self.shows(read, seen)))
        };
        match relation.kind {
            RelationKind::View | RelationKind::Materialized => below(seen),
            RelationKind::Table | RelationKind::Foreign | RelationKind::Virtual | RelationKind::Shadow => {
                match self.table(relation).map(Table::kind) {
                    Some(TableKind::Shared) => false,
                    Some(
                        TableKind::Tenant { .. }
                        | TableKind::Mixed { .. }
                        | TableKind::Via(_)
                        | TableKind::Party(_)
                        | TableKind::View { .. }
                        | TableKind::Denied,
                    )
                    | None => true,
                }
            }
            RelationKind::Sequence | RelationKind::Unknown(_) => false,
        }
    }
}
