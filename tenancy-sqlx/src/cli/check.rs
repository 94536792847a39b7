//! `tenancy check`: the statements of `.sql` files, for CI.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use tenancy_core::sql::Refusal;

use super::{
    Verdict,
    engine::{Engine, EngineArgs},
    failure::{Failure, tell},
    script::{Item, Place, Script},
};

const HELP: &str = "\
Each refusal is a line `FILE:LINE:COLUMN: CODE: what to write instead`; docs/refusals.md explains the codes.
The exit code is 1 if a statement is refused, and 2 if a file cannot be read or there is none.

Example:
  $ tenancy check --dialect postgres src/queries
  src/queries/report.sql:4:15: unknown_table: the catalogue does not name this table; add it with its kind
  1 of 12 statements in 3 files is refused";

/// Fail where a .sql file holds a statement that is refused
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Check {
    #[command(flatten)]
    engine: EngineArgs,
    /// Files, and folders that are searched for files that end in .sql
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

impl Check {
    pub(super) fn run(self) -> Result<Verdict, Failure> {
        let mut report = Report {
            engine: self.engine.load()?,
            output: BufWriter::new(io::stdout().lock()),
            files: 0,
            statements: 0,
            refused: 0,
            verdict: Verdict::Good,
        };
        for path in &self.paths {
            report.path(path, &self.engine)?;
        }
        report.summary()
    }
}

struct Report<W: Write> {
    engine: Engine,
    output: BufWriter<W>,
    files: usize,
    statements: usize,
    refused: usize,
    verdict: Verdict,
}

impl<W: Write> Report<W> {
    fn unreadable(&mut self, message: &str) {
        tell(message);
        self.verdict = Verdict::Unreadable;
    }

    /// A path that the user names: a file of any name, or a folder.
    fn path(&mut self, path: &Path, args: &EngineArgs) -> Result<(), Failure> {
        if !path.is_dir() {
            return self.file(path, args);
        }
        let before = self.files;
        self.folder(path, args)?;
        if self.files == before {
            // A check of nothing would be green for ever.
            self.unreadable(&format!("{}: there is no file that ends in .sql", path.display()));
        }
        Ok(())
    }

    fn folder(&mut self, path: &Path, args: &EngineArgs) -> Result<(), Failure> {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                self.unreadable(&format!("{}: {error}", path.display()));
                return Ok(());
            }
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            // A link to a folder could lead back here.
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let is_sql = path
                .extension()
                .is_some_and(|extension| extension.eq_ignore_ascii_case("sql"));
            if is_folder {
                self.folder(&path, args)?;
            } else if is_sql {
                self.file(&path, args)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, args: &EngineArgs) -> Result<(), Failure> {
        let name = path.display().to_string();
        let script = match Script::read(path, args.dialect.dialect()) {
            Ok(script) => script,
            Err(message) => {
                self.unreadable(&message);
                return Ok(());
            }
        };
        self.files += 1;
        for item in script.items() {
            let Place { line, column } = script.place(item.at());
            match item {
                Item::Skipped { what, .. } => tell(&format!("{name}:{line}: {what}, passed over")),
                Item::Statement { text, at } => match std::str::from_utf8(text) {
                    Err(_) => self.unreadable(&format!(
                        "{name}:{line}:{column}: the statement is not UTF-8; write the file in UTF-8"
                    )),
                    Ok(sql) => {
                        self.statements += 1;
                        if let Err(refusal) = self.engine.scope(sql, None) {
                            let place = script.place(at + refusal.position().unwrap_or(0));
                            self.refusal(&name, place, &refusal)?;
                        }
                    }
                },
            }
        }
        Ok(())
    }

    fn refusal(&mut self, file: &str, place: Place, refusal: &Refusal) -> Result<(), Failure> {
        self.refused += 1;
        self.verdict = self.verdict.max(Verdict::Refused);
        let Place { line, column } = place;
        let (code, advice) = (refusal.code(), refusal.rule().advice());
        writeln!(self.output, "{file}:{line}:{column}: {code}: {advice}")
            .map_err(|error| Failure::output(&error))
    }

    fn summary(mut self) -> Result<Verdict, Failure> {
        let statements = counted(self.statements, "statement");
        let files = counted(self.files, "file");
        let refused = match self.refused {
            0 => format!("{statements} in {files}: none is refused"),
            1 => format!("1 of {statements} in {files} is refused"),
            refused => format!("{refused} of {statements} in {files} are refused"),
        };
        writeln!(self.output, "{refused}")
            .and_then(|()| self.output.flush())
            .map_err(|error| Failure::output(&error))?;
        Ok(self.verdict)
    }
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
