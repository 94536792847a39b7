//! Telling a connection whose turn it is, and what to do where that fails.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, postgres::PgConnectOptions};
use tenancy_core::TenantId;

use super::Wall;
use crate::error::Kind;

/// What `enter` and `enter_session` refuse with.
const WRONG_KEY: &str = "TN001";
const WRONG_TIME: &str = "TN002";
const SHOWN: &str = "TN003";
const NOT_CLEAN: &str = "TN004";

/// What the server's clock says, and how much of a statement it shows.
const LEARN: &str = "ROLLBACK; SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, \
     current_setting('track_activity_query_size'), pg_size_bytes(current_setting('track_activity_query_size'))";

/// Whether it is worth another try on another connection, where telling one its tenant failed. What the server has to be
/// asked for it is asked.
pub(crate) async fn again(wall: &Wall, conn: &mut PgConnection, error: &sqlx::Error) -> bool {
    match error {
        // The server has hung up since. Nothing of the transaction has happened yet.
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some(WRONG_TIME | SHOWN) => learn(wall, conn).await,
            // In a failed transaction, or the server is going down.
            Some(NOT_CLEAN | "25P02" | "57P01") => true,
            Some(_) | None => false,
        },
        _ => false,
    }
}

async fn learn(wall: &Wall, conn: &mut PgConnection) -> bool {
    let Ok(row) = conn.fetch_one(sqlx::raw_sql(LEARN)).await else {
        return false;
    };
    match (row.try_get(0), row.try_get(1), row.try_get(2)) {
        (Ok(time), Ok(shows), Ok(bytes)) => {
            wall.learn(time, shows, bytes);
            true
        }
        (Ok(_) | Err(_), _, _) => false,
    }
}

/// What to say of it in the end. `None`: what the database said.
pub(crate) fn why(error: &sqlx::Error) -> Option<Kind> {
    match error.as_database_error()?.code().as_deref() {
        Some(WRONG_KEY) => Some(Kind::Wall(
            "does not know the key that the tenant is signed with: install it with `tenancy rls --install-key`",
        )),
        Some(WRONG_TIME) => Some(Kind::Wall(
            "finds the tenant signed for another time: see to the clocks",
        )),
        Some(SHOWN) => Some(Kind::Wall("shows more of a statement than it did")),
        Some(NOT_CLEAN | "25P02") => Some(Kind::Connection),
        // No such function, no such schema, no right to either.
        Some("42883" | "3F000" | "42501") => Some(Kind::Wall(
            "has no function to tell the tenant to, or not for this role: run the migration that `tenancy rls` writes, and log \
             in as its application's role",
        )),
        Some(_) | None => None,
    }
}

/// Makes the connection the tenant's until it leaves, or for some seconds.
pub(crate) async fn enter_session(
    wall: &Wall,
    conn: &mut PgConnection,
    tenant: &TenantId,
) -> Result<(), sqlx::Error> {
    let Some(call) = wall.enter_session(tenant) else {
        return Ok(());
    };
    conn.execute(sqlx::raw_sql(AssertSqlSafe(call))).await?;
    Ok(())
}

/// Makes it nobody's.
pub(crate) async fn leave(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    conn.execute(sqlx::raw_sql("SET tenancy.slice = ''")).await?;
    Ok(())
}

/// Makes sure that what is set on one connection is not found on another: a pooler that gives each transaction another
/// connection of the server's would hand one tenant's turn to the next.
pub(crate) async fn undivided(
    wall: &Wall,
    conn: &mut PgConnection,
    options: &PgConnectOptions,
) -> Result<(), sqlx::Error> {
    if wall.is_undivided() {
        return Ok(());
    }
    const ASK: &str = "SELECT coalesce(current_setting('tenancy.probe', true), '')";
    let mut other = PgConnection::connect_with(options).await?;
    let set = "SELECT set_config('tenancy.probe', gen_random_uuid()::text, false)";
    let mark: String = conn.fetch_one(sqlx::raw_sql(set)).await?.try_get(0)?;
    // The one that was used last is the one that such a pooler hands out first. While the other has it, this one gets
    // another.
    other.execute(sqlx::raw_sql("BEGIN")).await?;
    let there: String = other.fetch_one(sqlx::raw_sql(ASK)).await?.try_get(0)?;
    let here: String = conn.fetch_one(sqlx::raw_sql(ASK)).await?.try_get(0)?;
    other.close().await?;
    if there == mark || here != mark {
        return Err(Kind::Wall(
            "is behind a pooler that gives each transaction another connection: leave out `per_checkout`",
        )
        .into_sqlx());
    }
    wall.set_undivided();
    Ok(())
}
