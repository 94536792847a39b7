//! The `tenancy` command (feature `cli`): the scoping engine for programs of any language, and for CI.
//!
//! | command | does |
//! |---|---|
//! | `tenancy scope` | answers each statement with its scoped text, or with a refusal |
//! | `tenancy check` | fails where a `.sql` file holds a statement that is refused |
//! | `tenancy catalog` | writes a `tenancy.toml` from a live database |
//! | `tenancy audit` | finds where a live schema would let one tenant reach another's rows |
//! | `tenancy rls` | writes the migration that puts PostgreSQL's row level security behind the engine |
//!
//! | file | holds |
//! |---|---|
//! | `engine` | the catalogue and the dialect that the user names, made a `Scoper` |
//! | `scope`, `answer`, `ndjson` | the command `scope`, the lines that it writes and those that it reads |
//! | `check` | the command `check` |
//! | `audit` | the command `audit` |
//! | `rls` | the command `rls` |
//! | `script`, `lexer` | a `.sql` file as its statements, by the rules of each database's own shell |
//! | `catalog/` | the command `catalog`: one file a database, and the file that is written |

mod answer;
mod audit;
mod catalog;
mod check;
mod engine;
mod failure;
mod lexer;
mod ndjson;
mod pending;
mod rls;
mod scope;
mod script;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

const EXIT_CODES: &str = "\
Exit codes:
  0  done; for `scope` also where statements were refused
  1  `check` found a statement that is refused, or `audit` something to mend
  2  the command line, the catalogue, a file, an input line or the database could not be read";

/// Multi-tenancy for SQL: scope statements to a tenant's rows, check files of statements, write a catalogue, audit a schema.
#[derive(Debug, Parser)]
#[command(name = "tenancy", version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Scope(scope::Scope),
    Check(check::Check),
    Catalog(catalog::WriteCatalog),
    Rls(rls::Rls),
    Audit(audit::AuditArgs),
}

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Good,
    /// Something was refused, and the command is one that fails for it.
    Refused,
    /// Part of the input could not be read; the rest was answered.
    Unreadable,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Good => ExitCode::SUCCESS,
            Verdict::Refused => ExitCode::from(1),
            Verdict::Unreadable => ExitCode::from(2),
        }
    }
}

/// Runs the command that the process was started with.
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     tenancy_sqlx::cli::main()
/// }
/// ```
pub fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let done = match command {
        Command::Scope(scope) => scope.run(),
        Command::Check(check) => check.run(),
        Command::Catalog(catalog) => catalog.run(),
        Command::Rls(rls) => rls.run(),
        Command::Audit(audit) => audit.run(),
    };
    match done {
        Ok(verdict) => verdict.into(),
        // Whoever read the answers has seen enough.
        Err(Failure::Closed) => ExitCode::SUCCESS,
        Err(Failure::Told(message)) => {
            failure::tell(&message);
            ExitCode::from(2)
        }
    }
}
