//! Words that each server keeps for its grammar.
//!
//! The parser takes some of them for names: it reads `true AND FROM items` as the column `FROM`, known as `items`, where
//! PostgreSQL reads a FROM clause. So a name without quotes that the server keeps is refused wherever a name can stand.

use super::Dialect;

/// PostgreSQL's reserved words, those that can be functions or types included (`pg_get_keywords()`, categories R and T,
/// versions 15 to 18).
#[rustfmt::skip]
const POSTGRES: &[&str] = &[
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "authorization", "binary", "both",
    "case", "cast", "check", "collate", "collation", "column", "concurrently", "constraint", "create", "cross",
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch", "for",
    "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in", "initially", "inner", "intersect",
    "into", "is", "isnull", "join", "lateral", "leading", "left", "like", "limit", "localtime", "localtimestamp", "natural",
    "not", "notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary",
    "references", "returning", "right", "select", "session_user", "similar", "some", "symmetric", "system_user", "table",
    "tablesample", "then", "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "verbose", "when",
    "where", "window", "with",
];

/// SQLite's words that never are names, and those that shape a query though they can be names (SQLite documentation,
/// "SQLite Keywords", and the fallback list of its grammar).
#[rustfmt::skip]
const SQLITE: &[&str] = &[
    "add", "all", "alter", "and", "as", "autoincrement", "between", "case", "cast", "check", "collate", "commit",
    "constraint", "create", "cross", "default", "deferrable", "delete", "distinct", "do", "drop", "else", "end", "escape",
    "except", "exists", "filter", "for", "foreign", "from", "full", "glob", "group", "having", "ilike", "in", "index",
    "indexed", "inner", "insert", "intersect", "into", "is", "isnull", "join", "left", "like", "limit", "match", "natural",
    "not", "nothing", "notnull", "null", "offset", "on", "or", "order", "outer", "over", "primary", "raise", "references",
    "regexp", "returning", "right", "select", "set", "table", "then", "to", "transaction", "union", "unique", "update",
    "using", "values", "when", "where", "window", "with",
];

/// Whether the server keeps the word, which is folded to lower case, for its grammar.
pub(super) fn is_reserved(dialect: Dialect, word: &str) -> bool {
    let words = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
    };
    words.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for words in [POSTGRES, SQLITE] {
            assert!(words.is_sorted_by(|left, right| left < right));
        }
    }
}
