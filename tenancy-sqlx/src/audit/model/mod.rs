//! What is read of a database, once. The rules see nothing else.

mod mariadb;
mod postgres;
mod sqlite;

pub(crate) use mariadb::{MariaDb, MariaGrant, Routine};
pub(crate) use postgres::{
    DefaultGrant, Expected, Function, Grant, Policy, Postgres, Published, Role, RoleSetting, Security,
    WallFunction,
};
pub(crate) use sqlite::Sqlite;

use super::rule::AuditedProduct;

/// A database as it was when it was read.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) relations: Vec<Relation>,
    /// What could not be read, and what the server said.
    pub(crate) unread: Vec<(String, String)>,
    /// Settings that are not as they should be: name, value, what it does, and the SQL that sets it back.
    pub(crate) settings: Vec<Setting>,
    pub(crate) version: Version,
    /// The application's role, or why there is none.
    pub(crate) app: String,
    pub(crate) app_exists: bool,
    /// The operators' role.
    pub(crate) operator: String,
    pub(crate) server: Server,
}

impl Snapshot {
    pub(crate) fn product(&self) -> AuditedProduct {
        match self.server {
            Server::Postgres(_) => AuditedProduct::Postgres,
            Server::Sqlite(_) => AuditedProduct::Sqlite,
            Server::MariaDb(_) => AuditedProduct::MariaDb,
        }
    }
}

/// A server's version, and whether the auditor knows its like.
#[derive(Debug, Clone, Default)]
pub(crate) struct Version {
    pub(crate) text: String,
    pub(crate) major: i32,
    pub(crate) minor: i32,
    pub(crate) known: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) what: &'static str,
    pub(crate) mend: Option<String>,
}

/// What only one database has.
#[derive(Debug)]
pub(crate) enum Server {
    Postgres(Box<Postgres>),
    Sqlite(Sqlite),
    MariaDb(MariaDb),
}

/// What a relation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RelationKind {
    Table,
    View,
    Materialized,
    Foreign,
    /// SQLite's, with the module.
    Virtual,
    /// A table that a virtual one keeps its rows in.
    Shadow,
    /// Something that numbers come from.
    Sequence,
    /// Something else, as the server calls it.
    Unknown(String),
}

/// A table or view.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// The server's number for it, or one that the reader gave.
    pub(crate) id: i64,
    pub(crate) schema: String,
    pub(crate) name: String,
    pub(crate) kind: RelationKind,
    pub(crate) columns: Vec<Column>,
    pub(crate) keys: Vec<Index>,
    pub(crate) references: Vec<Reference>,
    /// The relations that a view reads.
    pub(crate) reads: Vec<i64>,
    /// The tables whose child or partition it is.
    pub(crate) parents: Vec<i64>,
    pub(crate) partition: bool,
    pub(crate) triggers: Vec<Trigger>,
    /// MariaDB's storage engine.
    pub(crate) engine: Option<String>,
    /// A view of tables in a database that was not looked at.
    pub(crate) reads_elsewhere: bool,
    /// A view that looks as its owner.
    pub(crate) as_owner: bool,
    /// Part of an extension.
    pub(crate) extension: bool,
    /// The text that made it, where the database keeps that.
    pub(crate) definition: String,
}

impl Relation {
    pub(crate) fn new(id: i64, schema: String, name: String, kind: RelationKind) -> Self {
        Self {
            id,
            schema,
            name,
            kind,
            columns: Vec::new(),
            keys: Vec::new(),
            references: Vec::new(),
            reads: Vec::new(),
            parents: Vec::new(),
            partition: false,
            triggers: Vec::new(),
            engine: None,
            reads_elsewhere: false,
            as_owner: false,
            extension: false,
            definition: String::new(),
        }
    }

    pub(crate) fn is_view(&self) -> bool {
        match self.kind {
            RelationKind::View | RelationKind::Materialized => true,
            RelationKind::Table
            | RelationKind::Foreign
            | RelationKind::Virtual
            | RelationKind::Shadow
            | RelationKind::Sequence
            | RelationKind::Unknown(_) => false,
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// The type as the server writes it, a domain's as the type below it.
    pub(crate) column_type: String,
    pub(crate) nullable: bool,
    /// What it gets by itself.
    pub(crate) default: Option<String>,
    pub(crate) generated: bool,
    /// Generated when it is read, which cannot be undone in place.
    pub(crate) computed: bool,
    /// The default is its domain's.
    pub(crate) of_domain: bool,
    pub(crate) identity: bool,
    /// The collation, where it takes different texts for one.
    pub(crate) folding: Option<String>,
}

/// An index, unique or not, or a constraint that is like one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) unique: bool,
    pub(crate) primary: bool,
    /// An exclusion constraint.
    pub(crate) exclusion: bool,
    /// A part of the rows only.
    pub(crate) partial: bool,
    pub(crate) valid: bool,
    /// The name of the constraint that it stands for.
    pub(crate) constraint: Option<String>,
    /// Its columns in order; `None` where it is an expression, a prefix, or folds what the column does not.
    pub(crate) columns: Vec<Option<String>>,
    /// The columns that some operator serves which is not leakproof, by their place.
    pub(crate) leaky: Vec<usize>,
    /// It cannot be changed without rebuilding its table.
    pub(crate) built_in: bool,
    /// What a conflict with it does, where that is not an error.
    pub(crate) conflict: Option<String>,
    /// The statement that makes it, as far as it is known.
    pub(crate) definition: String,
}

impl Index {
    /// Whether it is on plain columns, and all rows.
    pub(crate) fn whole(&self) -> Option<Vec<&str>> {
        if self.partial || self.exclusion {
            return None;
        }
        self.columns.iter().map(Option::as_deref).collect()
    }
}

/// What a foreign key does when its parent goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    Cascade,
    SetNull,
    SetDefault,
}

impl Action {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Action::Nothing => "NO ACTION",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        }
    }
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) name: Option<String>,
    pub(crate) schema: String,
    pub(crate) parent: String,
    /// Each column, and the parent's.
    pub(crate) on: Vec<(String, String)>,
    pub(crate) on_delete: Action,
    pub(crate) on_update: Action,
    /// The columns that SET NULL sets, where it names them.
    pub(crate) sets: Vec<String>,
    pub(crate) validated: bool,
    /// PostgreSQL 18 has some that are not looked at.
    pub(crate) enforced: bool,
    /// Between periods, which are compared by more than `=`.
    pub(crate) period: bool,
}

/// A trigger, without those that hold constraints.
#[derive(Debug, Clone)]
pub(crate) struct Trigger {
    pub(crate) name: String,
    /// The text that runs.
    pub(crate) body: String,
    /// The function that runs, and whether it does so as its owner.
    pub(crate) function: Option<String>,
    pub(crate) definer: bool,
    /// Its function is compiled, and not a text.
    pub(crate) compiled: bool,
}
