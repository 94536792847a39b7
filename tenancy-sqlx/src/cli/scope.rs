//! `tenancy scope`: each statement answered by its scoped text, or by a refusal.

use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use tenancy_core::{
    TenantId,
    sql::{Dialect, Rule},
};

use super::{
    Verdict,
    answer::{Answer, Line, Origin},
    engine::{DialectName, Engine, EngineArgs},
    failure::{Failure, tell},
    ndjson::{self, Lines, Request, Unreadable},
    script::{Item, Script},
};

const HELP: &str = "\
Input: one JSON object a line on standard input, or .sql files as arguments.
  sql    the statement
  binds  how many values the caller binds; as many as the text names, where it is left out
Other fields are labels: the answer repeats them. A byte order mark and empty lines are passed over.

Output: one JSON object a line for each statement, in order, written as soon as no further input waits.
  sql          the text to execute
  tenant_bind  which bind takes the tenant, counted from 1: the one after the caller's; null where none is needed, and on
               MySQL, where the tenant stands in the text
  reads        the tables of the catalogue that it reads
  writes       the tables of the catalogue that it writes
or, where the statement is refused (docs/refusals.md lists the codes),
  refused      the code
  at           the byte of the statement that is to blame, counted from 0, or null
  message      what to write instead
Statements from files also have \"file\" and \"line\", the line that they start on.

An input line that is no such object is answered with the code unreadable_line and told on standard error; the others
are answered, and the command exits with 2 in the end. Otherwise it exits with 0, whatever is refused.

Example:
  $ echo '{\"sql\": \"SELECT total FROM orders WHERE id = $1\"}' | tenancy scope --dialect postgres
  {\"sql\":\"SELECT total FROM (SELECT * FROM …) AS orders WHERE id = $1\",\"tenant_bind\":2,\"reads\":[\"orders\"],\"writes\":[]}";

/// Make statements mean one tenant's rows
#[derive(Debug, Args)]
#[command(after_long_help = HELP, after_help = "--help tells the format of input and output.")]
pub(super) struct Scope {
    #[command(flatten)]
    engine: EngineArgs,
    /// The tenant. On MySQL it is needed, for its literal stands in the text; elsewhere the caller binds it
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Files of statements; without any, JSON objects are read from standard input
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Scope {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let engine = self.engine.load()?;
        let tenant = self.tenant.as_deref().map(|id| engine.tenant(id)).transpose()?;
        if tenant.is_none() && self.engine.dialect == DialectName::Mysql {
            return Err(Failure::told(
                "on MySQL the tenant stands in the text: name it with --tenant",
            ));
        }
        let mut answers = Answers {
            engine,
            tenant,
            output: BufWriter::new(io::stdout().lock()),
            verdict: Verdict::Good,
        };
        if self.files.is_empty() {
            answers.input()?;
        }
        for path in &self.files {
            answers.file(path, self.engine.dialect.dialect())?;
        }
        answers.flush()?;
        Ok(answers.verdict)
    }
}

struct Answers<W: Write> {
    engine: Engine,
    tenant: Option<TenantId>,
    output: BufWriter<W>,
    verdict: Verdict,
}

impl<W: Write> Answers<W> {
    /// Answers the lines of standard input.
    fn input(&mut self) -> Result<(), Failure> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            tell("reading JSON objects from the terminal, one a line, such as {\"sql\": \"SELECT 1\"}");
        }
        let mut lines = Lines::new(stdin);
        loop {
            // Whoever waits for an answer before the next question gets it.
            if !lines.has_line() {
                self.flush()?;
            }
            let line = lines
                .next()
                .map_err(|error| Failure::told(format!("standard input cannot be read: {error}")))?;
            match line {
                None => return Ok(()),
                Some(ndjson::Line::TooLong) => {
                    self.write(&Answer::rule(Rule::TooLong, None), NoOrigin {})?;
                }
                Some(ndjson::Line::Text(line)) if line.trim_ascii().is_empty() => {}
                Some(ndjson::Line::Text(line)) => self.line(&line, lines.number)?,
            }
        }
    }

    fn line(&mut self, line: &[u8], number: usize) -> Result<(), Failure> {
        // Two bytes a character: no line of it can be read, and its ends are not where they seem.
        if number == 1 && (line.starts_with(b"\xff\xfe") || line.starts_with(b"\xfe\xff")) {
            return Err(Failure::told(
                "standard input is UTF-16; write the input in UTF-8",
            ));
        }
        match Request::read(line) {
            Ok(Request { sql, binds, labels }) => {
                let answer = self.answer(&sql, binds);
                self.write(&answer, labels)
            }
            Err(Unreadable { what, labels }) => {
                let message = format!("line {number}, {what}");
                tell(&format!("standard input, {message}"));
                self.verdict = Verdict::Unreadable;
                self.write(&Answer::unreadable(message), labels)
            }
        }
    }

    /// Answers the statements of a file. One that cannot be read is told, and the next one is answered.
    fn file(&mut self, path: &Path, dialect: Dialect) -> Result<(), Failure> {
        let name = path.display().to_string();
        let script = match Script::read(path, dialect) {
            Ok(script) => script,
            Err(message) => {
                tell(&message);
                self.verdict = Verdict::Unreadable;
                return Ok(());
            }
        };
        for item in script.items() {
            let line = script.place(item.at()).line;
            let answer = match item {
                Item::Skipped { what, .. } => {
                    tell(&format!("{name}:{line}: {what}, passed over"));
                    continue;
                }
                Item::Statement { text, .. } => match std::str::from_utf8(text) {
                    Ok(sql) => self.answer(sql, None),
                    Err(_) => {
                        let message =
                            format!("line {line}: the statement is not UTF-8; write the file in UTF-8");
                        tell(&format!("{name}: {message}"));
                        self.verdict = Verdict::Unreadable;
                        Answer::unreadable(message)
                    }
                },
            };
            self.write(&answer, Origin { file: &name, line })?;
        }
        Ok(())
    }

    fn answer(&self, sql: &str, binds: Option<usize>) -> Answer {
        match self.engine.scope(sql, binds) {
            Ok(scoped) => match &self.tenant {
                None => Answer::scoped(&scoped, scoped.text_arc()),
                Some(tenant) => match scoped.text_for(tenant) {
                    Ok(text) => Answer::scoped(&scoped, text),
                    // The id was compared with the catalogue at the start.
                    Err(_) => Answer::rule(Rule::Verification, None),
                },
            },
            Err(refusal) => Answer::refused(&refusal),
        }
    }

    fn write(&mut self, answer: &Answer, origin: impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.output, &Line { answer, origin })
            .map_err(io::Error::from)
            .and_then(|()| self.output.write_all(b"\n"))
            .map_err(|error| Failure::output(&error))
    }

    fn flush(&mut self) -> Result<(), Failure> {
        self.output.flush().map_err(|error| Failure::output(&error))
    }
}

/// For a line that was too long to be read.
#[derive(Debug, Serialize)]
struct NoOrigin {}
