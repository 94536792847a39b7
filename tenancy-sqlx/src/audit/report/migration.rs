//! What mends the findings, in an order in which each statement finds what it needs.

use std::fmt::Write as _;

use super::Report;
use crate::audit::{Finding, finding::Step, rule::Severity};

pub(super) fn write(report: &Report) -> String {
    let mut out = String::new();
    // Notes are for reading; changing what they speak of is a decision.
    let found: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|finding| finding.severity() > Severity::Note)
        .collect();
    if found.is_empty() {
        return out;
    }
    let _ = writeln!(
        out,
        "-- What `tenancy audit` found on {}, mended. Read it before it runs: it drops policies, rules, grants and keys.",
        report.version
    );
    let mut steps: Vec<(Step, &str, &Finding)> = found
        .iter()
        .flat_map(|finding| {
            finding
                .steps()
                .iter()
                .map(|(step, sql)| (*step, sql.as_str(), *finding))
        })
        .collect();
    steps.sort_by_key(|(step, ..)| *step);
    let mut written: Vec<&str> = Vec::new();
    let mut wall = report
        .wall
        .as_deref()
        .filter(|_| found.iter().any(|finding| finding.needs_row_security()));
    for (step, sql, finding) in steps {
        if step >= Step::Grant {
            row_security(&mut out, wall.take());
        }
        if !written.contains(&sql) {
            let _ = writeln!(
                out,
                "\n-- {}: {}\n{sql};",
                finding.code(),
                one_line(finding.detail())
            );
            written.push(sql);
        }
    }
    row_security(&mut out, wall);
    let by_hand = found
        .iter()
        .filter(|finding| finding.steps().is_empty() && !finding.needs_row_security());
    for finding in by_hand {
        let _ = writeln!(
            out,
            "\n-- By hand, {}, {}: {}\n--   {}",
            finding.group(),
            finding.code(),
            one_line(finding.detail()),
            one_line(finding.advice())
        );
    }
    out
}

fn row_security(out: &mut String, wall: Option<&str>) {
    if let Some(wall) = wall {
        let _ = writeln!(out, "\n{}", wall.trim_end());
    }
}

/// A name may hold a line's end, and a comment may not.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
