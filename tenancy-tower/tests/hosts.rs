//! Every form of host has one defined answer. The table is the specification.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{BAD, BASE, NONE, SUSPENDED, UNKNOWN, ask, directory, host};
use http::{HeaderValue, Request, Uri};
use tenancy_tower::{CustomDomain, Subdomain, TenancyLayer};

/// (host, with subdomains alone, with custom domains behind them)
const TABLE: &[(&str, &str, &str)] = &[
    // the shop's own
    ("green-leaf.shops.example", "1", "1"),
    ("blue-river.shops.example", "2", "2"),
    ("www.green-leaf.example", NONE, "1"),
    // port
    ("green-leaf.shops.example:8080", "1", "1"),
    ("green-leaf.shops.example:80", "1", "1"),
    ("www.green-leaf.example:443", NONE, "1"),
    ("green-leaf.shops.example:", BAD, BAD),
    ("green-leaf.shops.example:65536", BAD, BAD),
    ("green-leaf.shops.example:+80", BAD, BAD),
    ("green-leaf.shops.example:http", BAD, BAD),
    ("green-leaf.shops.example:80:80", BAD, BAD),
    (":80", BAD, BAD),
    // upper case
    ("GREEN-LEAF.Shops.EXAMPLE", "1", "1"),
    ("WWW.Green-Leaf.Example", NONE, "1"),
    // trailing dot
    ("green-leaf.shops.example.", "1", "1"),
    ("green-leaf.shops.example.:8080", "1", "1"),
    ("www.green-leaf.example.", NONE, "1"),
    ("green-leaf.shops.example..", BAD, BAD),
    // unknown
    ("no-such.shops.example", UNKNOWN, UNKNOWN),
    ("elsewhere.example", NONE, UNKNOWN),
    ("green-leaf.elsewhere.example", NONE, UNKNOWN),
    ("green-leaf.shops.example.elsewhere.example", NONE, UNKNOWN),
    // ends like the base, and is not under it
    ("evilshops.example", NONE, UNKNOWN),
    ("green-leaf-shops.example", NONE, UNKNOWN),
    // states
    ("pending-shop.shops.example", UNKNOWN, UNKNOWN),
    ("rejected-shop.shops.example", UNKNOWN, UNKNOWN),
    ("deleted-shop.shops.example", UNKNOWN, UNKNOWN),
    ("suspended-shop.shops.example", SUSPENDED, SUSPENDED),
    ("pending.example", NONE, UNKNOWN),
    ("suspended.example", NONE, SUSPENDED),
    // the platform's own, though the directory has them as somebody's
    ("shops.example", NONE, NONE),
    ("shops.example:8080", NONE, NONE),
    ("SHOPS.example.", NONE, NONE),
    ("www.shops.example", NONE, NONE),
    ("WWW.shops.example:80", NONE, NONE),
    // deeper, and also somebody's in the directory
    ("login.green-leaf.shops.example", BAD, BAD),
    ("www.green-leaf.shops.example", BAD, BAD),
    ("a.b.c.shops.example", BAD, BAD),
    // labels that are no slug
    ("xn--abc.shops.example", BAD, BAD),
    ("-green.shops.example", BAD, BAD),
    ("green-.shops.example", BAD, BAD),
    ("green_leaf.shops.example", BAD, BAD),
    // labels that are none of a host name, in somebody else's domain
    ("-green.elsewhere.example", BAD, BAD),
    ("green-.elsewhere.example", BAD, BAD),
    ("green_leaf.elsewhere.example", BAD, BAD),
    ("green.elsewhere.example-", BAD, BAD),
    // empty labels
    (".shops.example", BAD, BAD),
    ("green-leaf..shops.example", BAD, BAD),
    (".", BAD, BAD),
    ("..", BAD, BAD),
    // punycode, as a whole domain
    ("xn--bcher-kva.example", NONE, "2"),
    ("XN--BCHER-KVA.example", NONE, "2"),
    ("xn--zzz.example", NONE, UNKNOWN),
    // addresses
    ("127.0.0.1", NONE, NONE),
    ("127.0.0.1:8080", NONE, NONE),
    ("127.0.0.1.", NONE, NONE),
    ("[::1]", NONE, NONE),
    ("[::1]:8080", NONE, NONE),
    ("[::ffff:127.0.0.1]", NONE, NONE),
    ("[::1", BAD, BAD),
    ("[::1]x", BAD, BAD),
    ("[::1]:", BAD, BAD),
    ("[fe80::1%25eth0]", BAD, BAD),
    ("[green-leaf.shops.example]", BAD, BAD),
    ("::1", BAD, BAD),
    // numbers that other programs take for addresses
    ("2130706433", BAD, BAD),
    ("127.1", BAD, BAD),
    ("0x7f.0x0.0x0.0x1", BAD, BAD),
    ("127.0.0.01", BAD, BAD),
    ("green-leaf.shops.1", BAD, BAD),
    // single labels
    ("localhost", NONE, NONE),
    ("green-leaf", NONE, NONE),
    // user information
    ("green-leaf.shops.example@elsewhere.example", BAD, BAD),
    ("elsewhere.example@green-leaf.shops.example", BAD, BAD),
    ("user:password@green-leaf.shops.example", BAD, BAD),
    ("@green-leaf.shops.example", BAD, BAD),
    // lists, URLs, white space, controls
    ("", BAD, BAD),
    (" ", BAD, BAD),
    (" green-leaf.shops.example", BAD, BAD),
    ("green-leaf.shops.example,blue-river.shops.example", BAD, BAD),
    ("green-leaf.shops.example blue-river.shops.example", BAD, BAD),
    ("http://green-leaf.shops.example", BAD, BAD),
    ("green-leaf.shops.example/", BAD, BAD),
    ("green-leaf.shops.example?x", BAD, BAD),
    ("green-leaf.shops.example#x", BAD, BAD),
    ("green-leaf.shops.example\tx", BAD, BAD),
    ("green%2Dleaf.shops.example", BAD, BAD),
    ("*.shops.example", BAD, BAD),
    // not ASCII: an é, a full-width dot, a Kelvin sign that lower-cases to k
    ("gréen-leaf.shops.example", BAD, BAD),
    ("green-leaf。shops.example", BAD, BAD),
    ("\u{212a}.shops.example", BAD, BAD),
];

fn subdomains() -> TenancyLayer {
    TenancyLayer::new(directory()).identify(Subdomain::of(BASE))
}

fn both() -> TenancyLayer {
    subdomains().identify(CustomDomain)
}

fn bytes(name: &[u8]) -> Request<()> {
    let mut request = Request::new(());
    request
        .headers_mut()
        .insert("host", HeaderValue::from_bytes(name).unwrap());
    request
}

#[tokio::test]
async fn every_host_has_its_answer() {
    for (name, alone, with_domains) in TABLE {
        assert_eq!(
            ask(&subdomains(), bytes(name.as_bytes())).await.outcome(),
            *alone,
            "{name:?}"
        );
        assert_eq!(
            ask(&both(), bytes(name.as_bytes())).await.outcome(),
            *with_domains,
            "{name:?}"
        );
    }
}

/// HTTP/2 and absolute-form requests: the authority of the URI is read like the header.
#[tokio::test]
async fn every_authority_has_the_same_answer_as_the_header() {
    let mut tried = 0;
    for (name, _, with_domains) in TABLE {
        let Ok(uri) = Uri::builder()
            .scheme("https")
            .authority(*name)
            .path_and_query("/")
            .build()
        else {
            continue; // such a URI cannot be made
        };
        tried += 1;
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        assert_eq!(ask(&both(), request).await.outcome(), *with_domains, "{name:?}");
    }
    assert!(tried > 40, "{tried}");
}

#[tokio::test]
async fn long_names_and_labels() {
    let label = "a".repeat(63);
    assert_eq!(
        ask(&both(), host(&format!("{label}.{BASE}"))).await.outcome(),
        UNKNOWN
    );
    assert_eq!(
        ask(&both(), host(&format!("{label}a.{BASE}"))).await.outcome(),
        BAD
    );
    assert_eq!(
        ask(&both(), host(&format!("{label}a.elsewhere.example")))
            .await
            .outcome(),
        BAD
    );
    // 3 × 64 + 57 + 4 = 253
    let longest = format!("{label}.{label}.{label}.{}.com", "b".repeat(57));
    assert_eq!(longest.len(), 253);
    assert_eq!(ask(&both(), host(&longest)).await.outcome(), UNKNOWN);
    assert_eq!(
        ask(&both(), host(&format!("{longest}.:65535"))).await.outcome(),
        UNKNOWN
    );
    assert_eq!(ask(&both(), host(&format!("b{longest}"))).await.outcome(), BAD);
    assert_eq!(ask(&both(), host(&"a.".repeat(100_000))).await.outcome(), BAD);
}

#[tokio::test]
async fn no_host_at_all() {
    assert_eq!(ask(&both(), Request::new(())).await.outcome(), NONE);
}

#[tokio::test]
async fn two_host_headers_are_refused_even_if_they_agree() {
    for second in ["green-leaf.shops.example", "blue-river.shops.example", ""] {
        let mut request = host("green-leaf.shops.example");
        request
            .headers_mut()
            .append("host", HeaderValue::from_static(second));
        assert_eq!(ask(&both(), request).await.outcome(), BAD, "{second:?}");
    }
}

#[tokio::test]
async fn authority_and_host_header_have_to_agree() {
    let cases = [
        ("green-leaf.shops.example", "1"),
        ("GREEN-LEAF.shops.example.:443", "1"), // the same host
        ("blue-river.shops.example", BAD),
        ("elsewhere.example", BAD),
        ("", BAD),
    ];
    for (header, expected) in cases {
        let request = common::get("https://green-leaf.shops.example/", &[("host", header)]);
        assert_eq!(ask(&both(), request).await.outcome(), expected, "{header:?}");
    }
}

#[tokio::test]
async fn localhost_is_a_base_domain() {
    let layer = TenancyLayer::new(directory())
        .identify(Subdomain::of("localhost"))
        .identify(CustomDomain);
    let cases = [
        ("green-leaf.localhost:8080", "1"),
        ("Green-Leaf.LOCALHOST", "1"),
        ("localhost:8080", NONE),
        ("www.localhost", NONE),
        ("a.green-leaf.localhost", BAD),
        ("127.0.0.1:8080", NONE),
        ("[::1]:8080", NONE),
    ];
    for (name, expected) in cases {
        assert_eq!(ask(&layer, host(name)).await.outcome(), expected, "{name:?}");
    }
}

#[tokio::test]
async fn a_base_domain_within_another_goes_first() {
    let layer = TenancyLayer::new(directory()).identify(Subdomain::of("eu.shops.example"));
    let layer = layer.identify(Subdomain::of(BASE).reserve(["eu", "api"]));
    let cases = [
        ("green-leaf.eu.shops.example", "1"),
        ("green-leaf.shops.example", "1"),
        ("eu.shops.example", NONE),
        ("api.shops.example", NONE),
    ];
    for (name, expected) in cases {
        assert_eq!(ask(&layer, host(name)).await.outcome(), expected, "{name:?}");
    }
}

/// The answer says what is wrong with the host, and repeats nothing of it.
#[tokio::test]
async fn what_is_wrong_with_a_host_is_said() {
    let table = [
        ("", "the host is empty"),
        (
            "user@shops.example",
            "the host has user information in front of it",
        ),
        (
            "grün.shops.example",
            "the host is not ASCII: an internationalised name is sent in punycode",
        ),
        ("127.1", "the host is a number and no address in its usual form"),
        (
            "a.b.shops.example",
            "the host name has one label in front of the platform's domain: a tenant's slug",
        ),
    ];
    for (name, detail) in table {
        let answer = ask(&both(), bytes(name.as_bytes())).await;
        let document: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (answer.outcome(), document["detail"].as_str().unwrap()),
            (BAD, detail)
        );
    }
}
