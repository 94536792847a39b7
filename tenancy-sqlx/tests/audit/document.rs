//! `docs/audit.md`: every rule with what it finds, why it matters, what to do, and a hole that it finds.

use std::fmt::Write as _;

use expect_test::expect_file;
use tenancy_sqlx::{AuditRule, AuditedProduct};

use crate::cases::Case;

#[test]
fn the_document_is_up_to_date() {
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/audit.md")].assert_eq(&document());
}

#[test]
fn codes_and_texts_are_plain() {
    for rule in AuditRule::ALL {
        let code = rule.code();
        assert_eq!(AuditRule::from_code(code), Some(*rule));
        assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{code}");
        assert!(!rule.products().is_empty(), "{code}");
        for text in [rule.why(), rule.advice()] {
            assert!(!text.ends_with('.'), "{code}: {text}");
        }
        assert!(rule.meaning().ends_with('.'), "{code}");
    }
    let mut codes: Vec<&str> = AuditRule::ALL.iter().map(|rule| rule.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), AuditRule::ALL.len());
    assert_eq!(AuditRule::from_code("nothing"), None);
}

fn document() -> String {
    let mut out = String::from(
        "# Audit\n\n\
         What `tenancy audit`, and `tenancy_sqlx::audit` for a test or at start, look for in a live schema beside its catalogue. Each rule\n\
         has a stable code. A finding has the rule's severity, unless the case at hand is better or worse, names the object, and\n\
         comes with the SQL that mends it, where SQL can; `--fix` writes all of it as one migration, which runs the one of\n\
         `tenancy rls` where policies are missing. Notes are not mended: they are for a decision.\n\n\
         What could not be read is a finding too (`unreadable`, `object_unknown`, `server_unknown`): a report without findings means\n\
         that everything was looked at.\n\n\
         What it does not do: it reads no rows, so a row with a wrong key is not seen; it does not judge what the bodies of\n\
         functions, triggers and views are for, only that they are there and what they may reach; and on MariaDB a user who may not read\n\
         `mysql.*` sees its own grants alone, and is told so.\n\n\
         This file is written by a test of tenancy-sqlx. The examples are made on the schema of `tenancy-sqlx/tests/audit`.\n",
    );
    let examples = [
        (AuditedProduct::Postgres, Case::all(include_str!("postgres.toml"))),
        (AuditedProduct::Sqlite, Case::all(include_str!("sqlite.toml"))),
        (AuditedProduct::MariaDb, Case::all(include_str!("mariadb.toml"))),
    ];
    let number = |product| {
        AuditRule::ALL
            .iter()
            .filter(|rule| rule.products().contains(&product))
            .count()
    };
    let holes: Vec<String> = examples
        .iter()
        .map(|(product, cases)| format!("| {product} | {} | {} |\n", number(*product), cases.len()))
        .collect();
    write!(
        out,
        "\n| database | rules | holes in the tests |\n|---|---|---|\n{}",
        holes.concat()
    )
    .unwrap();
    for rule in AuditRule::ALL {
        one(&mut out, *rule, &examples);
    }
    out
}

fn one(out: &mut String, rule: AuditRule, examples: &[(AuditedProduct, Vec<Case>)]) {
    let products: Vec<&str> = rule.products().iter().map(|product| product.name()).collect();
    write!(
        out,
        "\n## `{}`\n\n{} *{}; {}.*\n\n{}.\n\n> {}.\n",
        rule.code(),
        rule.meaning(),
        rule.severity(),
        products.join(", "),
        capital(rule.why()),
        rule.advice()
    )
    .unwrap();
    let example = examples.iter().find_map(|(product, cases)| {
        cases
            .iter()
            .find(|case| case.rule == rule && !case.hole.is_empty())
            .map(|case| (product, case))
    });
    if let Some((product, case)) = example {
        write!(
            out,
            "\n{product}:\n\n```sql\n{}\n```\n",
            case.hole.replace("; ", ";\n").replace(['{', '}'], "")
        )
        .unwrap();
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}", chars.as_str())
}
