//! What shoppers ask: products, categories, brands.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use tenancy_core::TenantContext;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::check;
use crate::extract::{ApiPath, ApiQuery, paging};
use crate::model::{Brand, Category, Page, Product, ProductFilter, ProductSummary, Sort};
use crate::money::{CURRENCY, MAX_PRICE_MINOR};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(store))
        .routes(routes!(products))
        .routes(routes!(product))
        .routes(routes!(categories))
        .routes(routes!(brands))
}

/// A store as shoppers know it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoreView {
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The currency of all its prices.
    pub currency: &'static str,
}

/// Which products.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductQuery {
    /// Must occur in the title, description, brand, category or tags; case does not matter.
    pub q: Option<String>,
    /// The slug of a category.
    pub category: Option<String>,
    /// The name of a brand.
    pub brand: Option<String>,
    /// The least price in minor units, of the cheapest variant.
    #[param(minimum = 0)]
    pub min_price_minor: Option<i64>,
    /// The highest price in minor units, of the cheapest variant.
    #[param(minimum = 0)]
    pub max_price_minor: Option<i64>,
    /// Only what can be bought now.
    pub in_stock: Option<bool>,
    /// The order; by title where nothing is said.
    #[param(inline)]
    pub sort: Option<Sort>,
    /// The page, from 1.
    #[param(minimum = 1)]
    pub page: Option<i64>,
    /// How many products a page holds; 20 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub per_page: Option<i64>,
}

impl ProductQuery {
    /// Checks it.
    pub(crate) fn filter(&self, hidden_too: bool) -> Result<ProductFilter, Problem> {
        let text = |what, text: &Option<String>| {
            check::optional_line(what, text.as_deref().unwrap_or_default(), 255)
        };
        let price = |what, price: Option<i64>, default| {
            check::number(what, price.unwrap_or(default), 0..=MAX_PRICE_MINOR)
        };
        Ok(ProductFilter {
            query: text("q", &self.q)?,
            category: text("category", &self.category)?,
            brand: text("brand", &self.brand)?,
            min_price: price("min_price_minor", self.min_price_minor, 0)?,
            max_price: price("max_price_minor", self.max_price_minor, MAX_PRICE_MINOR)?,
            in_stock: self.in_stock.unwrap_or(false),
            hidden_too,
            sort: self.sort.unwrap_or_default(),
            paging: paging(self.page, self.per_page)?,
        })
    }
}

/// The store
#[utoipa::path(get, path = "/store", tag = "storefront", responses((status = 200, body = StoreView)))]
async fn store(ctx: TenantContext) -> Json<StoreView> {
    let tenant = ctx.tenant();
    Json(StoreView {
        slug: tenant.slug().to_string(),
        name: tenant.name().to_owned(),
        currency: CURRENCY,
    })
}

/// Products
#[utoipa::path(
    get, path = "/products", tag = "storefront", params(ProductQuery),
    responses((status = 200, body = Page<ProductSummary>), (status = 400, body = Problem))
)]
async fn products(
    ctx: TenantContext,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<ProductQuery>,
) -> Result<Json<Page<ProductSummary>>, Problem> {
    let filter = query.filter(false)?;
    Ok(Json(app.repository.products(&ctx, &filter).await?))
}

/// A product
#[utoipa::path(
    get, path = "/products/{handle}", tag = "storefront",
    params(("handle" = String, Path, description = "the product's name in addresses")),
    responses((status = 200, body = Product), (status = 404, body = Problem))
)]
async fn product(
    ctx: TenantContext,
    State(app): State<App>,
    ApiPath(handle): ApiPath<String>,
) -> Result<Json<Product>, Problem> {
    let handle = check::line("the handle", &handle, 200)?;
    app.repository
        .product(&ctx, &handle)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}

/// Categories
#[utoipa::path(get, path = "/categories", tag = "storefront", responses((status = 200, body = Vec<Category>)))]
async fn categories(ctx: TenantContext, State(app): State<App>) -> Result<Json<Vec<Category>>, Problem> {
    Ok(Json(app.repository.categories(&ctx).await?))
}

/// Brands
#[utoipa::path(get, path = "/brands", tag = "storefront", responses((status = 200, body = Vec<Brand>)))]
async fn brands(ctx: TenantContext, State(app): State<App>) -> Result<Json<Vec<Brand>>, Problem> {
    Ok(Json(app.repository.brands(&ctx).await?))
}
