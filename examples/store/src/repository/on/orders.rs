//! Placing orders and looking at them.

use async_trait::async_trait;
use tenancy_core::{Across, CrossTenant, Scoped, TenantContext};

use super::{Database, Result};
use crate::clock;
use crate::id::Id;
use crate::model::{NewOrder, Order, OrderFacts, OrderLine, Page, Paging, Placed, StoreId, StoreSales};
use crate::money::CURRENCY;
use crate::repository::statements::orders as sql;
use crate::repository::{Orders, RepositoryError};

/// How often an order is tried that fell victim to a deadlock.
const TRIES: u32 = 5;

#[derive(sqlx::FromRow)]
struct ForSale {
    variant_id: Id,
    title: String,
    option1: String,
    option2: String,
    option3: String,
    sku: Option<String>,
    price_minor: i64,
}

#[async_trait]
impl Orders for Database {
    async fn place_order(&self, ctx: &TenantContext, order: &NewOrder) -> Result<Placed> {
        let mut tries = 1;
        loop {
            match self.try_to_place(ctx, order).await {
                Err(error) if error.is_retryable() && tries < TRIES => tries += 1,
                result => return result,
            }
        }
    }

    async fn order(&self, ctx: &TenantContext, id: &Id) -> Result<Option<Order>> {
        let db = self.tenants.scoped(ctx);
        let facts: Option<OrderFacts> = sqlx::query_as(sql::BY_ID).bind(id).fetch_optional(&db).await?;
        let Some(facts) = facts else { return Ok(None) };
        ctx.verify(&facts)
            .map_err(|_| RepositoryError::row("an order is of another store"))?;
        let lines = sqlx::query_as(sql::LINES).bind(id).fetch_all(&db).await?;
        Ok(Some(Order { facts, lines }))
    }

    async fn orders(&self, ctx: &TenantContext, paging: Paging) -> Result<Page<OrderFacts>> {
        let db = self.tenants.scoped(ctx);
        let total: i64 = sqlx::query_scalar(sql::COUNT).fetch_one(&db).await?;
        let items: Vec<OrderFacts> = sqlx::query_as(sql::LIST)
            .bind(paging.per_page)
            .bind(paging.offset())
            .fetch_all(&db)
            .await?;
        ctx.verify_all(&items)
            .map_err(|_| RepositoryError::row("an order is of another store"))?;
        Ok(paging.of(items, total))
    }

    async fn sales(&self, crossing: &CrossTenant, from: &str, to: &str) -> Result<Vec<StoreSales>> {
        let db = self.tenants.across(crossing);
        Ok(sqlx::query_as(sql::across::SALES)
            .bind(from)
            .bind(to)
            .fetch_all(&db)
            .await?)
    }
}

impl Database {
    async fn try_to_place(&self, ctx: &TenantContext, order: &NewOrder) -> Result<Placed> {
        let now = clock::now();
        let mut wanted: Vec<_> = order.lines.iter().enumerate().collect();
        // Everybody takes in the same order, so that nobody waits for somebody who waits for them.
        wanted.sort_by(|(_, a), (_, b)| a.variant_id.cmp(&b.variant_id));

        let mut tx = self.write(ctx).await?;
        let mut lines = Vec::with_capacity(wanted.len());
        for (position, line) in wanted {
            let taken = sqlx::query(sql::TAKE_STOCK)
                .bind(&line.variant_id)
                .bind(line.quantity)
                .bind(&now)
                .execute(&mut tx)
                .await?
                .rows_affected();
            let found: Option<ForSale> = sqlx::query_as(sql::FOR_SALE)
                .bind(&line.variant_id)
                .fetch_optional(&mut tx)
                .await?;
            let Some(found) = found else {
                tx.rollback().await?;
                return Ok(Placed::UnknownVariant(line.variant_id.clone()));
            };
            if taken == 0 {
                tx.rollback().await?;
                return Ok(Placed::OutOfStock(line.variant_id.clone()));
            }
            lines.push((position, line.quantity, found));
        }
        lines.sort_by_key(|(position, ..)| *position);

        let total = lines
            .iter()
            .try_fold(0_i64, |sum, (_, quantity, item)| {
                sum.checked_add(item.price_minor.checked_mul(*quantity)?)
            })
            .ok_or_else(|| RepositoryError::row("the total of an order is too high"))?;
        let customer: Id = sqlx::query_scalar(sql::UPSERT_CUSTOMER)
            .bind(Id::random())
            .bind(&order.email)
            .bind(&order.name)
            .bind(&now)
            .fetch_one(&mut tx)
            .await?;
        let id = Id::random();
        sqlx::query(sql::INSERT_ORDER)
            .bind(&id)
            .bind(&customer)
            .bind(&order.name)
            .bind(&order.address)
            .bind(CURRENCY)
            .bind(total)
            .bind(&now)
            .execute(&mut tx)
            .await?;
        let mut placed = Vec::with_capacity(lines.len());
        for (position, quantity, item) in lines {
            let line = OrderLine {
                variant: options(&item),
                variant_id: item.variant_id,
                title: item.title,
                sku: item.sku,
                price_minor: item.price_minor,
                quantity,
            };
            sqlx::query(sql::INSERT_LINE)
                .bind(Id::random())
                .bind(&id)
                .bind(&line.variant_id)
                .bind(i64::try_from(position).unwrap_or(i64::MAX))
                .bind(&line.title)
                .bind(&line.variant)
                .bind(&line.sku)
                .bind(line.price_minor)
                .bind(quantity)
                .execute(&mut tx)
                .await?;
            placed.push(line);
        }
        tx.commit().await?;

        let facts = OrderFacts {
            id,
            store_id: StoreId(ctx.tenant_id().clone()),
            placed_at: now,
            currency: CURRENCY.to_owned(),
            total_minor: total,
            name: order.name.clone(),
            email: order.email.clone(),
            address: order.address.clone(),
        };
        Ok(Placed::Order(Order { facts, lines: placed }))
    }
}

fn options(item: &ForSale) -> String {
    let values = [
        item.option1.as_str(),
        item.option2.as_str(),
        item.option3.as_str(),
    ];
    values
        .into_iter()
        .filter(|value| !value.is_empty())
        .collect::<Vec<_>>()
        .join(" / ")
}
