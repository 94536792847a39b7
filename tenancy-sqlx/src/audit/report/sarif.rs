//! SARIF 2.1.0 (OASIS), the form in which tools for code review take findings.

use serde_json::{Value, json};

use super::Report;
use crate::audit::{AuditRule, Finding, rule::Severity};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(report: &Report) -> String {
    let rules: Vec<Value> = AuditRule::ALL.iter().map(|rule| descriptor(*rule)).collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    let whole = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "tenancy audit",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "database": report.version, "appRole": report.app },
        }],
    });
    format!("{whole:#}\n")
}

fn descriptor(rule: AuditRule) -> Value {
    json!({
        "id": rule.code(),
        "name": format!("{rule:?}"),
        "shortDescription": { "text": rule.meaning() },
        "fullDescription": { "text": sentence(rule.why()) },
        "help": { "text": sentence(rule.advice()) },
        "defaultConfiguration": { "level": level(rule.severity()) },
    })
}

fn result(finding: &Finding) -> Value {
    let index = AuditRule::ALL
        .iter()
        .position(|rule| *rule == finding.rule())
        .unwrap_or_default();
    json!({
        "ruleId": finding.code(),
        "ruleIndex": index,
        "level": level(finding.severity()),
        "message": { "text": message(finding) },
        "locations": [{ "logicalLocations": [{
            "name": finding.object_name(),
            "fullyQualifiedName": if finding.object_name() == finding.group() {
                finding.group().to_owned()
            } else {
                format!("{}/{}", finding.group(), finding.object_name())
            },
        }]}],
        // So that a finding is the same one in the next run.
        "partialFingerprints": {
            "tenancyAudit/v1": format!("{}:{}:{}", finding.code(), finding.group(), finding.object_name()),
        },
    })
}

fn message(finding: &Finding) -> String {
    let mend = finding
        .mending_sql()
        .unwrap_or_else(|| finding.advice().to_owned());
    format!(
        "{}: {}. {} Mend: {mend}",
        finding.group(),
        finding.detail(),
        sentence(finding.rule().why())
    )
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars
        .next()
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
