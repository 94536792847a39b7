//! The layer around axum's router, and the context as an argument of its handlers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::net::SocketAddr;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    routing::get,
};
use common::{BASE, directory};
use http::Request;
use tenancy_core::TenantContext;
use tenancy_tower::{
    CustomDomain, Header, PathPrefix, RequestedUri, Subdomain, TenancyLayer, TrustedProxies,
};
use tower::{Layer, Service, ServiceExt};

async fn whose(ctx: TenantContext, uri: http::Uri) -> String {
    format!("{} {} {uri}", ctx.tenant_id(), ctx.actor())
}

fn layer() -> TenancyLayer {
    TenancyLayer::new(directory())
        .identify(Subdomain::of(BASE))
        .identify(CustomDomain)
}

fn request(host: &str, path: &str) -> Request<Body> {
    Request::get(path)
        .header("host", host)
        .body(Body::empty())
        .unwrap()
}

/// The status and the body, or the code of the problem.
async fn ask<S>(service: S, request: Request<Body>) -> (u16, String)
where
    S: Service<Request<Body>, Response = axum::response::Response, Error = std::convert::Infallible>,
{
    let response = service.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let problem = response
        .headers()
        .get("content-type")
        .is_some_and(|value| value == "application/problem+json");
    let body = String::from_utf8(to_bytes(response.into_body(), 10_000).await.unwrap().to_vec()).unwrap();
    if !problem {
        return (status, body);
    }
    assert!(!body.contains("SECRET"));
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["status"], status);
    (status, document["code"].as_str().unwrap().to_owned())
}

fn is(status: u16, body: &str) -> (u16, String) {
    (status, body.to_owned())
}

#[tokio::test]
async fn handlers_take_the_context() {
    let app = || {
        Router::new()
            .route("/orders", get(whose))
            .layer(layer())
            .route("/health", get(async || "ok"))
    };
    assert_eq!(
        ask(app(), request("green-leaf.shops.example", "/orders")).await,
        is(200, "1 anonymous /orders")
    );
    assert_eq!(
        ask(app(), request("xn--bcher-kva.example", "/orders")).await,
        is(200, "2 anonymous /orders")
    );
    assert_eq!(
        ask(app(), request("no-such.shops.example", "/orders")).await,
        is(404, "unknown_tenant")
    );
    assert_eq!(
        ask(app(), request("suspended-shop.shops.example", "/orders")).await,
        is(403, "suspended_tenant")
    );
    assert_eq!(ask(app(), request(BASE, "/orders")).await, is(400, "no_identity"));
    // no tenant's: outside of the layer
    assert_eq!(
        ask(app(), request("127.0.0.1:8080", "/health")).await,
        is(200, "ok")
    );
}

#[tokio::test]
async fn a_handler_outside_of_the_layer_has_no_tenant() {
    let app = Router::new()
        .route("/in", get(whose))
        .layer(layer())
        .route("/out", get(whose));
    let host = "green-leaf.shops.example";
    assert_eq!(
        ask(app.clone(), request(host, "/in")).await,
        is(200, "1 anonymous /in")
    );
    assert_eq!(ask(app, request(host, "/out")).await, is(500, "missing_layer"));
}

#[tokio::test]
async fn a_fallback_is_inside_of_a_layer_and_outside_of_a_route_layer() {
    let inside = Router::new()
        .route("/orders", get(whose))
        .fallback(async || "fallback")
        .layer(layer());
    let outside = Router::new()
        .route("/orders", get(whose))
        .fallback(async || "fallback")
        .route_layer(layer());
    assert_eq!(
        ask(inside, request("127.0.0.1", "/nowhere")).await,
        is(400, "no_identity")
    );
    assert_eq!(
        ask(outside.clone(), request("127.0.0.1", "/nowhere")).await,
        is(200, "fallback")
    );
    assert_eq!(
        ask(outside, request("127.0.0.1", "/orders")).await,
        is(400, "no_identity")
    );
}

#[tokio::test]
async fn a_nested_router_behind_a_second_layer_is_refused() {
    let staff = Router::new().route("/orders", get(whose)).layer(layer());
    let app = Router::new().nest("/staff", staff.clone()).layer(layer());
    assert_eq!(
        ask(app, request("green-leaf.shops.example", "/staff/orders")).await,
        is(500, "misconfigured")
    );
    let apart = Router::new()
        .route("/", get(whose))
        .layer(layer())
        .nest("/staff", staff);
    assert_eq!(
        ask(apart, request("green-leaf.shops.example", "/staff/orders"))
            .await
            .0,
        200
    );
}

#[tokio::test]
async fn around_the_router_the_path_loses_its_prefix() {
    async fn links(ctx: TenantContext, sent: axum::Extension<RequestedUri>) -> String {
        format!("{} {}", ctx.tenant_id(), sent.0.0)
    }
    let router = Router::new()
        .route("/orders/{id}", get(whose))
        .route("/links", get(links));
    let app = || layer().identify(PathPrefix::new("/t")).layer(router.clone());
    assert_eq!(
        ask(app(), request(BASE, "/t/green-leaf/orders/7?x")).await,
        is(200, "1 anonymous /orders/7?x")
    );
    assert_eq!(
        ask(app(), request(BASE, "/t/green-leaf/links")).await,
        is(200, "1 /t/green-leaf/links")
    );
    assert_eq!(
        ask(app(), request(BASE, "/t/no-such/orders/7")).await,
        is(404, "unknown_tenant")
    );
    // it can be served as it is
    let _ = axum::ServiceExt::<Request<Body>>::into_make_service(app());
}

#[tokio::test]
async fn on_routes_the_path_is_kept() {
    let tenancy = TenancyLayer::new(directory()).identify(PathPrefix::new("/t").keep_path());
    let app = Router::new().route("/t/{shop}/orders", get(whose)).layer(tenancy);
    let answer = ask(app, request(BASE, "/t/green-leaf/orders")).await;
    assert_eq!(answer, is(200, "1 anonymous /t/green-leaf/orders"));
}

#[tokio::test]
async fn the_peer_is_known_from_connect_info() {
    let proxies = TrustedProxies::new(["10.0.0.7"]).unwrap();
    let tenancy =
        TenancyLayer::new(directory()).identify(Header::trusted("x-store-id").from_proxies(proxies));
    let app = Router::new().route("/", get(whose)).layer(tenancy);
    for (peer, status) in [
        ("10.0.0.7:1234", 200),
        ("10.0.0.8:1234", 400),
        ("[::ffff:10.0.0.7]:1234", 200),
    ] {
        let mut request = Request::get("/")
            .header("x-store-id", "1")
            .body(Body::empty())
            .unwrap();
        request
            .extensions_mut()
            .insert(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        assert_eq!(ask(app.clone(), request).await.0, status, "{peer}");
    }
}
