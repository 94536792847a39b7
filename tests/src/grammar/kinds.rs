//! What writes to children and to party tables are made of.

use super::Maker;
use super::tree::{Node, Sort, node};
use crate::Value;
use crate::schema::{Column, Table, Ty};

impl Maker<'_> {
    /// A parent for a child: most of the time one of the subject's own, else a neighbour's, a shared one, or none at all.
    pub(super) fn parent(&mut self, child: &Table) -> Node {
        let (own, all) = self.schema.parent_ids(child);
        let ids = if self.dice.chance(70) { &own } else { &all };
        let id = self.dice.choose(ids).copied().unwrap_or(9_999);
        match (self.dice.below(5), &child.extra.parent) {
            (0, Some(parent)) => node![Sort::Fixed; format!("(SELECT MIN(x.gid) FROM {parent} AS x)")],
            (1, _) => node![Sort::Fixed; format!("{} + {}", id - 1, 1)],
            (2 | 3, _) => Node::Bind(Value::Int(id)),
            _ => node![Sort::Fixed; id.to_string()],
        }
    }

    /// Anybody's id, as the other party.
    pub(super) fn partner(&mut self, column: &Column) -> Node {
        let ids: Vec<String> = std::iter::once(&self.schema.subject)
            .chain(&self.schema.neighbours)
            .map(|id| crate::engine::tenant_value(id).literal())
            .collect();
        let id = self.dice.choose(&ids).cloned().unwrap_or_default();
        match column.ty {
            Ty::Key => node![Sort::Fixed; "CAST(", id, " AS UUID)"],
            Ty::Int | Ty::Text | Ty::Real => node![Sort::Fixed; id],
        }
    }

    /// The condition that the subject is a party which may change these columns of a row, or delete it where there are none.
    pub(super) fn is_writers(&self, table: &Table, name: &str, assigned: &[String]) -> String {
        let (buyer, seller) = table.extra.rights.clone().unwrap_or_default();
        let own = self.subject_key();
        let may = |rights: &[String]| assigned.iter().all(|column| rights.contains(column));
        let is = |party: &str| format!("{name}.{party} = {own}");
        match (may(&buyer), !assigned.is_empty() && may(&seller)) {
            (true, true) => format!("{} OR {}", is("buyer"), is("seller")),
            (true, false) => is("buyer"),
            (false, true) => is("seller"),
            (false, false) => "1 = 0".to_owned(),
        }
    }

    /// The columns that one of the parties may change, chosen by chance; an upsert is the buyer's. `None` of a table
    /// without parties.
    pub(super) fn may_change(&mut self, table: &Table, upsert: bool) -> Option<Vec<String>> {
        let (buyer, seller) = table.extra.rights.clone()?;
        let any = seller.is_empty() || upsert || self.dice.chance(50);
        Some(if any { buyer } else { seller })
    }
}
