//! Which rows of a table a tenant may reach, as conditions of PostgreSQL's policies.

use tenancy_core::{Catalog, Party, Table, TableKind, Via};

/// What a statement of a tenant may do with the rows of a table, each as a condition on the row. `None`: nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) read: Option<String>,
    pub(super) insert: Option<String>,
    pub(super) update: Option<String>,
    pub(super) delete: Option<String>,
    /// The columns that may be changed, where not all may.
    pub(super) updatable: Option<Vec<String>>,
}

impl Slice {
    const NOTHING: Slice = Slice {
        read: None,
        insert: None,
        update: None,
        delete: None,
        updatable: None,
    };

    /// Whether one condition serves every command.
    pub(super) fn one(&self) -> Option<&str> {
        let read = self.read.as_deref()?;
        let same = [&self.insert, &self.update, &self.delete]
            .iter()
            .all(|other| other.as_deref() == Some(read));
        same.then_some(read)
    }
}

/// Writes conditions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slices<'a> {
    pub(super) catalog: &'a Catalog,
    /// The call that tells the tenant, as a subquery, so that it is asked once a statement.
    pub(super) tenant: &'a str,
}

impl Slices<'_> {
    pub(super) fn of(&self, table: &Table) -> Slice {
        let name = quoted(table.name());
        match table.kind() {
            TableKind::Tenant { .. } | TableKind::Mixed { .. } | TableKind::Via(_) => {
                let own = self.written(table, &name, 0);
                Slice {
                    read: self.seen(table, &name, 0),
                    insert: own.clone(),
                    update: own.clone(),
                    delete: own,
                    updatable: None,
                }
            }
            TableKind::Shared => Slice {
                read: Some("true".to_owned()),
                ..Slice::NOTHING
            },
            TableKind::Party(parties) => self.parties(&name, parties),
            TableKind::View { .. } | TableKind::Denied => Slice::NOTHING,
        }
    }

    fn parties(&self, name: &str, parties: &[Party]) -> Slice {
        let those =
            |may: &dyn Fn(&Party) -> bool| self.any_of(name, parties.iter().filter(|party| may(party)));
        let mut updatable: Vec<String> = parties
            .iter()
            .flat_map(|party| party.updatable().iter().cloned())
            .collect();
        updatable.sort();
        updatable.dedup();
        Slice {
            read: those(&|_| true),
            insert: those(&Party::may_insert),
            update: those(&|party| !party.updatable().is_empty()),
            delete: those(&Party::may_delete),
            updatable: Some(updatable),
        }
    }

    fn any_of<'p>(&self, name: &str, parties: impl Iterator<Item = &'p Party>) -> Option<String> {
        let each: Vec<String> = parties.map(|party| self.is_own(name, party.key())).collect();
        match each.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => Some(format!("({})", several.join(" OR "))),
        }
    }

    fn is_own(&self, name: &str, key: &str) -> String {
        format!("{name}.{} = {}", quoted(key), self.tenant)
    }

    /// The rows under `name` that a tenant sees.
    fn seen(&self, table: &Table, name: &str, depth: usize) -> Option<String> {
        match table.kind() {
            TableKind::Tenant { key } => Some(self.is_own(name, key)),
            TableKind::Mixed { key } => {
                let own = self.is_own(name, key);
                Some(format!("({name}.{} IS NULL OR {own})", quoted(key)))
            }
            TableKind::Party(parties) => self.any_of(name, parties.iter()),
            TableKind::Via(via) => self.below(via, name, depth, Self::seen),
            TableKind::Shared | TableKind::View { .. } | TableKind::Denied => None,
        }
    }

    /// The rows under `name` that are a tenant's to write, by what they hang on.
    fn written(&self, table: &Table, name: &str, depth: usize) -> Option<String> {
        match table.kind() {
            TableKind::Tenant { key } | TableKind::Mixed { key } => Some(self.is_own(name, key)),
            TableKind::Via(via) => self.below(via, name, depth, Self::written),
            // The children of several parties are written by none.
            TableKind::Party(_) | TableKind::Shared | TableKind::View { .. } | TableKind::Denied => None,
        }
    }

    /// The rows under `name` whose parent is one that `whose` finds.
    fn below(
        &self,
        via: &Via,
        name: &str,
        depth: usize,
        whose: fn(&Self, &Table, &str, usize) -> Option<String>,
    ) -> Option<String> {
        let parent = self.catalog.table(via.parent())?;
        let above = format!("\"tenancy_{}\"", depth + 1);
        let on: Vec<String> = via
            .on()
            .map(|(column, references)| format!("{above}.{} = {name}.{}", quoted(references), quoted(column)))
            .collect();
        let of_tenant = whose(self, parent, &above, depth + 1)?;
        Some(format!(
            "EXISTS (SELECT FROM {} AS {above} WHERE {} AND {of_tenant})",
            qualified(parent),
            on.join(" AND ")
        ))
    }
}

/// A name as PostgreSQL reads it in quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The schema that a table without one is in.
pub(super) fn schema_of(table: &Table) -> &str {
    table.schema_name().unwrap_or("public")
}

/// A table with its schema.
pub(super) fn qualified(table: &Table) -> String {
    format!("{}.{}", quoted(schema_of(table)), quoted(table.name()))
}
