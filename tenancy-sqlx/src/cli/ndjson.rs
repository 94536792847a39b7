//! The lines that `tenancy scope` reads: one JSON object each, of any number, one at a time in memory.

use std::io::{self, BufRead, BufReader, Read};

use serde::Deserialize;
use serde_json::Value;

use super::answer::{FIELDS, Labels};

/// The longest line. A statement has a mebibyte at most, of which JSON may write each byte as six.
const MAX_LINE: usize = 8 << 20;

/// Names that somebody may give to our fields by mistake; a label of such a name would hide the mistake.
const MISTAKES: &[&str] = &["bind", "binds", "query", "statement", "params", "tenant"];

/// A statement to be scoped.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    pub(super) sql: String,
    #[serde(default)]
    pub(super) binds: Option<usize>,
    /// The caller's own fields, which the answer repeats.
    #[serde(flatten)]
    pub(super) labels: Labels,
}

impl Request {
    /// Reads a line; the message says what is wrong with it.
    pub(super) fn read(line: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(line).map_err(|error| {
            format!(
                "column {}: not UTF-8; write the input in UTF-8",
                error.valid_up_to() + 1
            )
        })?;
        let request: Request = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            let what = message.strip_suffix(&place).unwrap_or(&message);
            format!(
                "column {}: {what}; give one JSON object a line, such as {{\"sql\": \"SELECT 1\", \"binds\": 0}}",
                error.column()
            )
        })?;
        let known = |name: &str| {
            let name = name.to_ascii_lowercase();
            FIELDS.contains(&name.as_str()) || MISTAKES.contains(&name.as_str())
        };
        match request.labels.keys().find(|name| known(name)) {
            Some(name) => Err(format!(
                "the field {}: known are \"sql\" and \"binds\"; a label of your own needs another name",
                Value::String(name.clone())
            )),
            None => Ok(request),
        }
    }
}

/// A line of the input, without its end.
#[derive(Debug)]
pub(super) enum Line {
    Text(Vec<u8>),
    /// It was longer than any statement, and was passed over.
    TooLong,
}

/// Lines of bounded length.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: BufReader<R>,
    /// How many were read.
    pub(super) number: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            // More than the standard input's own buffer, which is passed by then: `has_line` sees what there is.
            input: BufReader::with_capacity(64 << 10, input),
            number: 0,
        }
    }

    /// Whether the next line is there without waiting for it.
    pub(super) fn has_line(&self) -> bool {
        self.input.buffer().contains(&b'\n')
    }

    /// The next line; `None` after the last.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let limit = MAX_LINE as u64 + 1;
        if self.input.by_ref().take(limit).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() > MAX_LINE {
            self.input.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        if self.number == 1 && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        Ok(Some(Line::Text(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let check = |line: &str, part: &str| {
            let message = Request::read(line.as_bytes()).unwrap_err();
            assert!(message.contains(part), "{message}");
        };
        check(
            "SELECT 1",
            "column 1: expected value; give one JSON object a line",
        );
        check("{\"binds\": 1}", "missing field `sql`");
        check("{\"sql\": 1}", "expected a string");
        check("{\"sql\": \"\", \"binds\": -1}", "binds");
        check("{\"sql\": \"\", \"binds\": \"1\"}", "invalid type");
        check("{\"sql\": \"\", \"bind\": 1}", "the field \"bind\"");
        check("{\"sql\": \"\", \"SQL\": \"\"}", "the field \"SQL\"");
        check("{\"sql\": \"\", \"sql\": \"\"}", "duplicate field");
        check("[\"SELECT 1\", 0]", "column");
        check("{\"sql\": \"\"} {\"sql\": \"\"}", "trailing");
        let message = Request::read(b"{\"sql\": \"\xff\"}").unwrap_err();
        assert!(message.contains("column 10: not UTF-8"), "{message}");
    }

    #[test]
    fn labels_are_kept() {
        let request = Request::read(b"{\"id\": [7], \"sql\": \"SELECT 1\", \"binds\": null}\r").unwrap();
        assert_eq!((request.sql.as_str(), request.binds), ("SELECT 1", None));
        assert_eq!(request.labels.get("id"), Some(&serde_json::json!([7])));
    }

    #[test]
    fn lines_end_where_they_end() {
        let mut lines = Lines::new(&b"\xef\xbb\xbfa\r\n\nlast"[..]);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push(match line {
                Line::Text(text) => String::from_utf8(text).unwrap(),
                Line::TooLong => "too long".to_owned(),
            });
        }
        assert_eq!(all, ["a\r", "", "last"]);
        assert_eq!(lines.number, 3);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_one_read() {
        let long = vec![b'a'; MAX_LINE + 2];
        let input = [&long[..], b"\nb"].concat();
        let mut lines = Lines::new(&input[..]);
        assert!(matches!(lines.next().unwrap(), Some(Line::TooLong)));
        assert!(matches!(lines.next().unwrap(), Some(Line::Text(text)) if text == b"b"));
        assert!(lines.next().unwrap().is_none());
    }
}
