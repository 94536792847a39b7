//! Upserts, and the writes that no engine may let through.

use super::tree::{Node, Sort, node};
use super::{Col, Maker, Scope, Source};
use crate::Dialect;
use crate::schema::{Kind, Table};

impl Maker<'_> {
    pub(super) fn upsert(&mut self) -> Node {
        let Some(table) = self.upsert_target() else {
            return self.top();
        };
        if !self.postgres() && self.dice.chance(25) {
            return self.or_insert(table);
        }
        let (rows, known_as) = self.insert_known_as(table, true);
        let head = node![Sort::Fixed; "INSERT INTO ", rows];
        let unique: Vec<&str> = table.unique().collect();
        let unique = self.dice.choose(&unique).copied().unwrap_or("id");
        let key = table.key().unwrap_or(crate::schema::PARENT);
        // On the private side of a mixed table the key is part of what is unique, as on the shared one.
        let target = match table.kind {
            Kind::Mixed | Kind::Party => Node::Split {
                shared: unique.to_owned(),
                private: format!("{key}, {unique}"),
            },
            Kind::Via => node![Sort::Fixed; format!("{key}, {unique}")],
            Kind::Tenant | Kind::Shared | Kind::Denied | Kind::View => {
                node![Sort::Fixed; unique.to_owned()]
            }
        };
        if self.mysql() {
            return self.duplicate_key(table, head);
        }
        if self.dice.chance(30) {
            let returning = self.returning(table, &known_as);
            return node![Sort::Fixed; head, " ON CONFLICT (", target, ") DO NOTHING", returning];
        }
        let excluded = Source::of(table, "excluded");
        let present = Source::of(table, &known_as);
        let scope = Scope::of(&[excluded, present], &[]);
        let set = self.assignments(table, &scope);
        let condition = match self.dice.chance(35) {
            true => {
                let c = self.row_by_row(table, |maker| maker.cond(&scope, 1));
                Node::Optional(vec![" WHERE ".into(), c])
            }
            false => Node::Optional(Vec::new()),
        };
        let returning = self.returning(table, &known_as);
        node![Sort::Fixed; head, " ON CONFLICT (", target, ") DO UPDATE SET ", set, condition, returning]
    }

    /// `INSERT … ON DUPLICATE KEY UPDATE`, which takes any unique key.
    fn duplicate_key(&mut self, table: &Table, head: Node) -> Node {
        let mut scope = Scope::of(&[Source::of(table, &table.name)], &[]);
        for column in table.visible() {
            scope.own.push(Col {
                text: format!("VALUES({})", column.name),
                name: column.name.clone(),
                ty: column.ty,
                role: column.role,
            });
        }
        let set = self.assignments(table, &scope);
        let returning = self.returning(table, &table.name);
        node![Sort::Fixed; head, " ON DUPLICATE KEY UPDATE ", set, returning]
    }

    /// A statement that has to be refused, whatever its effect would be.
    pub(super) fn forbidden(&mut self) -> Node {
        let (Some(table), key) = (self.keyed_target(), self.schema.key.clone()) else {
            return self.top();
        };
        let theirs = self
            .schema
            .neighbours
            .first()
            .map(|n| crate::engine::tenant_value(n).literal());
        let theirs = theirs.unwrap_or_default();
        let t = &table.name;
        let (quote, upsert) = match self.mysql() {
            true => ('`', "ON DUPLICATE KEY UPDATE"),
            false => ('"', "ON CONFLICT (id) DO UPDATE SET"),
        };
        let text = match self.dice.below(7) {
            0 => format!("UPDATE {t} SET {key} = {theirs} WHERE id > 0"),
            1 => format!("UPDATE {t} SET {quote}{key}{quote} = {theirs}, id = id + 1000"),
            2 => format!("INSERT INTO {t} (id) VALUES (1) {upsert} {key} = {theirs}"),
            3 => "UPDATE brands SET id = id + 1000".to_owned(),
            4 => "DELETE FROM brands WHERE id = 1".to_owned(),
            5 => "SELECT count(*) FROM secrets".to_owned(),
            _ => match self.dialect {
                Dialect::Postgres => "SELECT relname FROM pg_class".to_owned(),
                Dialect::Sqlite => "SELECT name FROM sqlite_master".to_owned(),
                Dialect::Mysql => "SELECT table_name FROM information_schema.tables".to_owned(),
            },
        };
        node![Sort::Fixed; text]
    }
}
