//! Why statements of PostgreSQL's own scripts are refused, for `tests/data/regress-refusals.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::report::{Class, FileReport, Refused, percent};

/// By code: what stands behind it in these scripts.
const REASONS: [(&str, &str); 21] = [
    (
        "arity",
        "the row has fewer or more values than the table has columns; PostgreSQL fills what is missing, the engine does not guess",
    ),
    (
        "bind_count",
        "a placeholder of a prepared statement that the script itself makes",
    ),
    ("columns_unknown", "the table's columns are not in the catalogue"),
    (
        "conflict_key",
        "a conflict with a key that the tenant's column is not in",
    ),
    (
        "conflict_target",
        "ON CONFLICT by the name of a constraint, whose columns no catalogue lists",
    ),
    (
        "construct",
        "a form that no rule of the engine covers: samples of tables, operators by their schema, cursors",
    ),
    (
        "field",
        "a field of a row that a function in FROM gives, without names for its columns",
    ),
    (
        "function",
        "a function that is not pure: it reads the session or the server's catalogue, runs text, or moves with each call",
    ),
    (
        "hidden_key",
        "a column in a list that the hidden key stands behind",
    ),
    (
        "insert_wildcard",
        "INSERT … SELECT * where the place of the key would not be certain: a source has no name, or columns that are not known",
    ),
    (
        "lexical",
        "names without quotes with capitals beyond ASCII, and names in quotes with signs in them that parser and server could read differently",
    ),
    (
        "literal",
        "a literal in another form than the server's, or one that parser and server could end elsewhere",
    ),
    ("merge", "MERGE"),
    ("modifying_cte", "a write inside of a WITH"),
    (
        "name",
        "a name that is a word of the grammar, or in more parts than schema, table and column",
    ),
    (
        "operator",
        "an operator that the server does not have built in as harmless",
    ),
    (
        "row_lock",
        "FOR UPDATE and its kind where the slice is not the table itself",
    ),
    (
        "syntax",
        "valid SQL that the parser does not read and that no mend covers",
    ),
    (
        "system_column",
        "ctid, xmin, bare tableoid: they tell of others' rows",
    ),
    (
        "type",
        "a type of the script's own, one that names relations or roles, or one of the server's catalogue",
    ),
    (
        "unknown_table",
        "a relation that is no table of the script: a view, a sequence, the server's catalogue",
    ),
];

fn reason(code: &str) -> Option<&'static str> {
    REASONS.iter().find(|(c, _)| *c == code).map(|(_, why)| *why)
}

/// Codes that statements were refused with and that have no reason here.
pub(crate) fn without(files: &[FileReport]) -> BTreeSet<String> {
    let codes = files.iter().flat_map(|f| &f.refused).map(|r| r.code.clone());
    codes.filter(|code| reason(code).is_none()).collect()
}

/// The table for the repository.
pub(crate) fn table(files: &[FileReport]) -> String {
    let mut out = String::from(
        "# What of PostgreSQL's own regression scripts is refused\n\n\
         Statements that PostgreSQL accepts and the engine does not, by their refusal, with the reason and where they stand.\n\
         `UPDATE_EXPECT=1 cargo test -p tenancy-testkit --test regress_postgres` writes this file, where `TENANCY_CORPORA`\n\
         names the scripts. The test fails when a refusal has no reason here.\n",
    );
    let count = |class| -> (usize, usize) {
        files.iter().fold((0, 0), |(v, a), f| {
            (
                v + FileReport::of(&f.valid, class),
                a + FileReport::of(&f.accepted, class),
            )
        })
    };
    for (class, title) in [
        (Class::Tables, "Statements that name only tables"),
        (
            Class::Own,
            "Statements that name functions or types of the script's own",
        ),
        (
            Class::Relations,
            "Statements that name views, sequences or the server's catalogue",
        ),
    ] {
        let (valid, accepted) = count(class);
        let share = percent(accepted, valid);
        let _ = writeln!(
            out,
            "\n## {title}\n\n{accepted} of {valid} are accepted, {share:.1} %.\n"
        );
        let mut codes: BTreeMap<&str, BTreeMap<&str, Vec<&Refused>>> = BTreeMap::new();
        for file in files {
            for refused in file.refused.iter().filter(|r| r.class == class) {
                let by_file = codes.entry(&refused.code).or_default();
                by_file.entry(&file.name).or_default().push(refused);
            }
        }
        if codes.is_empty() {
            continue;
        }
        out.push_str("| refusal | statements | reason | lines |\n|---|---|---|---|\n");
        for (code, by_file) in codes {
            let all: usize = by_file.values().map(Vec::len).sum();
            let lines: Vec<String> = by_file
                .iter()
                .map(|(file, refused)| {
                    let lines: Vec<String> = refused.iter().map(|r| r.line.to_string()).collect();
                    format!("{file} {}", lines.join(", "))
                })
                .collect();
            let why = reason(code).unwrap_or_default();
            let _ = writeln!(out, "| `{code}` | {all} | {why} | {} |", lines.join("; "));
        }
    }
    out
}
