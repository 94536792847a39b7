//! What ends a command, and how the user is told.

use std::io::{self, Write};

/// Why a command could not go on.
#[derive(Debug)]
pub(super) enum Failure {
    /// What is wrong and how to mend it, for standard error.
    Told(String),
    /// Nobody reads standard output any more.
    Closed,
}

impl Failure {
    pub(super) fn told(message: impl Into<String>) -> Self {
        Failure::Told(message.into())
    }

    /// A failure to write an answer.
    pub(super) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::Told(format!("standard output cannot be written: {error}")),
        }
    }
}

/// Waits for work on a database.
pub(super) fn wait<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::told(format!("no runtime: {error}")))?;
    Ok(runtime.block_on(work))
}

/// Text on standard output.
pub(super) fn answer(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
        .map_err(|error| Failure::output(&error))
}

/// A line on standard error. Where that is closed too there is nobody left to tell.
pub(super) fn tell(message: &str) {
    let _ = writeln!(io::stderr(), "tenancy: {message}");
}
