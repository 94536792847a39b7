//! What a write assigns, and what it returns.

use super::tree::{Node, Sort, node};
use super::{Col, Emphasis, Maker, Scope};
use crate::schema::{Column, Role, Table, Ty};

impl Maker<'_> {
    /// A value of the column's type that it can always hold.
    pub(super) fn set_value(&mut self, table: &Table, column: &Column, scope: &Scope, depth: usize) -> Node {
        let query = column.ty != Ty::Key && self.wants_query();
        let value = self.row_by_row(table, |maker| match query {
            true => maker.scalar(column.ty, scope, depth.min(1)),
            false => maker.expr(column.ty, scope, depth),
        });
        if column.nullable {
            return value;
        }
        let or = match column.ty {
            Ty::Int | Ty::Key => ", 1)",
            Ty::Text => ", 'none')",
            Ty::Real => ", 0.5)",
        };
        node![Sort::Expr(column.ty); "COALESCE(", value, or]
    }

    /// `a = …, b = …` over columns that are not unique; at least one.
    pub(super) fn assignments(&mut self, table: &Table, scope: &Scope) -> Node {
        self.named_assignments(table, scope).0
    }

    /// The same, and the columns.
    pub(super) fn named_assignments(&mut self, table: &Table, scope: &Scope) -> (Node, Vec<String>) {
        let mut pairs: Vec<(&Column, Node)> = Vec::new();
        let upsert = scope
            .own
            .iter()
            .any(|c| c.text.starts_with("excluded.") || c.text.starts_with("VALUES("));
        let may = self.may_change(table, upsert);
        for column in table
            .columns
            .iter()
            .filter(|c| {
                !matches!(
                    c.role,
                    Role::Id | Role::Key | Role::Code | Role::Global | Role::Partner
                )
            })
            .filter(|c| may.as_ref().is_none_or(|may| may.contains(&c.name)))
        {
            // MariaDB assigns from left to right, or all at once, as its plan has it: there one is enough.
            if !self.dice.chance(40) || self.mysql() && !pairs.is_empty() {
                continue;
            }
            let value = match column.role {
                Role::Divisor => node![Sort::Fixed; "4"],
                Role::Numeral => node![Sort::Fixed; "'7'"],
                Role::Parent if upsert && !self.mysql() && self.dice.chance(50) => {
                    node![Sort::Fixed; "excluded.gid_ref"]
                }
                Role::Parent => self.parent(table),
                Role::Ref
                | Role::Plain
                | Role::Id
                | Role::Key
                | Role::Code
                | Role::Global
                | Role::Partner => self.set_value(table, column, scope, 2),
            };
            pairs.push((column, value));
        }
        let mut assigned: Vec<String> = pairs.iter().map(|(column, _)| column.name.clone()).collect();
        // Several at once, in a row; a parent is looked up for itself.
        let row = !self.mysql() && pairs.len() > 1 && pairs.iter().all(|(c, _)| c.role != Role::Parent);
        if row && self.dice.chance(20) {
            let names: Vec<&str> = pairs.iter().map(|(c, _)| c.name.as_str()).collect();
            let names = format!("({}) = (", names.join(", "));
            let least = pairs.len();
            let values = pairs.into_iter().map(|(_, value)| value).collect();
            let row = node![Sort::Fixed; names, Node::List { items: values, sep: ", ", least }, ")"];
            return (row, assigned);
        }
        let mut items: Vec<Node> = pairs
            .into_iter()
            .map(|(column, value)| node![Sort::Fixed; column.name.clone(), " = ", value])
            .collect();
        if items.is_empty() {
            // The id by far more than there are rows, so that no order of rows makes two meet.
            let given = |sign: &str| scope.own.iter().any(|c| c.text.starts_with(sign));
            let id = match (given("excluded."), given("VALUES(")) {
                (true, _) => "excluded.id",
                (_, true) => "VALUES(id)",
                (false, false) => "id",
            };
            items.push(node![Sort::Fixed; format!("id = {id} + 1000")]);
            assigned.push("id".to_owned());
        }
        let list = Node::List {
            items,
            sep: ", ",
            least: 1,
        };
        (list, assigned)
    }

    /// RETURNING of the target's columns and of expressions over them.
    pub(super) fn returning(&mut self, table: &Table, name: &str) -> Node {
        let often = self.stresses(Emphasis::Values);
        if !self.dice.chance(if often { 90 } else { 45 }) {
            return Node::Optional(Vec::new());
        }
        if self.dice.chance(if often { 5 } else { 25 }) {
            return Node::Optional(vec![" RETURNING *".into()]);
        }
        // SQLite knows the target in RETURNING by bare names only.
        let cols: Vec<Col> = table
            .visible()
            .map(|c| Col {
                text: if self.postgres() {
                    format!("{name}.{}", c.name)
                } else {
                    c.name.clone()
                },
                name: c.name.clone(),
                ty: c.ty,
                role: c.role,
            })
            .collect();
        let scope = Scope {
            own: cols,
            outer: Vec::new(),
        };
        let depth = usize::from(self.dice.chance(40));
        let query = self.wants_query();
        let value = self.row_by_row(table, |maker| {
            let scope = if maker.postgres() {
                scope.clone()
            } else {
                Scope::default()
            };
            match query {
                true => maker.scalar(Ty::Int, &scope, 0),
                false => maker.expr(Ty::Int, &scope, depth),
            }
        });
        let column = self
            .dice
            .choose(&scope.own)
            .map_or_else(|| "id".to_owned(), |c| c.text.clone());
        Node::Optional(vec![
            " RETURNING ".into(),
            column.into(),
            ", ".into(),
            value,
            " AS extra".into(),
        ])
    }
}
