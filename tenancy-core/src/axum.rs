//! `TenantContext` as an argument of an axum handler. It is here because of the orphan rule.

use std::fmt;

use axum_core::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
    request::Parts,
};

use crate::TenantContext;

/// The context that tenancy-tower's layer has put into the request.
///
/// There is no `Option<TenantContext>` extractor: a handler either runs in a tenant or has nothing to do with tenants.
///
/// ```
/// use axum_core::{extract::FromRequestParts, response::IntoResponse};
/// use tenancy_core::TenantContext;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// // no layer, no tenant
/// let (mut parts, ()) = http::Request::new(()).into_parts();
/// let missing = TenantContext::from_request_parts(&mut parts, &()).await.unwrap_err();
/// assert_eq!(missing.into_response().status(), 500);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
impl<S: Send + Sync> FromRequestParts<S> for TenantContext {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts
            .extensions
            .get::<TenantContext>()
            .cloned()
            .ok_or(MissingLayer(()))
    }
}

/// A handler asks for a [`TenantContext`], and no layer has admitted the request.
///
/// It is answered 500 with a problem document (RFC 9457) whose `code` is `missing_layer`: the route is mounted
/// outside of the tenancy layer, which no client can mend.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the handler asks for a TenantContext, but its route is not behind a tenancy layer")]
pub struct MissingLayer(());

impl fmt::Debug for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MissingLayer")
    }
}

const DOCUMENT: &str = concat!(
    r#"{"type":"urn:problem-type:tenancy:missing_layer","title":"The service is wrongly configured","#,
    r#""status":500,"code":"missing_layer","detail":"this route is not behind the tenancy layer"}"#,
);

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        let mut response = DOCUMENT.into_response();
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
