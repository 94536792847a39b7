//! What is promised of the grammar is made.

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
const POSTGRES: [&str; 29] = [
    " FOR UPDATE",
    " SKIP LOCKED",
    " OF t",
    "LIMIT $",
    "ROWS BETWEEN $",
    " DEFAULT VALUES",
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
const MYSQL: [&str; 19] = [
    " FOR UPDATE",
    " LOCK IN SHARE MODE",
    "LIMIT ?",
    " () VALUES ()",
    " SET u",
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
