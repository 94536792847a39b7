//! WITH: plain, chained, recursive, and under the name of a table.

use super::query::Columns;
use super::tree::{Node, Sort, node};
use super::{Maker, Scope, Source};
use crate::Dialect;
use crate::schema::{Role, Ty};

impl Maker<'_> {
    /// WITH: plain, chained, recursive, and under the name of a table.
    pub(super) fn with(&mut self, depth: usize) -> Node {
        let less = (depth - 1).min(2);
        // MariaDB 10.11 falls over some recursive ones beside or inside of others, unscoped too.
        let recursive = self.dice.chance(25) && (!self.mysql() || self.ctes.is_empty());
        let shadows = self.dice.chance(35);
        let names: Vec<String> = (0..1 + self.dice.below(2))
            .map(|n| match self.schema.tables.get(self.dice.below(4)) {
                // MariaDB takes the outer one of two nested names where the inner WITH is not used, and reads a WITH that it uses
                // twice with the names of where it is used.
                Some(table) if shadows && n == 0 && (!self.mysql() || self.ctes.is_empty()) => {
                    table.name.clone()
                }
                _ => self.name("w"),
            })
            .collect();
        // SQLite sees all names of a WITH in all of its bodies, the others those before, or its own if recursive.
        let all_seen = recursive || self.dialect == Dialect::Sqlite;
        if all_seen {
            self.hidden.extend(names.iter().cloned());
        }
        let mut items = Vec::new();
        let mut made: Vec<Source> = Vec::new();
        for (n, name) in names.iter().enumerate() {
            let (node, source) = if recursive && n == 0 {
                self.recursive(name)
            } else {
                self.plain_cte(name, less)
            };
            items.push(node);
            if !all_seen {
                self.hidden.push(name.clone());
            }
            made.push(source.clone());
            self.ctes.push(source);
        }
        let word = if recursive { "WITH RECURSIVE " } else { "WITH " };
        Node::Optional(vec![
            word.into(),
            Node::List {
                items,
                sep: ", ",
                least: 1,
            },
            " ".into(),
        ])
    }

    fn plain_cte(&mut self, name: &str, depth: usize) -> (Node, Source) {
        let (query, columns) = self.query(None, &[], depth);
        let renamed = self.dice.chance(35);
        let columns: Columns = match renamed {
            true => columns
                .iter()
                .enumerate()
                .map(|(n, (_, t))| (format!("k{n}"), *t))
                .collect(),
            false => columns,
        };
        let list = match renamed {
            true => format!(
                " ({})",
                columns
                    .iter()
                    .map(|(n, _)| n.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            false => String::new(),
        };
        let how = match self.postgres() {
            true => self
                .dice
                .word(&[" AS (", " AS (", " AS MATERIALIZED (", " AS NOT MATERIALIZED ("]),
            false => " AS (",
        };
        let source = Source::new(name, columns.iter().map(|(n, t)| (n.as_str(), *t, Role::Plain)));
        (node![Sort::Fixed; name.to_owned(), list, how, query, ")"], source)
    }

    /// From row to row along a reference, at most three steps.
    fn recursive(&mut self, name: &str) -> (Node, Source) {
        let start = self.seed_rows();
        let columns = [("n", Ty::Int, Role::Ref), ("k", Ty::Int, Role::Plain)];
        let source = Source::new(name, columns);
        let (from, next) = self.one_table();
        let scope = Scope::of(&next, &[]);
        let step = self
            .column(&scope, |c| c.role == Role::Ref)
            .unwrap_or_else(|| node![Sort::Fixed; "r.n"]);
        let on = self
            .column(&scope, |c| c.role == Role::Id)
            .unwrap_or_else(|| node![Sort::Fixed; "r.n"]);
        let condition = self.cond(&scope, 0);
        let more = Node::Optional(vec![" AND ".into(), condition]);
        let union = self.dice.word(&[" UNION ", " UNION ALL "]);
        let node = node![Sort::Fixed;
            name.to_owned(), " (n, k) AS (", start, union, "SELECT ", step, ", r.k + 1 FROM ",
            name.to_owned(), " AS r JOIN ", from, " ON ", on, " = r.n WHERE r.k < 3", more, ")"
        ];
        (node, source)
    }

    fn seed_rows(&mut self) -> Node {
        let (from, sources) = self.one_table();
        let scope = Scope::of(&sources, &[]);
        let id = self
            .column(&scope, |c| c.role == Role::Id)
            .unwrap_or_else(|| Node::from("1"));
        let condition = self.filter(&scope, 1);
        let ty = self.cast_type(Ty::Int);
        node![Sort::Fixed; "SELECT CAST(", id, " AS ", ty, "), CAST(0 AS ", ty, ") FROM ", from, condition]
    }

    /// A table alone, under a new name.
    fn one_table(&mut self) -> (Node, Vec<Source>) {
        let alias = self.name("t");
        match self.readable() {
            Some(table) => {
                let written = self.written(table);
                (
                    node![Sort::Fixed; written, " AS ", alias.clone()],
                    vec![Source::of(table, &alias)],
                )
            }
            None => (node![Sort::Fixed; "(SELECT 1 AS id) AS ", alias], Vec::new()),
        }
    }
}
