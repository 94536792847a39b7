//! Why a proof did not hold.

use std::fmt;

/// Why a proof did not hold: a counterexample, or a harness that could not run.
///
/// Its `Debug` form is its text, so that a test that returns it or unwraps it prints what to read.
pub struct Failure {
    kind: Kind,
}

enum Kind {
    Counterexample(Box<crate::Counterexample>),
    Statements(Vec<String>),
    Harness(String),
    /// The server fell, or the connection to it did.
    Lost(String),
}

impl Failure {
    pub(crate) fn harness(text: &str) -> Self {
        Failure {
            kind: Kind::Harness(text.to_owned()),
        }
    }

    pub(crate) fn statements(wrong: Vec<String>) -> Self {
        Failure {
            kind: Kind::Statements(wrong),
        }
    }

    pub(crate) fn found(counterexample: crate::Counterexample) -> Self {
        Failure {
            kind: Kind::Counterexample(Box::new(counterexample)),
        }
    }

    /// The shrunk counterexample of a generated run.
    pub fn counterexample(&self) -> Option<&crate::Counterexample> {
        match &self.kind {
            Kind::Counterexample(c) => Some(c),
            Kind::Statements(_) | Kind::Harness(_) | Kind::Lost(_) => None,
        }
    }

    /// Whether isolation was broken, and not the harness.
    pub fn is_violation(&self) -> bool {
        !self.is_harness()
    }

    /// Whether the harness could not run: a missing server where `CI` is set, a fixture that does not load.
    pub fn is_harness(&self) -> bool {
        matches!(self.kind, Kind::Harness(_) | Kind::Lost(_))
    }

    /// Whether the server fell, or the connection to it did.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.kind, Kind::Lost(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Counterexample(c) => c.fmt(f),
            Kind::Statements(wrong) => {
                writeln!(f, "{} statements are not isolated:", wrong.len())?;
                wrong.iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Kind::Harness(text) | Kind::Lost(text) => write!(f, "the harness could not run: {text}"),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}

impl From<sqlx::Error> for Failure {
    fn from(e: sqlx::Error) -> Self {
        crate::db::Fault::from(e).into()
    }
}

impl From<crate::db::Fault> for Failure {
    fn from(e: crate::db::Fault) -> Self {
        let kind = match e.is_lost() {
            true => Kind::Lost(e.text),
            false => Kind::Harness(e.text),
        };
        Failure { kind }
    }
}

#[cfg(feature = "postgres")]
impl From<crate::pg::PgError> for Failure {
    fn from(e: crate::pg::PgError) -> Self {
        Failure::harness(&e.to_string())
    }
}

#[cfg(feature = "mysql")]
impl From<crate::maria::MariaError> for Failure {
    fn from(e: crate::maria::MariaError) -> Self {
        Failure::harness(&e.to_string())
    }
}
