//! Statements made up by chance over a [`Schema`]: valid, of known types, and with one right answer.
//!
//! *One right answer* takes care: no row order is relied on, LIMIT stands only behind an order of all columns,
//! windows that number rows order by all columns of their sources, aggregates of text have an order, and on SQLite
//! no part of a write that runs row by row reads the table that is written.

mod compound;
mod cond;
mod expr;
mod extended;
mod from;
mod joined;
mod kinds;
mod query;
pub(crate) mod tree;
mod write;

use crate::Dialect;
use crate::dice::Dice;
use crate::schema::{Role, Schema, Table, Ty};
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
    /// A table that must not be read here.
    avoid: Option<String>,
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
            avoid: None,
        }
    }

    /// A statement of any class.
    pub(crate) fn statement(mut self) -> Made {
        let numbering = match self.dice.below(3) {
            0 => Numbering::Plain,
            1 => Numbering::Shared,
            _ => Numbering::Backwards,
        };
        let compound = if self.postgres() { 7 } else { 0 };
        let (class, tree) = match self.dice.weighted(&[62, 8, 8, 10, 7, 5, compound]) {
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
            .filter(|t| t.kind != Kind::Denied && Some(&t.name) != avoid.as_ref())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::schema::Side;

    /// All that is promised of the grammar, as it stands in the text.
    const BOTH: [&str; 60] = [
        " JOIN ",
        " LEFT JOIN ",
        " RIGHT JOIN ",
        " FULL JOIN ",
        " CROSS JOIN ",
        "NATURAL ",
        " USING (",
        ", \"",
        "JOIN (",
        "(SELECT ",
        "EXISTS (",
        "NOT EXISTS (",
        " IN (SELECT ",
        " NOT IN (SELECT ",
        "ON EXISTS",
        "HAVING ",
        "GROUP BY ",
        "ORDER BY (SELECT ",
        "LIMIT ",
        "OFFSET ",
        "WITH RECURSIVE ",
        "WITH items",
        "), w",
        " UNION ",
        " UNION ALL ",
        " INTERSECT ",
        " EXCEPT ",
        " OVER (",
        "PARTITION BY ",
        "ROW_NUMBER()",
        "LAG(",
        "FILTER (WHERE ",
        "COUNT(DISTINCT ",
        "SELECT DISTINCT ",
        "CASE WHEN ",
        "COALESCE(",
        "NULLIF(",
        "CAST(",
        " LIKE ",
        " BETWEEN ",
        "(VALUES ",
        "SELECT * FROM ",
        "INSERT INTO ",
        "ON CONFLICT (",
        "DO NOTHING",
        "DO UPDATE SET ",
        "excluded.",
        "RETURNING *",
        "UPDATE ",
        "DELETE FROM ",
        "12 / ",
        "NOT (",
        " AS m FROM ",
        " IS DISTINCT FROM ",
        " IS NOT DISTINCT FROM ",
        ") < (",
        "ROWS BETWEEN ",
        "GROUPS BETWEEN ",
        " EXCLUDE ",
        " ->> ",
    ];
    const SQLITE: [&str; 4] = [
        "INSERT OR IGNORE ",
        "INSERT OR REPLACE ",
        "REPLACE INTO ",
        "GROUP_CONCAT(",
    ];
    const POSTGRES: [&str; 23] = [
        "MERGE INTO ",
        "WHEN MATCHED",
        "WHEN NOT MATCHED",
        "AS (INSERT INTO ",
        "AS (UPDATE ",
        "AS (DELETE FROM ",
        " USING ",
        "DISTINCT ON (",
        " WITH TIES",
        "GROUPING SETS (",
        "CUBE (",
        "GROUPING(",
        "ARRAY[",
        "ARRAY(SELECT ",
        "WITHIN GROUP (",
        "CROSS JOIN LATERAL (",
        "LEFT JOIN LATERAL (",
        "= ANY (",
        ">= ALL (",
        "AS MATERIALIZED (",
        "ROLLUP (",
        "STRING_AGG(",
        "EXCEPT ALL",
    ];

    const NOT_MYSQL: [&str; 15] = [
        " AS m FROM ",
        " IS DISTINCT FROM ",
        " IS NOT DISTINCT FROM ",
        "GROUPS BETWEEN ",
        " EXCLUDE ",
        " ->> ",
        " FULL JOIN ",
        ", \"",
        "FILTER (WHERE ",
        "(VALUES ",
        "ON CONFLICT (",
        "DO NOTHING",
        "DO UPDATE SET ",
        "excluded.",
        "12 / ",
    ];
    const MYSQL: [&str; 14] = [
        "INSERT IGNORE INTO ",
        "REPLACE INTO ",
        " <=> ",
        "JSON_EXTRACT(",
        "ON DUPLICATE KEY UPDATE ",
        "VALUES(",
        "12 DIV ",
        " WITH ROLLUP",
        " SEPARATOR ",
        "= ANY (",
        "EXCEPT ALL",
        " UNION ALL SELECT ",
        "`",
        "AS SIGNED)",
    ];

    fn reaches(dialect: Dialect, wanted: &[&str], marks: &[&str]) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for stream in 0..60 {
            let schema = Schema::generate(dialect, &mut Dice::new(3, stream));
            for n in 0..50 {
                let made = Maker::new(&schema, Dice::new(stream * 100 + n, 4)).statement();
                let text = made.tree.print(dialect, Side::Shared, made.numbering).text;
                for piece in wanted.iter().chain(marks).filter(|p| text.contains(**p)) {
                    *seen.entry(*piece).or_default() += 1;
                }
            }
        }
        let missing: Vec<_> = wanted
            .iter()
            .chain(marks)
            .filter(|p| !seen.contains_key(**p))
            .collect();
        assert!(missing.is_empty(), "never made in 3,000 statements: {missing:?}");
    }

    #[test]
    fn the_grammar_reaches_all_that_it_promises() {
        let all: Vec<&str> = BOTH.iter().chain(&SQLITE).copied().collect();
        reaches(Dialect::Sqlite, &all, &["?)", "?1", "?2"]);
        let mysql: Vec<&str> = BOTH.iter().copied().filter(|p| !NOT_MYSQL.contains(p)).collect();
        reaches(Dialect::Mysql, &mysql, &MYSQL);
        let all: Vec<&str> = BOTH.iter().chain(&POSTGRES).copied().collect();
        reaches(Dialect::Postgres, &all, &["$1", "$2"]);
    }

    #[test]
    fn the_same_seed_makes_the_same_statement() {
        let text = |seed| {
            let schema = Schema::generate(Dialect::Sqlite, &mut Dice::new(seed, 0));
            let made = Maker::new(&schema, Dice::new(seed, 1)).statement();
            made.tree
                .print(Dialect::Sqlite, Side::Shared, made.numbering)
                .text
        };
        assert_eq!(text(5), text(5));
        assert_ne!(text(5), text(6));
    }
}
