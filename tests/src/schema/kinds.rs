//! Children, parties and views among the made-up tables.

use tenancy_core::KeyType;

use super::{Column, Kind, Owner, Role, Row, Schema, Side, Table, Ty};
use crate::dice::Dice;
use crate::engine::tenant_value;
use crate::{Dialect, Value};

/// What the kinds of table need beyond columns and rows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    /// The table of a child's parent.
    pub(crate) parent: Option<String>,
    /// The columns that the buyer may change, and those that the seller may.
    pub(crate) rights: Option<(Vec<String>, Vec<String>)>,
    /// A view's query, and whether the catalogue has it.
    pub(crate) view: Option<(String, bool)>,
    /// Whether statements do not see the key.
    pub(crate) hidden: bool,
}

/// The name of a column that is unique for all tenants together, for children to refer to.
pub(crate) const GLOBAL: &str = "gid";
/// A child's foreign key.
pub(crate) const PARENT: &str = "gid_ref";

fn column(name: &str, ty: Ty, role: Role) -> Column {
    Column {
        name: name.to_owned(),
        ty,
        nullable: false,
        role,
    }
}

impl Table {
    /// The columns that a statement sees.
    pub(crate) fn visible(&self) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(|c| !(self.extra.hidden && c.role == Role::Key))
    }

    /// The column that the engine forces in new rows.
    pub(crate) fn key(&self) -> Option<&str> {
        let key = self.columns.iter().find(|c| c.role == Role::Key);
        key.map(|c| c.name.as_str())
    }
}

impl Schema {
    /// Adds children, a party table and views, and hides a key.
    pub(super) fn add_kinds(&mut self, dice: &mut Dice) {
        if let Some(orders) = self.table_mut("orders") {
            orders.extra.hidden = dice.chance(50);
        }
        // On MariaDB no trigger could keep a private database's tenant from the shared rows of a child.
        let mysql = self.dialect == Dialect::Mysql;
        let parent = dice.word(match mysql {
            true => &["items", "orders"],
            false => &["items", "orders", "pages"],
        });
        self.add_child("entries", parent, dice);
        if dice.chance(50) {
            self.add_child("parts", "entries", dice);
        }
        if self.neighbours_are_plain() {
            self.add_party(dice);
        }
        self.add_views(dice);
    }

    fn table_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|t| t.name == name)
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }

    /// Whether the neighbours' ids carry no marker: a party sees who the other one is.
    fn neighbours_are_plain(&self) -> bool {
        let markers = self.markers();
        self.neighbours
            .iter()
            .all(|id| markers.in_value(&tenant_value(id)).is_none())
    }

    fn add_child(&mut self, name: &str, parent: &str, dice: &mut Dice) {
        let Some(table) = self.table_mut(parent) else {
            return;
        };
        if !table.columns.iter().any(|c| c.role == Role::Global) {
            table.columns.push(column(GLOBAL, Ty::Int, Role::Global));
            let mut next = [0, 100, 200, 400];
            for row in &mut table.rows {
                let group = match row.owner {
                    Owner::Subject => 0,
                    Owner::Neighbour { index, .. } => 1 + index.min(1),
                    Owner::Shared => 3,
                };
                if let Some(next) = next.get_mut(group) {
                    *next += 1;
                    row.values.push(Value::Int(*next));
                }
            }
        }
        let at = table.columns.iter().position(|c| c.role == Role::Global);
        let parents: Vec<(Owner, Value)> = table
            .rows
            .iter()
            .filter_map(|row| Some((row.owner, row.values.get(at?)?.clone())))
            .collect();
        let mut columns = self.columns(Kind::Via, dice);
        columns.retain(|c| c.role != Role::Code);
        let place = dice.below(columns.len() + 1);
        columns.insert(place, column(PARENT, Ty::Int, Role::Parent));
        let mut child = Table {
            name: name.to_owned(),
            kind: Kind::Via,
            columns,
            rows: Vec::new(),
            extra: Extra {
                parent: Some(parent.to_owned()),
                ..Extra::default()
            },
        };
        super::data::fill(&mut child, dice);
        child.rows.retain_mut(|row| {
            let own: Vec<&Value> = parents
                .iter()
                .filter(|(owner, _)| *owner == row.owner)
                .map(|(_, gid)| gid)
                .collect();
            let chosen = dice.choose(&own).map(|gid| (*gid).clone());
            match (row.values.get_mut(place), chosen) {
                (Some(slot), Some(gid)) => {
                    *slot = gid;
                    true
                }
                _ => false,
            }
        });
        self.tables.push(child);
    }

    fn add_party(&mut self, dice: &mut Dice) {
        let ty = match self.key_type {
            KeyType::BigInt => Ty::Int,
            KeyType::Text => Ty::Text,
            KeyType::Uuid => Ty::Key,
        };
        let mut columns = self.columns(Kind::Party, dice);
        columns.retain(|c| c.role != Role::Code);
        columns.insert(0, column("buyer", ty, Role::Key));
        columns.push(column("seller", ty, Role::Partner));
        let mut rights = (vec!["id".to_owned()], Vec::new());
        for column in columns.iter().filter(|c| c.role == Role::Plain) {
            let (buyer, seller) = match dice.below(3) {
                0 => (true, false),
                1 => (false, true),
                _ => (true, true),
            };
            rights.0.extend(buyer.then(|| column.name.clone()));
            rights.1.extend(seller.then(|| column.name.clone()));
        }
        let mut deals = Table {
            name: "deals".to_owned(),
            kind: Kind::Party,
            columns,
            rows: Vec::new(),
            extra: Extra {
                rights: Some(rights),
                ..Extra::default()
            },
        };
        super::data::fill(&mut deals, dice);
        let ids: Vec<Value> = std::iter::once(&self.subject)
            .chain(&self.neighbours)
            .map(tenant_value)
            .collect();
        let id = deals.columns.iter().position(|c| c.role == Role::Id);
        for row in &mut deals.rows {
            let (buyer, seller, shift) = match row.owner {
                Owner::Subject if dice.chance(50) => (0, dice.below(3), 0),
                // Apart from the rows that the buyer has by itself.
                Owner::Subject => (1 + dice.below(2), 0, 40),
                Owner::Neighbour { index, .. } => (1 + index, 1 + dice.below(2), 0),
                Owner::Shared => (0, 0, 0),
            };
            if let (Some(Value::Int(id)), true) = (id.and_then(|id| row.values.get_mut(id)), shift > 0) {
                *id += shift;
            }
            if let (Some(slot), Some(value)) = (row.values.first_mut(), ids.get(buyer)) {
                *slot = value.clone();
            }
            if let (Some(slot), Some(value)) = (row.values.last_mut(), ids.get(seller)) {
                *slot = value.clone();
            }
        }
        self.tables.push(deals);
    }

    fn add_views(&mut self, dice: &mut Dice) {
        let view = |name: &str, columns, sql: String, body| Table {
            name: name.to_owned(),
            kind: Kind::View,
            columns,
            rows: Vec::new(),
            extra: Extra {
                view: Some((sql, body)),
                ..Extra::default()
            },
        };
        let mut made = Vec::new();
        if let Some(items) = self.table("items") {
            made.push(view(
                "every_item",
                items.columns.clone(),
                "SELECT * FROM items".to_owned(),
                false,
            ));
        }
        let sources: Vec<&Table> = self
            .tables
            .iter()
            .filter(|t| !matches!(t.kind, Kind::Denied | Kind::Party))
            .collect();
        if let Some(source) = dice.choose(&sources) {
            let columns: Vec<Column> = source
                .visible()
                .filter(|c| c.role != Role::Key)
                .cloned()
                .collect();
            let names: Vec<String> = columns.iter().map(|c| format!("a.{}", c.name)).collect();
            let kinds = if self.dialect == Dialect::Mysql { 1 } else { 3 };
            let sql = match dice.below(kinds) {
                0 => format!(
                    "SELECT {} FROM {} a WHERE a.id > 1",
                    names.join(", "),
                    source.name
                ),
                1 => format!(
                    "WITH b AS (SELECT id FROM brands), items AS (SELECT 1 AS id) SELECT {} FROM {} a \
                     WHERE a.id IN (SELECT b.id FROM b) OR a.id IN (SELECT id FROM items)",
                    names.join(", "),
                    if source.name == "items" {
                        self.qualified("items")
                    } else {
                        source.name.clone()
                    },
                ),
                _ => format!(
                    "SELECT {} FROM {} a WHERE EXISTS (SELECT 1 FROM notes_or_items n WHERE n.id = a.id)",
                    names.join(", "),
                    source.name
                )
                .replace("notes_or_items", "items"),
            };
            made.push(view("recent", columns, sql, true));
        }
        self.tables.extend(made);
    }

    fn qualified(&self, table: &str) -> String {
        match self.dialect {
            Dialect::Postgres => format!("public.{table}"),
            Dialect::Sqlite => format!("main.{table}"),
            // There a view sees no CTE but its own either; the one of the name is left out.
            Dialect::Mysql => table.to_owned(),
        }
    }

    /// A table, and the views that read it, by a view in between or not.
    pub(crate) fn readers(&self, table: &str) -> Vec<String> {
        let mut all = vec![table.to_owned()];
        loop {
            let next = self.tables.iter().find(|view| {
                let body = view.extra.view.as_ref().map_or("", |(sql, _)| sql.as_str());
                let mut words = body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                !all.contains(&view.name) && words.any(|word| all.iter().any(|name| name == word))
            });
            match next {
                Some(view) => all.push(view.name.clone()),
                None => return all,
            }
        }
    }

    /// An expression for the owner of a row of `table`, known as `alias`; NULL for a shared one.
    pub(super) fn owner(&self, table: &Table, alias: &str, side: Side) -> Option<String> {
        let literal = tenant_value(&self.subject).literal();
        let subject = match self.key_type {
            KeyType::Uuid => format!("CAST({literal} AS UUID)"),
            KeyType::BigInt | KeyType::Text => literal,
        };
        match table.kind {
            Kind::Shared | Kind::Denied | Kind::View => None,
            Kind::Tenant if table.extra.hidden && side == Side::Private => Some(subject),
            Kind::Tenant | Kind::Mixed => table.key().map(|key| format!("{alias}.{key}")),
            Kind::Party => Some(format!(
                "CASE WHEN {alias}.seller = {subject} THEN {alias}.seller ELSE {alias}.buyer END"
            )),
            Kind::Via => {
                let parent = self.table(table.extra.parent.as_deref()?)?;
                let inner = format!("{alias}p");
                let owner = self.owner(parent, &inner, side)?;
                Some(format!(
                    "(SELECT {owner} FROM {} AS {inner} WHERE {inner}.{GLOBAL} = {alias}.{PARENT})",
                    parent.name
                ))
            }
        }
    }

    /// The table at the end of a child's line of parents.
    pub(super) fn root<'t>(&'t self, table: &'t Table) -> Option<&'t Table> {
        match &table.extra.parent {
            Some(parent) => self.root(self.table(parent)?),
            None => Some(table),
        }
    }

    pub(super) fn parent_name(&self, table: &str) -> String {
        let parent = self.table(table).and_then(|t| t.extra.parent.clone());
        parent.unwrap_or_default()
    }

    /// The ids that parents of a child have: the subject's own, and everybody's.
    pub(crate) fn parent_ids(&self, child: &Table) -> (Vec<i64>, Vec<i64>) {
        let parent = child.extra.parent.as_deref().and_then(|name| self.table(name));
        let Some(parent) = parent else {
            return (Vec::new(), Vec::new());
        };
        let at = parent.columns.iter().position(|c| c.role == Role::Global);
        let id = |row: &Row| match at.and_then(|at| row.values.get(at)) {
            Some(Value::Int(id)) => Some(*id),
            _ => None,
        };
        let own = parent.rows.iter().filter(|row| row.owner == Owner::Subject);
        (
            own.filter_map(id).collect(),
            parent.rows.iter().filter_map(id).collect(),
        )
    }
}
