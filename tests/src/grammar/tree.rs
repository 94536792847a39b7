//! Statements as trees that print and that can be made smaller.

use std::borrow::Cow;

use crate::schema::{Side, Ty};
use crate::{Dialect, Value};

/// What may stand in the place of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sort {
    /// An expression of a type.
    Expr(Ty),
    /// A condition.
    Cond,
    /// A query, by the types and names of its columns.
    Rows(String),
    /// An item of FROM.
    From,
    /// Nothing else.
    Fixed,
}

/// A piece of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Word(Cow<'static, str>),
    /// A value that is bound.
    Bind(Value),
    /// A text that differs between the shared database and the private one: another tenant's key, which the
    /// engine has to replace, and the key in a conflict target.
    Split {
        shared: String,
        private: String,
    },
    Branch(Sort, Vec<Node>),
    /// Items that can be left out, down to a least number.
    List {
        items: Vec<Node>,
        sep: &'static str,
        least: usize,
    },
    /// A part that can be left out.
    Optional(Vec<Node>),
}

impl From<&'static str> for Node {
    fn from(word: &'static str) -> Self {
        Node::Word(Cow::Borrowed(word))
    }
}

impl From<String> for Node {
    fn from(word: String) -> Self {
        Node::Word(Cow::Owned(word))
    }
}

/// `node![sort; "text", node, …]`: a branch of pieces in a row.
macro_rules! node {
    ($sort:expr; $($piece:expr),+ $(,)?) => {
        $crate::grammar::tree::Node::Branch($sort, vec![$($crate::grammar::tree::Node::from($piece)),+])
    };
}
pub(crate) use node;

/// How the values of a statement are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Numbering {
    /// `?`, one after the other (SQLite, MariaDB).
    Plain,
    /// `?1`, `?2` or `$1`, `$2`; equal values share a number.
    Shared,
    /// The first to appear has the highest number.
    Backwards,
}

/// A statement as text, and what it binds.
#[derive(Debug, Clone)]
pub(crate) struct Printed {
    pub(crate) text: String,
    pub(crate) binds: Vec<Value>,
}

impl Node {
    /// The statement for one database.
    pub(crate) fn print(&self, dialect: Dialect, side: Side, numbering: Numbering) -> Printed {
        let numbering = match dialect {
            Dialect::Postgres if numbering == Numbering::Plain => Numbering::Shared,
            Dialect::Mysql => Numbering::Plain,
            _ => numbering,
        };
        let mut all = Vec::new();
        self.binds(&mut all);
        let mut order: Vec<Value> = Vec::new();
        for value in &all {
            if numbering == Numbering::Plain || !order.contains(value) {
                order.push(value.clone());
            }
        }
        if numbering == Numbering::Backwards {
            order.reverse();
        }
        let mut printer = Printer {
            dialect,
            side,
            numbering,
            order,
            text: String::new(),
        };
        printer.node(self);
        Printed {
            text: printer.text.trim().to_owned(),
            binds: printer.order,
        }
    }

    fn binds(&self, out: &mut Vec<Value>) {
        match self {
            Node::Bind(value) => out.push(value.clone()),
            Node::Branch(_, parts) | Node::Optional(parts) | Node::List { items: parts, .. } => {
                parts.iter().for_each(|p| p.binds(out));
            }
            Node::Word(_) | Node::Split { .. } => {}
        }
    }

    /// Trees that are one step smaller, the large steps first.
    pub(crate) fn smaller(&self) -> Vec<Node> {
        let mut out = Vec::new();
        match self {
            Node::Word(_) | Node::Split { .. } => {}
            // A value that is not bound is simpler than one that is.
            Node::Bind(value @ (Value::Int(_) | Value::Text(_))) => out.push(Node::from(value.literal())),
            Node::Bind(_) => {}
            Node::Branch(sort, parts) => {
                if let Some(least) = least(sort)
                    && self.size() > 1
                {
                    out.push(Node::from(least));
                }
                let mut inner = Vec::new();
                parts.iter().for_each(|p| p.same(sort, &mut inner));
                out.extend(inner.into_iter().cloned());
                for (at, part) in parts.iter().enumerate() {
                    out.extend(
                        part.smaller()
                            .into_iter()
                            .map(|p| Node::Branch(sort.clone(), replaced(parts, at, p))),
                    );
                }
            }
            Node::Optional(parts) => {
                if !parts.is_empty() {
                    out.push(Node::Optional(Vec::new()));
                }
                for (at, part) in parts.iter().enumerate() {
                    out.extend(
                        part.smaller()
                            .into_iter()
                            .map(|p| Node::Optional(replaced(parts, at, p))),
                    );
                }
            }
            Node::List { items, sep, least } => {
                let list = |items| Node::List {
                    items,
                    sep,
                    least: *least,
                };
                if items.len() > *least {
                    for at in 0..items.len() {
                        let mut less = items.clone();
                        less.remove(at);
                        out.push(list(less));
                    }
                }
                for (at, item) in items.iter().enumerate() {
                    out.extend(item.smaller().into_iter().map(|i| list(replaced(items, at, i))));
                }
            }
        }
        out
    }

    /// The nearest branches of the same sort, which could stand here instead.
    fn same<'a>(&'a self, sort: &Sort, out: &mut Vec<&'a Node>) {
        match self {
            _ if *sort == Sort::Fixed => {}
            Node::Branch(own, _) if own == sort => out.push(self),
            Node::Branch(_, parts) | Node::Optional(parts) | Node::List { items: parts, .. } => {
                parts.iter().for_each(|p| p.same(sort, out));
            }
            Node::Word(_) | Node::Bind(_) | Node::Split { .. } => {}
        }
    }

    fn size(&self) -> usize {
        match self {
            Node::Branch(_, parts) | Node::Optional(parts) | Node::List { items: parts, .. } => {
                parts.iter().map(Node::size).sum()
            }
            Node::Word(_) | Node::Bind(_) | Node::Split { .. } => 1,
        }
    }
}

fn replaced(parts: &[Node], at: usize, new: Node) -> Vec<Node> {
    let mut parts = parts.to_vec();
    if let Some(slot) = parts.get_mut(at) {
        *slot = new;
    }
    parts
}

/// The smallest thing of a sort, where there is one that fits everywhere.
fn least(sort: &Sort) -> Option<&'static str> {
    match sort {
        Sort::Expr(Ty::Int) => Some("1"),
        Sort::Expr(Ty::Text) => Some("'a'"),
        Sort::Expr(Ty::Real) => Some("0.5"),
        Sort::Cond => Some("1 = 1"),
        Sort::Expr(Ty::Key) | Sort::Rows(_) | Sort::From | Sort::Fixed => None,
    }
}

struct Printer {
    dialect: Dialect,
    side: Side,
    numbering: Numbering,
    order: Vec<Value>,
    text: String,
}

impl Printer {
    fn node(&mut self, node: &Node) {
        match node {
            Node::Word(word) => self.text.push_str(word),
            Node::Split { shared, private } => {
                self.text.push_str(if self.side == Side::Private {
                    private
                } else {
                    shared
                });
            }
            Node::Bind(value) => {
                let number = self.order.iter().position(|v| v == value).map_or(0, |n| n + 1);
                let text = match (self.numbering, self.dialect) {
                    (Numbering::Plain, _) | (_, Dialect::Mysql) => "?".to_owned(),
                    (_, Dialect::Sqlite) => format!("?{number}"),
                    (_, Dialect::Postgres) => format!("${number}"),
                };
                self.text.push_str(&text);
            }
            Node::Branch(_, parts) | Node::Optional(parts) => parts.iter().for_each(|p| self.node(p)),
            Node::List { items, sep, .. } => {
                for (n, item) in items.iter().enumerate() {
                    if n > 0 {
                        self.text.push_str(sep);
                    }
                    self.node(item);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum() -> Node {
        let int = Sort::Expr(Ty::Int);
        node![int.clone(); "(", Node::Bind(Value::Int(7)), " + ", node![int; "a.x"], ")"]
    }

    #[test]
    fn values_are_numbered_as_the_style_says() {
        let node =
            node![Sort::Fixed; sum(), ", ", Node::Bind(Value::Int(8)), ", ", Node::Bind(Value::Int(7))];
        let print = |dialect, numbering| node.print(dialect, Side::Shared, numbering);
        let plain = print(Dialect::Sqlite, Numbering::Plain);
        assert_eq!((plain.text.as_str(), plain.binds.len()), ("(? + a.x), ?, ?", 3));
        let shared = print(Dialect::Postgres, Numbering::Shared);
        assert_eq!(
            (shared.text.as_str(), shared.binds.len()),
            ("($1 + a.x), $2, $1", 2)
        );
        let back = print(Dialect::Sqlite, Numbering::Backwards);
        assert_eq!(back.text, "(?2 + a.x), ?1, ?2");
        assert_eq!(back.binds, [Value::Int(8), Value::Int(7)]);
    }

    #[test]
    fn a_tree_shrinks_to_its_parts() {
        let texts: Vec<String> = sum()
            .smaller()
            .iter()
            .map(|n| n.print(Dialect::Sqlite, Side::Shared, Numbering::Plain).text)
            .collect();
        assert_eq!(texts, ["1", "a.x", "(7 + a.x)"]);
    }
}
