//! Kinds that are accepted and not made up, each with the reason.

const NEWER: &str = "a PostgreSQL newer than the one that the tests are sure to find has it";

/// A kind, and why it is not made up.
#[rustfmt::skip]
pub(crate) const REASONS: &[(&str, &str)] = &[
    ("IsJson", NEWER),
    ("IsJson.kind", NEWER),
    ("IsJson.unique_keys", NEWER),
    ("Object", NEWER),
    ("WithUniqueKeys", NEWER),
    ("Merge.output", NEWER),
    ("NotMatchedBySource", NEWER),
    ("NotMatchedByTarget", NEWER),
    ("Returning", NEWER),
    ("Returning.select_items", NEWER),
    ("Dot", "a field of a row; tests/postgres_grammar has it"),
    ("TableAliasColumnDef.data_type", "the columns of records of JSON; tests/postgres_grammar has them"),
    ("UnicodeStringLiteral", "tests/postgres_grammar has it"),
    ("Regclass", "a row's table; tests/postgres_grammar has it"),
    ("Insert.table_alias", "tests/postgres_grammar has it"),
    ("TableAliasWithoutColumns", "tests/postgres_grammar has it"),
    ("TableAliasWithoutColumns.explicit", "tests/postgres_grammar has it"),
    ("NestedJoin.alias", "its columns have names that both sides have; tests/statements has such joins"),
];
