//! What shoppers see.

use async_trait::async_trait;
use tenancy_core::{Scoped, TenantContext};

use super::{Database, Result};
use crate::model::{Brand, Category, Page, Product, ProductFacts, ProductFilter, ProductSummary};
use crate::repository::statements::catalogue as sql;
use crate::repository::{Catalogue, pattern};

#[async_trait]
impl Catalogue for Database {
    async fn products(&self, ctx: &TenantContext, filter: &ProductFilter) -> Result<Page<ProductSummary>> {
        let db = self.tenants.scoped(ctx);
        let pattern = pattern(&filter.query);
        let total: i64 = sqlx::query_scalar(sql::COUNT)
            .bind(i64::from(filter.hidden_too))
            .bind(&pattern)
            .bind(&filter.category)
            .bind(&filter.brand)
            .bind(filter.min_price)
            .bind(filter.max_price)
            .bind(i64::from(filter.in_stock))
            .fetch_one(&db)
            .await?;
        let items: Vec<ProductSummary> = sqlx::query_as(sql::LIST)
            .bind(i64::from(filter.hidden_too))
            .bind(&pattern)
            .bind(&filter.category)
            .bind(&filter.brand)
            .bind(filter.min_price)
            .bind(filter.max_price)
            .bind(i64::from(filter.in_stock))
            .bind(filter.sort.as_str())
            .bind(filter.paging.per_page)
            .bind(filter.paging.offset())
            .fetch_all(&db)
            .await?;
        Ok(filter.paging.of(items, total))
    }

    async fn product(&self, ctx: &TenantContext, handle: &str) -> Result<Option<Product>> {
        let db = self.tenants.scoped(ctx);
        let facts: Option<ProductFacts> = sqlx::query_as(sql::BY_HANDLE)
            .bind(handle)
            .fetch_optional(&db)
            .await?;
        let Some(facts) = facts else { return Ok(None) };
        let variants = sqlx::query_as(sql::VARIANTS)
            .bind(&facts.id)
            .fetch_all(&db)
            .await?;
        Ok(Some(Product { facts, variants }))
    }

    async fn categories(&self, ctx: &TenantContext) -> Result<Vec<Category>> {
        Ok(sqlx::query_as(sql::CATEGORIES)
            .fetch_all(&self.tenants.scoped(ctx))
            .await?)
    }

    async fn brands(&self, ctx: &TenantContext) -> Result<Vec<Brand>> {
        Ok(sqlx::query_as(sql::BRANDS)
            .fetch_all(&self.tenants.scoped(ctx))
            .await?)
    }
}
