//! Any bytes in any place: an answer of the table, never a panic, and never a tenant that was not named.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{BASE, ask, directory};
use http::{HeaderName, HeaderValue, Request, Uri};
use proptest::prelude::*;
use tenancy_tower::{CustomDomain, Header, PathPrefix, PeerAddr, Subdomain, TenancyLayer, TrustedProxies};

fn layer() -> TenancyLayer {
    TenancyLayer::new(directory())
        .identify(Subdomain::of(BASE))
        .identify(CustomDomain)
        .identify(Header::trusted("x-store-id"))
        .identify(PathPrefix::new("/t"))
        .forwarded_host_from(TrustedProxies::new(["10.0.0.7"]).unwrap())
}

fn outcome(request: Request<()>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(ask(&layer(), request));
    let expected = match answer.outcome() {
        "no_identity" | "malformed_identity" | "conflicting_identities" => 400,
        "suspended_tenant" => 403,
        "unknown_tenant" => 404,
        "1" | "2" | "7" => 200,
        other => panic!("{other}"),
    };
    assert_eq!(answer.status, expected);
    answer.outcome().to_owned()
}

/// Arbitrary bytes, and near misses: pieces of real names in any order and case.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![
            "green-leaf", "blue-river", "pending-shop", "suspended-shop", "www", "shops.example", "shops", "example",
            "green-leaf.shops.example", "www.green-leaf.example", "GREEN-LEAF", "xn--bcher-kva", ".", ".", ".", ":",
            ":80", "@", "[", "]", "[::1]", "127.0.0.1", "-", "_", ",", " ", "%", "%2e", "/", "//", "?", "1", "2",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..8),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat()),
        1 => prop::collection::vec(any::<u8>(), 0..400),
    ]
}

/// The only hosts that are anybody's, written without the parser under test.
fn owner(host: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(host).ok()?.to_ascii_lowercase();
    let name = match text.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !port.is_empty() => name,
        _ => &text,
    };
    match name.strip_suffix('.').unwrap_or(name) {
        "green-leaf.shops.example" | "www.green-leaf.example" => Some("1"),
        "blue-river.shops.example" | "xn--bcher-kva.example" => Some("2"),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, max_global_rejects: u32::MAX, ..ProptestConfig::default() })]

    #[test]
    fn hosts(bytes in value()) {
        prop_assume!(HeaderValue::from_bytes(&bytes).is_ok());
        let mut request = Request::new(());
        request.headers_mut().insert("host", HeaderValue::from_bytes(&bytes).unwrap());
        let outcome = outcome(request);
        // both ways: who is served was named, and who was named is served
        let served = Some(outcome.as_str()).filter(|outcome| matches!(*outcome, "1" | "2"));
        prop_assert_eq!(served, owner(&bytes));
    }

    #[test]
    fn authorities(bytes in value()) {
        let uri = Uri::builder().scheme("https").authority(bytes.as_slice()).path_and_query("/").build();
        prop_assume!(uri.is_ok());
        let mut request = Request::new(());
        *request.uri_mut() = uri.unwrap();
        let outcome = outcome(request);
        let served = Some(outcome.as_str()).filter(|outcome| matches!(*outcome, "1" | "2"));
        prop_assert_eq!(served, owner(&bytes));
    }

    #[test]
    fn paths(bytes in value(), prefixed in any::<bool>()) {
        let path = if prefixed { [b"/t/".as_slice(), &bytes].concat() } else { bytes };
        let uri = Uri::try_from(path.as_slice());
        prop_assume!(uri.is_ok());
        let uri = uri.unwrap();
        let segment = uri.path().strip_prefix("/t/").and_then(|path| path.split('/').next()).map(str::to_owned);
        let host = uri.authority().and_then(|authority| owner(authority.as_str().as_bytes()));
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        let outcome = outcome(request);
        if matches!(outcome.as_str(), "1" | "2" | "7") {
            let named = match segment.as_deref() {
                Some("green-leaf") => Some("1"),
                Some("blue-river") => Some("2"),
                Some("www") => Some("7"),
                _ => None,
            };
            prop_assert_eq!(named.or(host), Some(outcome.as_str()));
        }
    }

    #[test]
    fn everything_at_once(
        host in value(), store in value(), forwarded in value(), path in value(), twice in any::<[bool; 3]>(),
        proxied in any::<bool>(),
    ) {
        let mut request = Request::new(());
        for (name, bytes, twice) in [
            ("host", host, twice[0]), ("x-store-id", store, twice[1]), ("x-forwarded-host", forwarded, twice[2]),
        ] {
            for _ in 0..=usize::from(twice) {
                if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                    request.headers_mut().append(HeaderName::from_static(name), value);
                }
            }
        }
        if let Ok(uri) = Uri::try_from([b"/t/".as_slice(), &path].concat()) {
            *request.uri_mut() = uri;
        }
        if proxied {
            request.extensions_mut().insert(PeerAddr("10.0.0.7".parse().unwrap()));
        }
        outcome(request);
    }
}
