//! The schemas that are made up: tables of every kind, and rows of three tenants that collide and are marked.

mod data;
mod ddl;
mod kinds;
mod triggers;

use tenancy_core::{KeyType, TenantId};

use crate::dice::Dice;
use crate::oracle::{Markers, Watched};
use crate::{Dialect, Value};

pub(crate) use ddl::Side;
pub(crate) use kinds::{Extra, PARENT};
pub(crate) use triggers::skip;

/// The type of a column or expression. A key of a type without arithmetic is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ty {
    Int,
    Text,
    Real,
    Key,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Whose the row is.
    Key,
    /// Unique within a tenant.
    Id,
    /// Some row's id, to join on.
    Ref,
    /// Nothing special.
    Plain,
    /// Never zero in the subject's rows, often in the neighbours': a division must not meet those.
    Divisor,
    /// Text that is a number in the subject's rows only: a cast must not meet the others.
    Numeral,
    /// A second unique text.
    Code,
    /// Unique for all tenants together.
    Global,
    /// A child's parent.
    Parent,
    /// The other party.
    Partner,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) nullable: bool,
    pub(crate) role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Tenant,
    Mixed,
    Shared,
    Denied,
    Via,
    Party,
    View,
}

/// Whose a row is. A neighbour's row may live in both worlds or in one, see [`crate::NonInterference`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Shared,
    Subject,
    Neighbour { index: usize, first: bool, second: bool },
}

#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) owner: Owner,
    /// One value a column; the key's place is filled from the owner.
    pub(crate) values: Vec<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
    pub(crate) extra: Extra,
}

impl Table {
    /// The columns that make a row unique for its tenant, one list a unique key.
    pub(crate) fn unique(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|c| matches!(c.role, Role::Id | Role::Code))
            .map(|c| c.name.as_str())
    }
}

/// A made-up schema, with its data and the tenant that asks.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) dialect: Dialect,
    pub(crate) key: String,
    pub(crate) key_type: KeyType,
    pub(crate) subject: TenantId,
    pub(crate) neighbours: Vec<TenantId>,
    pub(crate) tables: Vec<Table>,
}

/// Where the neighbours' marked integers begin; the n-th neighbour's follow at a distance.
const FAR: i64 = 7_200_000_000_000_000;
const SPAN: i64 = 1_000_000;

impl Schema {
    /// A schema made up by chance.
    pub(crate) fn generate(dialect: Dialect, dice: &mut Dice) -> Schema {
        let key_types: &[KeyType] = match dialect {
            Dialect::Sqlite => &[KeyType::BigInt, KeyType::BigInt, KeyType::Text],
            Dialect::Postgres | Dialect::Mysql => {
                &[KeyType::BigInt, KeyType::BigInt, KeyType::Text, KeyType::Uuid]
            }
        };
        let key_type = dice.choose(key_types).copied().unwrap_or(KeyType::BigInt);
        let key = dice.word(&["tid", "store_id", "tenant_id"]).to_owned();
        let (subject, neighbours) = data::tenants(key_type, dice);
        let mut schema = Schema {
            dialect,
            key,
            key_type,
            subject,
            neighbours,
            tables: Vec::new(),
        };
        let tables = [
            ("items", Kind::Tenant),
            ("orders", Kind::Tenant),
            ("pages", Kind::Mixed),
            ("brands", Kind::Shared),
            ("secrets", Kind::Denied),
            ("notes", Kind::Tenant),
        ];
        for (name, kind) in tables.into_iter().take(5 + dice.below(2)) {
            let columns = schema.columns(kind, dice);
            let mut table = Table {
                name: name.to_owned(),
                kind,
                columns,
                rows: Vec::new(),
                extra: Extra::default(),
            };
            data::fill(&mut table, dice);
            schema.tables.push(table);
        }
        schema.add_kinds(dice);
        schema
    }

    fn columns(&self, kind: Kind, dice: &mut Dice) -> Vec<Column> {
        let column = |name: &str, ty, nullable, role| Column {
            name: name.to_owned(),
            ty,
            nullable,
            role,
        };
        let mut all = vec![column("id", Ty::Int, false, Role::Id)];
        let optional = [
            column("ref_id", Ty::Int, true, Role::Ref),
            column("n1", Ty::Int, false, Role::Plain),
            column("n2", Ty::Int, true, Role::Plain),
            column("s1", Ty::Text, false, Role::Plain),
            column("s2", Ty::Text, true, Role::Plain),
            column("r1", Ty::Real, true, Role::Plain),
            column("d1", Ty::Int, false, Role::Divisor),
            column("v1", Ty::Text, false, Role::Numeral),
        ];
        all.extend(optional.into_iter().filter(|_| dice.chance(65)));
        if dice.chance(50) {
            all.push(column("code", Ty::Text, false, Role::Code));
        }
        if matches!(kind, Kind::Tenant | Kind::Mixed) {
            let ty = match self.key_type {
                KeyType::BigInt => Ty::Int,
                KeyType::Text => Ty::Text,
                KeyType::Uuid => Ty::Key,
            };
            let place = dice.below(all.len() + 1);
            all.insert(place, column(&self.key, ty, kind == Kind::Mixed, Role::Key));
        }
        all
    }

    /// The signs of the neighbours' values.
    pub(crate) fn markers(&self) -> Markers {
        let last = i64::try_from(self.neighbours.len()).unwrap_or(0) + 1;
        Markers {
            texts: (1..=self.neighbours.len()).map(|n| format!("zz{n}_")).collect(),
            ints: vec![std::ops::Range {
                start: FAR,
                end: FAR + last * SPAN,
            }],
        }
    }

    /// The tables whose contents are compared, as SQL names.
    pub(crate) fn watched(&self, side: Side) -> Vec<Watched> {
        self.tables
            .iter()
            .filter(|t| t.kind != Kind::View)
            .map(|t| Watched {
                name: t.name.clone(),
                owner: self.owner(t, "tenancy_t", side),
                left_out: t.key().filter(|_| t.extra.hidden).map(str::to_owned),
                generated: Vec::new(),
            })
            .collect()
    }

    /// The schema without one of a table's rows.
    pub(crate) fn without_row(&self, table: usize, row: usize) -> Schema {
        let mut less = self.clone();
        if let Some(table) = less.tables.get_mut(table).filter(|t| row < t.rows.len()) {
            table.rows.remove(row);
        }
        less
    }

    /// The schema without one of its tables.
    pub(crate) fn without_table(&self, table: usize) -> Schema {
        let mut less = self.clone();
        if table < less.tables.len() {
            less.tables.remove(table);
        }
        less
    }
}
