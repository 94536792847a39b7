//! What the shop speaks of: the rows of the repository and the JSON of the API are the same types where they say the same.

mod orders;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use tenancy_core::{Role, TenantId};
use utoipa::ToSchema;

pub use self::orders::{NewLine, NewOrder, Order, OrderFacts, OrderLine, Placed, StoreSales};
use crate::id::Id;
use crate::import::Image;

/// How many things of a list one answer holds at most.
pub const MAX_PER_PAGE: i64 = 100;

/// A part of a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The things on this page.
    pub items: Vec<T>,
    /// Which page it is, from 1.
    pub page: i64,
    /// How many things a page holds.
    pub per_page: i64,
    /// How many things there are on all pages.
    pub total: i64,
}

/// Which page of a list.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// From 1.
    pub page: i64,
    /// From 1 to [`MAX_PER_PAGE`].
    pub per_page: i64,
}

impl Paging {
    /// How many things stand before the page.
    pub fn offset(self) -> i64 {
        self.page.saturating_sub(1).saturating_mul(self.per_page)
    }

    /// Makes the answer.
    pub fn of<T>(self, items: Vec<T>, total: i64) -> Page<T> {
        Page {
            items,
            page: self.page,
            per_page: self.per_page,
            total,
        }
    }
}

/// How a list of products is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By title.
    #[default]
    Title,
    /// The cheapest first.
    PriceAsc,
    /// The dearest first.
    PriceDesc,
    /// The newest first.
    Newest,
}

impl Sort {
    /// As the statement knows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::PriceAsc => "price_asc",
            Self::PriceDesc => "price_desc",
            Self::Newest => "newest",
        }
    }
}

/// Which products a list holds. An empty text asks for nothing.
#[derive(Clone, Debug)]
pub struct ProductFilter {
    /// Must occur in the title, description, brand, category or tags.
    pub query: String,
    /// The slug of a category.
    pub category: String,
    /// The name of a brand.
    pub brand: String,
    /// The least price.
    pub min_price: i64,
    /// The highest price.
    pub max_price: i64,
    /// Only what can be bought now.
    pub in_stock: bool,
    /// Products that shoppers do not see, too.
    pub hidden_too: bool,
    /// The order.
    pub sort: Sort,
    /// The page.
    pub paging: Paging,
}

/// A product in a list.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct ProductSummary {
    /// Its id in this store.
    pub id: Id,
    /// Its name in addresses.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its brand, or nothing.
    pub brand: String,
    /// The name of its category, or nothing.
    pub category: String,
    /// Its pictures.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<Image>)]
    pub images: List<Image>,
    /// The lowest price of its variants, in minor units.
    pub price_from_minor: i64,
    /// The highest price of its variants, in minor units.
    pub price_to_minor: i64,
    /// How many there are of all its variants.
    pub stock: i64,
    /// Whether shoppers see it.
    pub visible: bool,
}

/// What a product is, without its variants.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct ProductFacts {
    /// Its id in this store.
    pub id: Id,
    /// Its name in addresses.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its description: HTML, already made harmless.
    pub description_html: String,
    /// Its brand, or nothing.
    pub brand: String,
    /// The name of its category, or nothing.
    pub category: String,
    /// Its tags.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<String>)]
    pub tags: List<String>,
    /// Its pictures.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<Image>)]
    pub images: List<Image>,
    /// The names of its options.
    #[sqlx(try_from = "String")]
    #[schema(value_type = Vec<String>)]
    pub options: List<String>,
    /// Whether shoppers see it.
    pub visible: bool,
    /// The product of the master catalogue that it is laid over, if any.
    pub master_id: Option<Id>,
}

/// What can be put into a basket.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct Variant {
    /// Its id in this store.
    pub id: Id,
    /// The value of the product's first option, or nothing.
    pub option1: String,
    /// The value of the product's second option, or nothing.
    pub option2: String,
    /// The value of the product's third option, or nothing.
    pub option3: String,
    /// The article number.
    pub sku: Option<String>,
    /// The bar code.
    pub barcode: Option<String>,
    /// Its weight in grams.
    pub grams: i64,
    /// Its price in minor units.
    pub price_minor: i64,
    /// What it cost before, in minor units.
    pub compare_at_minor: Option<i64>,
    /// How many there are.
    pub stock: i64,
}

/// A product with its variants.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Product {
    /// What it is.
    #[serde(flatten)]
    pub facts: ProductFacts,
    /// What can be bought.
    pub variants: Vec<Variant>,
}

/// A category of a store.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct Category {
    /// Its name in filters.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// How many products shoppers see in it.
    pub products: i64,
}

/// A brand of a store.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// How many of its products shoppers see.
    pub products: i64,
}

/// A product of the master catalogue.
#[derive(Clone, Debug, FromRow, Serialize, ToSchema)]
pub struct MasterProduct {
    /// Its id in the master catalogue.
    pub id: Id,
    /// Its name in addresses.
    pub handle: String,
    /// Its title.
    pub title: String,
    /// Its brand, or nothing.
    pub brand: String,
    /// The store's product over it, if the store has taken it.
    pub store_product_id: Option<Id>,
}

/// Changes to a product: what is absent stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductChange {
    /// A title of the store's own.
    pub title: Option<String>,
    /// A description of the store's own; HTML, of which what can harm is removed.
    pub description_html: Option<String>,
    /// A brand of the store's own.
    pub brand: Option<String>,
    /// Whether shoppers see it.
    pub visible: Option<bool>,
}

/// Changes to a variant: what is absent stays.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantChange {
    /// A price of the store's own, in minor units.
    #[schema(minimum = 0)]
    pub price_minor: Option<i64>,
    /// How many there are.
    #[schema(minimum = 0)]
    pub stock: Option<i64>,
}

/// Somebody who works in a store.
#[derive(Clone, Debug, FromRow)]
pub struct Person {
    /// Their id in this store.
    pub id: Id,
    /// Their address for mail, with which they log in.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    #[sqlx(try_from = "String")]
    pub role: PersonRole,
    /// The PHC string of their password.
    pub password_hash: String,
}

/// The key of a store, as it stands in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreId(pub TenantId);

impl TryFrom<i64> for StoreId {
    type Error = tenancy_core::InvalidTenantId;

    fn try_from(key: i64) -> Result<Self, Self::Error> {
        TenantId::bigint(key).map(Self)
    }
}

/// A list that is stored as JSON in a text column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct List<T>(pub Vec<T>);

impl<T: DeserializeOwned> TryFrom<String> for List<T> {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

/// A role as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PersonRole(pub Role);

impl TryFrom<String> for PersonRole {
    type Error = tenancy_core::InvalidRole;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Their address for mail, lower case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The PHC string of their password.
    pub password_hash: String,
}
