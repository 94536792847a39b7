//! Conditions.

use super::tree::{Node, Sort, node};
use super::{Maker, Scope};
use crate::Value;
use crate::schema::{Role, Ty};

impl Maker<'_> {
    /// ` WHERE …`, or nothing.
    pub(super) fn filter(&mut self, scope: &Scope, depth: usize) -> Node {
        if self.dice.chance(55) {
            let condition = self.cond(scope, depth.min(2));
            return Node::Optional(vec![" WHERE ".into(), condition]);
        }
        Node::Optional(Vec::new())
    }

    /// A condition; `depth` bounds how deep it goes.
    pub(super) fn cond(&mut self, scope: &Scope, depth: usize) -> Node {
        let deep = usize::from(depth > 0);
        let less = depth.saturating_sub(1);
        let weights = [
            8,
            3,
            2,
            2,
            2,
            2,
            3 * deep,
            3 * deep,
            3 * deep,
            2 * deep,
            deep,
            2,
            deep,
            2,
            2,
        ];
        match self.dice.weighted(&weights) {
            1 => self.null_test(scope, less),
            2 => {
                let (a, low, high) = (
                    self.expr(Ty::Int, scope, less),
                    self.small(),
                    self.dice.between(4, 12),
                );
                let not = self.dice.word(&[" BETWEEN ", " BETWEEN ", " NOT BETWEEN "]);
                node![Sort::Cond; a, not, low, " AND ", high.to_string()]
            }
            3 => {
                let a = self.expr(Ty::Text, scope, less);
                let a = self.typed(Ty::Text, a);
                let pattern = self.dice.word(&["'%a%'", "'zz%'", "'_b%'", "'%'", "'k_'"]);
                let not = self.dice.word(&[" LIKE ", " LIKE ", " NOT LIKE "]);
                node![Sort::Cond; a, not, pattern]
            }
            4 => {
                let a = self.expr(Ty::Int, scope, less);
                let items = (0..1 + self.dice.below(4)).map(|_| self.small()).collect();
                let not = self.dice.word(&[" IN (", " IN (", " NOT IN ("]);
                node![Sort::Cond; a, not, Node::List { items, sep: ", ", least: 1 }, ")"]
            }
            5 => self.neighbours_value(scope),
            6 => {
                let around = scope.around();
                let (from, sources) = self.from(&around, less, 2);
                let inner = Scope::of(&sources, &around);
                let condition = self.filter(&inner, less);
                let not = self
                    .dice
                    .word(&["EXISTS (SELECT ", "EXISTS (SELECT ", "NOT EXISTS (SELECT "]);
                let what = self.dice.word(&["1", "*", "NULL"]);
                node![Sort::Cond; not, what, " FROM ", from, condition, ")"]
            }
            7 => {
                let ty = if self.dice.chance(70) { Ty::Int } else { Ty::Text };
                let a = self.expr(ty, scope, self.beside_rows(less));
                let query = self.compared(&[ty], scope, less);
                let not = self.dice.word(&[" IN (", " IN (", " NOT IN ("]);
                node![Sort::Cond; a, not, query, ")"]
            }
            8 => {
                let operator = self.dice.word(&[" AND ", " OR "]);
                let items = (0..2).map(|_| self.cond(scope, less)).collect();
                node![Sort::Cond; "(", Node::List { items, sep: operator, least: 1 }, ")"]
            }
            9 => {
                let inner = self.cond(scope, less);
                node![Sort::Cond; "NOT (", inner, ")"]
            }
            10 if self.postgres() || self.mysql() => {
                let a = self.expr(Ty::Int, scope, self.beside_rows(less));
                let query = self.compared(&[Ty::Int], scope, less);
                // A DELETE of MariaDB 10.11 leaves rows that a SELECT with the same condition finds, where ALL compares with the rows of
                // an outer join.
                let words = [" = ANY (", " > ANY (", " <> ALL (", " >= ALL ("];
                let most = if self.mysql() && self.changes { 2 } else { 4 };
                let any = self.dice.word(words.split_at(most).0);
                node![Sort::Cond; a, any, query, ")"]
            }
            11 => self.equal(scope),
            12 => {
                let (a, b) = (self.expr(Ty::Int, scope, 0), self.expr(Ty::Int, scope, 0));
                let query = self.compared(&[Ty::Int, Ty::Int], scope, less);
                node![Sort::Cond; "(", a, ", ", b, ") IN (", query, ")"]
            }
            13 => self.more_conditions(scope, less),
            14 => self.spiced(None, scope),
            _ => self.comparison(scope, less),
        }
    }

    /// How deep a value is that is compared with the rows of a query.
    ///
    /// MariaDB 10.11 takes `(SELECT t.a …)` for no NULL in front of NOT IN, where `a` is none in its table, though the query has no
    /// row: over a table, and not over every query of the same rows. There no query stands in the value.
    fn beside_rows(&self, depth: usize) -> usize {
        if self.mysql() { 0 } else { depth }
    }

    /// A query with whose rows a value is compared.
    ///
    /// MariaDB 10.11 gets windows in one of those wrong, and otherwise over a table than over a slice: `NOT IN (SELECT 1 EXCEPT ALL
    /// SELECT MAX(id) OVER () FROM t)` finds no row, `NOT IN (SELECT NTILE(2) OVER …)` in a DELETE other rows than the predicate
    /// written by hand. There none is made.
    fn compared(&mut self, types: &[Ty], scope: &Scope, depth: usize) -> Node {
        let before = self.windowless;
        self.windowless |= self.mysql();
        let (query, _) = self.query(Some(types), &scope.around(), depth);
        self.windowless = before;
        query
    }

    fn comparison(&mut self, scope: &Scope, depth: usize) -> Node {
        let ty = match self.dice.weighted(&[6, 3, 1]) {
            0 => Ty::Int,
            1 => Ty::Text,
            _ => Ty::Real,
        };
        let (a, b) = (self.expr(ty, scope, depth), self.expr(ty, scope, depth));
        let operator = self.dice.word(&[" = ", " <> ", " < ", " <= ", " > ", " >= "]);
        node![Sort::Cond; a, operator, b]
    }

    /// Two columns that are worth a join: ids and references, keys, or any of one type.
    pub(super) fn equal(&mut self, scope: &Scope) -> Node {
        let joins = |role| matches!(role, Role::Id | Role::Ref);
        let (a, b) = (
            self.column(scope, |c| joins(c.role)),
            self.column(scope, |c| joins(c.role)),
        );
        match (a, b) {
            (Some(a), Some(b)) => node![Sort::Cond; a, " = ", b],
            _ => self.comparison(scope, 0),
        }
    }

    fn null_test(&mut self, scope: &Scope, depth: usize) -> Node {
        let not = self.dice.word(&[" IS NULL", " IS NOT NULL"]);
        if let Some(key) = self.column(scope, |c| c.role == Role::Key)
            && self.dice.chance(30)
        {
            return node![Sort::Cond; key, not];
        }
        let ty = if self.dice.chance(50) { Ty::Int } else { Ty::Text };
        let a = self.expr(ty, scope, depth);
        let a = self.typed(ty, a);
        node![Sort::Cond; a, not]
    }

    /// A comparison with a value that is a neighbour's, or with a tenant's key: the row it asks for is not there.
    fn neighbours_value(&mut self, scope: &Scope) -> Node {
        let tenants: Vec<String> = std::iter::once(&self.schema.subject)
            .chain(&self.schema.neighbours)
            .map(|t| crate::engine::tenant_value(t).literal())
            .collect();
        if let Some(key) = self.column(scope, |c| c.role == Role::Key)
            && self.dice.chance(50)
            && let Some(tenant) = self.dice.choose(&tenants)
        {
            let operator = self.dice.word(&[" = ", " <> "]);
            return node![Sort::Cond; key, operator, tenant.clone()];
        }
        let theirs: Vec<Value> = self
            .schema
            .tables
            .iter()
            .flat_map(|t| &t.rows)
            .filter(|r| matches!(r.owner, crate::schema::Owner::Neighbour { .. }))
            .flat_map(|r| &r.values)
            .filter(|v| matches!(v, Value::Int(_) | Value::Text(_)))
            .cloned()
            .collect();
        let value = self.dice.choose(&theirs).cloned().unwrap_or(Value::Int(1));
        let ty = if matches!(value, Value::Text(_)) {
            Ty::Text
        } else {
            Ty::Int
        };
        let a = self
            .column(scope, |c| c.ty == ty)
            .unwrap_or_else(|| Node::from("'none'"));
        let a = if ty == Ty::Int { a } else { self.typed(ty, a) };
        let operator = self.dice.word(&[" = ", " <> ", " < ", " >= "]);
        if ty == Ty::Int && matches!(a, Node::Word(_)) {
            return node![Sort::Cond; "1 = 1"];
        }
        node![Sort::Cond; a, operator, Node::Bind(value)]
    }
}
