//! INSERT, UPDATE and DELETE.

use super::tree::{Node, Sort, node};
use super::{Col, Maker, Scope, Source};
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

    /// Runs `make` where the target may not be read: SQLite evaluates these parts row by row, while it writes.
    pub(super) fn row_by_row<T>(&mut self, target: &Table, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.avoid.take();
        self.avoid = if self.postgres() {
            None
        } else {
            Some(target.name.clone())
        };
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
        let head = self.insert_rows(table, false);
        let returning = self.returning(table, &table.name);
        node![Sort::Fixed; "INSERT INTO ", head, returning]
    }

    /// `t (…) VALUES …` or `… SELECT …`.
    pub(super) fn insert_rows(&mut self, table: &Table, upsert: bool) -> Node {
        let named = self.written(table);
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

    /// A value of the column's type that it can always hold.
    pub(super) fn set_value(&mut self, table: &Table, column: &Column, scope: &Scope, depth: usize) -> Node {
        let value = self.row_by_row(table, |maker| maker.expr(column.ty, scope, depth));
        if column.nullable {
            return value;
        }
        let or = match column.ty {
            Ty::Int | Ty::Key => ", 1)",
            Ty::Text => ", 'none')",
            Ty::Real => ", 0.5)",
        };
        node![Sort::Expr(column.ty); "COALESCE(", value, or]
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
        let near = if self.dice.chance(30) { 3 } else { 40 };
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

    /// The condition of a write. On MariaDB's private side it leaves out the shared rows, as a trigger does elsewhere.
    fn write_filter(&mut self, table: &Table, name: &str, scope: &Scope) -> Node {
        if !self.mysql() || table.kind != Kind::Mixed {
            return self.filter(scope, 2);
        }
        let condition = self.cond(scope, 2);
        let key = &self.schema.key;
        let own = Node::Split {
            shared: " WHERE (".to_owned(),
            private: format!(" WHERE {name}.{key} IS NOT NULL AND ("),
        };
        node![Sort::Fixed; own, condition, ")"]
    }

    /// `a = …, b = …` over columns that are not unique; at least one.
    pub(super) fn assignments(&mut self, table: &Table, scope: &Scope) -> Node {
        let mut pairs: Vec<(&Column, Node)> = Vec::new();
        let upsert = scope
            .own
            .iter()
            .any(|c| c.text.starts_with("excluded.") || c.text.starts_with("VALUES("));
        let may = self.may_change(table, upsert);
        for column in table
            .columns
            .iter()
            .filter(|c| {
                !matches!(
                    c.role,
                    Role::Id | Role::Key | Role::Code | Role::Global | Role::Partner
                )
            })
            .filter(|c| may.as_ref().is_none_or(|may| may.contains(&c.name)))
        {
            // MariaDB assigns from left to right, or all at once, as its plan has it: there one is enough.
            if !self.dice.chance(40) || self.mysql() && !pairs.is_empty() {
                continue;
            }
            let value = match column.role {
                Role::Divisor => node![Sort::Fixed; "4"],
                Role::Numeral => node![Sort::Fixed; "'7'"],
                Role::Parent if upsert && !self.mysql() && self.dice.chance(50) => {
                    node![Sort::Fixed; "excluded.gid_ref"]
                }
                Role::Parent => self.parent(table),
                Role::Ref
                | Role::Plain
                | Role::Id
                | Role::Key
                | Role::Code
                | Role::Global
                | Role::Partner => self.set_value(table, column, scope, 2),
            };
            pairs.push((column, value));
        }
        // Several at once, in a row; a parent is looked up for itself.
        let row = !self.mysql() && pairs.len() > 1 && pairs.iter().all(|(c, _)| c.role != Role::Parent);
        if row && self.dice.chance(20) {
            let names: Vec<&str> = pairs.iter().map(|(c, _)| c.name.as_str()).collect();
            let names = format!("({}) = (", names.join(", "));
            let least = pairs.len();
            let values = pairs.into_iter().map(|(_, value)| value).collect();
            return node![Sort::Fixed; names, Node::List { items: values, sep: ", ", least }, ")"];
        }
        let mut items: Vec<Node> = pairs
            .into_iter()
            .map(|(column, value)| node![Sort::Fixed; column.name.clone(), " = ", value])
            .collect();
        if items.is_empty() {
            // The id by far more than there are rows, so that no order of rows makes two meet.
            let given = |sign: &str| scope.own.iter().any(|c| c.text.starts_with(sign));
            let id = match (given("excluded."), given("VALUES(")) {
                (true, _) => "excluded.id",
                (_, true) => "VALUES(id)",
                (false, false) => "id",
            };
            items.push(node![Sort::Fixed; format!("id = {id} + 1000")]);
        }
        Node::List {
            items,
            sep: ", ",
            least: 1,
        }
    }

    pub(super) fn update(&mut self) -> Node {
        let Some(table) = self.target() else {
            return self.top();
        };
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
        let set = self.assignments(table, &scope);
        let condition = self.write_filter(table, &name, &scope);
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
        let condition = self.write_filter(table, &table.name, &scope);
        let returning = self.returning(table, &table.name);
        node![Sort::Fixed; "DELETE FROM ", written, condition, returning]
    }

    /// RETURNING of the target's columns and of expressions over them.
    pub(super) fn returning(&mut self, table: &Table, name: &str) -> Node {
        if !self.dice.chance(45) {
            return Node::Optional(Vec::new());
        }
        if self.dice.chance(25) {
            return Node::Optional(vec![" RETURNING *".into()]);
        }
        // SQLite knows the target in RETURNING by bare names only.
        let cols: Vec<Col> = table
            .visible()
            .map(|c| Col {
                text: if self.postgres() {
                    format!("{name}.{}", c.name)
                } else {
                    c.name.clone()
                },
                name: c.name.clone(),
                ty: c.ty,
                role: c.role,
            })
            .collect();
        let scope = Scope {
            own: cols,
            outer: Vec::new(),
        };
        let depth = usize::from(self.dice.chance(40));
        let value = self.row_by_row(table, |maker| {
            let scope = if maker.postgres() {
                scope.clone()
            } else {
                Scope::default()
            };
            maker.expr(Ty::Int, &scope, depth)
        });
        let column = self
            .dice
            .choose(&scope.own)
            .map_or_else(|| "id".to_owned(), |c| c.text.clone());
        Node::Optional(vec![
            " RETURNING ".into(),
            column.into(),
            ", ".into(),
            value,
            " AS extra".into(),
        ])
    }
}
