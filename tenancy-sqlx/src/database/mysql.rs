//! MySQL and MariaDB; MariaDB is what is tested.

use futures_core::{future::BoxFuture, stream::BoxStream};
use sqlx::{
    Arguments, Executor, MySql, MySqlConnection, Row, SqlStr,
    error::BoxDynError,
    mysql::{MySqlArguments, MySqlConnectOptions, MySqlQueryResult, MySqlRow},
};
use tenancy_core::{KeyValue, TenantId, sql::Dialect};
use uuid::Uuid;

use super::{Driver, Statement, Step, TenantDatabase};
use crate::TransactionMode;

/// What a statement's text, and what is compared in it, depends on.
///
/// The mode is the engine's: quotes, backslashes and `||` mean what its parser takes them for, and a value that does
/// not fit is an error and not another value: a tenant's id that is cut to its column's length is another tenant's.
/// What of the server's own mode does not touch this is kept. `autocommit`, `completion_type` and `sql_auto_is_null` are
/// the servers' defaults: otherwise statements would stand in transactions that nobody opened, and `IS NULL` would find
/// what was inserted last on the connection. Conditions are not looked at in an index before the row is: in one that lacks
/// the key, they would fail on other tenants' rows.
const SETTINGS: &str = "sql_mode = CONCAT('PIPES_AS_CONCAT,STRICT_TRANS_TABLES,STRICT_ALL_TABLES,\
     ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE,NO_ENGINE_SUBSTITUTION', \
     IF(FIND_IN_SET('ONLY_FULL_GROUP_BY', @@sql_mode), ',ONLY_FULL_GROUP_BY', ''), \
     IF(FIND_IN_SET('NO_AUTO_VALUE_ON_ZERO', @@sql_mode), ',NO_AUTO_VALUE_ON_ZERO', '')), \
     autocommit = 1, completion_type = 0, sql_auto_is_null = 0, \
     optimizer_switch = 'index_condition_pushdown=off'";

/// Modes that have to be there.
const NEEDED: [&str; 2] = ["PIPES_AS_CONCAT", "STRICT_TRANS_TABLES"];

/// Modes that change neither how a text is read nor what it finds. Any other is a setting that the engine does not know.
const HARMLESS: [&str; 9] = [
    "STRICT_ALL_TABLES",
    "ERROR_FOR_DIVISION_BY_ZERO",
    "NO_ZERO_DATE",
    "NO_ZERO_IN_DATE",
    "NO_ENGINE_SUBSTITUTION",
    "NO_AUTO_CREATE_USER",
    "NO_AUTO_VALUE_ON_ZERO",
    "ONLY_FULL_GROUP_BY",
    "TRADITIONAL",
];

/// A statement that the server refuses inside of a transaction, and that changes nothing outside of one: the next
/// transaction may write, as it may anyway.
const IDLE: &str = "SET TRANSACTION READ WRITE";

/// The settings, read back.
const READ_BACK: &str = "SELECT @@sql_mode, CAST(@@character_set_client = 'utf8mb4' \
     AND @@character_set_connection = 'utf8mb4' AND @@character_set_results = 'utf8mb4' AND @@autocommit = 1 \
     AND @@completion_type = 'NO_CHAIN' AND @@sql_auto_is_null = 0 AS SIGNED)";

impl TenantDatabase for MySql {}

impl Driver for MySql {
    type Wall = ();
    type Pass = ();

    const DIALECT: Dialect = Dialect::Mysql;
    const READ_ONLY_TRANSACTIONS: bool = true;
    // sqlx counts a transaction only when the server's answer to BEGIN was read.
    const CLOSE_INTERRUPTED: bool = true;
    const CLOSE_UNANSWERED: bool = true;
    // A deadlock rolls the whole transaction back, and the next statement would stand alone.
    const ERRORS_END_TRANSACTIONS: bool = true;

    fn begin(mode: TransactionMode) -> &'static str {
        match mode {
            TransactionMode::Default => "START TRANSACTION",
            TransactionMode::ReadOnly => "START TRANSACTION READ ONLY",
            TransactionMode::Write => "START TRANSACTION READ WRITE",
            TransactionMode::Serializable => {
                "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION"
            }
        }
    }

    /// sqlx has no place for settings but the pool's one hook, which is the application's. It does write the collation
    /// behind `SET … NAMES utf8mb4 COLLATE` as it is given, for each connection; what comes of it is read back when the
    /// database is opened, so that a version of sqlx that does otherwise is an error at once.
    fn pin(options: MySqlConnectOptions) -> MySqlConnectOptions {
        let collation = options
            .get_collation()
            .filter(|name| is_utf8mb4(name))
            .unwrap_or("DEFAULT")
            .to_owned();
        options
            .set_names(true)
            .charset("utf8mb4")
            .collation(&format!("{collation}, {SETTINGS}"))
    }

    fn is_clean(conn: &mut MySqlConnection, own: bool) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            if own {
                return Ok(true);
            }
            if Self::in_transaction(conn).await? {
                return Ok(false);
            }
            let row = sqlx::raw_sql(READ_BACK).fetch_one(conn).await?;
            let (mode, rest): (String, i64) = (row.try_get(0)?, row.try_get(1)?);
            Ok(rest == 1 && is_known(&mode))
        })
    }

    fn forget(_: &mut MySqlConnection) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        // A result tells the number that its own statement was given, and no earlier one.
        Box::pin(std::future::ready(Ok(())))
    }

    fn own_result(result: MySqlQueryResult, _is_write: bool) -> MySqlQueryResult {
        result
    }

    fn in_transaction(conn: &mut MySqlConnection) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            match conn.execute(IDLE).await {
                Ok(_) => Ok(false),
                // 25001: in an active transaction.
                Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("25001") => Ok(true),
                Err(other) => Err(other),
            }
        })
    }

    fn bind_one(arguments: &mut MySqlArguments, tenant: &TenantId) -> Result<(), BoxDynError> {
        match tenant.value() {
            KeyValue::BigInt(value) => Arguments::add(arguments, value),
            KeyValue::Uuid(bytes) => {
                Arguments::add(arguments, Uuid::from_bytes(bytes).hyphenated().to_string())
            }
            KeyValue::Text(value) => Arguments::add(arguments, value),
        }
    }

    fn bind_many(_: &mut MySqlArguments, _: &[TenantId]) -> Result<(), BoxDynError> {
        Err("on MySQL the tenants of a crossing stand in the text".into())
    }

    fn fetch_many<'e>(
        conn: &'e mut MySqlConnection,
        statement: Statement<Self>,
    ) -> BoxStream<'e, Result<Step<Self>, sqlx::Error>> {
        conn.fetch_many(statement)
    }

    fn fetch_optional<'e>(
        conn: &'e mut MySqlConnection,
        statement: Statement<Self>,
    ) -> BoxFuture<'e, Result<Option<MySqlRow>, sqlx::Error>> {
        conn.fetch_optional(statement)
    }

    fn run<'e>(conn: &'e mut MySqlConnection, text: SqlStr) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move { conn.execute(text).await.map(|_| ()) })
    }
}

/// A collation of utf8mb4, by its name.
fn is_utf8mb4(name: &str) -> bool {
    name.starts_with("utf8mb4_") && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether a mode is one in which the server reads texts as the engine does.
fn is_known(mode: &str) -> bool {
    let modes = || mode.split(',').filter(|mode| !mode.is_empty());
    NEEDED.iter().all(|needed| modes().any(|mode| mode == *needed))
        && modes().all(|mode| NEEDED.contains(&mode) || HARMLESS.contains(&mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_that_is_not_known_is_not_let_through() {
        assert!(is_known("STRICT_TRANS_TABLES,PIPES_AS_CONCAT"));
        assert!(is_known("PIPES_AS_CONCAT,STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY"));
        for wrong in [
            "",
            "PIPES_AS_CONCAT",
            "STRICT_TRANS_TABLES",
            "STRICT_TRANS_TABLES,PIPES_AS_CONCAT,ANSI_QUOTES",
            "STRICT_TRANS_TABLES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES",
            "STRICT_TRANS_TABLES,PIPES_AS_CONCAT,IGNORE_SPACE",
            "STRICT_TRANS_TABLES,PIPES_AS_CONCAT,SOMETHING_NEW",
        ] {
            assert!(!is_known(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_collation_cannot_hold_sql() {
        let pinned = |collation: &str| {
            let options = MySqlConnectOptions::new().collation(collation);
            MySql::pin(options).get_collation().unwrap_or_default().to_owned()
        };
        assert!(pinned("utf8mb4_bin").starts_with("utf8mb4_bin, sql_mode"));
        for wrong in ["latin1_bin", "utf8mb4_bin, sql_mode = ''", ""] {
            assert!(pinned(wrong).starts_with("DEFAULT, sql_mode"), "{wrong:?}");
        }
    }
}
