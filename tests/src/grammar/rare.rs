//! Rarer statements: queries that lock what they read, writes over several tables, and values bound where numbers stand.

use super::tree::{Node, Sort, node};
use super::{Maker, Scope, Source};
use crate::schema::{Kind, Role, Table, Ty};
use crate::{Dialect, Value};

impl<'a> Maker<'a> {
    /// A number that is bound, or written.
    pub(super) fn number(&mut self, number: i64) -> Node {
        match self.dice.chance(40) {
            true => Node::Bind(Value::Int(number)),
            false => Node::from(number.to_string()),
        }
    }

    /// `SELECT … FOR UPDATE` and its kin, over tables of which each row has one tenant.
    pub(super) fn locked(&mut self) -> Option<Node> {
        let locks: &[&'static str] = match self.dialect {
            Dialect::Sqlite => return None,
            Dialect::Postgres => &[
                " FOR UPDATE",
                " FOR NO KEY UPDATE",
                " FOR SHARE",
                " FOR KEY SHARE",
                " FOR UPDATE SKIP LOCKED",
                " FOR SHARE NOWAIT",
            ],
            Dialect::Mysql => &[" FOR UPDATE", " LOCK IN SHARE MODE"],
        };
        let table = self.tenants()?;
        let (alias, written) = (self.name("t"), self.written(table));
        let mut from = node![Sort::Fixed; written, " AS ", alias.clone()];
        let mut sources = vec![Source::of(table, &alias)];
        let mut of = String::new();
        if self.dice.chance(40)
            && let Some(other) = self.tenants()
        {
            let (second, written) = (self.name("t"), self.written(other));
            from = node![Sort::Fixed; from, " JOIN ", written, " AS ", second.clone(), format!(" ON {second}.id = {alias}.id")];
            sources.push(Source::of(other, &second));
            if self.postgres() && self.dice.chance(50) {
                of = format!(" OF {alias}");
            }
        }
        let scope = Scope::of(&sources, &[]);
        let value = self.expr(Ty::Int, &scope, 1);
        let condition = self.filter(&scope, 1);
        let mut lock = self.dice.word(locks).to_owned();
        // The tables stand in front of the words about waiting.
        let at = lock
            .find(" SKIP")
            .or_else(|| lock.find(" NOWAIT"))
            .unwrap_or(lock.len());
        lock.insert_str(at, &of);
        Some(
            node![Sort::Fixed; "SELECT ", alias, ".id AS c1, ", value, " AS c2 FROM ", from, condition, lock],
        )
    }

    /// A row's table, a field of a row, or a column of joined tables that have a name together (PostgreSQL).
    pub(super) fn of_rows(&mut self) -> Option<Node> {
        let schema: &'a crate::schema::Schema = self.schema;
        // What a view's row is a row of, only the view knows.
        let all: Vec<&Table> = schema
            .tables
            .iter()
            .filter(|t| !matches!(t.kind, Kind::Denied | Kind::View))
            .collect();
        let table = self.dice.choose(&all).copied()?;
        let (alias, written) = (self.name("t"), self.written(table));
        let scope = Scope::of(&[Source::of(table, &alias)], &[]);
        let condition = self.filter(&scope, 1);
        let told = match self.dice.below(3) {
            0 => format!("{alias}.tableoid::regclass::text"),
            1 => format!("({alias}).id"),
            _ => {
                let (other, second, both) =
                    (self.dice.choose(&all).copied()?, self.name("t"), self.name("j"));
                let other = self.written(other);
                let least = self.small();
                return Some(node![Sort::Fixed;
                    "SELECT ", both.clone(), ".id AS c1 FROM (", written, " AS ", alias, " JOIN ", other, " AS ", second,
                    " USING (id)) AS ", both.clone(), " WHERE ", both, ".id > ", least]);
            }
        };
        Some(
            node![Sort::Fixed; "SELECT ", alias.clone(), ".id AS c1, ", told, " AS c2 FROM ", written, " AS ", alias, condition],
        )
    }

    fn tenants(&mut self) -> Option<&'a Table> {
        let schema: &'a crate::schema::Schema = self.schema;
        let mysql = self.mysql();
        let all: Vec<&Table> = schema
            .tables
            .iter()
            .filter(|t| t.kind == Kind::Tenant && !(mysql && self.is_shadowed(t)))
            .collect();
        self.dice.choose(&all).copied()
    }

    /// `UPDATE t AS u JOIN s ON u.x = s.id SET u.y = … WHERE …` (MariaDB).
    pub(super) fn multi_update(&mut self, table: &Table) -> Option<Node> {
        let (from, both, alias) = self.joined_target(table)?;
        let plain: Vec<&crate::schema::Column> =
            table.columns.iter().filter(|c| c.role == Role::Plain).collect();
        let column = self.dice.choose(&plain).copied()?;
        let value = self.set_value(table, column, &both, 1);
        let condition = self.row_by_row(table, |maker| maker.filter(&both, 1));
        Some(
            node![Sort::Fixed; "UPDATE ", from, " SET ", alias, format!(".{} = ", column.name), value, condition],
        )
    }

    /// `DELETE u FROM t AS u JOIN s ON u.x = s.id WHERE …` (MariaDB), or the same with USING.
    pub(super) fn multi_delete(&mut self, table: &Table) -> Option<Node> {
        let (from, both, alias) = self.joined_target(table)?;
        let condition = self.row_by_row(table, |maker| maker.filter(&both, 1));
        Some(match self.dice.chance(50) {
            true => node![Sort::Fixed; "DELETE ", alias, " FROM ", from, condition],
            false => node![Sort::Fixed; "DELETE FROM ", alias, " USING ", from, condition],
        })
    }

    /// A target and a source beside it, of which each row of the target meets one at most.
    fn joined_target(&mut self, table: &Table) -> Option<(Node, Scope, String)> {
        if table.kind != Kind::Tenant {
            return None;
        }
        let beside = self.beside(table)?;
        let alias = self.name("u");
        let written = self.written(table);
        let own = Source::of(table, &alias);
        let target = Scope::of(std::slice::from_ref(&own), &[]);
        let joined = self.column(&target, |c| matches!(c.role, Role::Ref | Role::Id))?;
        let both = Scope::of(&[own, beside.source], &[]);
        let how = self.dice.word(&[" JOIN ", " INNER JOIN ", " LEFT JOIN "]);
        let from = node![Sort::Fixed;
            written, " AS ", alias.clone(), how, beside.node, " ON ", joined, " = ", beside.unique];
        Some((from, both, alias))
    }
}
