//! FROM: tables, CTEs, derived tables and VALUES, joined in every way.

use super::tree::{Node, Sort, node};
use super::{Col, Maker, Scope, Source};
use crate::Dialect;
use crate::schema::{Role, Table, Ty};

/// An item of FROM, and what it brings. `single` is one that was not joined from others.
struct Item {
    node: Node,
    sources: Vec<Source>,
    single: bool,
}

impl Maker<'_> {
    /// The items of a FROM clause of at most `most` sources, and those sources.
    pub(super) fn from(&mut self, outer: &[Col], depth: usize, most: usize) -> (Node, Vec<Source>) {
        let wanted = 1 + self.dice.weighted(&[45, 32, 16, 7]).min(most.saturating_sub(1));
        let mut item = self.leaf(outer, depth);
        let mut lists: Vec<Item> = Vec::new();
        let mut made = 1;
        while made < wanted {
            made += 1;
            if self.dice.chance(12) {
                let next = self.leaf(outer, depth);
                lists.push(std::mem::replace(&mut item, next));
                continue;
            }
            if self.postgres() && self.dice.chance(12) {
                item = self.lateral(item, outer, depth);
                continue;
            }
            let right = if wanted - made >= 1 && self.dice.chance(45) {
                made += 1;
                let (a, b) = (self.leaf(outer, depth), self.leaf(outer, depth));
                let joined = self.join(a, b, outer, depth);
                Item {
                    node: node![Sort::From; "(", joined.node, ")"],
                    ..joined
                }
            } else {
                self.leaf(outer, depth)
            };
            item = self.join(item, right, outer, depth);
        }
        lists.push(item);
        let sources = lists.iter().flat_map(|i| i.sources.iter().cloned()).collect();
        let items = lists.into_iter().map(|i| i.node).collect();
        (
            Node::List {
                items,
                sep: ", ",
                least: 1,
            },
            sources,
        )
    }

    fn leaf(&mut self, outer: &[Col], depth: usize) -> Item {
        let deep = usize::from(depth > 0);
        let cte = usize::from(!self.ctes.is_empty());
        let (node, source) = match self.dice.weighted(&[28, 20 * cte, 8 * deep, 2, 1]) {
            4 => self.function_item(),
            1 => self.cte_item(),
            2 => {
                // MariaDB's derived tables see nothing around them.
                let outer = if self.dice.chance(15) && !self.mysql() {
                    outer
                } else {
                    &[]
                };
                let (query, cols) = self.query(None, outer, depth - 1);
                let alias = self.name("d");
                let source = Source::new(&alias, cols.iter().map(|(n, t)| (n.as_str(), *t, Role::Plain)));
                (node![Sort::From; "(", query, ") AS ", alias], source)
            }
            3 => self.values_item(),
            _ => self.table_item(),
        };
        Item {
            node,
            sources: vec![source],
            single: true,
        }
    }

    /// A table, under its own name or another, written in one of the ways that mean the same.
    fn table_item(&mut self) -> (Node, Source) {
        let Some(table) = self.readable() else {
            return self.values_item();
        };
        let written = self.written(table);
        let alias = self.name("t");
        let word = self.dice.word(&[" AS ", " "]);
        if self.postgres() && self.dice.chance(3) {
            return (
                node![Sort::From; "(TABLE ", written, ")", word, alias.clone()],
                Source::of(table, &alias),
            );
        }
        (
            node![Sort::From; written, word, alias.clone()],
            Source::of(table, &alias),
        )
    }

    /// A name of a table that means the table and nothing nearer.
    pub(super) fn written(&mut self, table: &Table) -> String {
        if self.mysql() {
            return match self.dice.chance(15) {
                true => format!("`{}`", table.name),
                false => table.name.clone(),
            };
        }
        let shadowed = self.is_shadowed(table);
        let schema = if self.postgres() { "public" } else { "main" };
        match self.dice.weighted(&[6, 1, 1, 1]) {
            _ if shadowed => format!("{schema}.{}", table.name),
            1 => format!("\"{}\"", table.name),
            2 => table.name.to_uppercase(),
            3 => format!("{schema}.{}", table.name),
            _ => table.name.clone(),
        }
    }

    fn cte_item(&mut self) -> (Node, Source) {
        // The nearest of a name is the one that is meant.
        let ctes = self.ctes.clone();
        let Some(cte) = self.dice.choose(&ctes) else {
            return self.table_item();
        };
        let nearest = ctes.iter().rev().find(|c| c.alias == cte.alias).unwrap_or(cte);
        let alias = self.name("c");
        let source = Source::new(
            &alias,
            nearest.cols.iter().map(|c| (c.name.as_str(), c.ty, Role::Plain)),
        );
        (node![Sort::From; nearest.alias.clone(), " AS ", alias], source)
    }

    /// `(VALUES …) AS v`: both databases call the columns `column1`, `column2`.
    fn values_item(&mut self) -> (Node, Source) {
        let alias = self.name("v");
        let none = Scope::default();
        let mysql = self.mysql();
        let rows = (0..1 + self.dice.below(3))
            .map(|n| {
                let (a, b) = (self.small(), self.expr(Ty::Text, &none, 0));
                match mysql {
                    // MariaDB names the columns of VALUES by its first row.
                    true if n == 0 => node![Sort::Fixed; "SELECT ", a, " AS column1, ", b, " AS column2"],
                    true => node![Sort::Fixed; " UNION ALL SELECT ", a, ", ", b],
                    false => node![Sort::Fixed; "(", a, ", ", b, ")"],
                }
            })
            .collect();
        let columns = [
            ("column1", Ty::Int, Role::Ref),
            ("column2", Ty::Text, Role::Plain),
        ];
        let rows = match mysql {
            true => Node::Branch(Sort::Fixed, rows),
            false => Node::List {
                items: rows,
                sep: ", ",
                least: 1,
            },
        };
        let values = if mysql { "(" } else { "(VALUES " };
        (
            node![Sort::From; values, rows, ") AS ", alias.clone()],
            Source::new(&alias, columns),
        )
    }

    /// Rows that a function makes of its arguments.
    fn function_item(&mut self) -> (Node, Source) {
        let alias = self.name("f");
        let made: &[&'static str] = match self.dialect {
            Dialect::Postgres => &[
                "generate_series(1, 3) AS # (n)",
                "generate_series(1, 3) WITH ORDINALITY AS # (n, k)",
                "UNNEST(ARRAY[3, 1, 2]) AS # (n)",
                "UNNEST(ARRAY[3, 1]) WITH ORDINALITY AS # (n, k)",
                "json_to_recordset('[{\"n\": 3}, {\"n\": 1, \"k\": \"a\"}]') AS # (n BIGINT, k TEXT)",
            ],
            Dialect::Sqlite => &["(SELECT value AS n FROM json_each('[3, 1, 2]')) AS #"],
            Dialect::Mysql => return self.values_item(),
        };
        let text = self.dice.word(made).replace('#', &alias);
        let source = Source::new(&alias, [("n", Ty::Int, Role::Ref)]);
        (node![Sort::From; text], source)
    }

    fn lateral(&mut self, left: Item, outer: &[Col], depth: usize) -> Item {
        if self.dice.chance(20) {
            let alias = self.name("l");
            let source = Source::new(&alias, [("n", Ty::Int, Role::Ref)]);
            let node =
                node![Sort::From; left.node, " CROSS JOIN LATERAL generate_series(1, 2) AS ", alias, " (n)"];
            let mut sources = left.sources;
            sources.push(source);
            return Item {
                node,
                sources,
                single: false,
            };
        }
        let left_scope = Scope::of(&left.sources, outer);
        let (query, cols) = self.query(None, &left_scope.around(), depth.saturating_sub(1).min(1));
        let alias = self.name("l");
        let source = Source::new(&alias, cols.iter().map(|(n, t)| (n.as_str(), *t, Role::Plain)));
        let (how, on) = match self.dice.below(3) {
            0 => (" CROSS JOIN LATERAL (", ""),
            1 => (" LEFT JOIN LATERAL (", " ON TRUE"),
            _ => (" INNER JOIN LATERAL (", " ON 1 = 1"),
        };
        let node = node![Sort::From; left.node, how, query, ") AS ", alias, on];
        let mut sources = left.sources;
        sources.push(source);
        Item {
            node,
            sources,
            single: false,
        }
    }

    fn join(&mut self, left: Item, right: Item, outer: &[Col], depth: usize) -> Item {
        let mut sources = left.sources.clone();
        sources.extend(right.sources.iter().cloned());
        let common = common(&left, &right);
        // A merged column is only clear between two plain items.
        let merge =
            usize::from(left.single && right.single && common.as_ref().is_some_and(|c| !c.is_empty()));
        let word = |maker: &mut Self| {
            let words = [
                " JOIN ",
                " INNER JOIN ",
                " LEFT JOIN ",
                " LEFT OUTER JOIN ",
                " RIGHT JOIN ",
                " FULL JOIN ",
            ];
            // MariaDB has no full join.
            maker.dice.word(if maker.mysql() {
                words.split_at(5).0
            } else {
                &words
            })
        };
        let node = match self.dice.weighted(&[10, 1, 2 * merge, merge]) {
            1 => node![Sort::From; left.node, " CROSS JOIN ", right.node],
            2 => {
                let word = word(self);
                let columns = common.unwrap_or_default();
                let column = self.dice.choose(&columns).cloned().unwrap_or_default();
                node![Sort::From; left.node, word, right.node, " USING (", column, ")"]
            }
            3 => {
                let word = match self.mysql() {
                    true => self.dice.word(&[" NATURAL JOIN ", " NATURAL LEFT JOIN "]),
                    false => {
                        self.dice
                            .word(&[" NATURAL JOIN ", " NATURAL LEFT JOIN ", " NATURAL FULL JOIN "])
                    }
                };
                node![Sort::From; left.node, word, right.node]
            }
            _ => {
                let word = word(self);
                let on = self.on(&left, &right, word, outer, depth);
                node![Sort::From; left.node, word, right.node, " ON ", on]
            }
        };
        Item {
            node,
            sources,
            single: false,
        }
    }

    fn on(&mut self, left: &Item, right: &Item, word: &str, outer: &[Col], depth: usize) -> Node {
        let (l, r) = (Scope::of(&left.sources, &[]), Scope::of(&right.sources, &[]));
        let joins = |c: &Col| matches!(c.role, Role::Id | Role::Ref);
        let any = |c: &Col| c.ty == Ty::Int;
        let a = self.column(&l, joins).or_else(|| self.column(&l, any));
        let b = self.column(&r, joins).or_else(|| self.column(&r, any));
        let sources: Vec<Source> = left.sources.iter().chain(&right.sources).cloned().collect();
        let both = Scope::of(&sources, outer);
        // PostgreSQL joins fully only over an equality.
        let full = word == " FULL JOIN " && self.postgres();
        match (a, b) {
            (Some(a), Some(b)) if full => node![Sort::Fixed; a, " = ", b],
            _ if full => node![Sort::Fixed; "1 = 1"],
            (Some(a), Some(b)) if self.dice.chance(75) => {
                let more = if self.dice.chance(30) {
                    let condition = self.cond(&both, depth.min(1));
                    Node::Optional(vec![" AND ".into(), condition])
                } else {
                    Node::Optional(Vec::new())
                };
                node![Sort::Fixed; a, " = ", b, more]
            }
            _ => self.cond(&both, depth.min(1)),
        }
    }
}

/// The names that both items have, or nothing when a name has two types.
fn common(left: &Item, right: &Item) -> Option<Vec<String>> {
    let (Some(l), Some(r)) = (left.sources.first(), right.sources.first()) else {
        return None;
    };
    let mut names = Vec::new();
    for a in &l.cols {
        for b in r.cols.iter().filter(|b| b.name == a.name) {
            if a.ty != b.ty {
                return None;
            }
            names.push(a.name.clone());
        }
    }
    Some(names)
}
