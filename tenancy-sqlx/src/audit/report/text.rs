//! A report for people.

use std::fmt;

use super::Report;
use crate::audit::{
    Finding,
    rule::{AuditedProduct, Severity},
};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut group = None;
        let width = self
            .findings
            .iter()
            .map(|finding| finding.code().len())
            .max()
            .unwrap_or_default();
        for finding in &self.findings {
            if group != Some(finding.group()) {
                if group.is_some() {
                    writeln!(f)?;
                }
                writeln!(f, "{}", finding.group())?;
                group = Some(finding.group());
            }
            one(f, finding, width)?;
        }
        if !self.findings.is_empty() {
            writeln!(f)?;
        }
        summary(f, self)
    }
}

fn one(f: &mut fmt::Formatter<'_>, finding: &Finding, width: usize) -> fmt::Result {
    let (severity, code) = (finding.severity(), finding.code());
    writeln!(f, "  {severity:<7}  {code:<width$}  {}", finding.detail())?;
    writeln!(f, "  {:<7}  {:<width$}  {}", "", "", finding.rule().why())?;
    match finding.mending_sql() {
        Some(sql) => {
            for (at, line) in sql.lines().enumerate() {
                let lead = if at == 0 { "mend:" } else { "" };
                writeln!(f, "  {:<7}  {lead:>width$}  {line}", "")?;
            }
        }
        None if finding.needs_row_security() => {
            writeln!(
                f,
                "  {:<7}  {:>width$}  run the migration of `tenancy rls`",
                "", "mend:"
            )?;
        }
        None => writeln!(f, "  {:<7}  {:>width$}  {}", "", "mend:", finding.advice())?,
    }
    Ok(())
}

fn summary(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    let count = |severity: Severity| {
        let number = report.count(severity);
        let s = if number == 1 { "" } else { "s" };
        format!("{number} {severity}{s}")
    };
    write!(
        f,
        "{}, {}, {}: {}",
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Note),
        report.version
    )?;
    match report.product {
        AuditedProduct::Sqlite => writeln!(f),
        AuditedProduct::Postgres | AuditedProduct::MariaDb => writeln!(f, ", as {}", report.app),
    }
}
