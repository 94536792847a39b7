//! The forms of a report, and the command that writes them.

use std::process::{Command, Output};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use tenancy_sqlx::{AuditRule, Report, Severity, audit};

use crate::cases::plain_catalog;

const HOLES: &str = "CREATE UNIQUE INDEX u ON order_items (sku); DROP INDEX prices_store; PRAGMA foreign_keys = OFF; \
    CREATE INDEX i ON order_items (sku, store_id)";

async fn report() -> Report {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let schema = format!("{}{HOLES}", include_str!("sqlite.sql"));
    sqlx::raw_sql(AssertSqlSafe(schema))
        .execute(&mut connection)
        .await
        .unwrap();
    audit(&mut connection, &plain_catalog()).await.unwrap()
}

#[tokio::test]
async fn the_text_is_by_table_and_aligned() {
    let text = report().await.to_string();
    let lines: Vec<&str> = text.lines().collect();
    let at = lines.iter().position(|line| *line == "order_items").unwrap();
    assert!(
        lines[at + 1].starts_with("  warning  unique_without_key  the unique key u (sku)"),
        "{text}"
    );
    let mend = lines
        .iter()
        .find(|line| line.contains("mend:  DROP INDEX \"u\";"))
        .unwrap();
    assert_eq!(mend.find("DROP"), lines[at + 1].find("the unique key"), "{text}");
    assert!(text.contains("1 error, 2 warnings, 2 notes: SQLite 3."), "{text}");
    // Tables first, the server last.
    assert!(
        text.find("\nserver\n").unwrap() > text.find("\nprices\n").unwrap(),
        "{text}"
    );
}

#[tokio::test]
async fn counts_filters_and_limits_agree() {
    let report = report().await;
    assert_eq!(report.worst(), Some(Severity::Error));
    assert!(!report.is_clean(Severity::Error));
    let counted: usize = Severity::ALL.iter().map(|severity| report.count(*severity)).sum();
    assert_eq!(counted, report.findings().len());
    let errors = report.clone().at_least(Severity::Error);
    assert_eq!(errors.findings().len(), 1);
    assert_eq!(errors.findings()[0].rule(), AuditRule::ForeignKeysOff);
    assert!(errors.findings()[0].mending_sql().is_none());
}

#[tokio::test]
async fn the_json_says_all_of_it() {
    let report = report().await;
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["database"]["product"], "SQLite");
    assert_eq!(json["counts"]["error"], 1);
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(findings.len(), report.findings().len());
    let unique = findings
        .iter()
        .find(|one| one["code"] == "unique_without_key")
        .unwrap();
    assert_eq!(unique["table"], "order_items");
    assert_eq!(unique["object"], "u");
    assert!(
        unique["sql"]
            .as_str()
            .unwrap()
            .contains("CREATE UNIQUE INDEX u ON order_items (\"store_id\", sku)")
    );
}

/// What SARIF 2.1.0 (section 3) demands of a log, a run, a driver, a rule and a result.
#[tokio::test]
async fn the_sarif_is_sarif() {
    let report = report().await;
    let log: Value = serde_json::from_str(&report.to_sarif()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert!(
        log["$schema"]
            .as_str()
            .unwrap()
            .ends_with("sarif-schema-2.1.0.json")
    );
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    let driver = &runs[0]["tool"]["driver"];
    assert!(driver["name"].is_string());
    let rules = driver["rules"].as_array().unwrap();
    assert_eq!(rules.len(), AuditRule::ALL.len());
    let levels = ["none", "note", "warning", "error"];
    for rule in rules {
        assert!(rule["id"].is_string() && rule["shortDescription"]["text"].is_string());
        assert!(rule["fullDescription"]["text"].is_string() && rule["help"]["text"].is_string());
        assert!(levels.contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
    }
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings().len());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(levels.contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].is_string());
        let prints = result["partialFingerprints"].as_object().unwrap();
        assert!(prints.values().all(Value::is_string));
    }
    // Two findings are not one to the tool that compares runs.
    let mut prints: Vec<String> = results
        .iter()
        .map(|result| result["partialFingerprints"].to_string())
        .collect();
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), results.len());
}

/// A database file with a schema, and the catalogue beside it.
struct Folder(std::path::PathBuf);

impl Folder {
    async fn new(name: &str, holes: &str) -> Folder {
        let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("audit-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("tenancy.toml"), include_str!("catalog.toml")).unwrap();
        let url = format!("sqlite://{}?mode=rwc", path.join("shop.db").display());
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        let schema = format!("{}{holes}", include_str!("sqlite.sql"));
        sqlx::raw_sql(AssertSqlSafe(schema))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        Folder(path)
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = Command::new(env!("CARGO_BIN_EXE_tenancy"))
            .arg("audit")
            .args(arguments)
            .current_dir(&self.0)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code(), text(stdout), text(stderr))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const URL: &str = "--database-url=sqlite://shop.db";

#[tokio::test]
async fn the_command_ends_as_it_found() {
    let clean = Folder::new("clean", "").await;
    let (code, out, err) = clean.run(&[URL]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    assert!(out.contains("0 errors, 0 warnings, 1 note"), "{out}");
    assert_eq!(clean.run(&[URL, "--fail-on", "note"]).0, Some(1));
    assert_eq!(
        clean.run(&[URL, "--fix"]),
        (Some(0), String::new(), String::new())
    );

    let open = Folder::new("open", "CREATE UNIQUE INDEX u ON order_items (sku)").await;
    let (code, out, _) = open.run(&[URL]);
    assert_eq!(code, Some(1));
    assert!(out.contains("unique_without_key"), "{out}");
    assert_eq!(open.run(&[URL, "--fail-on", "error"]).0, Some(0));
    assert!(
        !open
            .run(&[URL, "--severity", "error"])
            .1
            .contains("unique_without_key")
    );
    let (code, out, _) = open.run(&[URL, "--format", "json"]);
    assert_eq!(code, Some(1));
    assert!(serde_json::from_str::<Value>(&out).unwrap()["findings"].is_array());
    let (_, out, _) = open.run(&[URL, "--format", "sarif"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["version"], "2.1.0");
    let (code, out, _) = open.run(&[URL, "--fix"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("CREATE UNIQUE INDEX u ON order_items (\"store_id\", sku);"),
        "{out}"
    );
}

#[tokio::test]
async fn what_cannot_be_audited_is_told() {
    let folder = Folder::new("told", "").await;
    for (arguments, expected) in [
        (vec!["--database-url=sqlite://nowhere.db"], "cannot be audited"),
        (vec!["--database-url=oracle://shop"], "it starts with sqlite:"),
        (
            vec![URL, "--catalog", "nowhere.toml"],
            "nowhere.toml cannot be read",
        ),
        (
            vec!["--database-url=postgres://nobody:hush@127.0.0.1:1/shop"],
            "cannot be audited",
        ),
        (vec![URL, "--fix", "--format", "json"], "cannot be used with"),
    ] {
        let (code, out, err) = folder.run(&arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains(expected) && !err.contains("hush"), "{err}");
    }
}
