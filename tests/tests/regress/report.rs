//! What a run counted, and how it is written down.

use std::collections::BTreeMap;
use std::fmt::Write;

/// A statement that PostgreSQL accepts and the engine does not.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    pub(crate) line: usize,
    pub(crate) code: String,
    pub(crate) class: Class,
    pub(crate) sql: String,
    pub(crate) message: String,
}

/// What a statement names besides tables and what the server has built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Nothing.
    Tables,
    /// Functions and types that the script has made.
    Own,
    /// Views, sequences, the server's catalogue.
    Relations,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct FileReport {
    pub(crate) name: String,
    /// Queries and DML in the script.
    pub(crate) statements: usize,
    /// What PostgreSQL accepts of it, by class.
    pub(crate) valid: BTreeMap<Class, usize>,
    /// What the engine accepts of that.
    pub(crate) accepted: BTreeMap<Class, usize>,
    pub(crate) refused: Vec<Refused>,
    /// Comparisons that were the same; of them with rows; both failed; took too long; cannot be compared.
    pub(crate) same: usize,
    pub(crate) with_rows: usize,
    pub(crate) both_failed: usize,
    pub(crate) slow: usize,
    /// Statements that took longer than a second on the shared database.
    pub(crate) long: Vec<String>,
    pub(crate) open: Vec<String>,
    pub(crate) hooked: usize,
    pub(crate) other_errors: Vec<String>,
    pub(crate) different: Vec<String>,
    /// DDL that could not be brought to the shared database.
    pub(crate) unmirrored: Vec<String>,
}

impl FileReport {
    pub(crate) fn of(counts: &BTreeMap<Class, usize>, class: Class) -> usize {
        counts.get(&class).copied().unwrap_or_default()
    }
}

/// The whole run as text.
pub(crate) fn text(files: &[FileReport]) -> String {
    let mut out = String::new();
    let n = |counts: &BTreeMap<Class, usize>, class| FileReport::of(counts, class);
    let _ = writeln!(
        out,
        "{:<16} {:>6} {:>7} {:>9} {:>9} {:>6} | own fns: valid accepted | other relations: valid accepted | same rows both-failed open slow hooked other-errors DIFFERENT unmirrored",
        "file", "stmts", "tables", "accepted", "refused", "%"
    );
    let mut sum = (0, 0, 0);
    for f in files {
        let (valid, accepted) = (n(&f.valid, Class::Tables), n(&f.accepted, Class::Tables));
        sum = (sum.0 + f.statements, sum.1 + valid, sum.2 + accepted);
        let _ = writeln!(
            out,
            "{:<16} {:>6} {:>7} {:>9} {:>9} {:>6.2} | {} {} | {} {} | {} {} {} {} {} {} {} {} {}",
            f.name,
            f.statements,
            valid,
            accepted,
            valid - accepted,
            percent(accepted, valid),
            n(&f.valid, Class::Own),
            n(&f.accepted, Class::Own),
            n(&f.valid, Class::Relations),
            n(&f.accepted, Class::Relations),
            f.same,
            f.with_rows,
            f.both_failed,
            f.open.len(),
            f.slow,
            f.hooked,
            f.other_errors.len(),
            f.different.len(),
            f.unmirrored.len(),
        );
    }
    let _ = writeln!(
        out,
        "{:<16} {:>6} {:>7} {:>9} {:>9} {:>6.2}\n",
        "all",
        sum.0,
        sum.1,
        sum.2,
        sum.1 - sum.2,
        percent(sum.2, sum.1)
    );
    let mut codes: BTreeMap<(Class, &str), usize> = BTreeMap::new();
    for r in files.iter().flat_map(|f| &f.refused) {
        *codes.entry((r.class, r.code.as_str())).or_default() += 1;
    }
    for ((class, code), count) in codes {
        let _ = writeln!(out, "refused {count:>4} {code} ({class:?})");
    }
    let section = |out: &mut String, title: &str, lines: &dyn Fn(&FileReport) -> Vec<String>| {
        let _ = writeln!(out, "\n==== {title}");
        for f in files {
            for line in lines(f) {
                let _ = writeln!(out, "{}:{line}\n", f.name);
            }
        }
    };
    section(&mut out, "different", &|f| f.different.clone());
    section(&mut out, "other errors", &|f| f.other_errors.clone());
    section(&mut out, "answers that the query leaves open", &|f| {
        f.open.clone()
    });
    section(&mut out, "longer than a second", &|f| f.long.clone());
    section(&mut out, "DDL not mirrored", &|f| f.unmirrored.clone());
    for class in [Class::Tables, Class::Own, Class::Relations] {
        section(&mut out, &format!("refused ({class:?})"), &|f| {
            f.refused
                .iter()
                .filter(|r| r.class == class)
                .map(|r| {
                    format!(
                        "{}: {}: {}\n    {}",
                        r.line,
                        r.code,
                        r.message,
                        r.sql.replace('\n', "\n    ")
                    )
                })
                .collect()
        });
    }
    out
}

pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of a few thousand")]
    let share = part as f64 * 100.0 / whole.max(1) as f64;
    share
}
