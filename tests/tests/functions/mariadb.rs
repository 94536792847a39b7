//! MariaDB's `SQL_FUNCTIONS`, its function plugins, and the words of its grammar that can be called.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use tenancy_core::{
    Catalog, KeyType,
    sql::{Dialect, Scoper},
};
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

/// A name that the server does not know, or knows in another form alone, is a stored function of the application to it.
#[tokio::test]
async fn what_is_allowed_is_the_servers_own() {
    let Some(db) = MariaDatabase::or_skip("built-ins").await.unwrap() else {
        return;
    };
    let mut connection = MySqlConnection::connect(db.owner_url()).await.unwrap();
    let catalog = Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["items"])
        .build()
        .unwrap();
    let scoper = Scoper::new(catalog, Dialect::Mysql);
    let mut wrong = Vec::new();
    for (name, entry) in functions() {
        if !entry.is_harmless() || entry.place == "syntax" {
            continue;
        }
        for form in [format!("{name}("), format!("{name} ("), format!("`{name}`(")] {
            for args in ["", "1", "1, 1", "1, 1, 1", "1, 1, 1, 1"] {
                let sql = format!("SELECT {form}{args})");
                if scoper.scope(&sql).is_ok() && is_stored(&mut connection, &sql).await {
                    wrong.push(sql);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the server looks for a stored function; the statement is prepared and not run.
async fn is_stored(connection: &mut MySqlConnection, sql: &str) -> bool {
    let text = format!("PREPARE probe FROM '{sql}'");
    match sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut *connection).await {
        Ok(_) => false,
        Err(error) => {
            let error = error.into_database_error().unwrap();
            let error = error.downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
            [1305, 1630].contains(&error.number())
        }
    }
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
