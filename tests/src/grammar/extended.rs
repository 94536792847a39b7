//! The rarer parts of queries: grouping sets, frames, DISTINCT ON, WITH TIES, rows, arrays, JSON.

use super::query::Columns;
use super::tree::{Node, Sort, node};
use super::{Col, Maker, Scope};
use crate::Dialect;
use crate::schema::{Role, Ty};

impl Maker<'_> {
    /// What stands behind GROUP BY, as several groupings at once (PostgreSQL).
    pub(super) fn sets(&mut self, list: &str, by: &[Col]) -> String {
        let first = by.first().map_or("1", |c| c.text.as_str());
        match self.dice.below(4) {
            0 => format!("ROLLUP ({list})"),
            1 => format!("CUBE ({list})"),
            2 => format!("GROUPING SETS (({list}), ({first}), ())"),
            _ => format!("GROUPING SETS (({first}), ROLLUP ({list}))"),
        }
    }

    /// An aggregate over a part of its window.
    pub(super) fn framed(&mut self, partition: &str, total: &str, value: Node) -> Node {
        // What all have stands first: MariaDB has no GROUPS and no EXCLUDE.
        let frames = [
            "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING",
            "RANGE UNBOUNDED PRECEDING",
            "ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
            "GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
        ];
        let excludes = [
            "",
            "",
            " EXCLUDE CURRENT ROW",
            " EXCLUDE GROUP",
            " EXCLUDE TIES",
            " EXCLUDE NO OTHERS",
        ];
        let (frames, excludes) = match self.mysql() {
            true => (frames.split_at(4).0, excludes.split_at(1).0),
            false => (frames.as_slice(), excludes.as_slice()),
        };
        let (frame, exclude) = (self.dice.word(frames), self.dice.word(excludes));
        let ty = self.cast_type(Ty::Int);
        let call = self.dice.word(&["CAST(SUM(", "CAST(COUNT(", "CAST(MAX("]);
        // MariaDB wants a literal there.
        let bound = !self.mysql() && frame.contains(" 1 ") && self.dice.chance(40);
        let frame = match frame.split_once('1').filter(|_| bound) {
            Some((before, behind)) => {
                let rows = crate::Value::Int(self.dice.between(1, 2));
                node![Sort::Fixed; before.to_owned(), Node::Bind(rows), behind.to_owned()]
            }
            None => Node::from(frame),
        };
        node![Sort::Expr(Ty::Int);
            call, value, ") OVER (", partition.to_owned(), "ORDER BY ", total.to_owned(), " ", frame, exclude, ") AS ", ty, ")"]
    }

    /// Some of the rows, cut so that which ones is certain (PostgreSQL).
    pub(super) fn cut(
        &mut self,
        items: Vec<Node>,
        types: &[Ty],
        scope: &Scope,
        mut rest: Vec<Node>,
    ) -> (Node, Columns) {
        let total: Vec<String> = scope.own.iter().map(|c| c.text.clone()).collect();
        let by = self.dice.choose(&total).cloned().unwrap_or_default();
        let (inner, columns) = if self.dice.chance(50) {
            rest.push(node![Sort::Fixed; " ORDER BY ", by.clone(), ", ", total.join(", ")]);
            let (inner, columns) = self.select("", items, types, rest);
            (on(inner, &by), columns)
        } else {
            let most = self.dice.between(1, 4);
            rest.push(node![Sort::Fixed; format!(" ORDER BY {by} FETCH FIRST {most} ROWS WITH TIES")]);
            self.select("", items, types, rest)
        };
        let names: Vec<&str> = columns.iter().map(|(n, _)| n.as_str()).collect();
        let (names, alias) = (names.join(", "), self.name("o"));
        let sort = Sort::Rows(format!("{columns:?}"));
        (
            node![sort; "SELECT ", names, " FROM (", inner, ") AS ", alias],
            columns,
        )
    }

    /// Conditions over rows and arrays, and those that know NULL.
    pub(super) fn more_conditions(&mut self, scope: &Scope, depth: usize) -> Node {
        let (a, b) = (self.expr(Ty::Int, scope, depth), self.expr(Ty::Int, scope, 0));
        // Poison: as a pattern, PostgreSQL takes a neighbour's text for an error, as early as it looks at the tenant.
        if let Some(pattern) = self.column(scope, |c| c.role == Role::Numeral)
            && self.dice.chance(40)
        {
            return node![Sort::Cond; pattern.clone(), " LIKE ", pattern];
        }
        match self.dice.below(if self.postgres() { 5 } else { 3 }) {
            0 => {
                let operator = match self.mysql() {
                    true => " <=> ",
                    false => self.dice.word(&[" IS DISTINCT FROM ", " IS NOT DISTINCT FROM "]),
                };
                node![Sort::Cond; a, operator, b]
            }
            1 | 2 => {
                let (c, d) = (self.expr(Ty::Int, scope, 0), self.small());
                let operator = self.dice.word(&[") < (", ") = (", ") >= ("]);
                node![Sort::Cond; "(", a, ", ", b, operator, c, ", ", d, ")"]
            }
            3 => {
                let items = (0..1 + self.dice.below(3)).map(|_| self.small()).collect();
                let any = self
                    .dice
                    .word(&[" = ANY (ARRAY[", " <> ALL (ARRAY[", " < ANY (ARRAY["]);
                node![Sort::Cond; a, any, Node::List { items, sep: ", ", least: 1 }, "]::BIGINT[])"]
            }
            _ => {
                let (query, _) = self.query(Some(&[Ty::Int]), &scope.around(), depth);
                let operator = self.dice.word(&[" = ANY (ARRAY(", " > ALL (ARRAY("]);
                node![Sort::Cond; a, operator, query, "))"]
            }
        }
    }

    /// A text, put into a JSON value and taken out again.
    pub(super) fn through_json(&mut self, text: Node) -> Node {
        let text = self.typed(Ty::Text, text);
        let (make, take) = match self.dialect {
            Dialect::Postgres => ("(JSONB_BUILD_OBJECT('k', ", ") ->> 'k')"),
            Dialect::Sqlite => ("(JSON_OBJECT('k', ", ") ->> '$.k')"),
            Dialect::Mysql => ("JSON_UNQUOTE(JSON_EXTRACT(JSON_OBJECT('k', ", "), '$.k'))"),
        };
        node![Sort::Expr(Ty::Text); make, text, take]
    }
}

/// Makes `SELECT …` a `SELECT DISTINCT ON (…) …`.
fn on(select: Node, by: &str) -> Node {
    match select {
        Node::Branch(sort, mut parts) => {
            if let Some(first) = parts.first_mut() {
                *first = Node::from(format!("SELECT DISTINCT ON ({by}) "));
            }
            Node::Branch(sort, parts)
        }
        other => other,
    }
}
