//! PostgreSQL's tables for the stores.

use std::time::{SystemTime, UNIX_EPOCH};

use futures_core::future::BoxFuture;
use sqlx::{Arguments, Pool, Postgres, Row, SqlStr, postgres::PgArguments};
use tenancy_core::{AuditEvent, KeyType};

use super::{Schema, Texts};

const RECORD: &str = "INSERT INTO tenancy_audit (at, actor, tenant, action, resource, reason, detail) \
     VALUES (timestamptz 'epoch' + $1 * interval '1 microsecond', $2, $3, $4, $5, $6, $7)";

impl Schema for Postgres {
    fn directory_tables(key_type: KeyType) -> &'static str {
        match key_type {
            KeyType::BigInt => include_str!("postgres/directory_bigint.sql"),
            KeyType::Uuid => include_str!("postgres/directory_uuid.sql"),
            KeyType::Text => include_str!("postgres/directory_text.sql"),
        }
    }

    const AUDIT_TABLE: &'static str = include_str!("postgres/audit.sql");

    fn texts<'e>(
        pool: &'e Pool<Self>,
        sql: SqlStr,
        arguments: PgArguments,
    ) -> BoxFuture<'e, Result<Vec<Texts>, sqlx::Error>> {
        Box::pin(async move {
            let rows = sqlx::query_with(sql, arguments).fetch_all(pool).await?;
            rows.iter()
                .map(|row| (0..row.len()).map(|column| row.try_get(column)).collect())
                .collect()
        })
    }

    fn text_argument(text: &str) -> Result<PgArguments, sqlx::Error> {
        let mut arguments = PgArguments::default();
        Arguments::add(&mut arguments, text.to_owned()).map_err(sqlx::Error::Encode)?;
        Ok(arguments)
    }

    fn record<'e>(pool: &'e Pool<Self>, event: &'e AuditEvent) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move {
            sqlx::query(RECORD)
                .bind(microseconds(event.at))
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

/// Microseconds since 1970; a clock set to before that gives zero.
fn microseconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
