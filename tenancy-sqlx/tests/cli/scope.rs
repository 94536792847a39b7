//! `tenancy scope`: the real binary over its standard input and over files.

use std::{
    io::{BufRead, BufReader, Write},
    process::Stdio,
};

use crate::support::{Folder, Said};
use serde_json::{Value, json};

const POSTGRES: &[&str] = &["scope", "--dialect", "postgres"];
const SQLITE: &[&str] = &["scope", "--dialect", "sqlite"];

#[test]
fn each_line_is_answered_in_order() {
    let input = br#"{"sql": "SELECT total FROM orders WHERE id = $1"}
{"sql": "SELECT name FROM brands", "binds": 0}
{"sql": "SELECT * FROM people"}
{"sql": "INSERT INTO orders (id, total) SELECT id, $1 FROM notes", "binds": 1}"#;
    let answers = Folder::new().run(POSTGRES, input).answers();
    let scoped = answers[0]["sql"].as_str().unwrap();
    assert!(
        scoped.starts_with("SELECT total FROM ") && scoped.ends_with("WHERE id = $1"),
        "{scoped}"
    );
    assert!(scoped.contains("\"store_id\" = CAST($2 AS bigint)"), "{scoped}");
    assert_eq!(
        answers[0],
        json!({"sql": scoped, "tenant_bind": 2, "reads": ["orders"], "writes": []})
    );
    assert_eq!(answers[1]["tenant_bind"], Value::Null);
    assert_eq!(answers[1]["reads"], json!(["brands"]));
    assert_eq!(
        answers[2],
        json!({
            "refused": "unknown_table", "at": 14,
            "message": "the catalogue does not name this table; add it with its kind",
        })
    );
    assert_eq!(
        (
            &answers[3]["reads"],
            &answers[3]["writes"],
            &answers[3]["tenant_bind"]
        ),
        (&json!(["notes"]), &json!(["orders"]), &json!(2))
    );
    assert_eq!(answers.len(), 4);
}

#[test]
fn the_tenant_comes_after_what_the_caller_binds() {
    let folder = Folder::new();
    for (arguments, text) in [
        (POSTGRES, "SELECT total FROM orders WHERE id = $1"),
        (SQLITE, "SELECT total FROM orders WHERE id = ?"),
    ] {
        let line = |binds: Value| format!("{}\n", json!({"sql": text, "binds": binds}));
        let input = [json!(null), json!(1), json!(3), json!(0), json!(99_999)]
            .map(line)
            .concat();
        let answers = folder.run(arguments, input.as_bytes()).answers();
        let binds: Vec<&Value> = answers.iter().map(|answer| &answer["tenant_bind"]).collect();
        assert_eq!(
            binds,
            [&json!(2), &json!(2), &json!(4), &Value::Null, &Value::Null]
        );
        assert!(
            answers[2]["sql"]
                .as_str()
                .unwrap()
                .contains(&format!("{}4", if text.contains('$') { '$' } else { '?' }))
        );
        for refused in &answers[3..] {
            assert_eq!(
                (&refused["refused"], &refused["at"]),
                (&json!("bind_count"), &Value::Null)
            );
        }
    }
}

#[test]
fn on_mysql_the_tenant_stands_in_the_text() {
    let input = br#"{"sql": "SELECT total FROM orders WHERE id = ?", "binds": 1}
{"sql": "SELECT total FROM orders WHERE id = ?", "binds": 2}
{"sql": "SELECT name FROM brands"}
{"sql": "SELECT :_tq_tenant FROM orders"}"#;
    let folder = Folder::new();
    let mysql = ["scope", "--dialect", "mysql", "--tenant", "4711"];
    let answers = folder.run(&mysql, input).answers();
    let scoped = answers[0]["sql"].as_str().unwrap();
    assert!(
        scoped.contains("`store_id` = 4711") && scoped.ends_with("WHERE id = ?"),
        "{scoped}"
    );
    assert_eq!(
        answers[0],
        json!({"sql": scoped, "tenant_bind": null, "reads": ["orders"], "writes": []})
    );
    assert_eq!(answers[1]["refused"], json!("bind_count"));
    assert_eq!(answers[2]["sql"], json!("SELECT name FROM `brands`"));
    assert_eq!(answers[3]["refused"], json!("placeholder"));

    let said = folder.run(&mysql[..3], input);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("--tenant"), "{said:?}");
}

#[test]
fn labels_are_repeated() {
    let input = br#"{"id": 7, "sql": "SELECT 1", "from": {"a": ["b"]}}
{"id": 8, "sql": "SELECT"}"#;
    let answers = Folder::new().run(SQLITE, input).answers();
    assert_eq!(
        (&answers[0]["id"], &answers[0]["from"]),
        (&json!(7), &json!({"a": ["b"]}))
    );
    assert_eq!(
        (&answers[1]["id"], &answers[1]["refused"]),
        (&json!(8), &json!("syntax"))
    );
}

#[test]
fn a_line_that_cannot_be_read_costs_no_other_its_answer() {
    let input = b"\xef\xbb\xbf{\"sql\": \"SELECT 1\"}\r\n\r\n  \nSELECT 2\n{\"sql\": \"SELECT '\xff'\"}\n{\"sql\": \"SELECT 5\", \"bind\": 1}\n{\"sql\": \"SELECT 'last'\"}";
    let said = Folder::new().run(SQLITE, input);
    assert_eq!(said.code, Some(2));
    let answers = said.lines();
    let refused: Vec<&Value> = answers.iter().map(|answer| &answer["refused"]).collect();
    let unreadable = &json!("unreadable_line");
    assert_eq!(
        refused,
        [&Value::Null, unreadable, unreadable, unreadable, &Value::Null]
    );
    assert_eq!(answers[4]["sql"], json!("SELECT 'last'"));
    let told: Vec<&str> = said.err.lines().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(
        told[0].contains("line 4, column 1: expected value; give one JSON object a line"),
        "{told:?}"
    );
    assert!(told[1].contains("line 5, column 18: not UTF-8"), "{told:?}");
    assert!(told[2].contains("line 6, the field \"bind\""), "{told:?}");

    let utf16: Vec<u8> = "\u{feff}{\"sql\": \"SELECT 1\"}\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let said = Folder::new().run(SQLITE, &utf16);
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("write the input in UTF-8"), "{said:?}");
}

#[test]
fn long_texts_are_refused_and_the_next_is_answered() {
    let long = json!({"sql": format!("SELECT '{}'", "x".repeat(2 << 20))});
    let longer = json!({"sql": format!("SELECT '{}'", "x".repeat(9 << 20))});
    let deep = json!({"sql": format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000))});
    let input = format!("{long}\n{longer}\n{deep}\n{{\"sql\": \"SELECT 1\"}}\n");
    let answers = Folder::new().run(SQLITE, input.as_bytes()).answers();
    let refused: Vec<&Value> = answers.iter().map(|answer| &answer["refused"]).collect();
    assert_eq!(
        refused,
        [
            &json!("too_long"),
            &json!("too_long"),
            &json!("too_deep"),
            &Value::Null
        ]
    );
}

#[test]
fn nothing_in_nothing_out() {
    assert!(Folder::new().run(SQLITE, b"").answers().is_empty());
}

#[test]
fn an_answer_comes_before_the_next_question() {
    let folder = Folder::new();
    let mut child = folder
        .command(SQLITE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for number in 0..3 {
        // A piece of the next question does not hold back the answer to this one.
        writeln!(questions, "{{\"sql\": \"SELECT {number}\"}}").unwrap();
        write!(questions, "   ").unwrap();
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        assert!(answer.contains(&format!("SELECT {number}")), "{answer}");
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    let mut child = folder
        .command(SQLITE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut questions = child.stdin.take().unwrap();
    while writeln!(questions, "{{\"sql\": \"SELECT 1\"}}").is_ok() {}
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
}

#[test]
fn files_are_answered_with_their_lines() {
    let folder = Folder::new();
    folder.write(
        "a.sql",
        "-- two\nSELECT ';' FROM orders;\n\nSELECT *\nFROM people;\n",
    );
    folder.write("b.sql", b"\\set x 1\nSELECT '\xff';\nSELECT 1");
    let said = folder.run(
        &["scope", "--dialect", "postgres", "a.sql", "b.sql", "missing.sql"],
        b"",
    );
    assert_eq!(said.code, Some(2));
    let answers = said.lines();
    assert_eq!(
        (&answers[0]["file"], &answers[0]["line"]),
        (&json!("a.sql"), &json!(2))
    );
    assert_eq!(
        (&answers[1]["refused"], &answers[1]["at"], &answers[1]["line"]),
        (&json!("unknown_table"), &json!(14), &json!(4))
    );
    assert_eq!(
        (&answers[2]["refused"], &answers[2]["line"]),
        (&json!("unreadable_line"), &json!(2))
    );
    assert_eq!(
        (&answers[3]["file"], &answers[3]["line"]),
        (&json!("b.sql"), &json!(3))
    );
    assert_eq!(answers.len(), 4);
    let told: Vec<&str> = said.err.lines().collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("b.sql:1: a psql command"), "{told:?}");
    assert!(
        told[1].contains("b.sql: line 2: the statement is not UTF-8"),
        "{told:?}"
    );
    assert!(told[2].contains("missing.sql"), "{told:?}");
}

#[test]
fn what_it_is_told_is_checked_first() {
    let folder = Folder::new();
    folder.write("bad.toml", "[tables]\norders = \"tennant\"");
    folder.write(
        "view.toml",
        "[views]\nall_of_it = { sql = \"SELECT * FROM people\" }",
    );
    folder.write("latin.toml", b"# \xe4");
    let fails = |arguments: &[&str], part: &str| {
        let said = folder.run(arguments, b"{\"sql\": \"SELECT 1\"}");
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{said:?}");
        assert!(said.err.contains(part), "{said:?}");
    };
    fails(
        &["scope", "--dialect", "sqlite", "--tenant", "acme"],
        "--tenant does not fit the catalogue: a bigint",
    );
    fails(
        &["scope", "--dialect", "sqlite", "--catalog", "none.toml"],
        "`tenancy catalog`",
    );
    fails(
        &["scope", "--dialect", "sqlite", "--catalog", "bad.toml"],
        "bad.toml",
    );
    fails(
        &["scope", "--dialect", "sqlite", "--catalog", "latin.toml"],
        "not UTF-8",
    );
    fails(
        &["scope", "--dialect", "sqlite", "--catalog", "view.toml"],
        "all_of_it",
    );
    fails(&["scope", "--dialect", "oracle"], "postgres");
    fails(&["scope"], "--dialect");
    assert_eq!(
        folder
            .run(&["scope", "--dialect", "sqlite", "--tenant", "7"], b"")
            .answers()
            .len(),
        0
    );
}

#[test]
fn help_has_an_example() {
    let folder = Folder::new();
    for command in ["scope", "check", "catalog"] {
        let said = folder.run(&[command, "--help"], b"");
        assert_eq!(said.code, Some(0));
        assert!(said.out.contains("Example:"), "{}", said.out);
    }
    assert!(folder.run(&["--help"], b"").out.contains("Exit codes:"));
    assert!(folder.run(&["--version"], b"").out.starts_with("tenancy "));
}
