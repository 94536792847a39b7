//! The layer as a tower service: readiness, bodies, errors, nesting.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::{
    convert::Infallible,
    future::Ready,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use common::{BASE, directory, get, host, id, tenant, whose};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tenancy_core::{TenantContext, TenantStatus};
use tenancy_tower::{Header, Problem, Subdomain, TenancyLayer, TrustedProxies};
use tower::{Layer, Service, ServiceExt, limit::ConcurrencyLimitLayer, service_fn};

fn layer() -> TenancyLayer {
    TenancyLayer::new(directory()).identify(Subdomain::of(BASE))
}

/// A service that has to be polled ready before each call, and whose clones are not ready.
#[derive(Debug, Default)]
struct Once {
    ready: bool,
}

impl Clone for Once {
    fn clone(&self) -> Self {
        Self { ready: false }
    }
}

impl Service<Request<()>> for Once {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        std::future::ready(Ok(Response::new(String::new())))
    }
}

#[tokio::test]
async fn the_service_that_was_polled_ready_is_the_one_that_is_called() {
    let mut service = layer().layer(Once::default());
    for _ in 0..3 {
        let ready = service.ready().await.unwrap();
        assert_eq!(
            ready
                .call(host("green-leaf.shops.example"))
                .await
                .unwrap()
                .status(),
            200
        );
    }
}

/// A refused request gives back what readiness had reserved.
#[tokio::test]
async fn refusals_hold_no_place_of_the_inner_service() {
    let mut service = layer().layer(ConcurrencyLimitLayer::new(1).layer(service_fn(whose)));
    for _ in 0..3 {
        let ready = service.ready().await.unwrap();
        assert_eq!(
            ready.call(host("no-such.shops.example")).await.unwrap().status(),
            404
        );
    }
    let ready = service.ready().await.unwrap();
    assert_eq!(
        ready
            .call(host("green-leaf.shops.example"))
            .await
            .unwrap()
            .status(),
        200
    );
}

#[tokio::test]
async fn any_body_goes_in_and_one_made_of_a_string_comes_out() {
    let service = layer().layer(service_fn(async |request: Request<Full<Bytes>>| {
        Ok::<_, Infallible>(request.map(|_| ()).into_parts().0.extensions.len().to_string())
            .map(|n| Response::new(Full::<Bytes>::from(n)))
    }));
    let request = |name: &str| {
        Request::get("/")
            .header("host", name)
            .body(Full::<Bytes>::from("in"))
            .unwrap()
    };
    let answer = service
        .clone()
        .oneshot(request("green-leaf.shops.example"))
        .await
        .unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "1");
    let answer = service.oneshot(request("no-such.shops.example")).await.unwrap();
    assert!(
        answer
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .starts_with(b"{\"type\"")
    );
}

#[tokio::test]
async fn errors_of_the_inner_service_are_its_own() {
    let service = layer().layer(service_fn(async |_: Request<()>| {
        Err::<Response<String>, _>("inner")
    }));
    assert_eq!(
        service
            .clone()
            .oneshot(host("green-leaf.shops.example"))
            .await
            .unwrap_err(),
        "inner"
    );
    assert_eq!(
        service
            .oneshot(host("no-such.shops.example"))
            .await
            .unwrap()
            .status(),
        404
    );
}

#[tokio::test]
async fn a_context_that_is_there_already_is_neither_used_nor_overwritten() {
    // two layers around one service, of the same tenant and of another one
    let other = TenancyLayer::new(directory()).identify(Header::trusted("x-store-id"));
    let service = layer().layer(other.layer(service_fn(whose)));
    for store in ["1", "2"] {
        let headers = [("host", "green-leaf.shops.example"), ("x-store-id", store)];
        let answer = service.clone().oneshot(get("/", &headers)).await.unwrap();
        assert_eq!(
            answer.extensions().get::<Problem>().unwrap().code(),
            "misconfigured"
        );
    }
    // a context from anywhere else
    let blue = Arc::new(tenant(2, "blue-river", TenantStatus::Active));
    for name in [
        "green-leaf.shops.example",
        "shops.example",
        "blue-river.shops.example",
    ] {
        let mut request = host(name);
        request
            .extensions_mut()
            .insert(TenantContext::public(&blue).unwrap());
        let answer = layer().layer(service_fn(whose)).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 500, "{name}");
    }
    assert_eq!(blue.id(), &id(2));
}

/// No client can put an extension into a request: every header that sounds like a context stays a header.
#[tokio::test]
async fn a_client_cannot_bring_a_context() {
    let names = [
        "tenantcontext",
        "x-tenant-context",
        "x-tenant-id",
        "x-store-id",
        "tenant",
        "x-forwarded-host",
    ];
    for name in names {
        let headers = [("host", "green-leaf.shops.example"), (name, "2")];
        let answer = layer()
            .layer(service_fn(whose))
            .oneshot(get("/", &headers))
            .await
            .unwrap();
        assert!(answer.body().starts_with("1\n"), "{name}");
    }
}

#[tokio::test]
async fn answers_tell_caches_what_they_depend_on() {
    let by_header = TenancyLayer::new(directory()).identify(Header::trusted("x-store-id"));
    let behind_proxy = layer().forwarded_host_from(TrustedProxies::new(["10.0.0.7"]).unwrap());
    let table = [
        (by_header.clone(), "1", "accept,x-store-id"),
        (by_header.clone(), "99", "x-store-id"),
        (by_header, "", "x-store-id"),
        (behind_proxy, "1", "accept,x-forwarded-host"),
        (layer(), "1", "accept"),
    ];
    let inner = service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(
            Response::builder()
                .header("vary", "accept")
                .body(String::new())
                .unwrap(),
        )
    });
    for (layer, store, expected) in table {
        let request = get(
            "/",
            &[("host", "green-leaf.shops.example"), ("x-store-id", store)],
        );
        let answer = layer.layer(inner).oneshot(request).await.unwrap();
        let vary: Vec<_> = answer
            .headers()
            .get_all("vary")
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        assert_eq!(vary.join(","), expected);
    }
}
