//! Resolved is not entitled: what stands between a known tenant and a context.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use common::{Answer, BASE, ask, directory, get, host, id, tenant};
use http::{HeaderValue, request::Parts};
use tenancy_core::{
    Actor, Directory, DirectoryError, Lookup, Membership, Role, Tenant, TenantContext, TenantStatus,
};
use tenancy_tower::{
    Admit, CustomDomain, Header, PathPrefix, Rejection, RequestedUri, Subdomain, TenancyLayer,
};

fn layer() -> TenancyLayer {
    TenancyLayer::new(directory())
        .identify(Subdomain::of(BASE))
        .identify(CustomDomain)
}

/// What cannot be told apart: all of the answer.
#[tokio::test]
async fn tenants_that_nobody_may_know_of_are_answered_like_none_byte_for_byte() {
    let layer = layer().identify(PathPrefix::new("/t"));
    let never = ask(&layer, host("no-such.shops.example")).await;
    assert_eq!((never.status.as_u16(), never.outcome()), (404, "unknown_tenant"));
    for name in ["pending-shop", "rejected-shop", "deleted-shop"] {
        assert_eq!(
            ask(&layer, host(&format!("{name}.{BASE}"))).await,
            never,
            "{name}"
        );
        assert_eq!(
            ask(&layer, get(&format!("/t/{name}"), &[("host", BASE)])).await,
            never,
            "{name}"
        );
    }
    assert_eq!(ask(&layer, host("pending.example")).await, never);
    assert_eq!(ask(&layer, host("elsewhere.example")).await, never);
    // the control: a suspended one does look different
    assert_ne!(ask(&layer, host("suspended-shop.shops.example")).await, never);
}

#[tokio::test]
async fn statuses_and_documents() {
    let table = [
        (host(BASE), 400, "no_identity"),
        (host("a.b.shops.example"), 400, "malformed_identity"),
        (host("no-such.shops.example"), 404, "unknown_tenant"),
        (host("suspended-shop.shops.example"), 403, "suspended_tenant"),
        (host("green-leaf.shops.example"), 200, "1"),
    ];
    for (request, status, outcome) in table {
        let answer = ask(&layer(), request).await;
        assert_eq!((answer.status.as_u16(), answer.outcome()), (status, outcome));
    }
    let document = ask(&layer(), host("no-such.shops.example")).await.body;
    assert_eq!(
        document,
        "{\"type\":\"urn:problem-type:tenancy:unknown_tenant\",\"title\":\"No such tenant\",\"status\":404,\
         \"code\":\"unknown_tenant\",\"detail\":\"there is no tenant by the name that the request gives\"}"
    );
}

#[tokio::test]
async fn the_default_admits_visitors() {
    assert_eq!(
        ask(&layer(), host("green-leaf.shops.example")).await.line(1),
        "anonymous"
    );
}

/// Answers as it is told.
#[derive(Debug)]
struct Told(fn() -> Result<Option<Arc<Tenant>>, DirectoryError>);

#[async_trait]
impl Directory for Told {
    async fn find(&self, _: &Lookup) -> Result<Option<Arc<Tenant>>, DirectoryError> {
        (self.0)()
    }
}

#[tokio::test]
async fn a_directory_that_cannot_be_asked_is_503_without_detail() {
    let down = Told(|| Err(DirectoryError::new("SECRET: no route to 10.9.8.7")));
    let answer = ask(
        &TenancyLayer::new(down).identify(Subdomain::of(BASE)),
        host("green-leaf.shops.example"),
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.outcome()), (503, "unavailable"));
    assert!(!answer.body.contains("10.9.8.7"));
}

/// A directory whose query lost its filter answers everybody with the first tenant.
#[tokio::test]
async fn a_directory_that_answers_with_another_tenant_is_not_believed() {
    let first = || Told(|| Ok(Some(Arc::new(tenant(1, "green-leaf", TenantStatus::Active)))));
    let by_slug = TenancyLayer::new(first()).identify(Subdomain::of(BASE));
    assert_eq!(
        ask(&by_slug, host("green-leaf.shops.example")).await.outcome(),
        "1"
    );
    assert_eq!(
        ask(&by_slug, host("blue-river.shops.example")).await.outcome(),
        "unavailable"
    );
    let by_id = TenancyLayer::new(first()).identify(Header::trusted("x-store-id"));
    assert_eq!(ask(&by_id, get("/", &[("x-store-id", "1")])).await.outcome(), "1");
    assert_eq!(
        ask(&by_id, get("/", &[("x-store-id", "2")])).await.outcome(),
        "unavailable"
    );
}

/// Staff of the shops: `Bearer <user>` is the user's token. User 42 works in shop 1, user 43 in shop 2.
#[derive(Debug, Default)]
struct Staff {
    asked: AtomicUsize,
    seen: Mutex<Vec<String>>,
}

#[async_trait]
impl Admit for Staff {
    async fn admit(&self, request: &Parts, tenant: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let sent = request
            .extensions
            .get::<RequestedUri>()
            .map(|sent| format!(" for {}", sent.0));
        self.seen
            .lock()
            .unwrap()
            .push(format!("{}{}", request.uri, sent.unwrap_or_default()));
        tokio::task::yield_now().await;
        let header = request
            .headers
            .get("authorization")
            .map(|value| value.to_str().unwrap());
        let (user, works_in) = match header {
            None => return Ok(TenantContext::public(tenant)?),
            Some("Bearer 42") => ("42", 1),
            Some("Bearer 43") => ("43", 2),
            Some("Bearer spy") => return Err(Rejection::unknown()),
            Some("Bearer blocked") => return Err(Rejection::forbidden()),
            Some("Bearer down") => return Err(Rejection::unavailable()),
            Some("Basic x") => {
                return Err(Rejection::unauthenticated_with(HeaderValue::from_static(
                    "Basic realm=\"shop\"",
                )));
            }
            Some(_) => return Err(Rejection::unauthenticated()),
        };
        let membership = Membership::new(id(works_in), Actor::user(user).unwrap(), Role::Member);
        Ok(TenantContext::member(tenant, &membership)?)
    }
}

async fn with(staff: &Arc<Staff>, shop: &str, token: &str) -> Answer {
    let layer = layer().admit(Arc::clone(staff));
    ask(
        &layer,
        get(
            "/orders",
            &[("host", &format!("{shop}.{BASE}")), ("authorization", token)],
        ),
    )
    .await
}

#[tokio::test]
async fn admission_is_the_applications() {
    let staff = Arc::new(Staff::default());
    assert_eq!(with(&staff, "green-leaf", "Bearer 42").await.line(1), "user:42");
    assert_eq!(with(&staff, "blue-river", "Bearer 43").await.line(1), "user:43");

    let table = [
        ("Bearer 43", 403, "forbidden", None), // works elsewhere
        ("Bearer nobody", 401, "unauthenticated", Some("Bearer")),
        ("Basic x", 401, "unauthenticated", Some("Basic realm=\"shop\"")),
        ("Bearer blocked", 403, "forbidden", None),
        ("Bearer down", 503, "unavailable", None),
        ("Bearer spy", 404, "unknown_tenant", None),
    ];
    for (token, status, outcome, challenge) in table {
        let answer = with(&staff, "green-leaf", token).await;
        assert_eq!(
            (answer.status.as_u16(), answer.outcome()),
            (status, outcome),
            "{token}"
        );
        let header = answer
            .headers
            .get("www-authenticate")
            .map(|value| value.to_str().unwrap());
        assert_eq!(header, challenge, "{token}");
    }
    let hidden = with(&staff, "green-leaf", "Bearer spy").await;
    assert_eq!(hidden, with(&staff, "no-such", "Bearer spy").await);
}

#[tokio::test]
async fn admission_is_asked_for_active_tenants_alone() {
    let staff = Arc::new(Staff::default());
    for shop in [
        "pending-shop",
        "rejected-shop",
        "deleted-shop",
        "suspended-shop",
        "no-such",
        "a.b",
    ] {
        with(&staff, shop, "Bearer 42").await;
    }
    assert_eq!(staff.asked.load(Ordering::SeqCst), 0);
    with(&staff, "green-leaf", "Bearer 42").await;
    assert_eq!(staff.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn admission_sees_the_path_that_the_handler_sees() {
    let staff = Arc::new(Staff::default());
    let layer = layer().identify(PathPrefix::new("/t")).admit(Arc::clone(&staff));
    let answer = ask(&layer, get("/t/green-leaf/orders?x", &[])).await;
    assert_eq!(answer.line(2), "/orders?x");
    assert_eq!(
        *staff.seen.lock().unwrap(),
        ["/orders?x for /t/green-leaf/orders?x"]
    );
}

/// Looks the tenant up again, past every cache, and finds that it stands differently by now.
#[derive(Debug)]
struct Fresh(TenantStatus);

#[async_trait]
impl Admit for Fresh {
    async fn admit(&self, _: &Parts, _: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        Ok(TenantContext::public(&Arc::new(tenant(1, "green-leaf", self.0)))?)
    }
}

#[tokio::test]
async fn what_core_refuses_to_admit_is_answered_like_what_the_directory_says() {
    let cached = ask(&layer(), host("suspended-shop.shops.example")).await;
    let never = ask(&layer(), host("no-such.shops.example")).await;
    for status in TenantStatus::ALL {
        let answer = ask(&layer().admit(Fresh(status)), host("green-leaf.shops.example")).await;
        match status {
            TenantStatus::Active => assert_eq!(answer.outcome(), "1"),
            TenantStatus::Suspended => assert_eq!(answer, cached),
            TenantStatus::Pending | TenantStatus::Rejected | TenantStatus::Deleted => {
                assert_eq!(answer, never)
            }
        }
    }
}

/// Mistakes the tenant: admits everybody to shop 2.
#[derive(Debug)]
struct Confused;

#[async_trait]
impl Admit for Confused {
    async fn admit(&self, _: &Parts, _: &Arc<Tenant>) -> Result<TenantContext, Rejection> {
        Ok(TenantContext::public(&Arc::new(tenant(
            2,
            "blue-river",
            TenantStatus::Active,
        )))?)
    }
}

#[tokio::test]
async fn a_context_of_another_tenant_is_refused() {
    let layer = layer().admit(Confused);
    let answer = ask(&layer, host("green-leaf.shops.example")).await;
    assert_eq!((answer.status.as_u16(), answer.outcome()), (500, "misconfigured"));
    assert_eq!(ask(&layer, host("blue-river.shops.example")).await.outcome(), "2");
}

#[tokio::test]
async fn a_suspension_takes_effect_at_the_next_request() {
    let directory = directory();
    let layer = TenancyLayer::new(Arc::clone(&directory)).identify(Subdomain::of(BASE));
    let outcome = async || {
        ask(&layer, host("green-leaf.shops.example"))
            .await
            .outcome()
            .to_owned()
    };
    assert_eq!(outcome().await, "1");
    directory.insert(tenant(1, "green-leaf", TenantStatus::Suspended));
    assert_eq!(outcome().await, "suspended_tenant");
    directory.insert(tenant(1, "green-leaf", TenantStatus::Deleted));
    assert_eq!(outcome().await, "unknown_tenant");
}
