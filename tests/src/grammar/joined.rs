//! Writes that read beside their target: UPDATE … FROM, DELETE … USING, rows from set operations, and SQLite's words
//! about conflicts.

use super::tree::{Node, Sort, node};
use super::{Maker, Scope, Source};
use crate::schema::{Column, Kind, Role, Table, Ty};

/// What stands beside a target: its text, what it brings, and the column that is unique in it.
pub(super) struct Beside {
    pub(super) node: Node,
    pub(super) source: Source,
    pub(super) unique: String,
}

impl<'a> Maker<'a> {
    /// A source in which one column is unique for the tenant, so that no row of the target is written twice.
    pub(super) fn beside(&mut self, target: &Table) -> Option<Beside> {
        let schema: &'a crate::schema::Schema = self.schema;
        let all: Vec<&Table> = schema
            .tables
            .iter()
            .filter(|t| matches!(t.kind, Kind::Tenant | Kind::Shared) && t.name != target.name)
            .collect();
        let table = self.dice.choose(&all).copied()?;
        let alias = self.name("s");
        let written = self.written(table);
        if self.dice.chance(35) {
            // A row for each value of a column.
            let inner = self.name("t");
            let scope = Scope::of(&[Source::of(table, &inner)], &[]);
            let by = self.column(&scope, |c| matches!(c.role, Role::Ref | Role::Id))?;
            let most = self.aggregate(Ty::Int, &scope, 0);
            let condition = self.filter(&scope, 1);
            let source = Source::new(&alias, [("k", Ty::Int, Role::Id), ("m", Ty::Int, Role::Plain)]);
            return Some(Beside {
                node: node![Sort::Fixed;
                    "(SELECT ", by.clone(), " AS k, ", most, " AS m FROM ", written, " AS ", inner, condition,
                    " GROUP BY ", by, ") AS ", alias.clone()],
                source,
                unique: format!("{alias}.k"),
            });
        }
        let source = Source::of(table, &alias);
        Some(Beside {
            node: node![Sort::Fixed; written, " AS ", alias.clone()],
            source,
            unique: format!("{alias}.id"),
        })
    }

    /// `UPDATE t SET … FROM s WHERE t.x = s.id …`
    pub(super) fn update_from(&mut self, table: &Table) -> Option<Node> {
        let beside = self.beside(table)?;
        let alias = self.name("u");
        let written = self.written(table);
        let (named, own) = if self.dice.chance(50) {
            (
                node![Sort::Fixed; written, " AS ", alias.clone()],
                Source::of(table, &alias),
            )
        } else {
            (node![Sort::Fixed; written], Source::of(table, &table.name))
        };
        let name = own.alias.clone();
        let target = Scope::of(std::slice::from_ref(&own), &[]);
        let joined = self.column(&target, |c| matches!(c.role, Role::Ref | Role::Id))?;
        let both = Scope::of(&[own, beside.source], &[]);
        let set = self.assignments(table, &both);
        let more = self.more(table, &both);
        let returning = self.returning(table, &name);
        Some(node![Sort::Fixed;
            "UPDATE ", named, " SET ", set, " FROM ", beside.node, " WHERE ", joined, " = ", beside.unique, more, returning])
    }

    /// `DELETE FROM t USING s WHERE t.x = s.id …`
    pub(super) fn delete_using(&mut self, table: &Table) -> Option<Node> {
        let beside = self.beside(table)?;
        let written = self.written(table);
        let own = Source::of(table, &table.name);
        let target = Scope::of(std::slice::from_ref(&own), &[]);
        let joined = self.column(&target, |c| matches!(c.role, Role::Ref | Role::Id))?;
        let both = Scope::of(&[own, beside.source], &[]);
        let more = self.more(table, &both);
        let returning = self.returning(table, &table.name);
        Some(node![Sort::Fixed;
            "DELETE FROM ", written, " USING ", beside.node, " WHERE ", joined, " = ", beside.unique, more, returning])
    }

    fn more(&mut self, table: &Table, scope: &Scope) -> Node {
        if !self.dice.chance(40) {
            return Node::Optional(Vec::new());
        }
        let condition = self.row_by_row(table, |maker| maker.cond(scope, 1));
        Node::Optional(vec![" AND ".into(), condition])
    }

    /// Rows of two queries, whose ids are apart.
    pub(super) fn insert_union(&mut self, table: &Table, columns: &[&Column], key: &Node) -> Option<Node> {
        let one = self.insert_select(table, columns, key.clone(), Some(40))?;
        let two = self.insert_select(table, columns, key.clone(), Some(80))?;
        let word = self.dice.word(&[" UNION ALL ", " UNION ", " EXCEPT "]);
        Some(node![Sort::Fixed; one, word, two])
    }

    /// A table for an upsert. MySQL answers a conflict with any unique key, so that one without the tenant's is refused, as a
    /// child is: those are made now and then.
    pub(super) fn upsert_target(&mut self) -> Option<&'a Table> {
        let any = !self.mysql() || self.dice.chance(10);
        let is_refused = |table: &Table| {
            table
                .columns
                .iter()
                .any(|c| matches!(c.role, Role::Global | Role::Parent))
        };
        for _ in 0..8 {
            let table = self.target()?;
            if any || !is_refused(table) {
                return Some(table);
            }
        }
        self.target()
    }

    /// `INSERT OR …`, `INSERT IGNORE` and `REPLACE`, which act on any of the table's unique keys.
    pub(super) fn or_insert(&mut self, table: &Table) -> Node {
        let rows = self.insert_rows(table, true);
        if self.mysql() {
            let word = self.dice.word(&["INSERT IGNORE INTO ", "REPLACE INTO "]);
            let returning = self.returning(table, &table.name);
            return node![Sort::Fixed; word, rows, returning];
        }
        let word = self.dice.word(&[
            "INSERT OR IGNORE INTO ",
            "INSERT OR REPLACE INTO ",
            "REPLACE INTO ",
            "INSERT OR ABORT INTO ",
            "INSERT OR FAIL INTO ",
        ]);
        let returning = self.returning(table, &table.name);
        node![Sort::Fixed; word, rows, returning]
    }
}
