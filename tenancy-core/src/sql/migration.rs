//! The way out of a child without a key of its own: a migration that gives it one.

use std::fmt::Write as _;

use super::{Dialect, names::Tables};
use crate::{Catalog, KeyType, Table, TableKind, Via};

impl Catalog {
    /// The statements that give a child of the kind `via` a key of its own: the column, filled from the parent, kept equal to
    /// the parent's, and indexed. Afterwards the catalogue names the table as `"tenant"` (or `"mixed"`, as its first
    /// ancestor is), and no statement of the application has to change, since the engine writes the key.
    ///
    /// It is worth its while where a child is large: a key of its own is looked up in an index, on every server, and no
    /// read has to go by way of the parent. Where the parent is a child too, its statements come first.
    ///
    /// `None` where the table is no child, or its first ancestor has several parties.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, Table, sql::Dialect};
    ///
    /// let catalog = Catalog::builder()
    ///     .tenant_key("store_id", KeyType::BigInt)
    ///     .tenant_tables(["orders"])
    ///     .table(Table::via("order_items", "orders", [("order_id", "id")]))
    ///     .build()?;
    /// let migration = catalog.key_migration("order_items", Dialect::Postgres).unwrap();
    /// assert!(migration.starts_with(r#"ALTER TABLE "public"."order_items" ADD COLUMN "store_id" bigint;"#));
    /// assert_eq!(catalog.key_migration("orders", Dialect::Postgres), None);
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    pub fn key_migration(&self, table: &str, dialect: Dialect) -> Option<String> {
        let tables = Tables::new(self, dialect);
        let child = self.table(table)?;
        let root = tables.root(child)?;
        let writer = Writer {
            tables: &tables,
            dialect,
            key: root.key()?,
            key_type: self.key_type(),
            nullable: matches!(root.kind(), TableKind::Mixed { .. }),
        };
        let mut out = String::new();
        writer.child(&mut out, child)?;
        (!out.is_empty()).then_some(out)
    }
}

struct Writer<'a> {
    tables: &'a Tables,
    dialect: Dialect,
    key: &'a str,
    key_type: KeyType,
    /// Whether a row may be nobody's, as those of a mixed table.
    nullable: bool,
}

impl Writer<'_> {
    fn child(&self, out: &mut String, child: &Table) -> Option<()> {
        let TableKind::Via(via) = child.kind() else {
            return Some(());
        };
        let parent = self.tables.parent(via)?;
        self.child(out, parent)?;
        let (name, above) = (self.tables.qualified(child), self.tables.qualified(parent));
        let key = self.dialect.quoted(self.key);
        let _ = writeln!(out, "ALTER TABLE {name} ADD COLUMN {key} {};", self.type_name());
        self.fill(out, via, &name, &above);
        match self.dialect {
            Dialect::Postgres => {
                if !self.nullable {
                    let _ = writeln!(out, "ALTER TABLE {name} ALTER COLUMN {key} SET NOT NULL;");
                }
            }
            Dialect::Mysql => {
                let null = if self.nullable { "" } else { " NOT NULL" };
                let _ = writeln!(
                    out,
                    "ALTER TABLE {name} MODIFY COLUMN {key} {}{null};",
                    self.type_name()
                );
            }
            Dialect::Sqlite => {}
        }
        match self.dialect {
            Dialect::Postgres | Dialect::Mysql => self.foreign_key(out, via, parent, &name, &above),
            Dialect::Sqlite => self.triggers(out, via, child, parent),
        }
        Some(())
    }

    /// Fills the new column from the parent.
    fn fill(&self, out: &mut String, via: &Via, name: &str, above: &str) {
        let key = self.dialect.quoted(self.key);
        let joined = self.joined(via, "c");
        let _ = match self.dialect {
            Dialect::Postgres => {
                writeln!(
                    out,
                    "UPDATE {name} AS c SET {key} = p.{key} FROM {above} AS p WHERE {joined};"
                )
            }
            Dialect::Mysql => writeln!(
                out,
                "UPDATE {name} AS c JOIN {above} AS p ON {joined} SET c.{key} = p.{key};"
            ),
            Dialect::Sqlite => writeln!(
                out,
                "UPDATE {name} AS c SET {key} = (SELECT p.{key} FROM {above} AS p WHERE {joined});"
            ),
        };
    }

    /// A foreign key that the tenant's key is part of: no child has another tenant than its parent.
    fn foreign_key(&self, out: &mut String, via: &Via, parent: &Table, name: &str, above: &str) {
        let columns = self.list(via.columns());
        let referenced = self.list(via.on().map(|(_, references)| references));
        let wanted: Vec<&str> = std::iter::once(self.key)
            .chain(via.on().map(|(_, references)| references))
            .collect();
        let is_wanted = |key: &Vec<String>| {
            key.len() == wanted.len() && key.iter().all(|column| wanted.contains(&column.as_str()))
        };
        if !parent.unique_keys().unwrap_or_default().iter().any(is_wanted) {
            let _ = writeln!(out, "ALTER TABLE {above} ADD UNIQUE ({referenced});");
        }
        let _ = writeln!(
            out,
            "ALTER TABLE {name} ADD FOREIGN KEY ({columns}) REFERENCES {above} ({referenced});"
        );
        let index = match self.dialect {
            // The foreign key makes its own there.
            Dialect::Mysql | Dialect::Sqlite => return,
            Dialect::Postgres => format!("CREATE INDEX ON {name} ({columns});"),
        };
        let _ = writeln!(out, "{index}");
    }

    /// SQLite adds no constraint to a table that is there; triggers say the same.
    fn triggers(&self, out: &mut String, via: &Via, child: &Table, parent: &Table) {
        let quoted = |name: &str| self.dialect.quoted(name);
        let schema = quoted(self.tables.schema(child).unwrap_or("main"));
        let (table, above) = (quoted(child.name()), quoted(parent.name()));
        let columns = self.list(via.columns());
        let named = |what: &str| quoted(&format!("{}_{}_{what}", child.name(), self.key));
        let _ = writeln!(
            out,
            "CREATE INDEX {schema}.{} ON {table} ({columns});",
            named("index")
        );
        let key = quoted(self.key);
        for (event, what) in [
            ("INSERT".to_owned(), "insert"),
            (format!("UPDATE OF {columns}"), "update"),
        ] {
            let _ = writeln!(
                out,
                "CREATE TRIGGER {schema}.{} BEFORE {event} ON {table} WHEN NOT EXISTS (SELECT 1 FROM {above} AS p \
                 WHERE p.{key} IS NEW.{key} AND {}) BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed'); END;",
                named(what),
                self.joined(via, "NEW")
            );
        }
    }

    /// `p` is the parent of the row.
    fn joined(&self, via: &Via, row: &str) -> String {
        let pairs: Vec<String> = via
            .on()
            .map(|(column, references)| {
                let (column, references) = (self.dialect.quoted(column), self.dialect.quoted(references));
                format!("p.{references} = {row}.{column}")
            })
            .collect();
        pairs.join(" AND ")
    }

    /// The key and these columns.
    fn list<'c>(&self, columns: impl Iterator<Item = &'c str>) -> String {
        let mut all = vec![self.dialect.quoted(self.key)];
        all.extend(columns.map(|column| self.dialect.quoted(column)));
        all.join(", ")
    }

    fn type_name(&self) -> &'static str {
        match (self.key_type, self.dialect) {
            (KeyType::BigInt, _) => "bigint",
            (KeyType::Uuid, Dialect::Postgres | Dialect::Mysql) => "uuid",
            (KeyType::Uuid | KeyType::Text, Dialect::Sqlite) | (KeyType::Text, Dialect::Postgres) => "text",
            (KeyType::Text, Dialect::Mysql) => "varchar(255)",
        }
    }
}
