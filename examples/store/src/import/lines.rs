//! Bytes → records, each with the number of its line in the file.
//!
//! The csv crate reads a record; what it does not tell is where a *bad* record ends. A quote that is never closed swallows
//! all that follows. So a record that does not fit is dropped, and reading goes on at the first line after its
//! beginning on which a record stands that does fit: a bad line loses itself and nothing else.

use super::report::{FileError, Why};

/// The longest record in bytes: what is longer has lost its closing quote.
const MAX_RECORD: usize = 160 * 1024;
/// How often a lost beginning is searched before the file is given up as not being CSV.
const MAX_SEARCHES: usize = 1_000;

/// A record that has as many fields as the header.
#[derive(Debug)]
pub(crate) struct Record {
    /// Its first line in the file, from 1.
    pub(crate) line: u64,
    pub(crate) fields: Vec<String>,
}

/// Lines that make no record.
#[derive(Debug)]
pub(crate) struct BadLines {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) why: Why,
}

/// What a file holds.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) header: Vec<String>,
    pub(crate) records: Vec<Record>,
    pub(crate) bad: Vec<BadLines>,
}

/// Splits a whole file.
pub(crate) fn split(bytes: &[u8]) -> Result<Lines, FileError> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(FileError::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut cursor = Cursor {
        bytes,
        at: 0,
        line: 1,
    };
    cursor.skip_blank_lines();
    if cursor.at == bytes.len() {
        return Err(FileError::Empty);
    }
    let header = match read(bytes, cursor.at, None) {
        Read {
            found: Ok(fields),
            end,
        } => {
            cursor.advance(end);
            fields
        }
        Read {
            found: Err(Why::NotUtf8),
            ..
        } => return Err(FileError::NotUtf8),
        Read { .. } => return Err(FileError::BadHeader),
    };
    let columns = header.len();

    let (mut records, mut bad, mut searches) = (Vec::new(), Vec::new(), 0);
    loop {
        cursor.skip_blank_lines();
        if cursor.at == bytes.len() {
            return Ok(Lines { header, records, bad });
        }
        let line = cursor.line;
        let Read { found, end } = read(bytes, cursor.at, Some(columns));
        match found {
            Ok(fields) => {
                records.push(Record { line, fields });
                cursor.advance(end);
            }
            Err(why) => {
                let resume = find_next(bytes, cursor.at, end, columns, &mut searches);
                cursor.advance(resume.unwrap_or(end));
                // The line that reading goes on with is not a bad one; one that ends in a line break ends there.
                let last = cursor
                    .line
                    .saturating_sub(u64::from(cursor.at_line_start()))
                    .max(line);
                bad.push(BadLines {
                    first: line,
                    last,
                    why,
                });
                if searches > MAX_SEARCHES {
                    return Err(FileError::NotCsv { line: cursor.line });
                }
            }
        }
    }
}

/// Where, after a bad record from `start` to `end`, the next good record starts.
fn find_next(bytes: &[u8], start: usize, end: usize, columns: usize, searches: &mut usize) -> Option<usize> {
    *searches += 1;
    let mut at = start;
    while *searches <= MAX_SEARCHES {
        at += bytes.get(at..end)?.iter().position(|b| *b == b'\n')? + 1;
        if at >= end {
            return None;
        }
        // A line of a long text is rarely a record; a handle in front makes it one beyond doubt.
        *searches += 1;
        if let Read {
            found: Ok(fields), ..
        } = read(bytes, at, Some(columns))
            && fields
                .first()
                .is_some_and(|handle| super::product::is_handle(handle.trim()))
        {
            return Some(at);
        }
    }
    None
}

struct Read {
    found: Result<Vec<String>, Why>,
    /// Just behind the record.
    end: usize,
}

/// Reads the record that starts at `start`.
fn read(bytes: &[u8], start: usize, columns: Option<usize>) -> Read {
    let limit = bytes.len().min(start.saturating_add(MAX_RECORD));
    let window = bytes.get(start..limit).unwrap_or_default();
    match extent(window, limit < bytes.len()) {
        Ok(length) => {
            let raw = window.get(..length).unwrap_or_default();
            Read {
                found: fields(raw, columns),
                end: start + length,
            }
        }
        Err((why, at)) => {
            // What is left of the line is no record either.
            let rest = bytes.get(start + at..).unwrap_or_default();
            let rest = rest
                .iter()
                .position(|b| *b == b'\n')
                .map_or(rest.len(), |newline| newline + 1);
            Read {
                found: Err(why),
                end: start + at + rest,
            }
        }
    }
}

/// How long the record at the beginning is, or what is wrong with its quotes and where.
///
/// The csv crate takes `"a"b` and a quote that is never closed; both mean that a quote was lost or is too much.
fn extent(window: &[u8], cut: bool) -> Result<usize, (Why, usize)> {
    let (mut field_start, mut quoted) = (true, false);
    let mut bytes = window.iter().copied().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let next = bytes.peek().map(|(_, next)| *next);
        match (quoted, byte) {
            (true, b'"') if next == Some(b'"') => _ = bytes.next(),
            (true, b'"') if matches!(next, None | Some(b',' | b'\r' | b'\n')) => quoted = false,
            (true, b'"') => return Err((Why::LoneQuote, at)),
            (true, _) => {}
            (false, b'"') if field_start => (quoted, field_start) = (true, false),
            (false, b'\n') => return Ok(at + 1),
            (false, _) => field_start = byte == b',',
        }
    }
    match (cut, quoted) {
        (true, _) => Err((Why::RecordTooLong, window.len())),
        (false, true) => Err((Why::LoneQuote, window.len())),
        (false, false) => Ok(window.len()),
    }
}

fn fields(raw: &[u8], columns: Option<usize>) -> Result<Vec<String>, Why> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(raw);
    let mut record = csv::ByteRecord::new();
    // Reading from memory does not fail, and a flexible reader takes any number of fields.
    let _ = reader.read_byte_record(&mut record);
    if let Some(expected) = columns
        && record.len() != expected
    {
        return Err(Why::Columns {
            found: record.len(),
            expected,
        });
    }
    let mut fields = Vec::with_capacity(record.len());
    for field in &record {
        let field = std::str::from_utf8(field).map_err(|_| Why::NotUtf8)?;
        if field.contains('\0') {
            return Err(Why::Nul);
        }
        fields.push(field.to_owned());
    }
    Ok(fields)
}

/// A place in the file that knows its line.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Cursor<'_> {
    fn advance(&mut self, to: usize) {
        let passed = self.bytes.get(self.at..to).unwrap_or_default();
        self.line += passed.iter().filter(|b| **b == b'\n').count() as u64;
        self.at = to;
    }

    /// The reader leaves the `\n` of a `\r\n`, and blank lines, before the next record.
    fn skip_blank_lines(&mut self) {
        while self
            .bytes
            .get(self.at)
            .is_some_and(|b| matches!(b, b'\r' | b'\n'))
        {
            self.advance(self.at + 1);
        }
    }

    fn at_line_start(&self) -> bool {
        self.at > 0 && self.bytes.get(self.at - 1) == Some(&b'\n')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `line:field|field` per record, `first-last!why` per bad one.
    fn check(text: &[u8]) -> Vec<String> {
        let lines = split(text).unwrap();
        let good = lines
            .records
            .iter()
            .map(|r| format!("{}:{}", r.line, r.fields.join("|")));
        let bad = lines
            .bad
            .iter()
            .map(|b| format!("{}-{}!{}", b.first, b.last, b.why.code()));
        good.chain(bad).collect()
    }

    #[test]
    fn lines_are_those_of_the_file() {
        assert_eq!(check(b"h,t\na,1\nb,2\n"), ["2:a|1", "3:b|2"]);
        assert_eq!(
            check(b"h,t\r\na,1\r\n\r\n\r\nb,\"x\r\ny\"\r\nc,3"),
            ["2:a|1", "5:b|x\r\ny", "7:c|3"]
        );
        assert_eq!(check(b"\xEF\xBB\xBF\n\nh,t\na,1"), ["4:a|1"]);
        assert_eq!(check(b"h,t"), Vec::<String>::new());
    }

    #[test]
    fn a_bad_line_loses_only_itself() {
        assert_eq!(
            check(b"h,t\na\nb,2\nc,3,4\nd,4\n"),
            ["3:b|2", "5:d|4", "2-2!columns", "4-4!columns"]
        );
        assert_eq!(check(b"h,t\na,\xFF\nb,2\n"), ["3:b|2", "2-2!not_utf8"]);
        assert_eq!(check(b"h,t\na,\0\nb,2\n"), ["3:b|2", "2-2!nul"]);
    }

    #[test]
    fn a_quote_that_is_never_closed_loses_only_its_line() {
        assert_eq!(
            check(b"h,t\na,\"oops\nb,2\nc,3\n"),
            ["3:b|2", "4:c|3", "2-2!lone_quote"]
        );
        assert_eq!(
            check(b"h,t\na,\"oops\nb,\"x, y\"\nc,3\n"),
            ["3:b|x, y", "4:c|3", "2-2!lone_quote"],
            "though a later quote closes it"
        );
        assert_eq!(check(b"h,t\na,1\nb,\"oops"), ["2:a|1", "3-3!lone_quote"]);
        assert_eq!(
            check(b"h,t\na,\"b\"c\nd,\"b\nc\"d\ne,1"),
            ["5:e|1", "2-2!lone_quote", "3-4!lone_quote"]
        );
        assert_eq!(
            check(b"h,t\na,5\" pipe\n"),
            ["2:a|5\" pipe"],
            "a quote within an unquoted field is a sign"
        );
    }

    #[test]
    fn a_bad_record_of_several_lines_is_one() {
        assert_eq!(
            check(b"h,t\na,\"<p>\nx\n</p>\",9\nb,2\n"),
            ["5:b|2", "2-4!columns"]
        );
    }

    #[test]
    fn a_field_without_end() {
        let mut text = b"h,t\na,\"".to_vec();
        text.extend(std::iter::repeat_n(b'x', MAX_RECORD + 10));
        text.extend(b"\"\nb,2\n");
        let found = check(&text);
        assert_eq!(found.first().map(String::as_str), Some("3:b|2"), "{found:?}");
    }

    #[test]
    fn what_is_no_csv_at_all() {
        assert!(matches!(split(b""), Err(FileError::Empty)));
        assert!(matches!(split(b"\xEF\xBB\xBF\r\n"), Err(FileError::Empty)));
        assert!(matches!(split(b"\xFF\xFEh\0,\0t\0"), Err(FileError::Utf16)));
        assert!(matches!(split(b"h\xFF,t\na,b"), Err(FileError::NotUtf8)));
        let quotes = "a,\"b\n".repeat(50_000);
        assert!(matches!(
            split(format!("h,t\n{quotes}").as_bytes()),
            Err(FileError::NotCsv { .. })
        ));
    }
}
