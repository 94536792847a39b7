//! Who is this request for? Identify → resolve → admit, as a [tower](https://docs.rs/tower) layer over `http` types.
//!
//! 1. **Identify**: [sources](Identify) in a chain read what the request claims: its [`Subdomain`], a
//!    [`CustomDomain`], a trusted [`Header`], a [`PathPrefix`], or something of the application's own.
//! 2. **Resolve**: a [`Directory`](tenancy_core::Directory) says which tenant that is.
//! 3. **Admit**: the tenant's status and the application's [`Admit`] make a
//!    [`TenantContext`](tenancy_core::TenantContext) of it, or a 4xx.
//!
//! What reaches the handler has been through all three. A claim is never an entitlement.
//!
//! ```
//! use std::convert::Infallible;
//!
//! use http::{Request, Response, StatusCode};
//! use tenancy_core::{MemoryDirectory, Tenant, TenantContext, TenantId, TenantStatus};
//! use tenancy_tower::{CustomDomain, Subdomain, TenancyLayer};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! async fn handler(request: Request<()>) -> Result<Response<String>, Infallible> {
//!     // behind the layer the context is always there; with the feature `axum` it is an argument of the handler
//!     let name = request.extensions().get::<TenantContext>().map(|ctx| ctx.tenant().name().to_owned());
//!     Ok(Response::new(name.unwrap_or_default()))
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let directory = MemoryDirectory::new();
//! let id = TenantId::bigint(1)?;
//! let tenant = Tenant::builder(id.clone(), "green-leaf".parse()?).name("Green Leaf");
//! directory.insert(tenant.status(TenantStatus::Active).build());
//! directory.add_domain("www.green-leaf.example".parse()?, id);
//!
//! let layer = TenancyLayer::new(directory).identify(Subdomain::of("shops.example")).identify(CustomDomain);
//! layer.check()?; // at start-up: is it rightly configured?
//! let service = layer.layer(service_fn(handler));
//!
//! let get = |host: &str| Request::get("/").header("host", host).body(());
//! let answer = service.clone().oneshot(get("green-leaf.shops.example")?).await?;
//! assert_eq!(answer.body(), "Green Leaf");
//! let answer = service.clone().oneshot(get("www.green-leaf.example")?).await?;
//! assert_eq!(answer.body(), "Green Leaf");
//! let answer = service.clone().oneshot(get("no-such.shops.example")?).await?;
//! assert_eq!(answer.status(), StatusCode::NOT_FOUND);
//! let answer = service.clone().oneshot(get("shops.example")?).await?;
//! assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is refused, and how
//!
//! Refusals are problem documents (RFC 9457) with a stable `code`; [`Problem`] has the table. No identity and a
//! malformed one are 400, and so are two parts of a request that name different tenants. A tenant that is
//! pending, rejected or deleted is answered byte for byte like one that never was: 404. A suspended one is 403.
//!
//! # What goes around the layer
//!
//! Health checks, metrics, sign-up and the operator's API are no tenant's. They are routed outside of the layer, which
//! lets nothing through without a tenant; and a route stands behind one layer, since a second one refuses
//! a request that was admitted already. With axum:
//!
#![cfg_attr(feature = "axum", doc = "```")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use tenancy_core::{MemoryDirectory, TenantContext};
//! use tenancy_tower::{Subdomain, TenancyLayer};
//!
//! async fn store(ctx: TenantContext) -> String {
//!     format!("welcome to {}", ctx.tenant().name())
//! }
//!
//! let tenancy = TenancyLayer::new(MemoryDirectory::new()).identify(Subdomain::of("localhost"));
//! let app: Router = Router::new()
//!     .route("/", get(store))
//!     .layer(tenancy) // the routes above
//!     .route("/health", get(|| async { "ok" })); // and not those below
//! # drop(app);
//! ```
//!
//! A handler that asks for a `TenantContext` outside of the layer answers 500, `missing_layer`; there is no default tenant.
//! So that a *fallback* stays outside too, the layer goes onto routes (`Router::route_layer`) or the router is nested.
//!
//! # Logs
//!
//! Each request runs in a [`tracing`](https://docs.rs/tracing) span `tenant_request` with the fields `method`, `path`,
//! `tenant` (its id), `slug`, and `problem` where it was refused.
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `axum` | `TenantContext` as an argument of axum handlers; the peer's address from `ConnectInfo` |

mod admit;
mod future;
mod head;
mod host;
mod identify;
mod layer;
mod observe;
mod problem;
mod proxies;
mod resolve;
mod service;

pub use admit::{Admit, Public, Rejection};
pub use future::ResponseFuture;
pub use head::RequestHead;
pub use host::Host;
pub use identify::{
    Claim, CustomDomain, Evidence, Header, Identify, IdentifyError, Identity, PathPrefix, SetupError,
    Subdomain,
};
pub use layer::TenancyLayer;
pub use problem::Problem;
pub use proxies::{PeerAddr, TrustedProxies};
pub use service::{RequestedUri, Tenancy};
