//! The lines that `tenancy scope` writes.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use tenancy_core::sql::{Refusal, Rule, ScopedSql};

/// The code of a line that is no statement; none of the engine's own.
const UNREADABLE: &str = "unreadable_line";

/// The names of the fields below: a label of the caller's cannot have one.
pub(super) const FIELDS: &[&str] = &[
    "sql",
    "tenant_bind",
    "reads",
    "writes",
    "refused",
    "at",
    "message",
    "file",
    "line",
];

/// What became of a statement.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Answer {
    Scoped {
        sql: Arc<str>,
        /// Which bind takes the tenant, counted from 1.
        tenant_bind: Option<usize>,
        reads: Vec<String>,
        writes: Vec<String>,
    },
    Refused {
        refused: &'static str,
        /// The byte of the statement that is to blame.
        at: Option<usize>,
        message: String,
    },
}

impl Answer {
    /// The statement, with `sql` as the text to execute.
    pub(super) fn scoped(scoped: &ScopedSql, sql: Arc<str>) -> Self {
        Answer::Scoped {
            sql,
            tenant_bind: scoped.tenant_bind(),
            reads: scoped.reads().to_vec(),
            writes: scoped.writes().to_vec(),
        }
    }

    pub(super) fn refused(refusal: &Refusal) -> Self {
        Answer::rule(refusal.rule(), refusal.position())
    }

    pub(super) fn rule(rule: Rule, at: Option<usize>) -> Self {
        Answer::Refused {
            refused: rule.code(),
            at,
            message: rule.advice().to_owned(),
        }
    }

    /// Answers are in the order of the lines, so a line that cannot be read has one too.
    pub(super) fn unreadable(message: String) -> Self {
        Answer::Refused {
            refused: UNREADABLE,
            at: None,
            message,
        }
    }
}

/// An answer with what tells which statement it is for.
#[derive(Debug, Serialize)]
pub(super) struct Line<'a, O> {
    #[serde(flatten)]
    pub(super) answer: &'a Answer,
    #[serde(flatten)]
    pub(super) origin: O,
}

/// The fields of the caller's object that the command does not know.
pub(super) type Labels = Map<String, Value>;

/// Where in a file a statement starts.
#[derive(Debug, Serialize)]
pub(super) struct Origin<'a> {
    pub(super) file: &'a str,
    pub(super) line: usize,
}
