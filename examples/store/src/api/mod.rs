//! The JSON API. A route and its entry in the OpenAPI document are one and the same line.

mod login;
mod operator;
pub(crate) mod orders;
mod staff;
pub(crate) mod storefront;

use axum::Router;
use utoipa::Modify;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Store",
        description = "A shop platform: one deployment, many stores. Each store answers at its own host name \
            (green-leaf.localhost), the operator's part at the bare base domain (localhost). Amounts are in minor units.",
    ),
    tags(
        (name = "storefront", description = "For shoppers, at a store's host name"),
        (name = "staff", description = "For the staff of a store, at the store's host name"),
        (name = "operator", description = "For the operator of the platform, at the base domain"),
    ),
    modifiers(&Schemes),
)]
struct Document;

/// How staff and operators prove who they are.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        for name in ["staff", "operator"] {
            let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
            components.add_security_scheme(name, scheme);
        }
    }
}

/// The routes that are a store's, the routes that are the platform's, and the document of both.
pub(crate) fn routes() -> (Router<App>, Router<App>, utoipa::openapi::OpenApi) {
    let nest = |routes| OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", routes);
    let store = storefront::routes()
        .merge(orders::routes())
        .merge(login::routes())
        .merge(staff::routes());
    let (store, mut document) = nest(store).split_for_parts();
    let (platform, other) = nest(operator::routes()).split_for_parts();
    document.merge(other);
    (store, platform, document)
}
