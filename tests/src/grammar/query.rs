//! Queries: blocks, set operations, CTEs, order and limit.

use super::tree::{Node, Sort, node};
use super::{Col, Maker, Scope};
use crate::schema::Ty;

/// The columns of a query: name and type.
pub(super) type Columns = Vec<(String, Ty)>;

impl Maker<'_> {
    /// A whole statement that reads.
    pub(super) fn top(&mut self) -> Node {
        if self.dice.chance(8) {
            return self.star();
        }
        if self.dice.chance(4)
            && let Some(locked) = self.locked()
        {
            return locked;
        }
        if self.postgres()
            && self.dice.chance(3)
            && let Some(told) = self.of_rows()
        {
            return told;
        }
        // MariaDB 10.11 falls over many a statement that is deeper, unscoped too.
        let depth = if self.mysql() { 2 } else { 3 };
        self.query(None, &[], depth).0
    }

    /// `SELECT *` and its kin, where the names and the order of columns are the tables' own.
    fn star(&mut self) -> Node {
        let (from, sources) = self.from(&[], 1, 3);
        let scope = Scope::of(&sources, &[]);
        let condition = self.filter(&scope, 2);
        let what = match sources.first() {
            Some(source) if self.dice.chance(40) => format!("{}.*", source.alias),
            _ => "*".to_owned(),
        };
        node![Sort::Fixed; "SELECT ", what, " FROM ", from, condition]
    }

    /// A query whose columns have the types `wanted`, or any. Names made here end with it.
    pub(super) fn query(&mut self, wanted: Option<&[Ty]>, outer: &[Col], depth: usize) -> (Node, Columns) {
        let (ctes, hidden) = (self.ctes.len(), self.hidden.len());
        let with = if depth > 0 && self.dice.chance(if depth > 2 { 28 } else { 10 }) {
            self.with(depth)
        } else {
            Node::Optional(Vec::new())
        };
        let types: Vec<Ty> = match wanted {
            Some(types) => types.to_vec(),
            None => (0..1 + self.dice.below(3)).map(|_| self.some_type()).collect(),
        };
        let (body, columns) = if self.dice.chance(14) {
            self.set_operation(&types, outer, depth)
        } else {
            self.block(&types, outer, depth)
        };
        let end = self.end(columns.len());
        self.ctes.truncate(ctes);
        self.hidden.truncate(hidden);
        let sort = Sort::Rows(format!("{columns:?}"));
        (node![sort; with, body, end], columns)
    }

    fn some_type(&mut self) -> Ty {
        match self.dice.weighted(&[5, 4, 1]) {
            0 => Ty::Int,
            1 => Ty::Text,
            _ => Ty::Real,
        }
    }

    /// ORDER BY all columns, and behind that a LIMIT: then ties are equal rows, and any of them is right.
    fn end(&mut self, columns: usize) -> Node {
        if !self.dice.chance(18) {
            return Node::Optional(Vec::new());
        }
        let items = (1..=columns)
            .map(|n| {
                // MariaDB has no word for where NULL stands.
                let directions = ["", "", " DESC", " ASC", " NULLS FIRST", " DESC NULLS LAST"];
                let directions = if self.mysql() {
                    directions.split_at(4).0
                } else {
                    &directions
                };
                let direction = self.dice.word(directions);
                node![Sort::Fixed; n.to_string(), direction]
            })
            .collect();
        let order = Node::List {
            items,
            sep: ", ",
            least: 1,
        };
        let most = self.dice.between(1, 6);
        let limit = match self.dice.below(3) {
            0 => Node::Optional(Vec::new()),
            1 => Node::Optional(vec![" LIMIT ".into(), self.number(most)]),
            _ => {
                let first = self.dice.between(0, 1);
                let (most, first) = (self.number(most), self.number(first));
                Node::Optional(vec![" LIMIT ".into(), most, " OFFSET ".into(), first])
            }
        };
        Node::Optional(vec![" ORDER BY ".into(), order, limit])
    }

    fn set_operation(&mut self, types: &[Ty], outer: &[Col], depth: usize) -> (Node, Columns) {
        let less = depth.saturating_sub(1);
        let (mut node, columns) = self.block(types, outer, less);
        let words = [
            " UNION ",
            " UNION ALL ",
            " INTERSECT ",
            " EXCEPT ",
            " EXCEPT ALL ",
            " INTERSECT ALL ",
        ];
        let times = 1 + self.dice.below(2);
        // MariaDB 10.11 may never end `… INTERSECT ALL … EXCEPT ALL …`, nor be told to.
        let all = self.postgres() || self.mysql() && times == 1;
        let words = words.split_at(if all { 6 } else { 4 }).0;
        for _ in 0..times {
            let (word, (next, _)) = (self.dice.word(words), self.block(types, outer, less));
            let (open, close) = if (self.postgres() || self.mysql()) && self.dice.chance(20) {
                ("(", ")")
            } else {
                ("", "")
            };
            node = node![Sort::Rows(format!("{columns:?}")); node, word, open, next, close];
        }
        (node, columns)
    }

    /// One SELECT.
    fn block(&mut self, types: &[Ty], outer: &[Col], depth: usize) -> (Node, Columns) {
        let less = depth.saturating_sub(1);
        if self.dice.chance(4) {
            let scope = Scope {
                own: Vec::new(),
                outer: outer.to_vec(),
            };
            let items = types.iter().map(|t| self.expr(*t, &scope, less)).collect();
            return self.select("", items, types, Vec::new());
        }
        let (from, sources) = self.from(outer, less, if depth > 1 { 4 } else { 2 });
        let scope = Scope::of(&sources, outer);
        let condition = self.filter(&scope, depth);
        let mut rest = vec![" FROM ".into(), from, condition];
        match self.dice.weighted(&[50, 12, 20, 14]) {
            1 => {
                let items = types.iter().map(|t| self.aggregate(*t, &scope, less)).collect();
                self.select("", items, types, rest)
            }
            2 => self.grouped(types, &scope, rest, less),
            3 => {
                // Of three windows, `MIN(x) OVER (PARTITION BY …)` beside `OVER ()` and `OVER (ORDER BY …)` has other values on
                // MariaDB 10.11 over a table than over a query of the same rows, which are the right ones.
                let most = if self.mysql() { 2 } else { types.len() };
                let mut items: Vec<Node> = types
                    .iter()
                    .enumerate()
                    .map(|(n, t)| match n < most {
                        true => self.window(*t, &scope, less),
                        false => self.expr(*t, &scope, less),
                    })
                    .collect();
                if !self.windowless
                    && self.dice.chance(20)
                    && let Some(by) = scope.own.first()
                    && let Some(place) = types.iter().take(most).position(|t| *t == Ty::Int)
                    && let Some(item) = items.get_mut(place)
                {
                    // By ranges: rows that tie are counted alike.
                    let how = self.dice.word(&["w", "(w)", "(w RANGE UNBOUNDED PRECEDING)"]);
                    *item = node![Sort::Expr(Ty::Int); "COUNT(*) OVER ", how];
                    rest.push(node![Sort::Fixed; format!(" WINDOW w AS (ORDER BY {})", by.text)]);
                }
                self.select("", items, types, rest)
            }
            _ => {
                let items: Vec<Node> = types.iter().map(|t| self.expr(*t, &scope, less)).collect();
                if self.postgres() && self.dice.chance(8) && !scope.own.is_empty() {
                    return self.cut(items, types, &scope, rest);
                }
                let distinct = self.dice.word(&["", "", "", "", "DISTINCT "]);
                if distinct.is_empty() && self.dice.chance(4) {
                    let by = self.scalar(Ty::Int, &scope, 0);
                    rest.push(Node::Optional(vec![" ORDER BY ".into(), by]));
                    // An ORDER BY of its own is not allowed in an arm: a query around it takes it away.
                    let (inner, columns) = self.select(distinct, items, types, rest);
                    let names: Vec<&str> = columns.iter().map(|(n, _)| n.as_str()).collect();
                    let (names, alias) = (names.join(", "), self.name("o"));
                    return (
                        node![Sort::Fixed; "SELECT ", names, " FROM (", inner, ") AS ", alias],
                        columns,
                    );
                }
                self.select(distinct, items, types, rest)
            }
        }
    }

    /// Puts a SELECT together; every column gets a name.
    pub(super) fn select(
        &mut self,
        distinct: &'static str,
        items: Vec<Node>,
        types: &[Ty],
        rest: Vec<Node>,
    ) -> (Node, Columns) {
        let columns: Columns = types
            .iter()
            .enumerate()
            .map(|(n, t)| (format!("c{}", n + 1), *t))
            .collect();
        let items = items
            .into_iter()
            .zip(types)
            .zip(&columns)
            .map(|((item, ty), (name, _))| {
                let item = self.typed(*ty, item);
                node![Sort::Fixed; item, " AS ", name.clone()]
            })
            .collect();
        // Columns fall away in shrinking; where one is needed the private database says so.
        let items = Node::List {
            items,
            sep: ", ",
            least: 1,
        };
        let mut parts = vec!["SELECT ".into(), distinct.into(), items];
        parts.extend(rest);
        (Node::Branch(Sort::Rows(format!("{columns:?}")), parts), columns)
    }

    fn grouped(&mut self, types: &[Ty], scope: &Scope, mut rest: Vec<Node>, depth: usize) -> (Node, Columns) {
        let mut by: Vec<Col> = Vec::new();
        for _ in 0..1 + self.dice.below(2) {
            if let Some(col) = self.dice.choose(&scope.own)
                && !by.iter().any(|c| c.text == col.text)
            {
                by.push(col.clone());
            }
        }
        if by.is_empty() {
            let items = types.iter().map(|t| self.aggregate(*t, scope, depth)).collect();
            return self.select("", items, types, rest);
        }
        let grouped = Scope {
            own: by.clone(),
            outer: scope.outer.clone(),
        };
        let mut items: Vec<Node> = types
            .iter()
            .map(|t| match self.dice.chance(50) {
                true => self.aggregate(*t, scope, depth),
                false => self.expr(*t, &grouped, depth),
            })
            .collect();
        let sets = self.postgres() && self.dice.chance(20);
        let list = by.iter().map(|c| c.text.clone()).collect::<Vec<_>>().join(", ");
        let list = if sets { self.sets(&list, &by) } else { list };
        if let Some((place, column)) = types.iter().position(|t| *t == Ty::Int).zip(by.first())
            && let Some(item) = items.get_mut(place)
            && sets
            && self.dice.chance(40)
        {
            *item = node![Sort::Expr(Ty::Int); format!("CAST(GROUPING({}) AS BIGINT)", column.text)];
        }
        let list = match self.mysql() && self.dice.chance(6) {
            true => format!("{list} WITH ROLLUP"),
            false => list,
        };
        rest.push(node![Sort::Fixed; " GROUP BY ", list]);
        if self.dice.chance(35) {
            let (a, b) = (
                self.aggregate(Ty::Int, scope, depth),
                self.expr(Ty::Int, &grouped, depth),
            );
            let operator = self.dice.word(&[" >= ", " < ", " <> "]);
            rest.push(Node::Optional(vec![
                " HAVING ".into(),
                node![Sort::Cond; a, operator, b],
            ]));
        }
        self.select("", items, types, rest)
    }

    /// A window function, or a plain expression beside one.
    fn window(&mut self, ty: Ty, scope: &Scope, depth: usize) -> Node {
        if self.windowless || self.dice.chance(30) || ty == Ty::Key || scope.own.is_empty() {
            return self.expr(ty, scope, depth);
        }
        let sort = Sort::Expr(ty);
        let partition = match self.dice.choose(&scope.own) {
            Some(c) if self.dice.chance(50) => format!("PARTITION BY {} ", c.text),
            _ => String::new(),
        };
        // By all columns: rows that tie are the same row, and may be numbered either way.
        let total = scope
            .own
            .iter()
            .map(|c| c.text.clone())
            .collect::<Vec<_>>()
            .join(", ");
        let some = self
            .dice
            .choose(&scope.own)
            .map(|c| c.text.clone())
            .unwrap_or_default();
        let plain = Scope {
            own: scope.own.clone(),
            outer: Vec::new(),
        };
        let a = self.expr(ty, &plain, 0);
        let a = self.typed(ty, a);
        match (ty, self.dice.below(6)) {
            (Ty::Int, 5) => self.framed(&partition, &total, a),
            (Ty::Int, 0) => {
                let call = self
                    .dice
                    .word(&["ROW_NUMBER()", "RANK()", "DENSE_RANK()", "NTILE(2)"]);
                node![sort; call, " OVER (", partition, "ORDER BY ", total, ")"]
            }
            (Ty::Int, 1) => {
                let call = self.dice.word(&["RANK()", "DENSE_RANK()", "COUNT(*)"]);
                node![sort; call, " OVER (", partition, "ORDER BY ", some, ")"]
            }
            (Ty::Int, 2) => {
                let ty = self.cast_type(Ty::Int);
                node![sort; "CAST(SUM(", a, ") OVER (", partition, "ORDER BY ", some, ") AS ", ty, ")"]
            }
            (_, 3) => {
                let call = self.dice.word(&["LAG(", "LEAD(", "FIRST_VALUE(", "LAST_VALUE("]);
                node![sort; call, a, ") OVER (", partition, "ORDER BY ", total, ")"]
            }
            _ => {
                let call = self.dice.word(&["MAX(", "MIN("]);
                let condition = self.cond(&plain, 0);
                let filter = if self.dice.chance(25) && !self.mysql() {
                    Node::Optional(vec![" FILTER (WHERE ".into(), condition, ")".into()])
                } else {
                    Node::Optional(Vec::new())
                };
                node![sort; call, a, ")", filter, " OVER (", partition, ")"]
            }
        }
    }
}
