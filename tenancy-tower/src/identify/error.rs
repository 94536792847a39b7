//! What can be wrong with a claim, and with the configuration of a source.

/// A request's claim could not be read.
///
/// The message says what a right one looks like. It is a fixed text, so that it repeats nothing of the request and
/// names no tenant.
///
/// ```
/// use tenancy_tower::IdentifyError;
///
/// let error = IdentifyError::malformed("the tenant token has no store");
/// assert!(error.is_malformed());
/// assert_eq!(error.to_string(), "the tenant token has no store");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.0.message())]
pub struct IdentifyError(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Malformed(&'static str),
    Setup(&'static str),
}

impl Kind {
    fn message(self) -> &'static str {
        match self {
            Kind::Malformed(message) | Kind::Setup(message) => message,
        }
    }
}

impl IdentifyError {
    /// The request carries a claim that cannot be one (HTTP 400); `message` goes to the client.
    pub const fn malformed(message: &'static str) -> Self {
        Self(Kind::Malformed(message))
    }

    /// The client's part of the request is at fault (HTTP 400).
    pub fn is_malformed(&self) -> bool {
        matches!(self.0, Kind::Malformed(_))
    }

    /// The source itself is wrongly configured (HTTP 500).
    pub fn is_setup(&self) -> bool {
        matches!(self.0, Kind::Setup(_))
    }

    pub(crate) fn message(&self) -> &'static str {
        self.0.message()
    }
}

impl From<SetupError> for IdentifyError {
    fn from(error: SetupError) -> Self {
        Self(Kind::Setup(error.0))
    }
}

/// A layer or a source is wrongly configured; found by [`TenancyLayer::check`](crate::TenancyLayer::check).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(pub(crate) &'static str);

impl SetupError {
    /// For a source of the application's own; `message` goes to the log, never to a client.
    pub fn new(message: &'static str) -> Self {
        Self(message)
    }
}
