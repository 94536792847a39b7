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

/// MariaDB's words that can be neither a column nor an alias (tried on 10.11, all of `information_schema.KEYWORDS`), and of
/// MySQL 8's those that shape a query.
#[rustfmt::skip]
const MYSQL: &[&str] = &[
    "accessible", "add", "all", "alter", "analyze", "and", "as", "asc", "asensitive", "before", "between", "bigint",
    "binary", "blob", "both", "by", "call", "cascade", "case", "change", "char", "character", "check", "collate",
    "column", "condition", "constraint", "continue", "convert", "create", "cross", "cube", "current_date",
    "current_role", "current_time", "current_timestamp", "current_user", "cursor", "databases", "day_hour",
    "day_microsecond", "day_minute", "day_second", "dec", "decimal", "declare", "default", "delayed", "delete",
    "delete_domain_id", "desc", "describe", "deterministic", "distinct", "distinctrow", "div", "do_domain_ids",
    "double", "drop", "dual", "each", "else", "elseif", "enclosed", "escaped", "except", "exists", "exit", "explain",
    "false", "fetch", "float", "float4", "float8", "for", "force", "foreign", "from", "fulltext", "grant", "group",
    "having", "high_priority", "hour_microsecond", "hour_minute", "hour_second", "if", "ignore", "ignore_domain_ids",
    "in", "index", "infile", "inner", "inout", "insensitive", "insert", "int", "int1", "int2", "int3", "int4", "int8",
    "integer", "intersect", "interval", "into", "is", "iterate", "join", "json_table", "key", "keys", "kill",
    "lateral", "leading", "leave", "left", "like", "limit", "linear", "lines", "load", "localtime", "localtimestamp",
    "lock", "long", "longblob", "longtext", "loop", "low_priority", "master_demote_to_replica",
    "master_demote_to_slave", "master_ssl_verify_server_cert", "match", "maxvalue", "mediumblob", "mediumint",
    "mediumtext", "middleint", "minus", "minute_microsecond", "minute_second", "mod", "modifies", "natural",
    "no_write_to_binlog", "not", "null", "numeric", "of", "offset", "on", "optimize", "optionally", "or", "order",
    "out", "outer", "outfile", "over", "page_checksum", "parse_vcol_expr", "partition", "portion", "precision",
    "primary", "procedure", "purge", "qualify", "range", "read", "read_write", "reads", "real", "recursive",
    "ref_system_id", "references", "regexp", "release", "rename", "repeat", "replace", "require", "resignal",
    "restrict", "return", "returning", "revoke", "right", "rlike", "row_number", "rows", "schemas",
    "second_microsecond", "select", "sensitive", "separator", "set", "show", "signal", "smallint", "sounds",
    "spatial", "specific", "sql", "sql_big_result", "sql_buffer_result", "sql_cache", "sql_calc_found_rows",
    "sql_no_cache", "sql_small_result", "sqlexception", "sqlstate", "sqlwarning", "ssl", "starting",
    "stats_auto_recalc", "stats_persistent", "stats_sample_pages", "straight_join", "table", "tablesample",
    "terminated", "then", "tinyblob", "tinyint", "tinytext", "to", "trailing", "trigger", "true", "undo", "union",
    "unique", "unlock", "unsigned", "update", "usage", "use", "using", "utc_date", "utc_time", "utc_timestamp",
    "values", "varbinary", "varchar", "varcharacter", "varying", "when", "where", "while", "window", "with", "write",
    "xor", "year_month", "zerofill",
];

/// Whether the server keeps the word, which is folded to lower case, for its grammar.
pub(super) fn is_reserved(dialect: Dialect, word: &str) -> bool {
    let words = match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
        Dialect::Mysql => MYSQL,
    };
    words.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for words in [POSTGRES, SQLITE, MYSQL] {
            assert!(words.is_sorted_by(|left, right| left < right));
        }
    }
}
