//! A directory of shops of every status, a service that says whose a request is, and a short way to ask it.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::{convert::Infallible, sync::Arc};

use http::{HeaderMap, Request, Response, StatusCode};
use tenancy_core::{MemoryDirectory, Tenant, TenantContext, TenantId, TenantStatus};
use tenancy_tower::{RequestedUri, TenancyLayer};
use tower::{Layer, ServiceExt, service_fn};

pub(crate) const BASE: &str = "shops.example";

pub(crate) const BAD: &str = "malformed_identity";
pub(crate) const NONE: &str = "no_identity";
pub(crate) const UNKNOWN: &str = "unknown_tenant";
pub(crate) const CONFLICT: &str = "conflicting_identities";
pub(crate) const SUSPENDED: &str = "suspended_tenant";

pub(crate) fn id(n: i64) -> TenantId {
    TenantId::bigint(n).unwrap()
}

pub(crate) fn tenant(n: i64, slug: &str, status: TenantStatus) -> Tenant {
    Tenant::builder(id(n), slug.parse().unwrap())
        .name(format!("SECRET-{n}"))
        .status(status)
        .build()
}

/// 1 and 2 are served. 7 has the slug `www`; some of the domains are hosts of the platform, entered in bad faith.
pub(crate) fn directory() -> Arc<MemoryDirectory> {
    let directory = MemoryDirectory::new();
    let tenants = [
        (1, "green-leaf", TenantStatus::Active),
        (2, "blue-river", TenantStatus::Active),
        (3, "pending-shop", TenantStatus::Pending),
        (4, "rejected-shop", TenantStatus::Rejected),
        (5, "deleted-shop", TenantStatus::Deleted),
        (6, "suspended-shop", TenantStatus::Suspended),
        (7, "www", TenantStatus::Active),
    ];
    for (n, slug, status) in tenants {
        assert!(directory.insert(tenant(n, slug, status)));
    }
    let domains = [
        (1, "www.green-leaf.example"),
        (2, "xn--bcher-kva.example"),
        (2, "shops.example"),
        (2, "www.shops.example"),
        (2, "login.green-leaf.shops.example"),
        (2, "xn--abc.shops.example"),
        (3, "pending.example"),
        (6, "suspended.example"),
    ];
    for (n, domain) in domains {
        assert!(directory.add_domain(domain.parse().unwrap(), id(n)));
    }
    Arc::new(directory)
}

/// Answers with the tenant's id, the actor and the path, one a line.
pub(crate) async fn whose(request: Request<()>) -> Result<Response<String>, Infallible> {
    let Some(ctx) = request.extensions().get::<TenantContext>() else {
        panic!("a request without a context reached the service");
    };
    let sent = request
        .extensions()
        .get::<RequestedUri>()
        .map(|sent| sent.0.to_string());
    let body = format!(
        "{}\n{}\n{}\n{}",
        ctx.tenant_id(),
        ctx.actor(),
        request.uri(),
        sent.unwrap_or_default()
    );
    Ok(Response::new(body))
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// The id of the tenant that was served, or the code of the problem.
    pub(crate) fn outcome(&self) -> &str {
        if self.status == StatusCode::OK {
            return self.body.lines().next().unwrap();
        }
        assert_eq!(
            self.headers.get("content-type").unwrap(),
            "application/problem+json"
        );
        assert_eq!(self.headers.get("cache-control").unwrap(), "no-store");
        assert!(!self.body.contains("SECRET"), "{}", self.body);
        let document: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(document["status"], self.status.as_u16());
        let code = document["code"].as_str().unwrap();
        assert_eq!(document["type"], format!("urn:problem-type:tenancy:{code}"));
        let start = self.body.find(code).unwrap();
        &self.body[start..start + code.len()]
    }

    pub(crate) fn line(&self, n: usize) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body.lines().nth(n).unwrap_or_default()
    }
}

pub(crate) async fn ask(layer: &TenancyLayer, request: Request<()>) -> Answer {
    let response = layer.layer(service_fn(whose)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    }
}

/// A request to a path, with headers.
pub(crate) fn get(path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

pub(crate) fn host(name: &str) -> Request<()> {
    get("/", &[("host", name)])
}
