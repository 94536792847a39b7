//! [`Report`]: everything that was found.

mod migration;
mod sarif;
mod text;

use serde_json::{Value, json};

use super::{
    Finding,
    model::Snapshot,
    rule::{AuditedProduct, Severity},
};

/// Everything that an audit found, by table, the worst first.
///
/// As text it is for people: `println!("{report}")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    product: AuditedProduct,
    version: String,
    app: String,
    findings: Vec<Finding>,
    wall: Option<String>,
}

impl Report {
    pub(super) fn new(snapshot: &Snapshot, findings: Vec<Finding>, wall: Option<String>) -> Self {
        Self {
            product: snapshot.product(),
            version: snapshot.version.text.clone(),
            app: snapshot.app.clone(),
            findings,
            wall,
        }
    }

    /// The findings.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The database that was looked at.
    pub fn product(&self) -> AuditedProduct {
        self.product
    }

    /// The server's version, as it says it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The role that was taken for the application's; empty on SQLite, which has none.
    pub fn app_role(&self) -> &str {
        &self.app
    }

    /// How bad the worst finding is.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).max()
    }

    /// Whether nothing as bad as this, or worse, was found.
    pub fn is_clean(&self, severity: Severity) -> bool {
        self.worst().is_none_or(|worst| worst < severity)
    }

    /// How many findings are just as bad as this.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity() == severity)
            .count()
    }

    /// The report with the findings alone that are as bad as this, or worse.
    #[must_use]
    pub fn at_least(mut self, severity: Severity) -> Report {
        self.findings.retain(|finding| finding.severity() >= severity);
        self
    }

    /// A migration that mends what SQL can mend; what it cannot is a comment in it. Empty where there is nothing to mend.
    ///
    /// It is run by the owner of the tables; what is about roles and extensions may need an administrator. Read it first:
    /// it drops policies, rules and grants, and rebuilds keys.
    pub fn migration(&self) -> String {
        migration::write(self)
    }

    /// The report as JSON: an object with the database, the counts and the findings.
    pub fn to_json(&self) -> String {
        let findings: Vec<Value> = self.findings.iter().map(finding_json).collect();
        let whole = json!({
            "tool": { "name": "tenancy audit", "version": env!("CARGO_PKG_VERSION") },
            "database": { "product": self.product.name(), "version": self.version },
            "app_role": self.app,
            "counts": {
                "error": self.count(Severity::Error),
                "warning": self.count(Severity::Warning),
                "note": self.count(Severity::Note),
            },
            "findings": findings,
        });
        format!("{whole:#}\n")
    }

    /// The report as SARIF 2.1.0, which code review tools read.
    pub fn to_sarif(&self) -> String {
        sarif::write(self)
    }
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "code": finding.code(),
        "severity": finding.severity().name(),
        "table": finding.group(),
        "object": finding.object_name(),
        "detail": finding.detail(),
        "why": finding.rule().why(),
        "advice": finding.advice(),
        "sql": finding.mending_sql(),
        "row_security": finding.needs_row_security(),
    })
}
