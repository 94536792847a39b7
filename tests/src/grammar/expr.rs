//! Expressions of a known type.

use super::tree::{Node, Sort, node};
use super::{Col, Maker, Scope};
use crate::Value;
use crate::schema::{Role, Ty};

impl Maker<'_> {
    /// An expression of a type; `depth` bounds how deep it goes.
    pub(super) fn expr(&mut self, ty: Ty, scope: &Scope, depth: usize) -> Node {
        match ty {
            Ty::Int => self.int(scope, depth),
            Ty::Text => self.text(scope, depth),
            Ty::Real => self.real(scope, depth),
            Ty::Key => self.key(scope),
        }
    }

    /// A column of a type that passes a test, as text.
    pub(super) fn column(&mut self, scope: &Scope, test: impl Fn(&Col) -> bool) -> Option<Node> {
        let own: Vec<&Col> = scope.own.iter().filter(|c| test(c)).collect();
        let outer: Vec<&Col> = scope.outer.iter().filter(|c| test(c)).collect();
        let from = if own.is_empty() || (!outer.is_empty() && self.dice.chance(20)) {
            outer
        } else {
            own
        };
        self.dice
            .choose(&from)
            .map(|c| node![Sort::Expr(c.ty); c.text.clone()])
    }

    fn value(&mut self, ty: Ty, value: Value) -> Node {
        if self.dice.chance(45) {
            return node![Sort::Expr(ty); Node::Bind(value)];
        }
        match &value {
            Value::Int(v) if *v < 0 => node![Sort::Expr(ty); format!("({v})")],
            _ => node![Sort::Expr(ty); value.literal_in(self.dialect)],
        }
    }

    fn int(&mut self, scope: &Scope, depth: usize) -> Node {
        let sort = Sort::Expr(Ty::Int);
        let deep = usize::from(depth > 0);
        let less = depth.saturating_sub(1);
        let choice = self.dice.weighted(&[
            12,
            3,
            4 * deep,
            2 * deep,
            2 * deep,
            deep,
            2 * deep,
            3,
            3,
            3 * deep,
            2 * deep,
        ]);
        match choice {
            10 => return self.spiced(Some(Ty::Int), scope),
            0 => {
                if let Some(column) = self.column(scope, |c| c.ty == Ty::Int) {
                    return column;
                }
            }
            2 => {
                let operator = self.dice.word(&[" + ", " - ", " * "]);
                let (a, b) = (self.int(scope, less), self.small());
                return node![sort; "(", a, operator, b, ")"];
            }
            3 => {
                let (c, a, b) = (
                    self.cond(scope, less),
                    self.int(scope, less),
                    self.int(scope, less),
                );
                return node![sort; "CASE WHEN ", c, " THEN ", a, " ELSE ", b, " END"];
            }
            4 => {
                let (a, b) = (self.int(scope, less), self.small());
                return node![sort; "COALESCE(", a, ", ", b, ")"];
            }
            5 => {
                let a = self.int(scope, less);
                return if self.dice.chance(50) {
                    node![sort; "ABS(", a, ")"]
                } else {
                    let b = self.small();
                    node![sort; "NULLIF(", a, ", ", b, ")"]
                };
            }
            6 => {
                let a = self.text(scope, less);
                return node![sort; "LENGTH(", a, ")"];
            }
            // Poison: a neighbour's row in the place of the subject's would fail here.
            7 => {
                if let Some(c) = self.column(scope, |c| c.role == Role::Numeral) {
                    return node![sort; "CAST(", c, " AS ", self.cast_type(Ty::Int), ")"];
                }
            }
            8 => {
                if let Some(d) = self.column(scope, |c| c.role == Role::Divisor) {
                    let over = if self.mysql() { "(12 DIV " } else { "(12 / " };
                    return node![sort; over, d, ")"];
                }
            }
            9 => return self.scalar(Ty::Int, scope, less),
            _ => {}
        }
        self.small()
    }

    /// A small integer.
    pub(super) fn small(&mut self) -> Node {
        let value = self.dice.between(-1, 9);
        self.value(Ty::Int, Value::Int(value))
    }

    fn text(&mut self, scope: &Scope, depth: usize) -> Node {
        let sort = Sort::Expr(Ty::Text);
        let deep = usize::from(depth > 0);
        let less = depth.saturating_sub(1);
        match self.dice.weighted(&[
            10,
            3,
            2 * deep,
            3 * deep,
            deep,
            2 * deep,
            deep,
            2 * deep,
            deep,
            deep,
        ]) {
            9 => return self.spiced(Some(Ty::Text), scope),
            8 => {
                let a = self.text(scope, less);
                return self.through_json(a);
            }
            0 => {
                if let Some(column) = self.column(scope, |c| c.ty == Ty::Text) {
                    return column;
                }
            }
            2 => {
                let (a, b) = (self.text(scope, less), self.text(scope, less));
                return node![sort; "(", a, " || ", b, ")"];
            }
            3 => {
                let a = self.text(scope, less);
                let call = self
                    .dice
                    .word(&["UPPER(", "lower(", "TRIM(", "SUBSTR(", "REPLACE("]);
                let rest = match call {
                    "SUBSTR(" => ", 1, 3)",
                    "REPLACE(" => ", 'b', '''')",
                    _ => ")",
                };
                return node![sort; call, a, rest];
            }
            4 => {
                let (c, a, b) = (
                    self.cond(scope, less),
                    self.text(scope, less),
                    self.text(scope, less),
                );
                return node![sort; "CASE WHEN ", c, " THEN ", a, " ELSE ", b, " END"];
            }
            5 => {
                let a = self.text(scope, less);
                return node![sort; "COALESCE(", a, ", 'none')"];
            }
            6 => {
                let a = self.int(scope, less);
                return node![sort; "CAST(", a, " AS ", self.cast_type(Ty::Text), ")"];
            }
            7 => return self.scalar(Ty::Text, scope, less),
            _ => {}
        }
        let word = self.dice.word(&["a", "b", "ab", "it's", "", "k1", "x\\"]);
        self.value(Ty::Text, Value::from(word))
    }

    fn real(&mut self, scope: &Scope, depth: usize) -> Node {
        let sort = Sort::Expr(Ty::Real);
        let deep = usize::from(depth > 0);
        let less = depth.saturating_sub(1);
        match self.dice.weighted(&[10, 2, 2 * deep, deep, 2 * deep]) {
            0 => {
                if let Some(column) = self.column(scope, |c| c.ty == Ty::Real) {
                    return column;
                }
            }
            2 => {
                let a = self.real(scope, less);
                return node![sort; "(", a, " * 2)"];
            }
            3 => {
                let a = self.int(scope, less);
                let ty = self.cast_type(Ty::Real);
                return node![sort; "CAST(", a, " AS ", ty, ")"];
            }
            4 => return self.scalar(Ty::Real, scope, less),
            _ => {}
        }
        let value = f64::from(u8::try_from(self.dice.below(12)).unwrap_or(0)) / 4.0;
        self.value(Ty::Real, Value::Real(value))
    }

    /// A key that is no number: it can only be compared and shown.
    fn key(&mut self, scope: &Scope) -> Node {
        self.column(scope, |c| c.ty == Ty::Key)
            .unwrap_or_else(|| node![Sort::Expr(Ty::Key); format!("CAST({} AS UUID)", self.subject_key())])
    }

    /// The subject's key as a literal.
    pub(super) fn subject_key(&self) -> String {
        crate::engine::tenant_value(&self.schema.subject).literal()
    }

    /// A scalar subquery.
    pub(super) fn scalar(&mut self, ty: Ty, scope: &Scope, depth: usize) -> Node {
        let around = scope.around();
        let (from, sources) = self.from(&around, depth, 2);
        let inner = Scope::of(&sources, &around);
        let condition = self.filter(&inner, depth);
        let sort = Sort::Expr(ty);
        if ty != Ty::Key && self.dice.chance(70) {
            let aggregate = self.aggregate(ty, &inner, depth);
            return node![sort; "(SELECT ", aggregate, " FROM ", from, condition, ")"];
        }
        let value = self.expr(ty, &inner, depth);
        node![sort; "(SELECT ", value, " FROM ", from, condition, " ORDER BY 1 LIMIT 1)"]
    }

    /// An aggregate over the scope's own sources.
    pub(super) fn aggregate(&mut self, ty: Ty, scope: &Scope, depth: usize) -> Node {
        let own = Scope {
            own: scope.own.clone(),
            outer: Vec::new(),
        };
        let depth = depth.min(1);
        let sort = Sort::Expr(ty);
        let filter = match self.dice.chance(20) && !self.mysql() {
            true => {
                let c = self.cond(&own, 0);
                Node::Optional(vec![" FILTER (WHERE ".into(), c, ")".into()])
            }
            false => Node::Optional(Vec::new()),
        };
        match ty {
            Ty::Int => match self.dice.below(6) {
                5 if self.postgres() => {
                    let a = self.int(&own, depth);
                    node![sort; "CAST(PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY ", a, ")", filter, " AS BIGINT)"]
                }
                0 => node![sort; "COUNT(*)", filter],
                1 => {
                    let distinct = self.dice.word(&["COUNT(", "COUNT(DISTINCT "]);
                    let ty = if self.dice.chance(50) { Ty::Int } else { Ty::Text };
                    let a = self.expr(ty, &own, depth);
                    let a = self.typed(ty, a);
                    node![sort; distinct, a, ")", filter]
                }
                2 => {
                    let a = self.int(&own, depth);
                    node![sort; "CAST(SUM(", a, ")", filter, " AS ", self.cast_type(Ty::Int), ")"]
                }
                _ => {
                    let call = self.dice.word(&["MIN(", "MAX("]);
                    let a = self.int(&own, depth);
                    node![sort; call, a, ")", filter]
                }
            },
            Ty::Text => {
                let a = self.text(&own, depth);
                let a = self.typed(Ty::Text, a);
                match self.dice.below(4) {
                    0 => {
                        let call = if self.postgres() {
                            "STRING_AGG("
                        } else {
                            "GROUP_CONCAT("
                        };
                        let again = a.clone();
                        if self.mysql() {
                            return node![Sort::Fixed; node![sort; call, a, " ORDER BY ", again, " SEPARATOR ',')"]];
                        }
                        node![Sort::Fixed; node![sort; call, a, ", ',' ORDER BY ", again, ")", filter]]
                    }
                    1 => node![sort; "MIN(", a, ")", filter],
                    _ => node![sort; "MAX(", a, ")", filter],
                }
            }
            Ty::Real | Ty::Key => {
                let a = self.real(&own, depth);
                let (cast, ty) = ("CAST(", self.cast_type(Ty::Real));
                let call = self.dice.word(&["AVG(", "SUM(", "MIN(", "MAX("]);
                node![sort; cast, call, a, ")", filter, " AS ", ty, ")"]
            }
        }
    }

    /// A literal of text has no type yet to PostgreSQL, and some functions ask for one.
    pub(super) fn typed(&self, ty: Ty, node: Node) -> Node {
        if ty == Ty::Text && self.postgres() {
            return node![Sort::Expr(Ty::Text); "CAST(", node, " AS TEXT)"];
        }
        node
    }
}
