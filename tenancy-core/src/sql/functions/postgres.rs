//! PostgreSQL's functions, read name by name in the `pg_catalog` of version 15. Names that 16 to 18 add are
//! here too; an older server does not know them.
//!
//! Left out although harmless: the functions behind operators, indexes, aggregates and the input and output
//! of types (`int4pl`, `int4_avg_accum`, `date_cmp`, `textin`), which nobody writes.

/// All of them, by what they are about; each group sorted.
pub(super) const FUNCTIONS: &[&[&str]] = &[
    NUMBERS,
    TEXTS,
    PATTERNS,
    BYTES,
    TIMES,
    CLOCK_AND_CHANCE,
    ARRAYS,
    JSON,
    RANGES,
    NETWORK,
    GEOMETRY,
    TEXT_SEARCH,
    ENUMS,
    CASTS,
    AGGREGATES,
    WINDOWS,
];

/// Arithmetic.
#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "abs", "acos", "acosd", "acosh", "asin", "asind", "asinh", "atan", "atan2", "atan2d", "atand", "atanh",
    "cbrt", "ceil", "ceiling", "cos", "cosd", "cosh", "cot", "cotd", "degrees", "div", "erf", "erfc", "exp",
    "factorial", "floor", "gamma", "gcd", "lcm", "lgamma", "ln", "log", "log10", "min_scale", "mod", "pi",
    "pow", "power", "radians", "round", "scale", "sign", "sin", "sind", "sinh", "sqrt", "tan", "tand",
    "tanh", "to_bin", "to_hex", "to_oct", "trim_scale", "trunc", "width_bucket",
];

/// Texts, and how they are quoted and formatted. `format` and the `quote_*` functions only make text, and no
/// allowed function runs text.
#[rustfmt::skip]
const TEXTS: &[&str] = &[
    "ascii", "bit_length", "btrim", "casefold", "char_length", "character_length", "chr", "concat",
    "concat_ws", "format", "initcap", "is_normalized", "left", "length", "lower", "lpad", "ltrim",
    "normalize", "num_nonnulls", "num_nulls", "octet_length", "overlay", "parse_ident", "pg_size_bytes",
    "pg_size_pretty", "position", "quote_ident", "quote_literal", "quote_nullable", "repeat", "replace",
    "reverse", "right", "rpad", "rtrim", "split_part", "starts_with", "strpos", "substr", "substring",
    "to_ascii", "to_char", "to_number", "translate", "unicode_assigned", "unistr", "upper",
];

/// Regular expressions.
#[rustfmt::skip]
const PATTERNS: &[&str] = &[
    "regexp_count", "regexp_instr", "regexp_like", "regexp_match", "regexp_matches", "regexp_replace",
    "regexp_split_to_array", "regexp_split_to_table", "regexp_substr", "string_to_array", "string_to_table",
];

/// Bytes, bits, encodings and digests.
#[rustfmt::skip]
const BYTES: &[&str] = &[
    "bit_count", "convert", "convert_from", "convert_to", "crc32", "crc32c", "decode", "encode", "get_bit",
    "get_byte", "md5", "set_bit", "set_byte", "sha224", "sha256", "sha384", "sha512",
];

/// Dates and times. Not `age`: its overload for `xid` reads the counter of all transactions.
#[rustfmt::skip]
const TIMES: &[&str] = &[
    "date_add", "date_bin", "date_part", "date_subtract", "date_trunc", "extract", "isfinite",
    "justify_days", "justify_hours", "justify_interval", "make_date", "make_interval", "make_time",
    "make_timestamp", "make_timestamptz", "timezone", "to_date", "to_timestamp", "uuid_extract_timestamp",
    "uuid_extract_version",
];

/// The clock and random values, the only sources besides the arguments. Not `setseed`: it changes the
/// session for whoever has the connection next.
#[rustfmt::skip]
const CLOCK_AND_CHANCE: &[&str] = &[
    "array_sample", "array_shuffle", "clock_timestamp", "gen_random_uuid", "now", "random", "random_normal",
    "statement_timestamp", "timeofday", "transaction_timestamp", "uuidv4", "uuidv7",
];

/// Arrays, and the functions that make rows or numbers of them.
#[rustfmt::skip]
const ARRAYS: &[&str] = &[
    "array_append", "array_cat", "array_dims", "array_fill", "array_length", "array_lower", "array_ndims",
    "array_position", "array_positions", "array_prepend", "array_remove", "array_replace", "array_reverse",
    "array_sort", "array_to_json", "array_to_string", "array_upper", "cardinality", "generate_series",
    "generate_subscripts", "trim_array", "unnest",
];

/// JSON. Not `json_populate_record` and its kind: they take a row type, which names a table.
#[rustfmt::skip]
const JSON: &[&str] = &[
    "json_array_elements", "json_array_elements_text", "json_array_length", "json_build_array",
    "json_build_object", "json_each", "json_each_text", "json_extract_path", "json_extract_path_text",
    "json_object", "json_object_keys", "json_strip_nulls", "json_typeof", "jsonb_array_elements",
    "jsonb_array_elements_text", "jsonb_array_length", "jsonb_build_array", "jsonb_build_object",
    "jsonb_each", "jsonb_each_text", "jsonb_extract_path", "jsonb_extract_path_text", "jsonb_insert",
    "jsonb_object", "jsonb_object_keys", "jsonb_path_exists", "jsonb_path_exists_tz", "jsonb_path_match",
    "jsonb_path_match_tz", "jsonb_path_query", "jsonb_path_query_array", "jsonb_path_query_array_tz",
    "jsonb_path_query_first", "jsonb_path_query_first_tz", "jsonb_path_query_tz", "jsonb_pretty",
    "jsonb_set", "jsonb_set_lax", "jsonb_strip_nulls", "jsonb_typeof", "row_to_json", "to_json", "to_jsonb",
];

/// Ranges and multiranges.
#[rustfmt::skip]
const RANGES: &[&str] = &[
    "datemultirange", "daterange", "int4multirange", "int4range", "int8multirange", "int8range", "isempty",
    "lower_inc", "lower_inf", "multirange", "nummultirange", "numrange", "range_merge", "tsmultirange",
    "tsrange", "tstzmultirange", "tstzrange", "upper_inc", "upper_inf",
];

/// Network addresses as values. Not `inet_client_addr` and its kind, which are the session's.
#[rustfmt::skip]
const NETWORK: &[&str] = &[
    "abbrev", "broadcast", "family", "host", "hostmask", "inet_merge", "inet_same_family",
    "macaddr8_set7bit", "masklen", "netmask", "network", "set_masklen",
];

/// Geometry.
#[rustfmt::skip]
const GEOMETRY: &[&str] = &[
    "area", "bound_box", "box", "center", "circle", "diagonal", "diameter", "height", "isclosed",
    "ishorizontal", "isopen", "isparallel", "isperp", "isvertical", "line", "lseg", "npoints", "path",
    "pclose", "point", "polygon", "popen", "radius", "slope", "width",
];

/// Text search. A configuration is named by a literal; its name is a name in a schema, and the error for a
/// schema that is not there differs, so errors of the database are not for a tenant's eyes. Not `ts_stat`
/// and `ts_rewrite`, which run SQL, nor `ts_debug`, `ts_parse`, `ts_token_type` and `ts_lexize`, which show
/// how the server is set up.
#[rustfmt::skip]
const TEXT_SEARCH: &[&str] = &[
    "array_to_tsvector", "json_to_tsvector", "jsonb_to_tsvector", "numnode", "phraseto_tsquery",
    "plainto_tsquery", "querytree", "setweight", "strip", "to_tsquery", "to_tsvector", "ts_delete",
    "ts_filter", "ts_headline", "ts_rank", "ts_rank_cd", "tsquery_phrase", "tsvector_to_array",
    "websearch_to_tsquery",
];

/// The values of the enumeration that an argument is of.
#[rustfmt::skip]
const ENUMS: &[&str] = &[
    "enum_first", "enum_last", "enum_range",
];

/// Casts written as calls, `date(at)`. Each is the name of a type that `types` allows: with a literal for an
/// argument such a call is a cast to that type.
#[rustfmt::skip]
const CASTS: &[&str] = &[
    "bool", "bpchar", "cidr", "date", "float4", "float8", "int2", "int4", "int8", "interval", "macaddr",
    "macaddr8", "numeric", "text", "time", "timestamp", "timestamptz", "timetz", "varbit", "varchar",
];

/// Aggregates, the ordered-set ones too.
#[rustfmt::skip]
const AGGREGATES: &[&str] = &[
    "any_value", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count",
    "covar_pop", "covar_samp", "every", "json_agg", "json_agg_strict", "json_object_agg",
    "json_object_agg_strict", "json_object_agg_unique", "json_object_agg_unique_strict", "jsonb_agg",
    "jsonb_agg_strict", "jsonb_object_agg", "jsonb_object_agg_strict", "jsonb_object_agg_unique",
    "jsonb_object_agg_unique_strict", "max", "min", "mode", "percentile_cont", "percentile_disc",
    "range_agg", "range_intersect_agg", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2",
    "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "stddev", "stddev_pop", "stddev_samp", "string_agg",
    "sum", "var_pop", "var_samp", "variance",
];

/// Window functions; the ranks are hypothetical-set aggregates too.
#[rustfmt::skip]
const WINDOWS: &[&str] = &[
    "cume_dist", "dense_rank", "first_value", "lag", "last_value", "lead", "nth_value", "ntile",
    "percent_rank", "rank", "row_number",
];

/// Not functions but grammar, which the parser shows as calls. They stand in no schema, so such a call cannot
/// be qualified; quoted, the name would be a function of the application. Not the words that read the
/// session: `current_user`, `session_user`, `user`, `current_catalog`, `current_schema`, `current_role`.
#[rustfmt::skip]
pub(super) const SYNTAX: &[&str] = &[
    "array", "coalesce", "current_date", "current_time", "current_timestamp", "greatest", "grouping",
    "least", "localtime", "localtimestamp", "nullif", "row",
];

/// What may stand in `FROM`.
#[rustfmt::skip]
pub(super) const TABLE_FUNCTIONS: &[&str] = &[
    "generate_series", "generate_subscripts", "json_array_elements", "json_array_elements_text",
    "json_each", "json_each_text", "json_object_keys", "json_to_record", "json_to_recordset",
    "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_each", "jsonb_each_text",
    "jsonb_object_keys", "jsonb_path_query", "jsonb_path_query_tz", "jsonb_to_record", "jsonb_to_recordset",
    "regexp_matches", "regexp_split_to_table", "string_to_table", "unnest",
];
