//! Orders.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use tenancy_core::{TenantId, TenantOwned};
use utoipa::ToSchema;

use super::StoreId;
use crate::id::Id;

/// A line of an order to be placed.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    /// The variant.
    pub variant_id: Id,
    /// How many of it.
    #[schema(minimum = 1, maximum = 1000)]
    pub quantity: i64,
}

/// An order to be placed, already checked.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Who orders.
    pub name: String,
    /// Their address for mail, lower case.
    pub email: String,
    /// Where to send it.
    pub address: String,
    /// What is ordered, each variant once.
    pub lines: Vec<NewLine>,
}

/// What became of an order to be placed.
#[derive(Clone, Debug)]
pub enum Placed {
    /// It is placed and the stock is taken.
    Order(Order),
    /// One of the variants is not for sale here. Nothing was taken.
    UnknownVariant(Id),
    /// There are fewer than asked for. Nothing was taken.
    OutOfStock(Id),
}

/// An order without its lines.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct OrderFacts {
    /// Its id.
    pub id: Id,
    /// Whose it is.
    #[serde(skip)]
    #[sqlx(try_from = "i64")]
    pub store_id: StoreId,
    /// When it was placed.
    pub placed_at: String,
    /// The currency of all its amounts.
    pub currency: String,
    /// What it costs, in minor units.
    pub total_minor: i64,
    /// Who ordered.
    pub name: String,
    /// Their address for mail.
    pub email: String,
    /// Where to send it.
    pub address: String,
}

impl TenantOwned for OrderFacts {
    fn tenant_id(&self) -> TenantId {
        self.store_id.0.clone()
    }
}

/// A line of an order, as it was when the order was placed.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct OrderLine {
    /// The variant.
    pub variant_id: Id,
    /// The title of the product.
    pub title: String,
    /// The values of its options.
    pub variant: String,
    /// The article number.
    pub sku: Option<String>,
    /// The price of one, in minor units.
    pub price_minor: i64,
    /// How many.
    pub quantity: i64,
}

/// An order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Order {
    /// What it is.
    #[serde(flatten)]
    pub facts: OrderFacts,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
}

/// What a store sold.
#[derive(Clone, Debug, FromRow)]
pub struct StoreSales {
    /// The store.
    #[sqlx(try_from = "i64")]
    pub store_id: StoreId,
    /// How many orders.
    pub orders: i64,
    /// What they come to, in minor units.
    pub total_minor: i64,
}
