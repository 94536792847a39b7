//! Staff: what the store shows, what was ordered.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::storefront::ProductQuery;
use crate::app::App;
use crate::check;
use crate::extract::{Anyone, ApiCsv, ApiJson, ApiPath, ApiQuery, Editor, Manager, paging};
use crate::id::Id;
use crate::import::{self, FileError, Report};
use crate::model::{
    MasterProduct, Order, OrderFacts, Page, Product, ProductChange, ProductSummary, Variant, VariantChange,
};
use crate::money::MAX_PRICE_MINOR;
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(staff_products, take_product))
        .routes(routes!(staff_product, change_product))
        .routes(routes!(change_variant))
        .routes(routes!(master_products))
        .routes(routes!(staff_orders))
        .routes(routes!(staff_order))
        .routes(routes!(import_catalogue))
}

/// A page of a list.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// The page, from 1.
    #[param(minimum = 1)]
    pub page: Option<i64>,
    /// How many things a page holds; 20 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub per_page: Option<i64>,
}

/// A part of the master catalogue.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MasterQuery {
    /// Must occur in the title, description, brand, category or tags; case does not matter.
    pub q: Option<String>,
    /// The page, from 1.
    #[param(minimum = 1)]
    pub page: Option<i64>,
    /// How many products a page holds; 20 where nothing is said.
    #[param(minimum = 1, maximum = 100)]
    pub per_page: Option<i64>,
}

/// What to take from the master catalogue.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakeProduct {
    /// The id of the master's product.
    pub master_id: Id,
}

/// Products, also those that shoppers do not see
#[utoipa::path(
    get, path = "/staff/products", tag = "staff", security(("staff" = [])), params(ProductQuery),
    responses((status = 200, body = Page<ProductSummary>), (status = 401, body = Problem))
)]
async fn staff_products(
    Anyone(ctx): Anyone,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<ProductQuery>,
) -> Result<Json<Page<ProductSummary>>, Problem> {
    let filter = query.filter(true)?;
    Ok(Json(app.repository.products(&ctx, &filter).await?))
}

/// A product
#[utoipa::path(
    get, path = "/staff/products/{id}", tag = "staff", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = Product), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn staff_product(
    Anyone(ctx): Anyone,
    State(app): State<App>,
    ApiPath(id): ApiPath<Id>,
) -> Result<Json<Product>, Problem> {
    app.repository
        .product_by_id(&ctx, &id)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}

/// Take a product of the master catalogue into the store
///
/// It costs what the master says until the store says otherwise, and there is none of it in stock yet.
#[utoipa::path(
    post, path = "/staff/products", tag = "staff", security(("staff" = [])), request_body = TakeProduct,
    responses(
        (status = 201, body = Product),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "The store has it already", body = Problem),
    )
)]
async fn take_product(
    Editor(ctx): Editor,
    State(app): State<App>,
    ApiJson(take): ApiJson<TakeProduct>,
) -> Result<Response, Problem> {
    let product = app
        .repository
        .take_product(&ctx, &take.master_id)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Json(product)).into_response())
}

/// Change what the store shows of a product
#[utoipa::path(
    patch, path = "/staff/products/{id}", tag = "staff", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = ProductChange,
    responses(
        (status = 200, body = Product),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn change_product(
    Editor(ctx): Editor,
    State(app): State<App>,
    ApiPath(id): ApiPath<Id>,
    ApiJson(change): ApiJson<ProductChange>,
) -> Result<Json<Product>, Problem> {
    let change = ProductChange {
        title: change
            .title
            .map(|title| check::line("title", &title, 255))
            .transpose()?,
        description_html: change
            .description_html
            .map(|html| check::lines("description_html", &html, 50_000))
            .transpose()?,
        brand: change
            .brand
            .map(|brand| check::optional_line("brand", &brand, 255))
            .transpose()?,
        visible: change.visible,
    };
    app.repository
        .change_product(&ctx, &id, &change)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}

/// Change the price or the stock of a variant
#[utoipa::path(
    patch, path = "/staff/variants/{id}", tag = "staff", security(("staff" = [])), params(("id" = Id, Path)),
    request_body = VariantChange,
    responses(
        (status = 200, body = Variant),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn change_variant(
    Editor(ctx): Editor,
    State(app): State<App>,
    ApiPath(id): ApiPath<Id>,
    ApiJson(change): ApiJson<VariantChange>,
) -> Result<Json<Variant>, Problem> {
    if let Some(price) = change.price_minor {
        check::number("price_minor", price, 0..=MAX_PRICE_MINOR)?;
    }
    if let Some(stock) = change.stock {
        check::number("stock", stock, 0..=1_000_000_000)?;
    }
    app.repository
        .change_variant(&ctx, &id, change)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}

/// The master catalogue, which all stores share
#[utoipa::path(
    get, path = "/staff/master-products", tag = "staff", security(("staff" = [])), params(MasterQuery),
    responses((status = 200, body = Page<MasterProduct>), (status = 401, body = Problem))
)]
async fn master_products(
    Anyone(ctx): Anyone,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<MasterQuery>,
) -> Result<Json<Page<MasterProduct>>, Problem> {
    let q = check::optional_line("q", query.q.as_deref().unwrap_or_default(), 255)?;
    let paging = paging(query.page, query.per_page)?;
    Ok(Json(app.repository.master_products(&ctx, &q, paging).await?))
}

/// Orders, the newest first
#[utoipa::path(
    get, path = "/staff/orders", tag = "staff", security(("staff" = [])), params(PageQuery),
    responses((status = 200, body = Page<OrderFacts>), (status = 401, body = Problem))
)]
async fn staff_orders(
    Anyone(ctx): Anyone,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<PageQuery>,
) -> Result<Json<Page<OrderFacts>>, Problem> {
    let paging = paging(query.page, query.per_page)?;
    Ok(Json(app.repository.orders(&ctx, paging).await?))
}

/// An order
#[utoipa::path(
    get, path = "/staff/orders/{id}", tag = "staff", security(("staff" = [])), params(("id" = Id, Path)),
    responses((status = 200, body = Order), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn staff_order(
    Anyone(ctx): Anyone,
    State(app): State<App>,
    ApiPath(id): ApiPath<Id>,
) -> Result<Json<Order>, Problem> {
    app.repository
        .order(&ctx, &id)
        .await?
        .map(Json)
        .ok_or_else(Problem::not_found)
}

/// Import a catalogue
///
/// Shopify's product CSV, up to 8 MiB. The products become the store's own; no other store is touched. A bad line is
/// named in the report and loses nothing else, and the same file again changes nothing.
#[utoipa::path(
    post, path = "/staff/import", tag = "staff", security(("staff" = [])),
    request_body(content = String, content_type = "text/csv"),
    responses(
        (status = 200, body = Report),
        (status = 401, body = Problem),
        (status = 413, body = Problem),
        (status = 415, body = Problem),
        (status = 422, description = "Nothing of the file could be read", body = Problem),
    )
)]
async fn import_catalogue(
    Manager(ctx): Manager,
    State(app): State<App>,
    ApiCsv(file): ApiCsv,
) -> Result<Json<Report>, Problem> {
    let catalogue = parse(file).await??;
    Ok(Json(
        import::run(&*app.repository, &ctx, catalogue, |_| {}).await?,
    ))
}

/// Reads a file where it keeps no other request waiting.
async fn parse(file: Vec<u8>) -> Result<Result<import::Catalogue, FileError>, Problem> {
    tokio::task::spawn_blocking(move || import::parse(&file))
        .await
        .map_err(|_| Problem::internal())
}
