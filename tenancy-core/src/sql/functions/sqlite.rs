//! SQLite's functions, from the `pragma_function_list` of the bundled library (3.51), built with and without
//! its mathematics and percentiles.
//!
//! Left out: what tells about the connection, which other tenants have used before (`last_insert_rowid`,
//! `changes`, `total_changes`), or about the library (`sqlite_version`, `sqlite_compileoption_get`), what
//! belongs to full-text and r-tree tables (`snippet`, `bm25`, `optimize`, `rtreecheck`), and what loads code
//! or writes logs (`load_extension`, `fts3_tokenizer`, `sqlite_log`).

/// All of them, by what they are about; each group sorted.
pub(super) const FUNCTIONS: &[&[&str]] = &[NUMBERS, VALUES, TIMES, CHANCE, JSON, AGGREGATES, WINDOWS];

/// Arithmetic; most of it is there only if SQLite was built with its mathematics.
#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh",
    "degrees", "exp", "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians",
    "round", "sign", "sin", "sinh", "sqrt", "tan", "tanh", "trunc",
];

/// Texts, blobs and choices between values.
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "if", "ifnull", "iif", "instr",
    "length", "like", "likelihood", "likely", "lower", "ltrim", "nullif", "octet_length", "printf", "quote",
    "replace", "rtrim", "soundex", "substr", "substring", "trim", "typeof", "unhex", "unicode", "unistr",
    "unistr_quote", "unlikely", "upper", "zeroblob",
];

/// Dates, times and the clock.
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "current_date", "current_time", "current_timestamp", "date", "datetime", "julianday", "strftime",
    "time", "timediff", "unixepoch",
];

/// Random values; SQLite's generator cannot be seeded from SQL.
#[rustfmt::skip]
const CHANCE: &[&str] = &[
    "random", "randomblob",
];

/// JSON, as text and binary.
#[rustfmt::skip]
const JSON: &[&str] = &[
    "json", "json_array", "json_array_length", "json_error_position", "json_extract", "json_insert",
    "json_object", "json_patch", "json_pretty", "json_quote", "json_remove", "json_replace", "json_set",
    "json_type", "json_valid", "jsonb", "jsonb_array", "jsonb_extract", "jsonb_insert", "jsonb_object",
    "jsonb_patch", "jsonb_remove", "jsonb_replace", "jsonb_set",
];

/// Aggregates.
#[rustfmt::skip]
const AGGREGATES: &[&str] = &[
    "avg", "count", "group_concat", "json_group_array", "json_group_object", "jsonb_group_array",
    "jsonb_group_object", "max", "median", "min", "percentile", "percentile_cont", "percentile_disc",
    "string_agg", "sum", "total",
];

/// Window functions.
#[rustfmt::skip]
const WINDOWS: &[&str] = &[
    "cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile",
    "percent_rank", "rank", "row_number",
];

/// What may stand in `FROM`. `generate_series` is not part of the bundled library: where it is unknown, the
/// name could be a table.
#[rustfmt::skip]
pub(super) const TABLE_FUNCTIONS: &[&str] = &[
    "json_each", "json_tree", "jsonb_each", "jsonb_tree",
];
