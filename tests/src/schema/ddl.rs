//! A made-up schema as SQL and as `tenancy.toml`.

use std::fmt::Write as _;

use tenancy_core::KeyType;

use super::kinds::{GLOBAL, PARENT};
use super::{Column, Kind, Owner, Role, Row, Schema, Table, Ty};
use crate::engine::tenant_value;
use crate::statements::read_only_shared;
use crate::{Dialect, Value};

/// Which of the databases of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// All tenants, in the first world.
    Shared,
    /// All tenants, with other rows of the neighbours.
    Other,
    /// The subject alone.
    Private,
}

impl Schema {
    /// The statements that make and fill the database of one side.
    pub(crate) fn ddl(&self, side: Side) -> String {
        let mut out = String::new();
        for (n, table) in self.tables.iter().enumerate() {
            if let Some((sql, _)) = &table.extra.view {
                let _ = writeln!(out, "CREATE VIEW {} AS {sql};", table.name);
                continue;
            }
            self.create(&mut out, table, side);
            self.insert(&mut out, table, side);
            if side == Side::Private {
                out.push_str(&self.guards(table));
            }
            // On MariaDB no trigger passes over a row: there the statement itself leaves the shared ones out.
            if side == Side::Private && table.kind == Kind::Mixed && self.dialect != Dialect::Mysql {
                let _ = writeln!(
                    out,
                    "{}",
                    read_only_shared(self.dialect, &table.name, &self.key, n)
                );
            }
        }
        out
    }

    /// The statements that remove what [`ddl`](Self::ddl) made.
    pub(crate) fn drop_all(&self) -> String {
        self.tables
            .iter()
            .rev()
            .map(|t| {
                let what = if t.kind == Kind::View { "VIEW" } else { "TABLE" };
                format!("DROP {what} IF EXISTS {} CASCADE;\n", t.name)
            })
            .collect()
    }

    fn create(&self, out: &mut String, table: &Table, side: Side) {
        let shown = |c: &&Column| side != Side::Private || !table.extra.hidden || c.role != Role::Key;
        let mut parts: Vec<String> = table
            .columns
            .iter()
            .filter(shown)
            .map(|c| {
                let null = if c.nullable { "" } else { " NOT NULL" };
                let default = match (side, c.role) {
                    (Side::Private, Role::Key) => {
                        format!(" DEFAULT {}", tenant_value(&self.subject).literal())
                    }
                    _ => String::new(),
                };
                format!("{} {}{null}{default}", c.name, self.type_name(c))
            })
            .collect();
        for (n, unique) in table.unique().enumerate() {
            let key = table.key().unwrap_or(PARENT);
            parts.push(match (table.kind, side) {
                // A key that may be NULL cannot be in a primary key; shared rows have a name space of their own.
                (Kind::Mixed | Kind::Via | Kind::Party, _) => format!("UNIQUE ({key}, {unique})"),
                (Kind::Tenant, Side::Shared | Side::Other) if n == 0 => {
                    format!("PRIMARY KEY ({key}, {unique})")
                }
                (Kind::Tenant, Side::Shared | Side::Other) => format!("UNIQUE ({key}, {unique})"),
                (Kind::Tenant, Side::Private) | (Kind::Shared | Kind::Denied | Kind::View, _) => {
                    if n == 0 {
                        format!("PRIMARY KEY ({unique})")
                    } else {
                        format!("UNIQUE ({unique})")
                    }
                }
            });
        }
        for column in &table.columns {
            match (column.role, &table.extra.parent) {
                (Role::Global, _) => parts.push(format!("UNIQUE ({})", column.name)),
                (Role::Parent, Some(parent)) => parts.push(format!(
                    "FOREIGN KEY ({}) REFERENCES {parent} ({GLOBAL}) ON DELETE CASCADE",
                    column.name
                )),
                _ => {}
            }
        }
        let _ = writeln!(out, "CREATE TABLE {} ({});", table.name, parts.join(", "));
    }

    fn insert(&self, out: &mut String, table: &Table, side: Side) {
        let rows: Vec<String> = table
            .rows
            .iter()
            .filter(|row| lives(row, side))
            .map(|row| {
                let key = self.key_of(row.owner).literal();
                let values: Vec<String> = table
                    .columns
                    .iter()
                    .zip(&row.values)
                    .filter(|(c, _)| side != Side::Private || !table.extra.hidden || c.role != Role::Key)
                    .map(|(c, v)| {
                        if c.role == Role::Key && table.kind != Kind::Party {
                            key.clone()
                        } else {
                            v.literal_in(self.dialect)
                        }
                    })
                    .collect();
                format!("({})", values.join(", "))
            })
            .collect();
        if !rows.is_empty() {
            let _ = writeln!(
                out,
                "INSERT INTO {} VALUES\n  {};",
                table.name,
                rows.join(",\n  ")
            );
        }
    }

    fn key_of(&self, owner: Owner) -> Value {
        match owner {
            Owner::Shared => Value::Null,
            Owner::Subject => tenant_value(&self.subject),
            Owner::Neighbour { index, .. } => self.neighbours.get(index).map_or(Value::Null, tenant_value),
        }
    }

    fn type_name(&self, column: &Column) -> &'static str {
        match (column.ty, self.dialect) {
            (Ty::Int, _) => "BIGINT",
            // What is in a key has a length.
            (Ty::Text, Dialect::Mysql) => "VARCHAR(200)",
            (Ty::Text, Dialect::Sqlite | Dialect::Postgres) => "TEXT",
            (Ty::Real, Dialect::Sqlite) => "REAL",
            (Ty::Real, Dialect::Postgres | Dialect::Mysql) => "DOUBLE PRECISION",
            (Ty::Key, _) => "UUID",
        }
    }

    /// The catalogue as `tenancy.toml`.
    pub(crate) fn toml(&self) -> String {
        let ty = match self.key_type {
            KeyType::BigInt => "bigint",
            KeyType::Text => "text",
            KeyType::Uuid => "uuid",
        };
        let mut out = format!("[tenant]\nkey = \"{}\"\ntype = \"{ty}\"\n\n[tables]\n", self.key);
        let (views, tables): (Vec<&Table>, Vec<&Table>) =
            self.tables.iter().partition(|t| t.kind == Kind::View);
        for table in tables {
            let _ = writeln!(out, "{} = {}", table.name, self.entry(table));
        }
        out.push_str("\n[views]\n");
        for view in views {
            let _ = writeln!(out, "{} = {}", view.name, self.entry(view));
        }
        out
    }
}

impl Schema {
    /// A table's entry in the catalogue.
    fn entry(&self, table: &Table) -> String {
        let list = |names: Vec<&str>| format!("{names:?}");
        let columns = list(table.visible().map(|c| c.name.as_str()).collect());
        let key = format!(", key = \"{}\"", self.key);
        let kind = match (table.kind, &table.extra.view) {
            (Kind::Tenant, _) => format!("kind = \"tenant\"{key}"),
            (Kind::Mixed, _) => format!("kind = \"mixed\"{key}"),
            (Kind::Shared, _) => "kind = \"shared\"".to_owned(),
            (Kind::Denied, _) => "kind = \"denied\"".to_owned(),
            (Kind::Via, _) => {
                let parent = table.extra.parent.as_deref().unwrap_or_default();
                format!("kind = \"via\", parent = \"{parent}\", on = {{ {PARENT} = \"{GLOBAL}\" }}")
            }
            (Kind::Party, _) => {
                let (buyer, seller) = table.extra.rights.clone().unwrap_or_default();
                format!(
                    "kind = \"party\", parties = {{ buyer = {{ insert = true, delete = true, update = {buyer:?} }}, \
                     seller = {{ update = {seller:?} }} }}"
                )
            }
            (Kind::View, Some((sql, true))) => return format!("{{ sql = {sql:?} }}"),
            (Kind::View, _) => return format!("{{ kind = \"tenant\"{key}, columns = {columns} }}"),
        };
        let own = match table.kind {
            Kind::Via => Some(PARENT),
            _ => table.key(),
        };
        let global = table.columns.iter().filter(|c| c.role == Role::Global);
        let unique: Vec<String> = table
            .unique()
            .map(|u| list(own.into_iter().chain([u]).collect()))
            .chain(global.map(|c| list(vec![&c.name])))
            .collect();
        format!(
            "{{ {kind}, columns = {columns}, unique = [{}] }}",
            unique.join(", ")
        )
    }
}

fn lives(row: &Row, side: Side) -> bool {
    match (row.owner, side) {
        (Owner::Shared | Owner::Subject, _) => true,
        (Owner::Neighbour { first, .. }, Side::Shared) => first,
        (Owner::Neighbour { second, .. }, Side::Other) => second,
        (Owner::Neighbour { .. }, Side::Private) => false,
    }
}
