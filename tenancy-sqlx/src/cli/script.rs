//! A `.sql` file as its statements, cut as the database's own shell cuts it.

use std::{cell::Cell, fs, path::Path};

use tenancy_core::sql::Dialect;

use super::{
    lexer::{self, Kind},
    pending::{Ending, Pending},
};

/// A part of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item<'a> {
    /// A statement, without what ends it and without comments around it.
    Statement { text: &'a [u8], at: usize },
    /// What is no SQL, from the byte `at` on.
    Skipped { what: &'static str, at: usize },
}

impl Item<'_> {
    /// The byte of the file at which it starts.
    pub(super) fn at(&self) -> usize {
        match self {
            Item::Statement { at, .. } | Item::Skipped { at, .. } => *at,
        }
    }
}

/// A place in a file, both counted from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A file of statements.
#[derive(Debug)]
pub(super) struct Script {
    bytes: Vec<u8>,
    dialect: Dialect,
    /// The bytes at which its lines start.
    lines: Vec<usize>,
    /// The byte that was placed last, and its column: a file may be one line of a great many statements.
    placed: Cell<(usize, usize)>,
}

impl Script {
    /// Reads a file; the message says which could not be read.
    pub(super) fn read(path: &Path, dialect: Dialect) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Err(format!(
                "{}: the file is UTF-16; write it in UTF-8",
                path.display()
            ));
        }
        Ok(Self::new(bytes, dialect))
    }

    fn new(mut bytes: Vec<u8>, dialect: Dialect) -> Self {
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self {
            bytes,
            dialect,
            lines,
            placed: Cell::new((0, 1)),
        }
    }

    /// Where the byte `at` stands.
    pub(super) fn place(&self, at: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|line| self.lines.get(line));
        let start = start.copied().unwrap_or_default();
        let (from, column) = match self.placed.get() {
            (last, column) if (start..=at).contains(&last) => (last, column),
            _ => (start, 1),
        };
        let between = self.bytes.get(from..at).unwrap_or_default();
        let column = column + String::from_utf8_lossy(between).chars().count();
        self.placed.set((at, column));
        Place { line, column }
    }

    /// What it holds, in order.
    pub(super) fn items(&self) -> Vec<Item<'_>> {
        let mut cutter = Cutter {
            bytes: &self.bytes,
            dialect: self.dialect,
            at: 0,
            delimiter: None,
            pending: Pending::default(),
            rows_follow: false,
            items: Vec::new(),
        };
        while cutter.step() {}
        cutter.end();
        cutter.items
    }
}

struct Cutter<'a> {
    bytes: &'a [u8],
    dialect: Dialect,
    at: usize,
    /// What ends a statement instead of a semicolon, as a mysql command says.
    delimiter: Option<&'a [u8]>,
    pending: Pending,
    /// Whether the next line is the first one of a COPY's rows.
    rows_follow: bool,
    items: Vec<Item<'a>>,
}

impl<'a> Cutter<'a> {
    /// Reads one element; false at the end.
    fn step(&mut self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.is_empty() {
            return false;
        }
        if self.rows_follow && self.at_line_start() {
            self.rows();
            return true;
        }
        if self.shell_command(rest) {
            return true;
        }
        if let Some(delimiter) = self.delimiter.filter(|delimiter| rest.starts_with(delimiter)) {
            self.at += delimiter.len();
            self.end();
            return true;
        }
        let (kind, length) = lexer::element(rest, self.dialect);
        let length = self.cut_short(kind, rest.get(..length).unwrap_or_default());
        let start = self.at;
        self.at += length.max(1);
        match kind {
            Kind::Space | Kind::Comment => {}
            Kind::Semicolon if self.ends_here() => self.end(),
            Kind::Semicolon => {
                self.pending.ending = Ending::Semicolon;
                self.extend(start);
            }
            Kind::Word => {
                self.extend(start);
                self.pending.word(rest.get(..length).unwrap_or_default());
            }
            Kind::Open | Kind::Close | Kind::Backslash | Kind::Other => {
                match kind {
                    Kind::Open => self.pending.open += 1,
                    Kind::Close => self.pending.open = self.pending.open.saturating_sub(1),
                    _ => {}
                }
                self.pending.ending = Ending::Far;
                self.extend(start);
            }
        }
        true
    }

    /// How much of an element is one: a word ends where the delimiter stands (`END$$`), and white space at a line's end, where
    /// rows may follow.
    fn cut_short(&self, kind: Kind, element: &[u8]) -> usize {
        let is_quoted = |byte: &u8| matches!(byte, b'\'' | b'"' | b'`' | b'[');
        let end = match (kind, self.delimiter) {
            (Kind::Space, _) if self.rows_follow => {
                element.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
            }
            (Kind::Word, Some(delimiter)) if !element.first().is_some_and(is_quoted) => {
                let mut windows = element.windows(delimiter.len());
                windows.position(|window| window == delimiter)
            }
            (
                Kind::Space
                | Kind::Comment
                | Kind::Word
                | Kind::Semicolon
                | Kind::Open
                | Kind::Close
                | Kind::Backslash
                | Kind::Other,
                _,
            ) => None,
        };
        end.unwrap_or(element.len())
    }

    /// Takes what is up to here, from `start` on, into the statement.
    fn extend(&mut self, start: usize) {
        let first = self.pending.range.map_or(start, |(first, _)| first);
        self.pending.range = Some((first, self.at));
    }

    /// Whether a semicolon here ends the statement.
    fn ends_here(&self) -> bool {
        match self.dialect {
            Dialect::Postgres => self.pending.open == 0 && self.pending.blocks == 0,
            Dialect::Mysql => self.delimiter.is_none(),
            Dialect::Sqlite => !self.pending.is_trigger() || self.pending.ending == Ending::End,
        }
    }

    /// Ends the statement that is being read, if there is one.
    fn end(&mut self) {
        let Pending {
            range, takes_rows, ..
        } = std::mem::take(&mut self.pending);
        if let Some((at, end)) = range
            && let Some(text) = self.bytes.get(at..end)
        {
            self.items.push(Item::Statement { text, at });
        }
        // What stands behind it in its line comes after the rows, and is SQL all the same.
        self.rows_follow |= takes_rows;
    }

    /// Passes over the rows of a COPY, from this line to one with `\.` alone.
    fn rows(&mut self) {
        self.rows_follow = false;
        let at = self.at;
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            let line = rest.get(..lexer::line(rest)).unwrap_or_default();
            self.skip_line();
            if line.trim_ascii_end() == b"\\." {
                break;
            }
        }
        let what = "the rows of a COPY are no SQL";
        self.items.push(Item::Skipped { what, at });
    }

    /// Goes to the start of the next line.
    fn skip_line(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at = (self.at + lexer::line(rest) + 1).min(self.bytes.len());
    }

    /// Passes over a command of the database's own shell, if one stands here.
    fn shell_command(&mut self, rest: &'a [u8]) -> bool {
        let is_first = self.pending.range.is_none();
        let what = match (self.dialect, rest.first()) {
            (Dialect::Postgres, Some(b'\\')) => "a psql command is no SQL",
            (Dialect::Mysql, Some(b'\\')) => "a mysql command is no SQL",
            (Dialect::Mysql, Some(b'd' | b'D')) if is_first && self.set_delimiter(rest) => {
                "a mysql command is no SQL"
            }
            (Dialect::Sqlite, Some(b'.')) if is_first && self.at_line_start() => {
                "a sqlite3 command is no SQL"
            }
            _ => return false,
        };
        // Some send what was typed so far, as a semicolon would.
        let name = rest.get(1..).unwrap_or_default();
        let name = name.get(..name.iter().take_while(|byte| byte.is_ascii_alphabetic()).count());
        let sends: &[&[u8]] = match self.dialect {
            Dialect::Postgres => &[
                b"g",
                b"gx",
                b"gset",
                b"gexec",
                b"gdesc",
                b"crosstabview",
                b"watch",
            ],
            Dialect::Mysql => &[b"g", b"G"],
            Dialect::Sqlite => &[],
        };
        if name.is_some_and(|name| sends.contains(&name)) {
            self.end();
        }
        self.items.push(Item::Skipped { what, at: self.at });
        self.skip_line();
        true
    }

    /// Takes what `DELIMITER …` says, if that stands here.
    fn set_delimiter(&mut self, rest: &'a [u8]) -> bool {
        let Some((word, behind)) = rest.split_at_checked("delimiter".len()) else {
            return false;
        };
        let is_command =
            word.eq_ignore_ascii_case(b"delimiter") && matches!(behind.first(), Some(b' ' | b'\t'));
        if is_command {
            let line = behind.get(..lexer::line(behind)).unwrap_or_default();
            let delimiter = line.trim_ascii();
            self.delimiter = (delimiter != b";" && !delimiter.is_empty()).then_some(delimiter);
        }
        is_command
    }

    fn at_line_start(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
        before.is_none_or(|byte| *byte == b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statements with their lines, and `!` with the line of what is passed over.
    fn cut(dialect: Dialect, text: &str) -> Vec<String> {
        let script = Script::new(text.as_bytes().to_vec(), dialect);
        let shown = |item: Item<'_>| {
            let line = script.place(item.at()).line;
            match item {
                Item::Statement { text, .. } => format!("{line}: {}", String::from_utf8_lossy(text)),
                Item::Skipped { .. } => format!("{line}!"),
            }
        };
        script.items().into_iter().map(shown).collect()
    }

    #[test]
    fn a_file_is_cut_at_its_semicolons() {
        use Dialect::{Postgres, Sqlite};
        for dialect in [Postgres, Sqlite, Dialect::Mysql] {
            assert_eq!(
                cut(
                    dialect,
                    "\u{feff}-- all\r\nSELECT 1;;\r\n/* two */ SELECT ';' -- ;\r\n;SELECT 3 -- last"
                ),
                ["2: SELECT 1", "3: SELECT ';'", "4: SELECT 3"]
            );
            assert_eq!(cut(dialect, " -- nothing\n;;\n"), [""; 0]);
            assert_eq!(
                cut(dialect, "SELECT 'open; SELECT 2;"),
                ["1: SELECT 'open; SELECT 2;"]
            );
        }
    }

    #[test]
    fn what_is_psqls_is_passed_over() {
        let cut = |text| cut(Dialect::Postgres, text);
        assert_eq!(cut("\\set x 'a;b'\nSELECT 1;"), ["1!", "2: SELECT 1"]);
        assert_eq!(
            cut("SELECT 1 \\gset\nSELECT 2\\g\nSELECT\n3;"),
            ["1: SELECT 1", "1!", "2: SELECT 2", "2!", "3: SELECT\n3"]
        );
        assert_eq!(
            cut("COPY t (a, b) FROM stdin;\n1\t'x;\n\\.\nSELECT 1;"),
            ["1: COPY t (a, b) FROM stdin", "2!", "4: SELECT 1"]
        );
        assert_eq!(
            cut("COPY t FROM stdin; SELECT 1; \n 1\t'x;\n\\.\n SELECT 2"),
            ["1: COPY t FROM stdin", "1: SELECT 1", "2!", "4: SELECT 2"]
        );
        assert_eq!(cut("COPY t FROM STDIN;\n1"), ["1: COPY t FROM STDIN", "2!"]);
        assert_eq!(
            cut("COPY t TO STDOUT; SELECT 1;"),
            ["1: COPY t TO STDOUT", "1: SELECT 1"]
        );
    }

    #[test]
    fn what_is_mysqls_is_passed_over() {
        let cut = |text| cut(Dialect::Mysql, text);
        assert_eq!(
            cut(
                "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; END//\ndelimiter ;\nSELECT 2; # ;\nSELECT 3\\G\nSELECT 4"
            ),
            [
                "1!",
                "2: CREATE PROCEDURE p() BEGIN SELECT 1; END",
                "3!",
                "4: SELECT 2",
                "5: SELECT 3",
                "5!",
                "6: SELECT 4"
            ]
        );
        assert_eq!(
            cut("DELIMITER $$\r\nSELECT 1; SELECT '$$' FROM t$$\r\ndelimiter\t;\r\nSELECT 2;"),
            ["1!", "2: SELECT 1; SELECT '$$' FROM t", "3!", "4: SELECT 2"]
        );
        assert_eq!(
            cut("DELETE FROM t; /*!40101 SET x = 1; */;"),
            ["1: DELETE FROM t", "1: /*!40101 SET x = 1; */"]
        );
    }

    #[test]
    fn the_bodies_of_routines_and_rules_stay_whole() {
        for whole in [
            "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM u; DELETE FROM v)",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 2; $$",
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END",
        ] {
            assert_eq!(
                cut(Dialect::Postgres, &format!("{whole};\nSELECT 1")),
                [format!("1: {whole}"), "2: SELECT 1".to_owned()]
            );
        }
        for whole in [
            "CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u; SELECT CASE 1 WHEN 1 THEN 2 END; END",
            "CREATE TEMP TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u; END",
        ] {
            assert_eq!(
                cut(Dialect::Sqlite, &format!("{whole};\nSELECT 1")),
                [format!("1: {whole}"), "2: SELECT 1".to_owned()]
            );
        }
        assert_eq!(
            cut(Dialect::Postgres, "BEGIN; SELECT 1; END;"),
            ["1: BEGIN", "1: SELECT 1", "1: END"]
        );
        assert_eq!(
            cut(Dialect::Sqlite, ".mode csv\nSELECT .5;"),
            ["1!", "2: SELECT .5"]
        );
    }

    #[test]
    fn places_count_characters() {
        let script = Script::new("ä\nüü x".into(), Dialect::Sqlite);
        assert_eq!(script.place(3 + 5), Place { line: 2, column: 4 });
        assert_eq!(script.place(0), Place { line: 1, column: 1 });
        assert_eq!(script.place(3 + 4), Place { line: 2, column: 3 });
        assert_eq!(script.place(3 + 5), Place { line: 2, column: 4 });
    }
}
