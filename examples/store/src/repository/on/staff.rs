//! A store's staff editing what the store shows.

use async_trait::async_trait;
use tenancy_core::{Scoped, TenantContext};

use super::{Database, Result};
use crate::clock;
use crate::id::Id;
use crate::model::{
    MasterProduct, Page, Paging, Product, ProductChange, ProductFacts, Variant, VariantChange,
};
use crate::repository::statements::{catalogue, import, staff as sql};
use crate::repository::{RepositoryError, Staff, pattern, search_text};

#[derive(sqlx::FromRow)]
struct Master {
    id: Id,
    handle: String,
    category_id: Option<Id>,
    category_slug: Option<String>,
    category_name: Option<String>,
}

#[derive(sqlx::FromRow)]
struct MasterVariant {
    id: Id,
    option1: String,
    option2: String,
    option3: String,
    sku: Option<String>,
    barcode: Option<String>,
    grams: i64,
    position: i64,
}

#[async_trait]
impl Staff for Database {
    async fn product_by_id(&self, ctx: &TenantContext, id: &Id) -> Result<Option<Product>> {
        let db = self.tenants.scoped(ctx);
        let facts: Option<ProductFacts> = sqlx::query_as(catalogue::BY_ID)
            .bind(id)
            .fetch_optional(&db)
            .await?;
        let Some(facts) = facts else { return Ok(None) };
        let variants = sqlx::query_as(catalogue::VARIANTS)
            .bind(id)
            .fetch_all(&db)
            .await?;
        Ok(Some(Product { facts, variants }))
    }

    async fn change_product(
        &self,
        ctx: &TenantContext,
        id: &Id,
        change: &ProductChange,
    ) -> Result<Option<Product>> {
        let mut tx = self.write(ctx).await?;
        let own: Option<Own> = sqlx::query_as(sql::OWN).bind(id).fetch_optional(&mut tx).await?;
        let facts: Option<ProductFacts> = sqlx::query_as(catalogue::BY_ID)
            .bind(id)
            .fetch_optional(&mut tx)
            .await?;
        let (Some(own), Some(facts)) = (own, facts) else {
            return Ok(None);
        };
        let description = change.description_html.as_deref().map(ammonia::clean);
        // What is laid over the master's value changes what the product is found by.
        let text = search_text(
            change.title.as_deref().unwrap_or(&facts.title),
            change.brand.as_deref().unwrap_or(&facts.brand),
            &facts.category,
            &facts.tags.0,
            description.as_deref().unwrap_or(&facts.description_html),
        );
        sqlx::query(sql::UPDATE_PRODUCT)
            .bind(id)
            .bind(change.title.as_ref().or(own.title.as_ref()))
            .bind(description.as_ref().or(own.description_html.as_ref()))
            .bind(change.brand.as_ref().or(own.brand.as_ref()))
            .bind(change.visible.unwrap_or(facts.visible))
            .bind(text)
            .bind(clock::now())
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        self.product_by_id(ctx, id).await
    }

    async fn change_variant(
        &self,
        ctx: &TenantContext,
        id: &Id,
        change: VariantChange,
    ) -> Result<Option<Variant>> {
        let db = self.tenants.scoped(ctx);
        sqlx::query(sql::UPDATE_VARIANT)
            .bind(id)
            .bind(change.stock)
            .bind(change.price_minor)
            .bind(clock::now())
            .execute(&db)
            .await?;
        let product: Option<Id> = sqlx::query_scalar(sql::PRODUCT_OF_VARIANT)
            .bind(id)
            .fetch_optional(&db)
            .await?;
        let Some(product) = product else { return Ok(None) };
        let variants: Vec<Variant> = sqlx::query_as(catalogue::VARIANTS)
            .bind(product)
            .fetch_all(&db)
            .await?;
        Ok(variants.into_iter().find(|variant| variant.id == *id))
    }

    async fn master_products(
        &self,
        ctx: &TenantContext,
        query: &str,
        paging: Paging,
    ) -> Result<Page<MasterProduct>> {
        let db = self.tenants.scoped(ctx);
        let pattern = pattern(query);
        let total: i64 = sqlx::query_scalar(sql::MASTER_COUNT)
            .bind(&pattern)
            .fetch_one(&db)
            .await?;
        let items = sqlx::query_as(sql::MASTER_LIST)
            .bind(&pattern)
            .bind(paging.per_page)
            .bind(paging.offset())
            .fetch_all(&db)
            .await?;
        Ok(paging.of(items, total))
    }

    async fn take_product(&self, ctx: &TenantContext, master: &Id) -> Result<Option<Product>> {
        match self.try_to_take(ctx, master).await {
            Ok(Some(id)) => self.product_by_id(ctx, &id).await,
            Ok(None) => Ok(None),
            Err(error) if error.is_unique_violation() => Err(RepositoryError::conflict(
                "the store has this product, or its handle or SKU, already",
            )),
            Err(error) => Err(error),
        }
    }
}

/// The values of a product that are the store's own.
#[derive(sqlx::FromRow)]
struct Own {
    title: Option<String>,
    description_html: Option<String>,
    brand: Option<String>,
}

impl Database {
    async fn try_to_take(&self, ctx: &TenantContext, master: &Id) -> Result<Option<Id>> {
        let now = clock::now();
        let mut tx = self.write(ctx).await?;
        let master: Option<Master> = sqlx::query_as(sql::MASTER_BY_ID)
            .bind(master)
            .fetch_optional(&mut tx)
            .await?;
        let Some(master) = master else { return Ok(None) };
        let category: Option<Id> = match (&master.category_slug, &master.category_name) {
            (Some(slug), Some(name)) => {
                let row = sqlx::query_scalar(import::UPSERT_CATEGORY)
                    .bind(Id::random())
                    .bind(slug)
                    .bind(name)
                    .bind(&master.category_id)
                    .fetch_one(&mut tx)
                    .await?;
                Some(row)
            }
            _ => None,
        };
        let id = Id::random();
        sqlx::query(sql::TAKE_PRODUCT)
            .bind(&id)
            .bind(&master.handle)
            .bind(&master.id)
            .bind(&category)
            .bind(&now)
            .execute(&mut tx)
            .await?;
        let variants: Vec<MasterVariant> = sqlx::query_as(sql::MASTER_VARIANTS)
            .bind(&master.id)
            .fetch_all(&mut tx)
            .await?;
        for variant in variants {
            sqlx::query(sql::TAKE_VARIANT)
                .bind(Id::random())
                .bind(&id)
                .bind(&variant.id)
                .bind(&variant.option1)
                .bind(&variant.option2)
                .bind(&variant.option3)
                .bind(&variant.sku)
                .bind(&variant.barcode)
                .bind(variant.grams)
                .bind(variant.position)
                .bind(&now)
                .execute(&mut tx)
                .await?;
        }
        tx.commit().await?;
        Ok(Some(id))
    }
}
