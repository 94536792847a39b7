//! The isolation harness of the tenancy crates: proof, on your own schema and your own statements, that a
//! tenant sees and touches its slice and nothing else.
//!
//! *Correct* is defined without the engine: let S be the shared database and P the private one that holds only
//! one tenant's rows and the shared ones. Then a query, scoped to that tenant, must give on S what it gives
//! on P; and after a write the tenant's slice of S must be P, and every other tenant's rows as they were.
//!
//! - [`NonInterference`]: schemas and statements made up by chance, and counterexamples made small.
//! - [`StatementCheck`]: the statements of an application over its own schema.
//! - [`pg`], [`maria`]: a real PostgreSQL and a real MariaDB for tests, found or started.
//! - [`Engine`]: what is under test, so that a broken engine can be put in its place and the proof seen to fail.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `sqlite` (default) | runs on SQLite |
//! | `postgres` (default) | runs on PostgreSQL, and [`pg`] |
//! | `mysql` (default) | runs on MariaDB, and [`maria`] |
//! | `docker` | looks for PostgreSQL and MariaDB in Docker too |

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("tenancy-testkit needs a database: switch on its feature `sqlite`, `postgres` or `mysql`");

mod bench;
mod counterexample;
mod db;
mod dice;
#[cfg(all(feature = "docker", any(feature = "postgres", feature = "mysql")))]
mod docker;
mod engine;
mod failure;
mod grammar;
#[cfg(feature = "mysql")]
pub mod maria;
mod noninterference;
mod oracle;
#[cfg(feature = "postgres")]
pub mod pg;
mod schema;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server;
mod statements;
mod value;

pub use counterexample::Counterexample;
pub use engine::{Dialect, Engine, EngineOutput, EngineRefusal, engine_fn, engine_for_fn};
pub use failure::Failure;
pub use grammar::{Class, Emphasis};
pub use noninterference::{ClassCount, NonInterference, Refused, Report, Setup};
#[cfg(feature = "postgres")]
pub use noninterference::{OwnWall, WallAlone};
pub use statements::{StatementCheck, StatementLine, StatementReport};
pub use value::Value;

/// What the suites of this crate share with it; not for others.
#[doc(hidden)]
pub mod probe {
    pub use crate::db::{Answer, Database, Fault};
    pub use crate::noninterference::{Sample, sample};
    pub use crate::oracle::same_rows;
}

/// Runs a future to its end on a thread of its own, so that a caller inside a runtime may block on it.
pub(crate) fn block_on<T: Send>(work: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, Failure> {
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime
                .map_err(|e| Failure::harness(&e.to_string()))?
                .block_on(work)
        });
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
