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
    ("AtAt", "the data of the generator has no texts to search; tests/postgres_grammar has it"),
    ("OnConstraint", "the generator's catalogue names no constraints; tests/postgres_grammar has it"),
    ("Custom", "an operator of the application's own; tests/postgres_grammar has one"),
    ("Spaceship", "an operator of the application's own; tests/postgres_grammar has one"),
];
