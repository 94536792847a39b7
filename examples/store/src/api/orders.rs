//! Placing an order, and the receipt of one.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tenancy_core::TenantContext;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::check;
use crate::extract::{ApiJson, ApiPath};
use crate::id::Id;
use crate::model::{NewLine, NewOrder, Order, OrderLine, Placed};
use crate::problem::Problem;

/// How many different variants an order holds at most.
const MAX_LINES: usize = 50;
/// How many of one variant an order holds at most.
const MAX_QUANTITY: i64 = 1_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(place))
        .routes(routes!(receipt))
}

/// Who orders.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Customer {
    /// Their name.
    pub name: String,
    /// Their address for mail.
    pub email: String,
    /// Where to send it.
    pub address: String,
}

/// An order to be placed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderRequest {
    /// Who orders.
    pub customer: Customer,
    /// What is ordered; the prices are the store's.
    pub lines: Vec<NewLine>,
}

/// An order as whoever placed it may see it again: who it was for is not in it, because its address is all that is
/// needed to look.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Receipt {
    /// The order's id.
    pub id: Id,
    /// When it was placed.
    pub placed_at: String,
    /// The currency of all its amounts.
    pub currency: String,
    /// What it costs, in minor units.
    pub total_minor: i64,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
}

impl From<Order> for Receipt {
    fn from(order: Order) -> Self {
        let Order { facts, lines } = order;
        Self {
            id: facts.id,
            placed_at: facts.placed_at,
            currency: facts.currency,
            total_minor: facts.total_minor,
            lines,
        }
    }
}

impl OrderRequest {
    fn check(&self) -> Result<NewOrder, Problem> {
        if self.lines.is_empty() || self.lines.len() > MAX_LINES {
            return Err(Problem::invalid(format!(
                "lines must hold from 1 to {MAX_LINES} lines"
            )));
        }
        let mut lines: Vec<NewLine> = Vec::with_capacity(self.lines.len());
        let mut places: HashMap<&Id, usize> = HashMap::new();
        for line in &self.lines {
            let quantity = check::number("quantity", line.quantity, 1..=MAX_QUANTITY)?;
            match places
                .get(&line.variant_id)
                .and_then(|place| lines.get_mut(*place))
            {
                Some(known) => {
                    // Both are at most a thousand.
                    let sum = known.quantity.saturating_add(quantity);
                    known.quantity = check::number("the quantity of one variant", sum, 1..=MAX_QUANTITY)?;
                }
                None => {
                    places.insert(&line.variant_id, lines.len());
                    lines.push(line.clone());
                }
            }
        }
        Ok(NewOrder {
            name: check::line("the customer's name", &self.customer.name, 200)?,
            email: check::email(&self.customer.email)?,
            address: check::lines("the customer's address", &self.customer.address, 2_000)?,
            lines,
        })
    }
}

/// Places an order for whoever it is; the pages and the API come together here.
pub(crate) async fn place_order(
    app: &App,
    ctx: &TenantContext,
    request: &OrderRequest,
) -> Result<Order, Problem> {
    let order = request.check()?;
    let line = |id: &Id| {
        let place = request
            .lines
            .iter()
            .position(|line| line.variant_id == *id)
            .unwrap_or_default();
        place.saturating_add(1)
    };
    match app.repository.place_order(ctx, &order).await? {
        Placed::Order(order) => Ok(order),
        Placed::UnknownVariant(id) => {
            let detail = format!("line {}: there is no such variant for sale", line(&id));
            Err(Problem::invalid(detail))
        }
        Placed::OutOfStock(id) => {
            let detail = format!(
                "line {}: there are fewer than that; nothing was ordered",
                line(&id)
            );
            Err(Problem::conflict("out_of_stock", detail))
        }
    }
}

/// Place an order
///
/// The stock is taken at once, and for all lines or none.
#[utoipa::path(
    post, path = "/orders", tag = "storefront", request_body = OrderRequest,
    responses(
        (status = 201, body = Receipt),
        (status = 400, body = Problem),
        (status = 409, description = "There are too few", body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn place(
    ctx: TenantContext,
    State(app): State<App>,
    ApiJson(request): ApiJson<OrderRequest>,
) -> Result<Response, Problem> {
    let order = place_order(&app, &ctx, &request).await?;
    let location = format!("/api/v1/orders/{}", order.facts.id);
    let mut response = (StatusCode::CREATED, Json(Receipt::from(order))).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// The receipt of an order
///
/// Ids of orders cannot be guessed, and the receipt does not say whose it is.
#[utoipa::path(
    get, path = "/orders/{id}", tag = "storefront", params(("id" = Id, Path)),
    responses((status = 200, body = Receipt), (status = 400, body = Problem), (status = 404, body = Problem))
)]
async fn receipt(
    ctx: TenantContext,
    State(app): State<App>,
    ApiPath(id): ApiPath<Id>,
) -> Result<Json<Receipt>, Problem> {
    let order = app
        .repository
        .order(&ctx, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Json(order.into()))
}
