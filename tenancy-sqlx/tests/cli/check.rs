//! `tenancy check`: the real binary over trees of files.

use crate::support::Folder;

#[test]
fn a_tree_without_refusals_is_good() {
    let folder = Folder::new();
    folder.write("sql/a.sql", "SELECT total FROM orders WHERE id = ?;");
    folder.write("sql/deep/b.SQL", "\u{feff}SELECT name\r\nFROM brands;\r\n");
    folder.write("sql/c.txt", "SELECT * FROM people;");
    let said = folder.run(&["check", "--dialect", "sqlite", "sql"], b"");
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (Some(0), "2 statements in 2 files: none is refused\n", "")
    );
}

#[test]
fn refusals_are_told_with_their_place_and_fail() {
    let folder = Folder::new();
    folder.write(
        "sql/a.sql",
        "SELECT 1;\nSELECT 'ü',\n  'ü' FROM people; DELETE FROM brands",
    );
    folder.write("sql/b.sql", "\n  TRUNCATE orders;");
    let said = folder.run(&["check", "--dialect", "postgres", "sql"], b"");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    let lines: Vec<&str> = said.out.lines().collect();
    let starts = [
        "sql/a.sql:3:12: unknown_table: the catalogue does not name this table",
        "sql/a.sql:3:32: shared_write: ",
        "sql/b.sql:2:3: statement_kind: ",
        "3 of 4 statements in 2 files are refused",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn what_cannot_be_read_is_worse_than_a_refusal() {
    let folder = Folder::new();
    folder.write("sql/a.sql", "TRUNCATE orders;");
    folder.write("sql/b.sql", b"SELECT '\xff';");
    folder.write("none/readme.md", "");
    let said = folder.run(
        &["check", "--dialect", "postgres", "sql", "none", "missing.sql"],
        b"",
    );
    assert_eq!(said.code, Some(2));
    assert!(said.out.contains("sql/a.sql:1:1: statement_kind"), "{said:?}");
    for part in [
        "sql/b.sql:1:1: the statement is not UTF-8",
        "none: there is no file",
        "missing.sql: ",
    ] {
        assert!(said.err.contains(part), "{said:?}");
    }
    assert_eq!(folder.run(&["check", "--dialect", "postgres"], b"").code, Some(2));
}
