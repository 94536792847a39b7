//! MariaDB's `SQL_FUNCTIONS`, its function plugins, and the words of its grammar that can be called.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use tenancy_testkit::maria::MariaDatabase;

use super::{Entry, check_known, table};

fn functions() -> BTreeMap<&'static str, Entry> {
    table(include_str!("../../../tenancy-core/src/sql/functions/mysql.txt"))
}

#[tokio::test]
async fn every_built_in_is_in_the_table() {
    let Some(db) = MariaDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let mut connection = MySqlConnection::connect(db.owner_url()).await.unwrap();
    let mut names: BTreeSet<String> = sqlx::query_scalar(
        "SELECT CAST(lower(FUNCTION) AS char) FROM information_schema.SQL_FUNCTIONS
         UNION SELECT CAST(lower(PLUGIN_NAME) AS char) FROM information_schema.PLUGINS WHERE PLUGIN_TYPE = 'FUNCTION'",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap()
    .into_iter()
    .collect();
    assert!(names.len() > 200, "{}", names.len());
    let words: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT CAST(lower(WORD) AS char) FROM information_schema.KEYWORDS")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    for word in words {
        if word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && is_callable(&mut connection, &word).await
        {
            names.insert(word);
        }
    }
    check_known(&functions(), names.iter().map(String::as_str));
}

/// Whether the server takes `word(…)` for a call of something that is its own; the statement is prepared and not run.
async fn is_callable(connection: &mut MySqlConnection, word: &str) -> bool {
    const BEFORE_PARENTHESES: &[&str] = &[
        "all",
        "and",
        "any",
        "as",
        "binary",
        "case",
        "distinct",
        "distinctrow",
        "div",
        "else",
        "exists",
        "from",
        "in",
        "interval",
        "like",
        "mod",
        "not",
        "or",
        "over",
        "regexp",
        "rlike",
        "select",
        "some",
        "sql_big_result",
        "sql_buffer_result",
        "sql_cache",
        "sql_calc_found_rows",
        "sql_no_cache",
        "sql_small_result",
        "straight_join",
        "then",
        "union",
        "unique",
        "using",
        "when",
        "where",
        "xor",
        "high_priority",
        "except",
        "intersect",
        "limit",
        "order",
        "group",
        "having",
        "minus",
    ];
    if BEFORE_PARENTHESES.contains(&word) {
        return false;
    }
    for args in ["", "1", "1, 1", "1, 1, 1"] {
        let text = format!("PREPARE probe FROM 'SELECT {word}({args})'");
        match sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await {
            Ok(_) => return true,
            Err(error) => {
                let error = error.into_database_error().unwrap();
                let error = error.downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
                // A syntax error; no function of that name, in this database or at all.
                if ![1064, 1305, 1630, 1046].contains(&error.number()) {
                    return true;
                }
            }
        }
    }
    false
}
