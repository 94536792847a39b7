//! The operator of the platform: stores, and what they sold.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tenancy_core::{CrossTenant, Tenant, Tenants};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{ApiJson, ApiOperator, ApiQuery};
use crate::money::CURRENCY;
use crate::problem::Problem;
use crate::{clock, stores};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list_stores, create_store))
        .routes(routes!(sales))
}

/// A store as the operator knows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorStore {
    /// Its key.
    pub id: String,
    /// Its name in addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its status: `pending`, `active`, `suspended`, `rejected` or `deleted`.
    pub status: &'static str,
}

impl From<&Tenant> for OperatorStore {
    fn from(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id().to_string(),
            slug: tenant.slug().to_string(),
            name: tenant.name().to_owned(),
            status: tenant.status().as_str(),
        }
    }
}

/// A store to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewStore {
    /// Its name in addresses: lower case letters, digits and dashes.
    #[schema(example = "red-barn")]
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: NewOwner,
}

/// The owner of a store to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOwner {
    /// Their name.
    pub name: String,
    /// Their address for mail.
    pub email: String,
    /// Their password.
    #[schema(format = Password, min_length = 10)]
    pub password: String,
}

/// Which sales.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SalesQuery {
    /// Why you look: it stands in the audit log.
    #[param(min_length = 3, max_length = 500)]
    pub reason: String,
    /// The first moment: a date, or a time in UTC.
    pub from: Option<String>,
    /// The first moment after: a date, or a time in UTC.
    pub to: Option<String>,
}

/// What a store sold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StoreSalesView {
    /// The store's name in addresses.
    pub store: String,
    /// How many orders.
    pub orders: i64,
    /// What they come to, in minor units.
    pub total_minor: i64,
}

/// What all stores sold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SalesReport {
    /// The first moment.
    pub from: String,
    /// The first moment after.
    pub to: String,
    /// The currency of all amounts.
    pub currency: &'static str,
    /// The stores that sold anything.
    pub stores: Vec<StoreSalesView>,
}

/// Stores, of every status
#[utoipa::path(
    get, path = "/operator/stores", tag = "operator", security(("operator" = [])),
    responses((status = 200, body = Vec<OperatorStore>), (status = 401, body = Problem))
)]
async fn list_stores(_: ApiOperator, State(app): State<App>) -> Result<Json<Vec<OperatorStore>>, Problem> {
    let stores = app.repository.stores().await?;
    Ok(Json(stores.iter().map(OperatorStore::from).collect()))
}

/// Make a store, with its owner
#[utoipa::path(
    post, path = "/operator/stores", tag = "operator", security(("operator" = [])), request_body = NewStore,
    responses(
        (status = 201, body = OperatorStore),
        (status = 401, body = Problem),
        (status = 409, description = "There is such a store", body = Problem),
        (status = 422, body = Problem),
    )
)]
async fn create_store(
    _: ApiOperator,
    State(app): State<App>,
    ApiJson(new): ApiJson<NewStore>,
) -> Result<Response, Problem> {
    let NewStore {
        slug,
        name,
        owner: NewOwner {
            name: owner,
            email,
            password,
        },
    } = new;
    let tenant = stores::create(
        &app,
        &slug,
        &name,
        stores::Owner {
            name: owner,
            email,
            password,
        },
    )
    .await?;
    Ok((StatusCode::CREATED, Json(OperatorStore::from(&*tenant))).into_response())
}

/// What all stores sold
///
/// The reason, and what is read, stand in the audit log before anything is read.
#[utoipa::path(
    get, path = "/operator/reports/sales", tag = "operator", security(("operator" = [])), params(SalesQuery),
    responses((status = 200, body = SalesReport), (status = 400, body = Problem), (status = 401, body = Problem))
)]
async fn sales(
    ApiOperator(operator): ApiOperator,
    State(app): State<App>,
    ApiQuery(query): ApiQuery<SalesQuery>,
) -> Result<Json<SalesReport>, Problem> {
    let time = |what: &str, time: Option<&str>, default: String| match time {
        None => Ok(default),
        Some(time) => clock::parse(time).ok_or_else(|| {
            Problem::malformed(format!(
                "the query: {what} is a date (2026-11-21) or a time (2026-11-21T10:00:00Z)"
            ))
        }),
    };
    let from = time("from", query.from.as_deref(), clock::in_days(-30))?;
    let to = time("to", query.to.as_deref(), clock::in_days(1))?;
    let crossing = CrossTenant::read(&operator, Tenants::All, &query.reason)
        .map_err(|error| Problem::malformed(format!("the query: reason: {error}")))?;
    let sales = app.repository.sales(&crossing, &from, &to).await?;
    let stores = app.repository.stores().await?;
    let slugs: HashMap<_, _> = stores
        .iter()
        .map(|store| (store.id(), store.slug().as_str()))
        .collect();
    let stores = sales
        .into_iter()
        .map(|sales| StoreSalesView {
            store: slugs
                .get(&sales.store_id.0)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            orders: sales.orders,
            total_minor: sales.total_minor,
        })
        .collect();
    Ok(Json(SalesReport {
        from,
        to,
        currency: CURRENCY,
        stores,
    }))
}
