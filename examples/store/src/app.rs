//! The whole application as one service: which routes stand behind the tenancy layer, which do not.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tenancy_core::{CachedDirectory, Directory, Slug};
use tenancy_tower::{Claim, Identify, RequestHead, SetupError, Subdomain, TenancyLayer};
use tower_http::catch_panic::CatchPanicLayer;

use crate::admission::Tokens;
use crate::problem::Problem;
use crate::repository::Repository;
use crate::{api, pages};

/// The largest body of a request, in bytes, but for an import.
const MAX_BODY: usize = 256 * 1024;
/// The largest file that an import over HTTP takes, in bytes.
pub(crate) const MAX_UPLOAD: usize = 8 * 1024 * 1024;
/// Host names in front of the base domain that are no store's.
const RESERVED: [&str; 4] = ["www", "api", "admin", "operator"];

/// What the handlers share.
#[derive(Clone)]
pub struct App {
    pub(crate) repository: Arc<dyn Repository>,
    pub(crate) directory: CachedDirectory<Arc<dyn Directory>>,
    subdomain: Subdomain,
}

impl App {
    /// The application on a repository; stores answer at host names in front of `base_domain`.
    pub fn new(repository: Arc<dyn Repository>, base_domain: &str) -> Self {
        // A store that is suspended is known to be so after this long, in every process.
        let directory = CachedDirectory::new(repository.directory())
            .time_to_live(Duration::from_secs(5))
            .time_to_live_unknown(Duration::from_secs(2));
        Self {
            repository,
            directory,
            subdomain: Subdomain::of(base_domain).reserve(RESERVED),
        }
    }

    /// Whether a slug would lead to no store.
    pub(crate) fn is_reserved(&self, slug: &Slug) -> bool {
        RESERVED.contains(&slug.as_str())
    }

    /// The service.
    ///
    /// # Errors
    ///
    /// When the base domain is none.
    pub fn router(self) -> Result<Router, SetupError> {
        let tenancy = TenancyLayer::new(self.directory.clone())
            .identify(self.subdomain.clone())
            .admit(Tokens(Arc::clone(&self.repository)));
        tenancy.check()?;

        let (store, platform, document) = api::routes();
        let document = Arc::new(document);
        let store = store.merge(pages::routes()).route_layer(tenancy);
        let platform = platform.route_layer(middleware::from_fn_with_state(self.clone(), base_domain_only));
        let open = Router::new()
            .route(
                "/api/openapi.json",
                get(move || async move { Json(&*document).into_response() }),
            )
            .merge(pages::assets());
        Ok(Router::new()
            .merge(store)
            .merge(platform)
            .merge(open)
            .fallback(async || Problem::not_found())
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(DefaultBodyLimit::max(MAX_BODY))
            .layer(middleware::from_fn(pages::problems_as_pages))
            .layer(middleware::map_response(headers))
            .layer(CatchPanicLayer::custom(|_| {
                tracing::error!("a handler panicked");
                Problem::internal().into_response()
            }))
            .with_state(self))
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App")
            .field("subdomain", &self.subdomain)
            .finish_non_exhaustive()
    }
}

/// The operator's part is nothing that a store has: at a store's host name it is not there.
async fn base_domain_only(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match app.subdomain.identify(&RequestHead::new(&parts)) {
        Ok(Claim::Platform) => next.run(Request::from_parts(parts, body)).await,
        Ok(Claim::Tenant(_) | Claim::Nothing) => Problem::not_found().into_response(),
        Err(_) => {
            Problem::malformed("the request's Host header is no host name of this platform").into_response()
        }
    }
}

async fn headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The OpenAPI document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    api::routes().2
}
