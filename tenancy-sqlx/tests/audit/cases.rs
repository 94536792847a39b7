//! The cases as they stand in the files, and what is asked of each.

use tenancy_core::Catalog;
use tenancy_sqlx::{AuditRule, AuditedProduct, Finding, Report, Severity};

const CATALOG: &str = include_str!("catalog.toml");

/// A hole, and what is nearly one.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) rule: AuditRule,
    pub(crate) hole: String,
    /// What is no hole. The same rule may have more cases than near misses.
    pub(crate) near: Option<String>,
    /// What a hole outside of the database leaves behind: roles, settings of the server.
    pub(crate) undo: String,
    /// Made by the administrator, and not by the owner.
    pub(crate) admin: bool,
    /// Whether what the report writes mends it.
    pub(crate) mended: bool,
    /// From this version of the server on.
    pub(crate) since: i64,
    /// In the schema whose tenants' ids are texts.
    pub(crate) text_keys: bool,
    catalog: Vec<(String, String)>,
    near_catalog: Vec<(String, String)>,
}

impl Case {
    pub(crate) fn all(text: &str) -> Vec<Case> {
        let file: toml::Table = text.parse().unwrap();
        let cases = file["case"].as_array().unwrap();
        cases
            .iter()
            .map(|case| Case::read(case.as_table().unwrap()))
            .collect()
    }

    fn read(table: &toml::Table) -> Case {
        let known = [
            "rule",
            "hole",
            "near",
            "undo",
            "admin",
            "mended",
            "since",
            "text_keys",
            "catalog",
            "near_catalog",
        ];
        for key in table.keys() {
            assert!(known.contains(&key.as_str()), "{key} in {table:?}");
        }
        let text = |name: &str| table.get(name).map(|value| value.as_str().unwrap().to_owned());
        let is = |name: &str| table.get(name).map(|value| value.as_bool().unwrap());
        let pairs = |name: &str| {
            let each = table
                .get(name)
                .map(|value| value.as_array().unwrap().as_slice())
                .unwrap_or_default();
            let pair = |one: &toml::Value| {
                (
                    one[0].as_str().unwrap().to_owned(),
                    one[1].as_str().unwrap().to_owned(),
                )
            };
            each.iter().map(pair).collect()
        };
        let code = text("rule").unwrap();
        Case {
            rule: AuditRule::from_code(&code).unwrap_or_else(|| panic!("no rule {code}")),
            hole: text("hole").unwrap_or_default(),
            near: text("near").or_else(|| table.contains_key("near_catalog").then(String::new)),
            undo: text("undo").unwrap_or_default(),
            admin: is("admin").unwrap_or(false),
            mended: is("mended").unwrap_or(true),
            since: table
                .get("since")
                .and_then(toml::Value::as_integer)
                .unwrap_or_default(),
            text_keys: is("text_keys").unwrap_or(false),
            catalog: pairs("catalog"),
            near_catalog: pairs("near_catalog"),
        }
    }

    pub(crate) fn catalog(&self) -> Catalog {
        changed(&self.catalog, self.text_keys)
    }

    pub(crate) fn near_catalog(&self) -> Catalog {
        changed(&self.near_catalog, self.text_keys)
    }

    /// What is wrong with the report on the hole.
    pub(crate) fn judge_hole(&self, found: &[Finding]) -> Option<String> {
        let hit = found.iter().any(|finding| finding.rule() == self.rule);
        (!hit).then(|| {
            format!(
                "{}: NOT FOUND in\n{}\n  found: {}",
                self.rule,
                self.hole,
                list(found)
            )
        })
    }

    /// What is wrong with the report on the near miss: it has to be silent, but for notes of other rules.
    pub(crate) fn judge_near(&self, found: &[Finding]) -> Option<String> {
        let wrong = found
            .iter()
            .any(|finding| finding.rule() == self.rule || finding.severity() > Severity::Note);
        let near = self.near.as_deref().unwrap_or_default();
        wrong.then(|| format!("{}: NOT SILENT at\n{near}\n  found: {}", self.rule, list(found)))
    }

    /// What is wrong with the report after mending.
    pub(crate) fn judge_mended(&self, migration: &str, found: &[Finding]) -> Option<String> {
        let left = found.iter().any(|finding| finding.severity() > Severity::Note);
        (left == self.mended).then(|| {
            let hole = &self.hole;
            if left {
                format!(
                    "{}: NOT MENDED\n{hole}\n  left: {}\n{}",
                    self.rule,
                    list(found),
                    shortened(migration)
                )
            } else {
                format!(
                    "{}: mended, although it says that it cannot be: {hole}",
                    self.rule
                )
            }
        })
    }
}

fn shortened(migration: &str) -> String {
    migration.lines().take(40).collect::<Vec<_>>().join("\n")
}

fn changed(pairs: &[(String, String)], text_keys: bool) -> Catalog {
    let text = if text_keys {
        CATALOG.replace("bigint", "text")
    } else {
        CATALOG.to_owned()
    };
    let text = pairs.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from.as_str()), "{from} is not in the catalogue");
        text.replacen(from.as_str(), to, 1)
    });
    Catalog::from_toml(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

pub(crate) fn plain_catalog() -> Catalog {
    changed(&[], false)
}

/// The catalogue of the schema, by what its ids are.
pub(crate) fn catalog_of(text_keys: bool) -> Catalog {
    changed(&[], text_keys)
}

/// The schema, by what its ids are.
pub(crate) fn schema_of(sql: &str, bigint: &str, text: Option<&str>) -> String {
    let keys = ["store_id", "buyer_id", "seller_id", "tenants (id"];
    let Some(text) = text else { return sql.to_owned() };
    keys.iter().fold(sql.to_owned(), |sql, key| {
        sql.replace(&format!("{key} {bigint}"), &format!("{key} {text}"))
    })
}

pub(crate) fn list(found: &[Finding]) -> String {
    let each: Vec<String> = found
        .iter()
        .map(|finding| {
            format!(
                "{} {} [{}: {}]",
                finding.severity(),
                finding.code(),
                finding.group(),
                finding.detail()
            )
        })
        .collect();
    if each.is_empty() {
        "nothing".to_owned()
    } else {
        each.join("\n    ")
    }
}

/// What a report has that the one on the database without a hole does not.
pub(crate) fn new(report: &Report, base: &Report) -> Vec<Finding> {
    let known = |finding: &&Finding| !base.findings().contains(finding);
    report.findings().iter().filter(known).cloned().collect()
}

/// Every rule that is looked for on a database has a hole there, and each rule a near miss somewhere.
pub(crate) fn complete(product: AuditedProduct, cases: &[Case], elsewhere: &[(AuditRule, &str)]) {
    let mut missing = Vec::new();
    for rule in AuditRule::ALL
        .iter()
        .filter(|rule| rule.products().contains(&product))
    {
        let mine: Vec<&Case> = cases.iter().filter(|case| case.rule == *rule).collect();
        let excused = elsewhere.iter().any(|(other, _)| other == rule);
        if mine.is_empty() != excused {
            missing.push(format!(
                "{rule} has {} holes, and is excused: {excused}",
                mine.len()
            ));
        }
        if !mine.is_empty() && mine.iter().all(|case| case.near.is_none()) {
            missing.push(format!("{rule} has no near miss"));
        }
    }
    let foreign = cases
        .iter()
        .filter(|case| !case.rule.products().contains(&product));
    missing.extend(foreign.map(|case| format!("{} is not looked for on {product}", case.rule)));
    assert!(missing.is_empty(), "{missing:#?}");
}
