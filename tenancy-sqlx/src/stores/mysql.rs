//! MySQL's tables for the stores.

use std::time::{SystemTime, UNIX_EPOCH};

use futures_core::future::BoxFuture;
use sqlx::{Arguments, MySql, Pool, Row, SqlStr, mysql::MySqlArguments};
use tenancy_core::{AuditEvent, KeyType};

use super::{Schema, Texts};
use crate::database::{Asked, is_answer};

const RECORD: &str = "INSERT INTO tenancy_audit (at, actor, tenant, action, resource, reason, detail) \
     VALUES (TIMESTAMPADD(MICROSECOND, ?, TIMESTAMP '1970-01-01 00:00:00'), ?, ?, ?, ?, ?, ?)";

impl Schema for MySql {
    fn directory_tables(key_type: KeyType) -> &'static str {
        match key_type {
            KeyType::BigInt => include_str!("mysql/directory_bigint.sql"),
            KeyType::Uuid => include_str!("mysql/directory_uuid.sql"),
            KeyType::Text => include_str!("mysql/directory_text.sql"),
        }
    }

    const AUDIT_TABLE: &'static str = include_str!("mysql/audit.sql");

    const TEXT: &'static str = "CHAR";
    const QUOTE: char = '`';
    const FIRST_VALUE: &'static str = "?";

    fn texts<'e>(
        pool: &'e Pool<Self>,
        sql: SqlStr,
        arguments: MySqlArguments,
    ) -> BoxFuture<'e, Result<Vec<Texts>, sqlx::Error>> {
        Box::pin(async move {
            let mut asked = Asked::new(pool.acquire().await?);
            let rows = sqlx::query_with(sql, arguments).fetch_all(&mut *asked.conn).await;
            asked.answered = is_answer(&rows);
            let rows = rows?;
            rows.iter()
                .map(|row| (0..row.len()).map(|column| row.try_get(column)).collect())
                .collect()
        })
    }

    fn text_argument(text: &str) -> Result<MySqlArguments, sqlx::Error> {
        let mut arguments = MySqlArguments::default();
        Arguments::add(&mut arguments, text.to_owned()).map_err(sqlx::Error::Encode)?;
        Ok(arguments)
    }

    fn record<'e>(pool: &'e Pool<Self>, event: &'e AuditEvent) -> BoxFuture<'e, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let mut asked = Asked::new(pool.acquire().await?);
            let done = sqlx::query(RECORD)
                .bind(microseconds(event.at))
                .bind(event.actor.to_string())
                .bind(event.tenant.as_ref().map(ToString::to_string))
                .bind(&event.action)
                .bind(&event.resource)
                .bind(&event.reason)
                .bind(&event.detail)
                .execute(&mut *asked.conn)
                .await;
            asked.answered = is_answer(&done);
            done.map(|_| ())
        })
    }
}

/// Microseconds since 1970; a clock set to before that gives zero.
fn microseconds(at: SystemTime) -> i64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
