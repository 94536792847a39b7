//! Header and path, what they claim and what they do not, and sources that have to agree.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{BAD, BASE, CONFLICT, NONE, SUSPENDED, UNKNOWN, ask, directory, get};
use http::{HeaderValue, Request};
use tenancy_core::{KeyType, Lookup};
use tenancy_tower::{
    Claim, CustomDomain, Evidence, Header, Identify, IdentifyError, Identity, PathPrefix, PeerAddr,
    RequestHead, Subdomain, TenancyLayer, TrustedProxies,
};

fn layer() -> TenancyLayer {
    TenancyLayer::new(directory())
}

fn header(value: &[u8]) -> Request<()> {
    let mut request = Request::new(());
    request
        .headers_mut()
        .insert("x-store-id", HeaderValue::from_bytes(value).unwrap());
    request
}

#[tokio::test]
async fn a_header_names_a_tenant_in_its_written_form_only() {
    // value, as any id, as a bigint, as a slug
    let table: &[(&[u8], &str, &str, &str)] = &[
        (b"1", "1", "1", UNKNOWN),
        (b"99", UNKNOWN, UNKNOWN, UNKNOWN),
        (b"3", UNKNOWN, UNKNOWN, UNKNOWN),
        (b"6", SUSPENDED, SUSPENDED, UNKNOWN),
        (b"green-leaf", UNKNOWN, BAD, "1"),
        (b"Green-Leaf", BAD, BAD, BAD),
        (b"", BAD, BAD, BAD),
        (b" ", BAD, BAD, BAD),
        (b" 1", BAD, BAD, BAD),
        (b"01", BAD, BAD, UNKNOWN),
        (b"+1", BAD, BAD, BAD),
        (b"1,2", BAD, BAD, BAD),
        (b"1 OR 1=1", BAD, BAD, BAD),
        (b"../1", BAD, BAD, BAD),
        (b"9223372036854775808", BAD, BAD, UNKNOWN),
        (b"null", UNKNOWN, BAD, UNKNOWN),
        (b"*", BAD, BAD, BAD),
        ("é".as_bytes(), BAD, BAD, BAD),
        (b"\xff\xfe", BAD, BAD, BAD),
    ];
    let trusted = || Header::trusted("X-Store-ID");
    for (value, any, bigint, slug) in table {
        let text = String::from_utf8_lossy(value);
        assert_eq!(
            ask(&layer().identify(trusted()), header(value)).await.outcome(),
            *any,
            "{text:?}"
        );
        let by_id = layer().identify(trusted().by_id(KeyType::BigInt));
        assert_eq!(ask(&by_id, header(value)).await.outcome(), *bigint, "{text:?}");
        let by_slug = layer().identify(trusted().by_slug());
        assert_eq!(ask(&by_slug, header(value)).await.outcome(), *slug, "{text:?}");
    }
}

#[tokio::test]
async fn an_absent_header_claims_nothing_and_a_repeated_one_is_refused() {
    let layer = layer().identify(Header::trusted("x-store-id"));
    assert_eq!(ask(&layer, Request::new(())).await.outcome(), NONE);
    for second in ["1", "2", ""] {
        let request = get("/", &[("x-store-id", "1"), ("x-store-id", second)]);
        assert_eq!(ask(&layer, request).await.outcome(), BAD);
    }
}

#[tokio::test]
async fn a_header_that_is_not_configured_is_not_read() {
    let layer = layer()
        .identify(Subdomain::of(BASE))
        .identify(Header::trusted("x-store-id"));
    let untrusted = |value| {
        get(
            "/",
            &[("host", "green-leaf.shops.example"), ("x-tenant-id", value)],
        )
    };
    for value in ["2", "", "nonsense!"] {
        assert_eq!(ask(&layer, untrusted(value)).await.outcome(), "1");
    }
    // the control: the configured one is
    let request = get("/", &[("host", "green-leaf.shops.example"), ("x-store-id", "2")]);
    assert_eq!(ask(&layer, request).await.outcome(), CONFLICT);
}

#[tokio::test]
async fn a_header_from_proxies_is_believed_from_them_alone() {
    let proxies = TrustedProxies::new(["10.0.0.7", "10.1.0.0/16", "fd00::/8"]).unwrap();
    let layer = layer().identify(Header::trusted("x-store-id").from_proxies(proxies));
    let peers = [
        (Some("10.0.0.7"), "1"),
        (Some("10.1.2.3"), "1"),
        (Some("::ffff:10.0.0.7"), "1"),
        (Some("fd00::1"), "1"),
        (Some("10.0.0.8"), NONE),
        (Some("10.2.0.1"), NONE),
        (Some("127.0.0.1"), NONE),
        (Some("::1"), NONE),
        (None, NONE),
    ];
    for (peer, expected) in peers {
        let mut request = header(b"1");
        if let Some(peer) = peer {
            request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
        }
        assert_eq!(ask(&layer, request).await.outcome(), expected, "{peer:?}");
    }
}

#[tokio::test]
async fn a_forwarded_host_is_believed_from_named_proxies_alone() {
    let behind = layer().identify(Subdomain::of(BASE)).identify(CustomDomain);
    let trusting = behind
        .clone()
        .forwarded_host_from(TrustedProxies::new(["10.0.0.7"]).unwrap());
    let request = |peer: &str, forwarded: &[&str]| {
        let mut headers = vec![
            ("host", "green-leaf.shops.example"),
            ("forwarded", "host=blue-river.shops.example"),
        ];
        headers.extend(forwarded.iter().map(|value| ("x-forwarded-host", *value)));
        let mut request = get("/", &headers);
        request.extensions_mut().insert(PeerAddr(peer.parse().unwrap()));
        request
    };
    let blue = &["blue-river.shops.example"];
    assert_eq!(ask(&behind, request("10.0.0.7", blue)).await.outcome(), "1"); // not the default
    assert_eq!(ask(&trusting, request("10.0.0.8", blue)).await.outcome(), "1"); // not this peer
    assert_eq!(ask(&trusting, request("10.0.0.7", blue)).await.outcome(), "2");
    assert_eq!(ask(&trusting, request("10.0.0.7", &[])).await.outcome(), "1");
    let mut upstream = request("10.0.0.7", blue);
    upstream
        .headers_mut()
        .insert("host", HeaderValue::from_static("app_backend")); // as the proxy calls this service
    assert_eq!(ask(&trusting, upstream.clone()).await.outcome(), "2");
    assert_eq!(ask(&behind, upstream).await.outcome(), BAD);
    let list: &[&[&str]] = &[
        &["a.example, blue-river.shops.example"],
        &["blue-river.shops.example", "a.example"],
        &[""],
    ];
    for forwarded in list {
        assert_eq!(
            ask(&trusting, request("10.0.0.7", forwarded)).await.outcome(),
            BAD
        );
    }
}

#[tokio::test]
async fn a_path_names_a_tenant_and_the_handler_sees_the_rest() {
    // path, outcome, what the handler sees
    let table = [
        ("/t/green-leaf", "1", "/"),
        ("/t/green-leaf/", "1", "/"),
        ("/t/green-leaf/products", "1", "/products"),
        ("/t/green-leaf/products/7/", "1", "/products/7/"),
        ("/t/green-leaf?page=2", "1", "/?page=2"),
        (
            "/t/green-leaf/products?page=2&x=/t/blue-river",
            "1",
            "/products?page=2&x=/t/blue-river",
        ),
        ("/t/green-leaf/t/blue-river", "1", "/t/blue-river"),
        ("/t/no-such/products", UNKNOWN, ""),
        ("/t/pending-shop/products", UNKNOWN, ""),
        ("/t/suspended-shop/products", SUSPENDED, ""),
        ("/t", NONE, ""),
        ("/t/", NONE, ""),
        ("/", NONE, ""),
        ("/two/green-leaf", NONE, ""),
        ("/T/green-leaf", NONE, ""),
        ("/x/t/green-leaf", NONE, ""),
        ("//t/green-leaf", NONE, ""),
        ("*", NONE, ""),
        ("/t/Green-Leaf", BAD, ""),
        ("/t/green%2Dleaf/products", BAD, ""),
        ("/t/green-leaf%2Fproducts", BAD, ""),
        ("/t/../green-leaf", BAD, ""),
        ("/t/./green-leaf", BAD, ""),
        ("/t//green-leaf", BAD, ""),
        ("/t/green-leaf//elsewhere.example", BAD, ""),
        ("/t/green-leaf;x=1/products", BAD, ""),
        ("/t/xn--abc/products", BAD, ""),
        ("/t/1", UNKNOWN, ""),
    ];
    for prefix in ["/t", "/t/"] {
        let layer = layer().identify(PathPrefix::new(prefix));
        for (path, outcome, seen) in table {
            let answer = ask(&layer, get(path, &[])).await;
            assert_eq!(answer.outcome(), outcome, "{path}");
            if outcome == "1" {
                assert_eq!((answer.line(2), answer.line(3)), (seen, path));
            }
        }
    }
}

#[tokio::test]
async fn a_path_keeps_the_rest_of_its_uri() {
    let layer = layer().identify(PathPrefix::new("/t"));
    let answer = ask(&layer, get("https://app.example:8443/t/green-leaf/a?b", &[])).await;
    assert_eq!(answer.line(2), "https://app.example:8443/a?b");
    assert_eq!(answer.line(3), "https://app.example:8443/t/green-leaf/a?b");
}

#[tokio::test]
async fn other_forms_of_prefix() {
    let kept = layer().identify(PathPrefix::new("/t").keep_path());
    let answer = ask(&kept, get("/t/green-leaf/products", &[])).await;
    assert_eq!(
        (answer.line(0), answer.line(2), answer.line(3)),
        ("1", "/t/green-leaf/products", "")
    );

    let by_id = layer().identify(PathPrefix::new("/api/v1/stores").by_id(KeyType::BigInt));
    assert_eq!(
        ask(&by_id, get("/api/v1/stores/2/orders", &[])).await.line(2),
        "/orders"
    );
    assert_eq!(
        ask(&by_id, get("/api/v1/stores/02/orders", &[])).await.outcome(),
        BAD
    );

    let first_segment = layer().identify(PathPrefix::new("/"));
    assert_eq!(
        ask(&first_segment, get("/blue-river/orders", &[])).await.line(2),
        "/orders"
    );
    assert_eq!(ask(&first_segment, get("/", &[])).await.outcome(), NONE);
}

#[tokio::test]
async fn sources_that_name_one_tenant_agree_and_others_conflict() {
    let layer = layer().identify(Subdomain::of(BASE)).identify(CustomDomain);
    let layer = layer
        .identify(Header::trusted("x-store-id"))
        .identify(PathPrefix::new("/t"));
    // host, header, path, outcome
    let table = [
        ("green-leaf.shops.example", Some("1"), "/t/green-leaf/a", "1"),
        ("www.green-leaf.example", Some("1"), "/a", "1"),
        ("shops.example", Some("1"), "/a", "1"),
        ("shops.example", None, "/t/green-leaf/a", "1"),
        ("127.0.0.1", None, "/t/green-leaf/a", "1"),
        ("green-leaf.shops.example", Some("2"), "/a", CONFLICT),
        ("green-leaf.shops.example", None, "/t/blue-river/a", CONFLICT),
        ("www.green-leaf.example", Some("2"), "/a", CONFLICT),
        ("shops.example", Some("2"), "/t/green-leaf/a", CONFLICT),
        ("green-leaf.shops.example", Some("1"), "/t/blue-river/a", CONFLICT),
        ("green-leaf.shops.example", Some("6"), "/a", CONFLICT),
        ("suspended-shop.shops.example", Some("6"), "/a", SUSPENDED),
        ("no-such.shops.example", Some("99"), "/a", UNKNOWN),
        // a malformed claim is refused wherever it stands
        ("green-leaf.shops.example", Some(""), "/a", BAD),
        ("green-leaf.shops.example", Some("1"), "/t/%31/a", BAD),
        ("a.green-leaf.shops.example", Some("1"), "/a", BAD),
        // a tenant that nobody may know of is no different from none, also beside another claim
        ("green-leaf.shops.example", Some("99"), "/a", CONFLICT),
        ("green-leaf.shops.example", Some("3"), "/a", CONFLICT),
        ("no-such.shops.example", Some("1"), "/a", CONFLICT),
        ("pending-shop.shops.example", Some("1"), "/a", CONFLICT),
        ("pending-shop.shops.example", Some("99"), "/a", UNKNOWN),
        ("pending-shop.shops.example", Some("3"), "/a", UNKNOWN),
        ("pending-shop.shops.example", Some("4"), "/a", UNKNOWN),
    ];
    for (host, header, path, outcome) in table {
        let mut headers = vec![("host", host)];
        headers.extend(header.map(|value| ("x-store-id", value)));
        let answer = ask(&layer, get(path, &headers)).await;
        assert_eq!(answer.outcome(), outcome, "{host} {header:?} {path}");
    }
}

/// A source of the application's own, which settles a host that is nobody's.
#[derive(Debug)]
struct Backend;

impl Identify for Backend {
    fn evidence(&self) -> Evidence {
        Evidence::Host
    }

    fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError> {
        let name = request.host()?.and_then(|host| host.name());
        Ok(if name == Some("backend.internal.example") {
            Claim::Platform
        } else {
            Claim::Nothing
        })
    }
}

/// Names the tenant by what another layer has found out.
#[derive(Debug)]
struct Session;

#[derive(Debug, Clone)]
struct Store(&'static str);

impl Identify for Session {
    fn evidence(&self) -> Evidence {
        Evidence::Other("session")
    }

    fn identify(&self, request: &RequestHead<'_>) -> Result<Claim, IdentifyError> {
        let Some(Store(slug)) = request.extension() else {
            return Ok(Claim::Nothing);
        };
        let slug = slug
            .parse()
            .map_err(|_| IdentifyError::malformed("the session's store is no store's name"))?;
        Ok(Claim::Tenant(Identity::new(Lookup::Slug(slug))))
    }
}

#[tokio::test]
async fn sources_of_the_applications_own() {
    let header = || Header::trusted("x-store-id");
    let with = layer()
        .identify(Backend)
        .identify(CustomDomain)
        .identify(header())
        .identify(Session);
    let without = layer()
        .identify(CustomDomain)
        .identify(header())
        .identify(Session);
    let headers = [("host", "backend.internal.example"), ("x-store-id", "1")];
    assert_eq!(ask(&with, get("/", &headers)).await.outcome(), "1");
    assert_eq!(ask(&without, get("/", &headers)).await.outcome(), CONFLICT);

    for (store, outcome) in [("green-leaf", "1"), ("blue-river", CONFLICT), ("A", BAD)] {
        let mut request = get("/", &headers);
        request.extensions_mut().insert(Store(store));
        assert_eq!(ask(&with, request).await.outcome(), outcome);
    }
}

#[tokio::test]
async fn a_wrongly_configured_layer_answers_nothing_but_500() {
    let wrong = [
        layer(),
        layer().identify(Subdomain::of("")),
        layer().identify(Subdomain::of("127.0.0.1")),
        layer().identify(Subdomain::of("shops.example:8080")),
        layer().identify(Subdomain::of("shops.example.")),
        layer().identify(Subdomain::of(".shops.example")),
        layer().identify(Subdomain::of("https://shops.example")),
        layer().identify(Subdomain::of(BASE).reserve(["API"])),
        layer()
            .identify(Subdomain::of(BASE))
            .identify(Header::trusted("x store id")),
        layer().identify(Header::trusted("")),
        layer().identify(PathPrefix::new("")),
        layer().identify(PathPrefix::new("t")),
        layer().identify(PathPrefix::new("//t")),
        layer().identify(PathPrefix::new("/t?x")),
        layer().identify(PathPrefix::new("/t//")),
    ];
    for layer in wrong {
        assert!(layer.check().is_err(), "{layer:?}");
        let request = get(
            "/t/green-leaf/a",
            &[("host", "green-leaf.shops.example"), ("x-store-id", "1")],
        );
        assert_eq!(ask(&layer, request).await.outcome(), "misconfigured", "{layer:?}");
    }
    assert!(layer().identify(Subdomain::of("Shops.Example")).check().is_ok());
    for networks in [["0.0.0.0/0"], ["::/0"], ["10.0.0.0/33"], ["proxy"], [""]] {
        assert!(TrustedProxies::new(networks).is_err(), "{networks:?}");
    }
}
