//! Which functions scoped SQL may call.
//!
//! A statement is as harmless as the functions in it: `query_to_xml('select …')` runs SQL that nobody has
//! parsed, `has_table_privilege` and `pg_relation_size` take a table by name, `last_insert_rowid` tells
//! what somebody else did on the same connection. PostgreSQL lets everybody call some 3,000 functions and
//! declares about half of these dangers STABLE, so no property of a function decides, only its name on a
//! list that somebody has read.
//!
//! The rule of the lists: a name is allowed if **every** function of that name depends on nothing but its
//! arguments, the clock, a random number and the session's time zone and locale, which a tenant cannot
//! change. A name covers all its overloads, so one harmful overload keeps the name out; where the overloads
//! differ in the number of their arguments, `name/3` allows that number alone (`ts_rewrite` with two runs the
//! query it is given as text). Also left out is what *returns* a `reg*` value: `coalesce(pg_typeof(1), 'shop')`
//! casts the literal to `regtype` and so asks whether a table exists.
//!
//! What a function costs is no concern here (`repeat('x', 1000000000)`, `generate_series`): limits of
//! time and memory are another layer.
//!
//! A list knows names, not functions. On PostgreSQL an application's own `public.lower(integer)` answers
//! an unqualified call that fits it better than the built-in one does; so the walk qualifies every call, and the
//! table keeps apart the names that are grammar and cannot be qualified.
//!
//! **The files.** `postgres.txt`, `sqlite.txt` and `mysql.txt` have *every* built-in of the server, also those that are
//! refused, so that a name that a new version brings is seen: the test kit compares them with the running server. A
//! heading `== class place: what they are` holds for the names below it. The class is `pure`, `clock` (time and chance),
//! `session` (what the connection and the server are, or did before), `outside` (everything else: relations, statistics,
//! files, sequences, locks, other sessions, SQL given as text) or `internal` (parts of types, operators and
//! aggregates); only the first two are allowed. The place is `scalar`, `aggregate`, `window`, `rows` (also in FROM),
//! `from` (only there) or `syntax`. Names are sorted under each heading, and folded as the server keeps them.

mod table;

use super::Dialect;
use table::Place;

/// Whether scoped SQL may call the function in an expression: a plain function, an aggregate or a window
/// function, with this number of arguments.
///
/// `name` is folded to lower case and has no schema: the caller strips `pg_catalog.` and refuses every
/// other schema. A name that is not folded is not found, hence refused.
pub(crate) fn is_allowed(dialect: Dialect, name: &str, args: usize) -> bool {
    table::entry(dialect, name).is_some_and(|entry| entry.in_expressions(args))
}

/// Whether scoped SQL may call the function in `FROM`.
///
/// In `FROM` every function is a relation: those that make rows out of their arguments, and on PostgreSQL those that
/// [make one value](is_value_in_from).
/// The types of a column definition list (`json_to_record(j) AS t(a integer)`) are casts and are the caller's to
/// check.
pub(crate) fn is_table_function_allowed(dialect: Dialect, name: &str) -> bool {
    table::entry(dialect, name).is_some_and(table::Entry::in_from)
}

/// Whether scoped SQL may call a function of one value in `FROM`, where PostgreSQL makes one row of one column of it.
pub(crate) fn is_value_in_from(dialect: Dialect, name: &str) -> bool {
    let is_scalar =
        |entry: table::Entry| entry.place == Place::Scalar && entry.is_harmless() && entry.args.is_none();
    dialect == Dialect::Postgres && table::entry(dialect, name).is_some_and(is_scalar)
}

/// Whether the name is grammar, not a function: it cannot be qualified, and means a function only when quoted.
pub(crate) fn is_syntax(dialect: Dialect, name: &str) -> bool {
    table::entry(dialect, name).is_some_and(|entry| entry.place == Place::Syntax)
}

/// Whether scoped SQL may call a function of this name somewhere.
pub(crate) fn is_harmless(dialect: Dialect, name: &str) -> bool {
    table::entry(dialect, name).is_some_and(table::Entry::is_harmless)
}

/// Whether the name is a built-in of the server that scoped SQL may not call anywhere.
pub(crate) fn is_refused(dialect: Dialect, name: &str) -> bool {
    table::entry(dialect, name).is_some_and(|entry| !entry.is_harmless())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that read sessions, relations, schemas or statistics, run SQL, wait, lock, write, or leave
    /// the database.
    #[rustfmt::skip]
    const POSTGRES_DANGEROUS: &[&str] = &[
        // SQL given as text
        "crosstab", "cursor_to_xml", "cursor_to_xmlschema", "database_to_xml", "dblink", "dblink_exec",
        "query_to_xml", "query_to_xml_and_xmlschema", "query_to_xmlschema", "schema_to_xml", "table_to_xml",
        "ts_stat",
        // relations, schemas, statistics
        "col_description", "currtid2", "format_type", "has_any_column_privilege", "has_table_privilege",
        "obj_description", "pg_describe_object", "pg_get_expr",
        "pg_get_serial_sequence", "pg_get_viewdef", "pg_identify_object", "pg_partition_tree",
        "pg_relation_filepath", "pg_relation_size", "pg_stat_get_live_tuples", "pg_table_is_visible",
        "pg_total_relation_size", "pg_typeof", "regclass", "row_security_active",
        "satisfies_hash_partition", "to_regclass", "to_regtype",
        // session, role, settings, transactions
        "current_catalog", "current_database", "current_query", "current_role", "current_schema",
        "current_schemas", "current_setting", "current_user", "get_current_ts_config", "inet_client_addr",
        "inet_server_addr", "pg_backend_pid", "pg_current_snapshot", "pg_current_xact_id",
        "pg_my_temp_schema", "pg_show_all_settings", "pg_snapshot_xmin", "session_user", "set_config",
        "setseed", "system_user", "txid_current", "txid_current_snapshot", "user", "version",
        // sequences
        "currval", "lastval", "nextval", "setval",
        // files, large objects, other sessions, other servers
        "lo_create", "lo_export", "lo_get", "lo_import", "lo_put", "lo_unlink", "loread",
        "pg_advisory_lock", "pg_cancel_backend", "pg_listening_channels", "pg_logical_emit_message",
        "pg_ls_dir", "pg_notify", "pg_read_binary_file", "pg_read_file", "pg_reload_conf", "pg_sleep",
        "pg_sleep_for", "pg_sleep_until", "pg_stat_file", "pg_terminate_backend",
        "pg_try_advisory_xact_lock",
        // parts of types and operators
        "int4pl", "record_out", "regclassin", "texteq", "xmlparse", "xpath",
    ];

    #[rustfmt::skip]
    const SQLITE_DANGEROUS: &[&str] = &[
        "bm25", "bytecode", "changes", "current_setting", "dbstat", "edit", "eval", "fts3_tokenizer",
        "fts5", "fts5_source_id", "generate_series", "highlight", "last_insert_rowid", "load_extension",
        "match", "matchinfo", "offsets", "optimize", "pragma_database_list", "pragma_function_list",
        "pragma_table_info", "readfile", "rtreecheck", "rtreenode", "snippet", "sqlite_compileoption_get",
        "sqlite_compileoption_used", "sqlite_log", "sqlite_offset", "sqlite_source_id", "sqlite_stmt",
        "sqlite_version", "tables_used", "total_changes", "writefile",
    ];

    #[test]
    fn dangerous_functions_are_refused_everywhere() {
        for (dialect, names) in [
            (Dialect::Postgres, POSTGRES_DANGEROUS),
            (Dialect::Sqlite, SQLITE_DANGEROUS),
        ] {
            for name in names {
                assert!(!is_allowed(dialect, name, 1), "{name} is allowed");
                assert!(
                    !is_table_function_allowed(dialect, name),
                    "{name} is allowed in FROM"
                );
            }
        }
    }

    #[test]
    #[rustfmt::skip]
    fn ordinary_functions_are_allowed() {
        for name in [
            "abs", "array", "array_agg", "avg", "coalesce", "concat", "count", "current_date", "date_trunc",
            "extract", "first_value", "format", "gen_random_uuid", "greatest", "grouping", "json_agg",
            "jsonb_build_object", "lag", "length", "localtimestamp", "lower", "max", "md5", "mode", "now",
            "ntile", "nullif", "percentile_cont", "random", "round", "row", "row_number", "string_agg",
            "sum", "to_char", "to_tsvector", "unnest", "upper", "width_bucket",
        ] {
            assert!(is_allowed(Dialect::Postgres, name, 1), "{name}");
        }
        for name in [
            "abs", "char", "coalesce", "count", "current_timestamp", "datetime", "format", "glob",
            "group_concat", "hex", "ifnull", "iif", "instr", "json_extract", "json_group_array", "jsonb",
            "julianday", "like", "likelihood", "lower", "max", "nullif", "printf", "random", "randomblob",
            "replace", "round", "row_number", "sqrt", "strftime", "substr", "sum", "timediff", "total",
            "trim", "typeof", "unixepoch", "upper", "zeroblob",
        ] {
            assert!(is_allowed(Dialect::Sqlite, name, 1), "{name}");
        }
    }

    #[test]
    fn dialects_do_not_borrow_from_each_other() {
        assert!(!is_allowed(Dialect::Postgres, "strftime", 1));
        assert!(!is_allowed(Dialect::Sqlite, "to_char", 1));
        assert!(!is_table_function_allowed(Dialect::Postgres, "json_tree"));
        assert!(!is_table_function_allowed(Dialect::Sqlite, "unnest"));
    }

    #[test]
    #[rustfmt::skip]
    fn in_from_only_what_makes_rows() {
        for name in [
            "generate_series", "json_to_recordset", "jsonb_each", "string_to_table", "unnest",
        ] {
            assert!(is_table_function_allowed(Dialect::Postgres, name), "{name}");
        }
        for name in ["json_each", "json_tree", "jsonb_each"] {
            assert!(is_table_function_allowed(Dialect::Sqlite, name), "{name}");
        }
        for name in ["lower", "now", "count", "coalesce"] {
            assert!(!is_table_function_allowed(Dialect::Postgres, name), "{name}");
            assert!(!is_table_function_allowed(Dialect::Sqlite, name), "{name}");
        }
    }

    #[test]
    fn names_must_come_folded_and_bare() {
        for name in ["LOWER", "Lower", "pg_catalog.lower", "public.lower", "lower ", ""] {
            assert!(!is_allowed(Dialect::Postgres, name, 1), "{name:?}");
            assert!(!is_allowed(Dialect::Sqlite, name, 1), "{name:?}");
        }
    }
}
