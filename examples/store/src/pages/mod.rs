//! The shop as people see it: pages made on the server, without scripts.

mod layout;
mod list;
mod product;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::app::App;

const STYLE: &str = include_str!("style.css");

/// The pages of a store.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(list::page))
        .route("/products/{handle}", get(product::page))
        .route("/products/{handle}/order", post(product::order))
        .route("/orders/{id}", get(product::receipt))
}

/// What the pages need that is the same for all stores.
pub(crate) fn assets() -> Router<App> {
    Router::new().route(
        "/style.css",
        get(|| async {
            (
                [
                    (CONTENT_TYPE, "text/css; charset=utf-8"),
                    (CACHE_CONTROL, "max-age=300"),
                ],
                STYLE,
            )
        }),
    )
}

/// A problem outside of the API is for people: it becomes a page with the same words and status.
pub(crate) async fn problems_as_pages(request: Request, next: Next) -> Response {
    #[derive(serde::Deserialize)]
    struct Words {
        title: String,
        detail: String,
    }
    let for_people = !request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let is_problem = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/problem+json");
    if !for_people || !is_problem {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, 64 * 1024).await.unwrap_or_default();
    let Ok(Words { title, detail }) = serde_json::from_slice(&bytes) else {
        return (parts, bytes).into_response();
    };
    let page = layout::problem(&title, &detail).into_response();
    parts.headers.remove(CONTENT_LENGTH);
    let (page_parts, body) = page.into_parts();
    parts.headers.extend(page_parts.headers);
    Response::from_parts(parts, body)
}
