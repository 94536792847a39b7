//! The span of a request. Alone in its program, since what tracing caches about a span is shared by all threads.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use common::{BASE, directory, get, whose};
use http::Request;
use tenancy_tower::{Subdomain, TenancyLayer};
use tower::{Layer, ServiceExt, service_fn};
use tracing::instrument::WithSubscriber;

#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn log_of(path: &str, name: &str) -> String {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let layer = TenancyLayer::new(directory()).identify(Subdomain::of(BASE));
    let service = layer.layer(service_fn(async |request: Request<()>| {
        tokio::task::yield_now().await;
        tracing::info!("handled");
        whose(request).await
    }));
    service
        .oneshot(get(path, &[("host", name)]))
        .with_subscriber(subscriber)
        .await
        .unwrap();
    let bytes = log.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn every_request_runs_in_a_span_of_its_tenant() {
    let served = log_of("/orders?token=abc", "green-leaf.shops.example").await;
    let span = "tenant_request{method=GET path=\"/orders\" tenant=1 slug=\"green-leaf\"}: observe: handled";
    assert!(served.contains(span), "{served}");
    assert!(!served.contains("abc"), "{served}");

    let refused = log_of("/", "no-such.shops.example").await;
    let span = "tenant_request{method=GET path=\"/\" problem=\"unknown_tenant\"}";
    assert!(refused.contains(span), "{refused}");

    let suspended = log_of("/", "suspended-shop.shops.example").await;
    assert!(
        suspended.contains("tenant=6 slug=\"suspended-shop\" problem=\"suspended_tenant\""),
        "{suspended}"
    );
}
