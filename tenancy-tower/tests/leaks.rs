//! Leaks of identification and authorisation that happened elsewhere (group E of the catalogue), one test an entry. Each
//! shows first that the other tenant is there to be reached.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::Arc;

use async_trait::async_trait;
use common::{BASE, ask, directory, get, host, id};
use http::{HeaderValue, Request, request::Parts};
use tenancy_core::{Actor, Membership, Role, Tenant, TenantContext, TenantId};
use tenancy_tower::{Admit, CustomDomain, Header, PathPrefix, Rejection, Subdomain, TenancyLayer};

fn layer() -> TenancyLayer {
    TenancyLayer::new(directory())
}

/// User 42 is a member of shop 1 alone, and its session says so; the cookie is valid wherever it is sent.
#[derive(Debug)]
struct Sessions;

#[async_trait]
impl Admit for Sessions {
    async fn admit(&self, request: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        let cookie = request
            .headers
            .get("cookie")
            .and_then(|value| value.to_str().ok());
        let shop = match cookie {
            Some("session=user-42") => id(1),
            Some("session=user-42-of-shop-2") => id(2),
            Some(_) | None => return Err(Rejection::unauthenticated()),
        };
        Ok(TenantContext::member(
            tenant,
            &Membership::new(shop, Actor::user("42").unwrap(), Role::Owner),
        )?)
    }
}

#[tokio::test]
async fn l41_a_tenants_name_is_no_path_and_no_quoted_list() {
    let layer = layer()
        .identify(PathPrefix::new("/t"))
        .identify(Header::trusted("x-store-id"));
    assert_eq!(ask(&layer, get("/t/blue-river/a", &[])).await.outcome(), "2");
    for name in [
        "..",
        "../blue-river",
        "green-leaf','blue-river",
        "green-leaf%2f..%2fblue-river",
        "a%00b",
        ".",
    ] {
        let path = ask(&layer, get(&format!("/t/{name}/a"), &[])).await;
        assert_eq!(path.outcome(), "malformed_identity", "{name}");
        let header = ask(&layer, get("/", &[("x-store-id", name)])).await;
        assert_eq!(header.outcome(), "malformed_identity", "{name}");
        assert!(name.parse::<TenantId>().is_err());
    }
}

#[tokio::test]
async fn l42_a_user_who_changes_the_path_to_another_tenant_is_nobody_there() {
    let public = layer().identify(PathPrefix::new("/t"));
    assert_eq!(
        ask(&public, get("/t/blue-river/orders", &[])).await.outcome(),
        "2"
    );
    let layer = public.admit(Sessions);
    let cookie = [("cookie", "session=user-42")];
    assert_eq!(
        ask(&layer, get("/t/green-leaf/orders", &cookie)).await.outcome(),
        "1"
    );
    assert_eq!(
        ask(&layer, get("/t/blue-river/orders", &cookie)).await.outcome(),
        "forbidden"
    );
}

#[tokio::test]
async fn l43_a_session_moved_to_another_tenants_domain_is_not_its_user_of_the_same_number() {
    let layer = layer().identify(CustomDomain).admit(Sessions);
    let at = |host, cookie| get("/", &[("host", host), ("cookie", cookie)]);
    assert_eq!(
        ask(&layer, at("xn--bcher-kva.example", "session=user-42-of-shop-2"))
            .await
            .outcome(),
        "2"
    );
    assert_eq!(
        ask(&layer, at("www.green-leaf.example", "session=user-42"))
            .await
            .outcome(),
        "1"
    );
    assert_eq!(
        ask(&layer, at("xn--bcher-kva.example", "session=user-42"))
            .await
            .outcome(),
        "forbidden"
    );
}

#[tokio::test]
async fn l44_no_tenant_is_not_every_tenant() {
    let layer = layer()
        .identify(Subdomain::of(BASE))
        .identify(Header::trusted("x-store-id"));
    assert_eq!(ask(&layer, get("/", &[("x-store-id", "2")])).await.outcome(), "2");
    assert_eq!(ask(&layer, Request::new(())).await.outcome(), "no_identity");
    for nothing in ["null", "undefined", "none"] {
        assert_eq!(
            ask(&layer, get("/", &[("x-store-id", nothing)])).await.outcome(),
            "unknown_tenant",
            "{nothing}"
        );
    }
    for nothing in ["", "0", "-1", "[]", "{}", "*", "%"] {
        let answer = ask(&layer, get("/", &[("x-store-id", nothing)])).await;
        assert_eq!(answer.outcome(), "malformed_identity", "{nothing}");
    }
}

#[tokio::test]
async fn l45_a_host_that_a_proxy_has_rewritten_is_nobodys_and_not_the_first_tenants() {
    let layer = layer().identify(Subdomain::of(BASE)).identify(CustomDomain);
    assert_eq!(ask(&layer, host("blue-river.shops.example")).await.outcome(), "2");
    for rewritten in [
        "upstream.internal",
        "app:8080",
        "127.0.0.1:3000",
        "localhost",
        "10.0.0.3",
    ] {
        let status = ask(&layer, host(rewritten)).await.status;
        assert!(status == 400 || status == 404, "{rewritten}");
        let forwarded = [
            ("host", rewritten),
            ("x-forwarded-host", "blue-river.shops.example"),
        ];
        assert_eq!(
            ask(&layer, get("/", &forwarded)).await.status,
            status,
            "{rewritten}"
        );
    }
}

#[tokio::test]
async fn l46_the_bare_domain_www_and_addresses_are_no_tenants_and_fall_back_to_no_header() {
    let layer = layer().identify(Subdomain::of(BASE)).identify(CustomDomain);
    // tenant 7 has the slug `www`, and tenant 2 has entered the platform's domain as its own
    assert_eq!(
        ask(
            &TenancyLayer::new(directory()).identify(PathPrefix::new("/t")),
            get("/t/www", &[])
        )
        .await
        .outcome(),
        "7"
    );
    assert_eq!(
        ask(&TenancyLayer::new(directory()).identify(CustomDomain), host(BASE))
            .await
            .outcome(),
        "2"
    );
    for name in [BASE, "www.shops.example", "127.0.0.1", "[::1]"] {
        for header in ["x-store-id", "x-tenant-id", "x-cratis-tenant-id"] {
            let answer = ask(&layer, get("/", &[("host", name), (header, "2")])).await;
            assert_eq!(answer.outcome(), "no_identity", "{name} {header}");
        }
    }
}

#[tokio::test]
async fn l47_a_clients_header_does_not_choose_the_tenant_and_caches_know_of_a_trusted_one() {
    let by_host = layer().identify(Subdomain::of(BASE));
    let trusting = by_host.clone().identify(Header::trusted("x-store-id"));
    let request = || get("/", &[("host", "green-leaf.shops.example"), ("x-store-id", "2")]);
    assert_eq!(
        ask(&trusting, get("/", &[("host", BASE), ("x-store-id", "2")]))
            .await
            .outcome(),
        "2"
    );
    assert_eq!(ask(&by_host, request()).await.outcome(), "1");
    assert_eq!(
        ask(&trusting, request()).await.outcome(),
        "conflicting_identities"
    );
    let cached = ask(&trusting, get("/", &[("host", BASE), ("x-store-id", "1")])).await;
    assert_eq!(
        cached.headers.get("vary"),
        Some(&HeaderValue::from_static("x-store-id"))
    );
}

#[tokio::test]
async fn l48_an_empty_value_is_no_absent_one() {
    let layer = layer()
        .identify(Header::trusted("x-store-id"))
        .identify(Subdomain::of(BASE));
    let at = |value| {
        get(
            "/",
            &[("host", "blue-river.shops.example"), ("x-store-id", value)],
        )
    };
    assert_eq!(ask(&layer, at("2")).await.outcome(), "2");
    for empty in ["", " ", "\t"] {
        assert_eq!(
            ask(&layer, at(empty)).await.outcome(),
            "malformed_identity",
            "{empty:?}"
        );
    }
}

/// The mistake itself: the user is a member of *some* shop, so it is let in.
#[derive(Debug)]
struct AnyShop;

#[async_trait]
impl Admit for AnyShop {
    async fn admit(&self, _: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        let some_shop = Membership::new(id(1), Actor::user("42").unwrap(), Role::Owner);
        Ok(TenantContext::member(tenant, &some_shop)?)
    }
}

#[tokio::test]
async fn l49_a_member_of_some_tenant_is_no_member_of_the_active_one() {
    let layer = layer().identify(Subdomain::of(BASE)).admit(AnyShop);
    assert_eq!(ask(&layer, host("green-leaf.shops.example")).await.outcome(), "1");
    assert_eq!(
        ask(&layer, host("blue-river.shops.example")).await.outcome(),
        "forbidden"
    );
}
