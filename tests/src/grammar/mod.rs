//! Statements made up by chance over a [`Schema`]: valid, of known types, and with one right answer.
//!
//! *One right answer* takes care: no row order is relied on, LIMIT stands only behind an order of all columns,
//! windows that number rows order by all columns of their sources, aggregates of text have an order, and on SQLite
//! no part of a write that runs row by row reads the table that is written.

mod assign;
mod compound;
mod cond;
mod emphasis;
mod expr;
mod extended;
mod from;
mod joined;
mod kinds;
mod query;
mod rare;
mod spice;
#[cfg(test)]
mod tests;
pub(crate) mod tree;
mod upsert;
mod with;
mod write;

use crate::Dialect;
use crate::dice::Dice;
use crate::schema::{Role, Schema, Table, Ty};
pub use emphasis::Emphasis;
pub(crate) use tree::{Node, Numbering};

/// What a statement does, for the counts of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Class {
    /// A query.
    Select,
    /// An INSERT without a conflict clause.
    Insert,
    /// An INSERT with one.
    Upsert,
    /// An UPDATE.
    Update,
    /// A DELETE.
    Delete,
    /// A MERGE, or a write inside a WITH.
    Compound,
    /// A statement that every engine has to refuse: a key assigned, a shared or denied table written or read.
    Forbidden,
}

impl Class {
    pub(crate) fn is_write(self) -> bool {
        matches!(
            self,
            Class::Insert | Class::Upsert | Class::Update | Class::Delete | Class::Compound
        )
    }
}

/// A made-up statement.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) class: Class,
    pub(crate) numbering: Numbering,
    pub(crate) tree: Node,
}

/// A column that an expression may name.
#[derive(Debug, Clone)]
pub(crate) struct Col {
    /// As it is written, with its source.
    pub(crate) text: String,
    /// Its name alone.
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) role: Role,
}

/// Something that rows come from, under a name.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) alias: String,
    pub(crate) cols: Vec<Col>,
}

impl Source {
    fn new<'a>(alias: &str, cols: impl IntoIterator<Item = (&'a str, Ty, Role)>) -> Self {
        let cols = cols
            .into_iter()
            .map(|(name, ty, role)| Col {
                text: format!("{alias}.{name}"),
                name: name.to_owned(),
                ty,
                role,
            })
            .collect();
        Source {
            alias: alias.to_owned(),
            cols,
        }
    }

    /// A table under a name.
    fn of(table: &Table, alias: &str) -> Self {
        Source::new(alias, table.visible().map(|c| (c.name.as_str(), c.ty, c.role)))
    }
}

/// What an expression can see: its own query's sources, and those around it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    pub(crate) own: Vec<Col>,
    pub(crate) outer: Vec<Col>,
}

impl Scope {
    fn of(sources: &[Source], outer: &[Col]) -> Self {
        Scope {
            own: sources.iter().flat_map(|s| s.cols.iter().cloned()).collect(),
            outer: outer.to_vec(),
        }
    }

    /// All that an inner query can see around it.
    fn around(&self) -> Vec<Col> {
        self.own.iter().chain(&self.outer).cloned().collect()
    }
}

/// Makes statements.
pub(crate) struct Maker<'a> {
    schema: &'a Schema,
    dialect: Dialect,
    dice: Dice,
    /// Numbers names, so that none is taken twice.
    names: usize,
    /// The CTEs that can be seen, the nearest last.
    ctes: Vec<Source>,
    /// Tables that must be written with their schema here, because a bare name would mean something else.
    hidden: Vec<String>,
    /// Tables and views that must not be read here.
    avoid: Vec<String>,
    /// Whether this is an UPDATE or DELETE.
    changes: bool,
    /// Whether no window may stand here.
    windowless: bool,
    /// What is made more of than chance would.
    emphases: Vec<Emphasis>,
}

impl<'a> Maker<'a> {
    pub(crate) fn new(schema: &'a Schema, dice: Dice) -> Self {
        Maker {
            schema,
            dialect: schema.dialect,
            dice,
            names: 0,
            ctes: Vec::new(),
            hidden: Vec::new(),
            avoid: Vec::new(),
            changes: false,
            windowless: false,
            emphases: Vec::new(),
        }
    }

    /// A statement of any class.
    pub(crate) fn statement(mut self) -> Made {
        let numbering = match self.dice.below(3) {
            0 => Numbering::Plain,
            1 => Numbering::Shared,
            _ => Numbering::Backwards,
        };
        let weights = self.weights();
        let (class, tree) = match self.dice.weighted(&weights) {
            6 => (Class::Compound, self.compound()),
            0 => (Class::Select, self.top()),
            1 => (Class::Insert, self.insert()),
            2 => (Class::Upsert, self.upsert()),
            3 => (Class::Update, self.update()),
            4 => (Class::Delete, self.delete()),
            _ => (Class::Forbidden, self.forbidden()),
        };
        Made {
            class,
            numbering,
            tree,
        }
    }

    fn name(&mut self, letter: &str) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    fn postgres(&self) -> bool {
        self.dialect == Dialect::Postgres
    }

    fn mysql(&self) -> bool {
        self.dialect == Dialect::Mysql
    }

    /// A type to cast to, under the name that it has here.
    fn cast_type(&self, ty: Ty) -> &'static str {
        match (ty, self.dialect) {
            (Ty::Int, Dialect::Mysql) => "SIGNED",
            (Ty::Int, Dialect::Sqlite | Dialect::Postgres) => "BIGINT",
            (Ty::Text, Dialect::Mysql) => "CHAR",
            (Ty::Text, Dialect::Sqlite | Dialect::Postgres) => "TEXT",
            (Ty::Real, Dialect::Sqlite) => "REAL",
            (Ty::Real, Dialect::Postgres) => "DOUBLE PRECISION",
            (Ty::Real, Dialect::Mysql) => "DOUBLE",
            (Ty::Key, _) => "UUID",
        }
    }

    /// Whether a bare name of the table would mean something nearer here.
    fn is_shadowed(&self, table: &Table) -> bool {
        self.hidden.contains(&table.name) || self.ctes.iter().any(|c| c.alias == table.name)
    }

    /// A table that may be read here.
    fn readable(&mut self) -> Option<&'a Table> {
        use crate::schema::Kind;
        let schema: &'a Schema = self.schema;
        let avoid = self.avoid.clone();
        let all: Vec<&Table> = schema
            .tables
            .iter()
            .filter(|t| t.kind != Kind::Denied && !avoid.contains(&t.name))
            // MariaDB has no schema to write in front of it.
            .filter(|t| !self.mysql() || !self.is_shadowed(t))
            .collect();
        // Most of the time a table with the tenant's key.
        let keyed: Vec<&Table> = all.iter().copied().filter(|t| t.kind != Kind::Shared).collect();
        let from = if self.dice.chance(75) && !keyed.is_empty() {
            &keyed
        } else {
            &all
        };
        self.dice.choose(from).copied()
    }
}
