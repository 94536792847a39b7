//! Who works in a store, and their tokens.

use async_trait::async_trait;
use tenancy_core::{Scoped, TenantContext};

use super::{Database, Result};
use crate::id::Id;
use crate::model::{NewPerson, Person};
use crate::repository::statements::people as sql;
use crate::repository::{People, RepositoryError};
use crate::{clock, secrets};

#[async_trait]
impl People for Database {
    async fn person_by_email(&self, ctx: &TenantContext, email: &str) -> Result<Option<Person>> {
        Ok(sqlx::query_as(sql::BY_EMAIL)
            .bind(email)
            .fetch_optional(&self.tenants.scoped(ctx))
            .await?)
    }

    async fn person_by_token(&self, ctx: &TenantContext, token: &str) -> Result<Option<Person>> {
        let db = self.tenants.scoped(ctx);
        let hash = secrets::token_hash(token);
        Ok(sqlx::query_as(sql::BY_TOKEN)
            .bind(hash)
            .bind(clock::now())
            .fetch_optional(&db)
            .await?)
    }

    async fn add_person(&self, ctx: &TenantContext, person: &NewPerson) -> Result<Id> {
        let id = Id::random();
        let added = sqlx::query(sql::INSERT)
            .bind(&id)
            .bind(&person.email)
            .bind(&person.name)
            .bind(person.role.as_str())
            .bind(&person.password_hash)
            .bind(clock::now())
            .execute(&self.tenants.scoped(ctx))
            .await
            .map_err(RepositoryError::from);
        match added {
            Err(error) if error.is_unique_violation() => Err(RepositoryError::conflict(
                "the store has a person with this e-mail address",
            )),
            Err(error) => Err(error),
            Ok(_) => Ok(id),
        }
    }

    async fn add_token(&self, ctx: &TenantContext, person: &Id, token: &str, days: i64) -> Result<()> {
        let db = self.tenants.scoped(ctx);
        sqlx::query(sql::DELETE_OLD_TOKENS)
            .bind(clock::now())
            .execute(&db)
            .await?;
        sqlx::query(sql::INSERT_TOKEN)
            .bind(Id::random())
            .bind(person)
            .bind(secrets::token_hash(token))
            .bind(clock::now())
            .bind(clock::in_days(days))
            .execute(&db)
            .await?;
        Ok(())
    }

    async fn end_token(&self, ctx: &TenantContext, token: &str) -> Result<()> {
        let hash = secrets::token_hash(token);
        sqlx::query(sql::DELETE_TOKEN)
            .bind(hash)
            .execute(&self.tenants.scoped(ctx))
            .await?;
        Ok(())
    }
}
