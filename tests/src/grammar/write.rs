//! INSERT, UPDATE and DELETE.

use super::tree::{Node, Sort, node};
use super::{Emphasis, Maker, Scope, Source};
use crate::Dialect;
use crate::schema::{Column, Kind, Role, Table, Ty};

impl<'a> Maker<'a> {
    /// A table with the tenant's key, to write to.
    pub(super) fn target(&mut self) -> Option<&'a Table> {
        let schema: &'a crate::schema::Schema = self.schema;
        let all: Vec<&Table> = schema
            .tables
            .iter()
            .filter(|t| matches!(t.kind, Kind::Tenant | Kind::Mixed | Kind::Via | Kind::Party))
            .collect();
        let party = all.iter().copied().find(|t| t.kind == Kind::Party);
        if self.stresses(Emphasis::Parties)
            && let Some(party) = party
            && self.dice.chance(75)
        {
            return Some(party);
        }
        self.dice.choose(&all).copied()
    }

    /// A table with a key that no statement may assign.
    pub(super) fn keyed_target(&mut self) -> Option<&'a Table> {
        let schema: &'a crate::schema::Schema = self.schema;
        let all: Vec<&Table> = schema
            .tables
            .iter()
            .filter(|t| matches!(t.kind, Kind::Tenant | Kind::Mixed))
            .collect();
        self.dice.choose(&all).copied()
    }

    /// Runs `make` where the target may not be read, through a view neither: SQLite and MariaDB evaluate these parts row by
    /// row, while they write.
    pub(super) fn row_by_row<T>(&mut self, target: &Table, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::take(&mut self.avoid);
        if !self.postgres() {
            self.avoid = self.schema.readers(&target.name);
        }
        let made = make(self);
        self.avoid = before;
        made
    }

    pub(super) fn insert(&mut self) -> Node {
        let Some(table) = self.target() else {
            return self.top();
        };
        if table.kind == Kind::Tenant && self.dice.chance(6) {
            let written = self.written(table);
            let row = if self.mysql() {
                " () VALUES ()"
            } else {
                " DEFAULT VALUES"
            };
            return node![Sort::Fixed; "INSERT INTO ", written, row];
        }
        let (head, known_as) = self.insert_known_as(table, false);
        let returning = self.returning(table, &known_as);
        node![Sort::Fixed; "INSERT INTO ", head, returning]
    }

    /// `t (…) VALUES …`, or `t AS u (…) VALUES …` where that is known, and the name of the table.
    pub(super) fn insert_known_as(&mut self, table: &Table, upsert: bool) -> (Node, String) {
        if !self.postgres() || !self.dice.chance(12) {
            return (self.insert_rows(table, upsert), table.name.clone());
        }
        let (written, alias) = (self.written(table), self.name("u"));
        let named = format!("{written} AS {alias}");
        (self.insert_named(table, named, upsert), alias)
    }

    /// `t (…) VALUES …` or `… SELECT …`.
    pub(super) fn insert_rows(&mut self, table: &Table, upsert: bool) -> Node {
        let named = self.written(table);
        self.insert_named(table, named, upsert)
    }

    fn insert_named(&mut self, table: &Table, named: String, upsert: bool) -> Node {
        // The key is left to the engine, or given as the subject's own, or (to be replaced) as a neighbour's.
        let key = self.dice.weighted(&[80, 12, 8]);
        let listed = key != 0 || self.dice.chance(85);
        let columns: Vec<&Column> = table
            .visible()
            .filter(|c| c.role != Role::Key || key != 0 || !listed)
            .collect();
        let list = match listed {
            true => format!(
                " ({})",
                columns
                    .iter()
                    .map(|c| c.name.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
            false => String::new(),
        };
        let own = self.subject_key();
        let theirs = match self.schema.neighbours.first() {
            Some(n) if key == 2 => crate::engine::tenant_value(n).literal(),
            _ => own.clone(),
        };
        let key_node = |own: &str| Node::Split {
            shared: theirs.clone(),
            private: own.to_owned(),
        };
        let typed_key = |own: &str| match (
            columns.iter().find(|c| c.role == Role::Key).map(|c| c.ty),
            theirs == own,
        ) {
            (Some(Ty::Key), _) => node![Sort::Fixed; "CAST(", key_node(own), " AS UUID)"],
            (_, true) => node![Sort::Fixed; own.to_owned()],
            _ => key_node(own),
        };
        if self.dice.chance(35) {
            let key = typed_key(&own);
            let select = if self.dice.chance(25) {
                self.insert_union(table, &columns, &key)
            } else {
                self.insert_select(table, &columns, key, None)
            };
            if let Some(select) = select {
                return node![Sort::Fixed; named, list, " ", select];
            }
        }
        let first = if upsert || self.dice.chance(15) {
            self.dice.between(1, 9)
        } else {
            self.dice.between(30, 60)
        };
        let rows = (0..1 + self.dice.weighted(&[6, 3, 1]))
            .map(|n| {
                let id = first + i64::try_from(n).unwrap_or(0);
                let items = columns
                    .iter()
                    .map(|c| match c.role {
                        Role::Key => typed_key(&own),
                        _ => self.new_value(table, c, id),
                    })
                    .collect();
                node![Sort::Fixed; "(", Node::List { items, sep: ", ", least: columns.len() }, ")"]
            })
            .collect();
        node![Sort::Fixed; named, list, " VALUES ", Node::List { items: rows, sep: ", ", least: 1 }]
    }

    /// A value for a new row.
    fn new_value(&mut self, table: &Table, column: &Column, id: i64) -> Node {
        use crate::Value;
        match column.role {
            Role::Id => match self.dice.chance(50) {
                true => Node::Bind(Value::Int(id)),
                false => node![Sort::Fixed; id.to_string()],
            },
            Role::Code => node![Sort::Fixed; format!("'k{id}'")],
            Role::Divisor => node![Sort::Fixed; "2"],
            Role::Numeral => node![Sort::Fixed; "'5'"],
            Role::Global => node![Sort::Fixed; (1000 + id).to_string()],
            Role::Parent => self.parent(table),
            Role::Partner => self.partner(column),
            Role::Ref | Role::Plain | Role::Key => {
                let depth = usize::from(self.dice.chance(30));
                self.set_value(table, column, &Scope::default(), depth)
            }
        }
    }

    /// Rows from one table, whose ids are as unique as that table's.
    pub(super) fn insert_select(
        &mut self,
        table: &Table,
        columns: &[&Column],
        key: Node,
        apart: Option<i64>,
    ) -> Option<Node> {
        let schema: &'a crate::schema::Schema = self.schema;
        let sources: Vec<&Table> = schema
            .tables
            .iter()
            .filter(|t| match &table.extra.parent {
                Some(parent) => t.name == *parent,
                None => matches!(t.kind, Kind::Tenant | Kind::Shared),
            })
            .collect();
        let source = self.dice.choose(&sources).copied()?;
        let alias = self.name("t");
        let from = Source::of(source, &alias);
        let scope = Scope::of(std::slice::from_ref(&from), &[]);
        let id = self.column(&scope, |c| c.role == Role::Id)?;
        // A child whose parent is not its own's to use is one mistake, an id that is taken another: which of two is told hangs on the
        // order of the rows.
        let may_meet = self.dice.chance(30) && table.extra.parent.is_none();
        let near = if may_meet { 3 } else { 40 };
        let shift = apart.unwrap_or(near);
        let items = columns
            .iter()
            .map(|c| match c.role {
                Role::Key => key.clone(),
                Role::Id => node![Sort::Fixed; id.clone(), " + ", shift.to_string()],
                Role::Code => node![Sort::Fixed; "'k' || CAST(", id.clone(), format!(" + {shift} AS {})", self.cast_type(Ty::Text))],
                Role::Global => node![Sort::Fixed; id.clone(), format!(" + {}", 1000 + shift)],
                Role::Parent => node![Sort::Fixed; format!("{alias}.gid")],
                Role::Partner => self.partner(c),
                Role::Divisor => node![Sort::Fixed; "3"],
                Role::Numeral => node![Sort::Fixed; "'6'"],
                Role::Ref | Role::Plain => self.set_value(table, c, &scope, 1),
            })
            .collect();
        let condition = self.cond(&scope, 1);
        let written = self.written(source);
        let items = Node::List {
            items,
            sep: ", ",
            least: columns.len(),
        };
        // A WHERE is always there: without one SQLite takes ON CONFLICT for the ON of a join.
        Some(node![Sort::Fixed; "SELECT ", items, " FROM ", written, " AS ", alias, " WHERE ", condition])
    }

    /// The condition of a write. On MariaDB's private side it leaves out the rows that are shared, or another party's to write,
    /// as a trigger does elsewhere.
    fn write_filter(&mut self, table: &Table, name: &str, scope: &Scope, assigned: &[String]) -> Node {
        let own = match table.kind {
            Kind::Mixed if self.mysql() => format!("{name}.{} IS NOT NULL", self.schema.key),
            Kind::Party if self.mysql() => self.is_writers(table, name, assigned),
            _ => return self.filter(scope, 2),
        };
        let condition = self.cond(scope, 2);
        let own = Node::Split {
            shared: " WHERE (".to_owned(),
            private: format!(" WHERE ({own}) AND ("),
        };
        node![Sort::Fixed; own, condition, ")"]
    }

    pub(super) fn update(&mut self) -> Node {
        let Some(table) = self.target() else {
            return self.top();
        };
        self.changes = true;
        if self.dice.chance(35) {
            let joined = match self.mysql() {
                true => self.multi_update(table),
                false => self.update_from(table),
            };
            if let Some(joined) = joined {
                return joined;
            }
        }
        let written = self.written(table);
        let alias = if self.dice.chance(35) {
            self.name("u")
        } else {
            String::new()
        };
        let (named, source) = match alias.is_empty() {
            true => (written, Source::of(table, &table.name)),
            false => (format!("{written} AS {alias}"), Source::of(table, &alias)),
        };
        let name = source.alias.clone();
        let scope = Scope::of(&[source], &[]);
        let (set, assigned) = self.named_assignments(table, &scope);
        let condition = self.write_filter(table, &name, &scope, &assigned);
        // MariaDB returns what it inserted and deleted, and not what it updated.
        let returning = match self.mysql() {
            true => Node::Optional(Vec::new()),
            false => self.returning(table, &name),
        };
        node![Sort::Fixed; "UPDATE ", named, " SET ", set, condition, returning]
    }

    pub(super) fn delete(&mut self) -> Node {
        let Some(table) = self.target() else {
            return self.top();
        };
        self.changes = true;
        if self.dice.chance(35) {
            let joined = match self.dialect {
                Dialect::Postgres => self.delete_using(table),
                Dialect::Mysql => self.multi_delete(table),
                Dialect::Sqlite => None,
            };
            if let Some(joined) = joined {
                return joined;
            }
        }
        let written = self.written(table);
        let source = Source::of(table, &table.name);
        let scope = Scope::of(&[source], &[]);
        let condition = self.write_filter(table, &table.name, &scope, &[]);
        let returning = self.returning(table, &table.name);
        node![Sort::Fixed; "DELETE FROM ", written, condition, returning]
    }
}
