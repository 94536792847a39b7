//! A made-up schema as SQL and as `tenancy.toml`.

use std::fmt::Write as _;

use tenancy_core::KeyType;

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
            self.create(&mut out, table, side);
            self.insert(&mut out, table, side);
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
            .map(|t| format!("DROP TABLE IF EXISTS {} CASCADE;\n", t.name))
            .collect()
    }

    fn create(&self, out: &mut String, table: &Table, side: Side) {
        let mut parts: Vec<String> = table
            .columns
            .iter()
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
            let key = &self.key;
            parts.push(match (table.kind, side) {
                // A key that may be NULL cannot be in a primary key; shared rows have a name space of their own.
                (Kind::Mixed, _) => format!("UNIQUE ({key}, {unique})"),
                (Kind::Tenant, Side::Shared | Side::Other) if n == 0 => {
                    format!("PRIMARY KEY ({key}, {unique})")
                }
                (Kind::Tenant, Side::Shared | Side::Other) => format!("UNIQUE ({key}, {unique})"),
                (Kind::Tenant, Side::Private) | (Kind::Shared | Kind::Denied, _) => {
                    if n == 0 {
                        format!("PRIMARY KEY ({unique})")
                    } else {
                        format!("UNIQUE ({unique})")
                    }
                }
            });
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
                    .map(|(c, v)| {
                        if c.role == Role::Key {
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
        for table in &self.tables {
            let list = |names: Vec<&str>| format!("{names:?}");
            let columns = list(table.columns.iter().map(|c| c.name.as_str()).collect());
            let keyed = matches!(table.kind, Kind::Tenant | Kind::Mixed);
            let unique: Vec<String> = table
                .unique()
                .map(|u| {
                    list(if keyed {
                        vec![self.key.as_str(), u]
                    } else {
                        vec![u]
                    })
                })
                .collect();
            let kind = match table.kind {
                Kind::Tenant => "tenant",
                Kind::Mixed => "mixed",
                Kind::Shared => "shared",
                Kind::Denied => "denied",
            };
            let key = if keyed {
                format!(", key = \"{}\"", self.key)
            } else {
                String::new()
            };
            let _ = writeln!(
                out,
                "{} = {{ kind = \"{kind}\"{key}, columns = {columns}, unique = [{}] }}",
                table.name,
                unique.join(", ")
            );
        }
        out
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
