//! What is no store's. Here, and only here, statements run that the engine has not scoped.

use std::sync::Arc;

use async_trait::async_trait;
use sqlx::Row;
use tenancy_core::{Directory, KeyValue, Slug, Tenant, TenantId, TenantStatus};

use super::{Database, Result};
use crate::id::Id;
use crate::import::{Draft, Report};
use crate::model::NewPerson;
use crate::repository::statements::platform as sql;
use crate::repository::{Platform, RepositoryError};
use crate::{clock, secrets};

#[async_trait]
impl Platform for Database {
    fn directory(&self) -> Arc<dyn Directory> {
        Arc::clone(&self.directory) as Arc<dyn Directory>
    }

    async fn stores(&self) -> Result<Vec<Tenant>> {
        let rows = sqlx::query(sql::STORES).fetch_all(&self.platform).await?;
        rows.iter()
            .map(|row| {
                let (slug, status): (String, String) = (row.try_get("slug")?, row.try_get("status")?);
                let id =
                    TenantId::bigint(row.try_get("id")?).map_err(|_| RepositoryError::row("a store's id"))?;
                let slug = slug.parse().map_err(|_| RepositoryError::row("a store's slug"))?;
                let status = status
                    .parse()
                    .map_err(|_| RepositoryError::row("a store's status"))?;
                let name: String = row.try_get("name")?;
                Ok(Tenant::builder(id, slug).name(name).status(status).build())
            })
            .collect()
    }

    async fn add_store(
        &self,
        slug: &Slug,
        name: &str,
        status: TenantStatus,
        owner: &NewPerson,
    ) -> Result<Arc<Tenant>> {
        let mut tx = self.platform.begin().await?;
        let added = sqlx::query_scalar(sql::INSERT_STORE)
            .bind(slug.as_str())
            .bind(name)
            .bind(status.as_str())
            .bind(clock::now())
            .fetch_one(&mut *tx)
            .await
            .map_err(RepositoryError::from);
        let id: i64 = match added {
            Err(error) if error.is_unique_violation() => {
                return Err(RepositoryError::conflict("there is a store with this slug"));
            }
            other => other?,
        };
        sqlx::query(sql::INSERT_OWNER)
            .bind(id)
            .bind(Id::random())
            .bind(&owner.email)
            .bind(&owner.name)
            .bind(owner.role.as_str())
            .bind(&owner.password_hash)
            .bind(clock::now())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        let id = TenantId::bigint(id).map_err(|_| RepositoryError::row("a store's id"))?;
        Ok(Arc::new(
            Tenant::builder(id, slug.clone())
                .name(name)
                .status(status)
                .build(),
        ))
    }

    async fn set_store_status(&self, store: &TenantId, status: TenantStatus) -> Result<()> {
        let KeyValue::BigInt(id) = store.value() else {
            return Err(RepositoryError::row("a store's id"));
        };
        sqlx::query(sql::SET_STATUS)
            .bind(id)
            .bind(status.as_str())
            .execute(&self.platform)
            .await?;
        Ok(())
    }

    async fn has_operator(&self) -> Result<bool> {
        let count: i64 = sqlx::query_scalar(sql::COUNT_OPERATORS)
            .fetch_one(&self.platform)
            .await?;
        Ok(count > 0)
    }

    async fn add_operator(&self, name: &str, token: &str) -> Result<()> {
        sqlx::query(sql::INSERT_OPERATOR)
            .bind(Id::random())
            .bind(name)
            .bind(secrets::token_hash(token))
            .bind(clock::now())
            .execute(&self.platform)
            .await?;
        Ok(())
    }

    async fn operator_by_token(&self, token: &str) -> Result<Option<String>> {
        let hash = secrets::token_hash(token);
        Ok(sqlx::query_scalar(sql::OPERATOR)
            .bind(hash)
            .fetch_optional(&self.platform)
            .await?)
    }

    async fn put_master_product(&self, draft: &Draft, report: &mut Report) -> Result<()> {
        self.put_master(draft, report).await
    }

    async fn close(&self) {
        self.tenants.close().await;
        self.platform.close().await;
    }
}
