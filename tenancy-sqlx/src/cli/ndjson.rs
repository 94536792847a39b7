//! The lines that `tenancy scope` reads: one JSON object each, of any number, one at a time in memory.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, error::Category};

use super::answer::{FIELDS, Labels};

/// The longest line. A statement has a mebibyte at most, of which JSON may write each byte as six.
const MAX_LINE: usize = 8 << 20;

/// Names that somebody may give to our fields by mistake; a label of such a name would hide the mistake.
const MISTAKES: &[&str] = &["bind", "binds", "query", "statement", "params", "tenant"];

/// What every message about a line ends with.
const EXAMPLE: &str = "give one JSON object a line, such as {\"sql\": \"SELECT 1\", \"binds\": 0}";

/// A statement to be scoped.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) sql: String,
    pub(super) binds: Option<usize>,
    /// The caller's own fields, which the answer repeats.
    pub(super) labels: Labels,
}

/// A line that is no request.
#[derive(Debug)]
pub(super) struct Unreadable {
    /// What is wrong with it.
    pub(super) what: String,
    /// The caller's own fields, as far as they could be read.
    pub(super) labels: Labels,
}

impl Unreadable {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            labels: Labels::new(),
        }
    }
}

impl Request {
    /// Reads a line.
    pub(super) fn read(line: &[u8]) -> Result<Self, Unreadable> {
        let text = std::str::from_utf8(line).map_err(|error| {
            Unreadable::new(format!(
                "column {}: not UTF-8; write the input in UTF-8",
                error.valid_up_to() + 1
            ))
        })?;
        let Fields(fields) = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let place = format!(" at line {} column {}", error.line(), error.column());
            let what = match error.classify() {
                Category::Data => return Unreadable::new(format!("this is no JSON object; {EXAMPLE}")),
                Category::Eof => "the line ends too early",
                Category::Syntax | Category::Io => message.strip_suffix(&place).unwrap_or(&message),
            };
            Unreadable::new(format!("column {}: {what}; {EXAMPLE}", error.column()))
        })?;
        let (mut sql, mut binds, mut labels) = (None, None, Labels::new());
        // The first mistake is told, and the labels are read to the end.
        let mut wrong = None;
        for (name, value) in fields {
            let outcome = match (name.as_str(), value) {
                ("sql", value) => once(&mut sql, text_of(value)),
                ("binds", value) => once(&mut binds, count_of(value)),
                (_, value) if !is_known(&name) => {
                    if labels.insert(name.clone(), value).is_some() {
                        Err(format!("the field {} stands there twice", Value::String(name)))
                    } else {
                        Ok(())
                    }
                }
                _ => Err(format!(
                    "the field {}: known are \"sql\" and \"binds\"; a label of your own needs another name",
                    Value::String(name)
                )),
            };
            wrong = wrong.or(outcome.err());
        }
        match (wrong, sql) {
            (None, Some(sql)) => Ok(Self {
                sql,
                binds: binds.flatten(),
                labels,
            }),
            (Some(what), _) => Err(Unreadable { what, labels }),
            (None, None) => Err(Unreadable {
                what: format!("there is no field \"sql\"; {EXAMPLE}"),
                labels,
            }),
        }
    }
}

/// Whether a label cannot have this name.
fn is_known(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "sql" || FIELDS.contains(&name.as_str()) || MISTAKES.contains(&name.as_str())
}

/// Keeps the value of a field of ours.
fn once<T>(place: &mut Option<T>, value: Result<T, String>) -> Result<(), String> {
    if place.is_some() {
        return Err("a field of \"sql\" and \"binds\" stands there twice".to_owned());
    }
    *place = Some(value?);
    Ok(())
}

fn text_of(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(format!(
            "the field \"sql\": the statement as a string is wanted, and not {}",
            called(&other)
        )),
    }
}

/// How many values are bound; nothing where that is not said.
fn count_of(value: Value) -> Result<Option<usize>, String> {
    let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
    match (&value, count) {
        (Value::Null, _) => Ok(None),
        (_, Some(count)) => Ok(Some(count)),
        (other, None) => Err(format!(
            "the field \"binds\": how many values are bound is a whole number from 0 on, and not {}",
            match other {
                Value::Number(number) => number.to_string(),
                other => called(other).to_owned(),
            }
        )),
    }
}

/// What a value is, in a word.
fn called(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The fields of an object in their order, also those that stand there twice.
struct Fields(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Collect)
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
            let message = Request::read(line.as_bytes()).unwrap_err().what;
            assert!(message.contains(part), "{message}");
        };
        check(
            "SELECT 1",
            "column 1: expected value; give one JSON object a line",
        );
        check("{\"binds\": 1}", "there is no field \"sql\"; give one");
        check("{\"sql\": 1}", "as a string is wanted, and not a number");
        check("{\"sql\": null}", "and not null");
        check(
            "{\"sql\": \"\", \"binds\": -1}",
            "a whole number from 0 on, and not -1",
        );
        check("{\"sql\": \"\", \"binds\": 1.5}", "and not 1.5");
        check("{\"sql\": \"\", \"binds\": \"1\"}", "and not a string");
        check("{\"sql\": \"\", \"bind\": 1}", "the field \"bind\"");
        check("{\"sql\": \"\", \"SQL\": \"\"}", "the field \"SQL\"");
        check("{\"sql\": \"\", \"sql\": \"\"}", "twice");
        check(
            "{\"sql\": \"\", \"id\": 1, \"id\": 2}",
            "\"id\" stands there twice",
        );
        check("[\"SELECT 1\", 0]", "this is no JSON object; give one");
        check("\"SELECT 1\"", "this is no JSON object; give one");
        check("{\"sql\": \"\"", "column 10: the line ends too early");
        check("{\"sql\": \"\"} {\"sql\": \"\"}", "trailing");
        let message = Request::read(b"{\"sql\": \"\xff\"}").unwrap_err().what;
        assert!(message.contains("column 10: not UTF-8"), "{message}");
    }

    #[test]
    fn labels_are_kept() {
        let request = Request::read(b"{\"id\": [7], \"sql\": \"SELECT 1\", \"binds\": null}\r").unwrap();
        assert_eq!((request.sql.as_str(), request.binds), ("SELECT 1", None));
        assert_eq!(request.labels.get("id"), Some(&serde_json::json!([7])));
    }

    #[test]
    fn labels_are_kept_of_a_line_that_is_no_request() {
        for line in [
            "{\"sql\": 1, \"id\": 7}",
            "{\"id\": 7}",
            "{\"id\": 7, \"sql\": \"\", \"bind\": 1}",
            "{\"sql\": \"\", \"refused\": 1, \"id\": 7}",
        ] {
            let labels = Request::read(line.as_bytes()).unwrap_err().labels;
            assert_eq!(Value::Object(labels), serde_json::json!({"id": 7}), "{line}");
        }
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
