//! Writes in more than one part (PostgreSQL): inside a WITH, and MERGE.

use super::tree::{Node, Sort, node};
use super::{Maker, Scope, Source};
use crate::schema::{Kind, Role, Table, Ty};

impl<'a> Maker<'a> {
    pub(super) fn compound(&mut self) -> Node {
        if self.dice.chance(50) {
            return self.write_in_with();
        }
        match self.merge() {
            Some(merge) => merge,
            None => self.write_in_with(),
        }
    }

    /// A write with a name, and a statement that may read what it returned.
    fn write_in_with(&mut self) -> Node {
        let (Some(table), Some(other)) = (self.target(), self.target()) else {
            return self.top();
        };
        let name = self.name("w");
        let write = self.returning_id(table);
        let source = Source::new(&name, [("id", Ty::Int, Role::Id)]);
        if table.name != other.name && self.dice.chance(35) {
            // Two writes, in two tables: which of two in one table comes first, nobody says.
            let target = self.written(other);
            let which = self.dice.word(&[" IN (SELECT ", " NOT IN (SELECT "]);
            let last = match self.dice.below(2) {
                0 => node![Sort::Fixed; "DELETE FROM ", target],
                _ => node![Sort::Fixed; "UPDATE ", target, " SET id = id + 1000"],
            };
            return node![Sort::Fixed;
                "WITH ", name.clone(), " AS (", write, ") ", last, " WHERE id", which, "w.id FROM ", name, " AS w)"];
        }
        // What the query reads of the table is what was there before.
        self.ctes.push(source);
        let (query, _) = self.query(None, &[], 1);
        self.ctes.pop();
        let joined = self.dice.chance(50);
        if joined {
            return node![Sort::Fixed;
                "WITH ", name.clone(), " AS (", write, ") SELECT q.*, (SELECT COUNT(*) FROM ", name, ") AS n FROM (", query, ") AS q"];
        }
        node![Sort::Fixed;
            "WITH ", name.clone(), " AS (", write, ") SELECT w.id FROM ", name, " AS w WHERE EXISTS (", query, ") OR w.id > 0"]
    }

    /// An INSERT, UPDATE or DELETE that returns the ids.
    fn returning_id(&mut self, table: &Table) -> Node {
        let own = Source::of(table, &table.name);
        let scope = Scope::of(&[own], &[]);
        match self.dice.below(3) {
            0 => {
                let rows = self.insert_rows(table, false);
                node![Sort::Fixed; "INSERT INTO ", rows, " RETURNING id"]
            }
            1 => {
                let set = self.assignments(table, &scope);
                let condition = self.filter(&scope, 1);
                let written = self.written(table);
                node![Sort::Fixed; "UPDATE ", written, " SET ", set, condition, " RETURNING id"]
            }
            _ => {
                let condition = self.filter(&scope, 1);
                let written = self.written(table);
                node![Sort::Fixed; "DELETE FROM ", written, condition, " RETURNING id"]
            }
        }
    }

    /// `MERGE INTO t USING s ON t.x = s.id WHEN …`
    fn merge(&mut self) -> Option<Node> {
        let schema: &'a crate::schema::Schema = self.schema;
        let all: Vec<&Table> = schema.tables.iter().filter(|t| t.kind == Kind::Tenant).collect();
        let table = self.dice.choose(&all).copied()?;
        let beside = self.beside(table)?;
        let alias = self.name("m");
        let written = self.written(table);
        let own = Source::of(table, &alias);
        let target = Scope::of(std::slice::from_ref(&own), &[]);
        let source = Scope::of(std::slice::from_ref(&beside.source), &[]);
        let both = Scope::of(&[own, beside.source.clone()], &[]);
        let joined = self.column(&target, |c| matches!(c.role, Role::Ref | Role::Id))?;
        let mut arms = Vec::new();
        if self.dice.chance(70) {
            let condition = self.arm_condition(&both);
            let set = self.assignments(table, &both);
            arms.push(node![Sort::Fixed; " WHEN MATCHED", condition, " THEN UPDATE SET ", set]);
        }
        if self.dice.chance(40) {
            let condition = self.arm_condition(&both);
            let what = self.dice.word(&["DELETE", "DO NOTHING"]);
            arms.push(node![Sort::Fixed; " WHEN MATCHED", condition, " THEN ", what]);
        }
        if arms.is_empty() || self.dice.chance(60) {
            let condition = self.arm_condition(&source);
            let columns: Vec<&crate::schema::Column> =
                table.columns.iter().filter(|c| c.role != Role::Key).collect();
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            let unique = &beside.unique;
            let items = columns
                .iter()
                .map(|c| match c.role {
                    Role::Id => node![Sort::Fixed; format!("{unique} + 40")],
                    Role::Code => node![Sort::Fixed; format!("'k' || CAST({unique} + 40 AS TEXT)")],
                    Role::Divisor => node![Sort::Fixed; "3"],
                    Role::Numeral => node![Sort::Fixed; "'6'"],
                    Role::Global => node![Sort::Fixed; format!("{unique} + 1040")],
                    Role::Ref | Role::Plain | Role::Key | Role::Parent | Role::Partner => {
                        self.set_value(table, c, &source, 1)
                    }
                })
                .collect();
            let items = Node::List {
                items,
                sep: ", ",
                least: columns.len(),
            };
            arms.push(node![Sort::Fixed;
                " WHEN NOT MATCHED", condition, " THEN INSERT (", names.join(", "), ") VALUES (", items, ")"]);
        }
        let arms = Node::List {
            items: arms,
            sep: "",
            least: 1,
        };
        Some(node![Sort::Fixed;
            "MERGE INTO ", written, " AS ", alias, " USING ", beside.node, " ON ", joined, " = ", beside.unique, arms])
    }

    fn arm_condition(&mut self, scope: &Scope) -> Node {
        if !self.dice.chance(45) {
            return Node::Optional(Vec::new());
        }
        let condition = self.cond(scope, 1);
        Node::Optional(vec![" AND ".into(), condition])
    }
}
