//! What is read of a database.

use tenancy_core::KeyType;

/// A database's relations.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) product: Product,
    pub(super) relations: Vec<Relation>,
    /// Types that are lists of words, which statements may want to cast to.
    pub(super) enums: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Product {
    Sqlite,
    Postgres,
    MariaDb,
}

impl Product {
    pub(super) fn name(self) -> &'static str {
        match self {
            Product::Sqlite => "SQLite",
            Product::Postgres => "PostgreSQL",
            Product::MariaDb => "MySQL or MariaDB",
        }
    }

    /// Whether two names of columns are one.
    pub(super) fn same(self, one: &str, other: &str) -> bool {
        match self {
            Product::Postgres => one == other,
            Product::Sqlite | Product::MariaDb => one.eq_ignore_ascii_case(other),
        }
    }

    /// The ids that a column of this type can hold, the likeliest first.
    pub(super) fn ids(self, column_type: &str) -> &'static [KeyType] {
        let name = column_type.to_ascii_lowercase();
        let any = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let text: &[KeyType] = &[KeyType::Text, KeyType::Uuid];
        match (self, name.as_str()) {
            (_, "uuid") => &[KeyType::Uuid],
            (Product::Postgres, "bigint" | "integer" | "smallint") => &[KeyType::BigInt],
            // No citext, which folds case, and no character(n), which drops blanks.
            (Product::Postgres, "text" | "character varying") => &[KeyType::Text],
            (Product::Sqlite | Product::MariaDb, _) if any(&["int"]) => &[KeyType::BigInt],
            (Product::Sqlite, _) if any(&["char", "clob", "text"]) => text,
            (Product::MariaDb, _) if any(&["char", "text"]) => text,
            (Product::Postgres | Product::Sqlite | Product::MariaDb, _) => &[],
        }
    }
}

/// What a relation is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Table,
    /// A view, with its body where the database tells it in a form that can be handed on.
    View {
        body: Option<String>,
    },
    /// Something of which the operator has to think first: a partition, a foreign or a virtual table.
    Special(String),
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) column_type: String,
    pub(super) nullable: bool,
}

/// A foreign key.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) parent: String,
    /// Each column, and the parent's that it references.
    pub(super) on: Vec<(String, String)>,
}

/// A table or view.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) name: String,
    /// Where it is not the dialect's default.
    pub(super) schema: Option<String>,
    pub(super) kind: Kind,
    pub(super) columns: Vec<Column>,
    /// Why an INSERT without columns does not mean all of them, if it does not.
    pub(super) unlisted: Option<&'static str>,
    /// The primary key, where its columns are NOT NULL.
    pub(super) primary: Option<Vec<String>>,
    /// All unique keys on columns, the primary one included.
    pub(super) unique: Vec<Vec<String>>,
    /// Of each unique key on more than columns (expressions, prefixes, exclusions): those columns that it has as they are.
    pub(super) odd_keys: Vec<Vec<String>>,
    pub(super) references: Vec<Reference>,
    /// The names that PostgreSQL has for some of the unique keys.
    pub(super) constraints: Vec<(String, Vec<String>)>,
}

impl Relation {
    pub(super) fn new(name: String, schema: Option<String>, kind: Kind) -> Self {
        Self {
            name,
            schema,
            kind,
            columns: Vec::new(),
            unlisted: None,
            primary: None,
            unique: Vec::new(),
            odd_keys: Vec::new(),
            references: Vec::new(),
            constraints: Vec::new(),
        }
    }

    /// The column of this name.
    pub(super) fn column(&self, product: Product, name: &str) -> Option<&Column> {
        self.columns.iter().find(|own| product.same(&own.name, name))
    }

    /// Adds a unique key; `whole` says that it is on those columns and nothing else.
    pub(super) fn key(&mut self, columns: Vec<String>, whole: bool) {
        let keys = if whole {
            &mut self.unique
        } else {
            &mut self.odd_keys
        };
        keys.push(columns);
    }
}
