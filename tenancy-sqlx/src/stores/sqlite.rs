//! SQLite's tables for the stores.

use std::time::{SystemTime, UNIX_EPOCH};

use futures_core::future::BoxFuture;
use sqlx::{Arguments, Pool, Row, SqlStr, Sqlite, sqlite::SqliteArguments};
use tenancy_core::{AuditEvent, KeyType};

use super::{Schema, Texts};

const RECORD: &str = "INSERT INTO tenancy_audit (at, actor, tenant, action, resource, reason, detail) \
     VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', ?1, 'unixepoch'), ?2, ?3, ?4, ?5, ?6, ?7)";

impl Schema for Sqlite {
    fn directory_tables(key_type: KeyType) -> &'static str {
        match key_type {
            KeyType::BigInt => include_str!("sqlite/directory_bigint.sql"),
            KeyType::Uuid => include_str!("sqlite/directory_uuid.sql"),
            KeyType::Text => include_str!("sqlite/directory_text.sql"),
        }
    }

    const AUDIT_TABLE: &'static str = include_str!("sqlite/audit.sql");

    fn texts<'e>(
        pool: &'e Pool<Self>,
        sql: SqlStr,
        arguments: SqliteArguments,
    ) -> BoxFuture<'e, Result<Vec<Texts>, sqlx::Error>> {
        Box::pin(async move {
            let rows = sqlx::query_with(sql, arguments).fetch_all(pool).await?;
            rows.iter()
                .map(|row| (0..row.len()).map(|column| row.try_get(column)).collect())
                .collect()
        })
    }

    fn text_argument(text: &str) -> Result<SqliteArguments, sqlx::Error> {
        let mut arguments = SqliteArguments::default();
        Arguments::add(&mut arguments, text.to_owned()).map_err(sqlx::Error::Encode)?;
        Ok(arguments)
    }

    fn record<'e>(pool: &'e Pool<Self>, event: &'e AuditEvent) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move {
            sqlx::query(RECORD)
                .bind(seconds(event.at))
                .bind(event.actor.to_string())
                .bind(event.tenant.as_ref().map(ToString::to_string))
                .bind(&event.action)
                .bind(&event.resource)
                .bind(&event.reason)
                .bind(&event.detail)
                .execute(pool)
                .await
                .map(|_| ())
        })
    }
}

/// Seconds since 1970; a clock set to before that gives zero.
fn seconds(at: SystemTime) -> f64 {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
