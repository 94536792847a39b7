//! What cannot be read is answered with a 4xx that says what is wrong, on every way in.

use crate::common::{Answer, Shop, answer};
use reqwest::Method;
use serde_json::json;

crate::common::on_both!(
    hosts,
    addresses,
    bodies,
    tokens,
    pages_are_pages,
    changes_that_mean_nothing
);

/// A problem document with this status, whose detail says something.
fn problem(answer: &Answer, status: u16, case: &str) {
    assert_eq!(answer.status, status, "{case}: {answer:?}");
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{case}"
    );
    let document = answer.json();
    assert_eq!(document["status"], status, "{case}");
    for member in ["type", "title", "code", "detail"] {
        assert!(
            document[member].as_str().is_some_and(|text| text.len() >= 4),
            "{case}: {member}"
        );
    }
    for trace in ["marker-", "beta", "sqlite", "SELECT", "panicked"] {
        assert!(!answer.body.contains(trace), "{case}: {answer:?}");
    }
}

async fn hosts(shop: Shop) {
    for (host, status) in [
        ("alpha.localhost", 200),
        ("alpha.localhost:8080", 200),
        ("ALPHA.LocalHost", 200),
        ("alpha.localhost.", 200),
        ("localhost", 400),
        ("www.localhost", 400),
        ("127.0.0.1", 400),
        ("127.0.0.1:8080", 400),
        ("[::1]:8080", 400),
        ("elsewhere.example", 400),
        ("deep.alpha.localhost", 400),
        ("xn--alpha-9d0b.localhost", 400),
        ("-.localhost", 400),
        ("alpha.localhost:x", 400),
        ("alpha..localhost", 400),
        ("nobody.localhost", 404),
        ("waiting.localhost", 404),
        ("closed.localhost", 403),
    ] {
        let got = answer(shop.request(Method::GET, host, "/api/v1/store")).await;
        assert_eq!(got.status, status, "{host}: {got:?}");
        if status != 200 {
            problem(&got, status, host);
        }
    }
    // A header that nobody configured chooses nothing.
    for header in ["X-Store-ID", "X-Forwarded-Host", "Forwarded"] {
        let request = shop
            .to(Method::GET, "alpha", "/api/v1/store")
            .header(header, "beta.localhost");
        assert_eq!(answer(request).await.json()["slug"], "alpha", "{header}");
    }
}

async fn addresses(shop: Shop) {
    for (path, status) in [
        ("/api/v1/products/%00", 422),
        ("/api/v1/products/%FF", 400),
        ("/api/v1/products/none", 404),
        ("/api/v1/products/..%2F..", 404),
        ("/api/v1/orders/1", 400),
        ("/api/v1/orders/%27%20OR%201=1--", 400),
        ("/api/v1/orders/0B5F0A6E-3C52-4D0F-9A58-9D9A4A1F7C3E", 400),
        ("/api/v1/nothing", 404),
        ("/api/v2/products", 404),
        ("/api/v1/products?page=0", 422),
        ("/api/v1/products?page=-1", 422),
        ("/api/v1/products?page=1000001", 422),
        ("/api/v1/products?page=x", 400),
        ("/api/v1/products?page=99999999999999999999", 400),
        ("/api/v1/products?per_page=101", 422),
        ("/api/v1/products?min_price_minor=-1", 422),
        ("/api/v1/products?sort=cheap", 400),
        ("/api/v1/products?in_stock=maybe", 400),
        ("/api/v1/products?q=a%00b", 422),
        ("/api/v1/products?q=%FF", 200),
        ("/api/v1/products?colour=red", 400),
    ] {
        let got = shop.get("alpha", path).await;
        if status == 200 {
            assert_eq!(got.status, 200, "{path}");
        } else {
            problem(&got, status, path);
        }
    }
    let long = shop
        .get("alpha", &format!("/api/v1/products?q={}", "x".repeat(300)))
        .await;
    problem(&long, 422, "a long query");
    for method in [Method::DELETE, Method::PUT, Method::PATCH] {
        let got = answer(shop.to(method, "alpha", "/api/v1/products")).await;
        problem(&got, 405, "another method");
        assert!(
            got.header("allow").is_some_and(|allow| allow.contains("GET")),
            "{got:?}"
        );
    }
    // What would be a pattern is what was typed.
    for query in ["%25", "_", "!", "%27", "%22", "%5C"] {
        let got = shop.get("alpha", &format!("/api/v1/products?q={query}")).await;
        assert_eq!(
            (got.status.as_u16(), got.json()["total"].as_i64()),
            (200, Some(0)),
            "{query}"
        );
    }
}

async fn bodies(shop: Shop) {
    let post = |kind: &'static str, body: Vec<u8>| {
        let request = shop
            .to(Method::POST, "alpha", "/api/v1/orders")
            .header("Content-Type", kind);
        answer(request.body(body))
    };
    let before = shop.everything("alpha").await;
    problem(&post("text/plain", b"{}".to_vec()).await, 415, "another kind");
    problem(&post("application/json", b"".to_vec()).await, 400, "nothing");
    problem(&post("application/json", b"{".to_vec()).await, 400, "half");
    problem(&post("application/json", b"\xFF".to_vec()).await, 400, "no text");
    problem(&post("application/json", b"[]".to_vec()).await, 422, "a list");
    problem(
        &post("application/json", b"{\"customer\":{},\"lines\":[]}".to_vec()).await,
        422,
        "too little",
    );
    problem(
        &post("application/json", vec![b' '; 300 * 1024]).await,
        413,
        "too much",
    );
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    problem(&post("application/json", deep).await, 422, "deep");

    let mug = shop.product("alpha", "mug").await;
    let good = crate::common::order(&[(&mug["variants"][0]["id"], 1)]);
    for (pointer, value) in [
        ("/customer/name", json!("")),
        ("/customer/name", json!("x".repeat(201))),
        ("/customer/name", json!("a\u{0}b")),
        ("/customer/email", json!("nobody")),
        ("/customer/email", json!("a@b@c")),
        ("/customer/address", json!("x".repeat(3_000))),
        ("/customer/address", json!("a\u{0}b")),
        ("/lines", json!([])),
        ("/lines/0/variant_id", json!("1")),
        ("/lines/0/variant_id", json!(1)),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        let got = answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(&body)).await;
        problem(&got, 422, pointer);
    }
    let mut body = good.clone();
    body["price_minor"] = json!(1);
    problem(
        &answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(&body)).await,
        422,
        "a field too many",
    );
    let many: Vec<_> = (0..51)
        .map(|_| json!({ "variant_id": crate::common::missing_id(), "quantity": 1 }))
        .collect();
    body = good.clone();
    body["lines"] = json!(many);
    problem(
        &answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(&body)).await,
        422,
        "too many lines",
    );
    assert_eq!(
        shop.everything("alpha").await,
        before,
        "nothing of all this was done"
    );
    // The control.
    let placed = answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(&good)).await;
    assert_eq!(placed.status, 201);
}

async fn tokens(shop: Shop) {
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Basic YWxhZGRpbg==",
        "Bearer made-up",
        "Bearer a b",
        &"x".repeat(500),
    ] {
        let request = shop
            .to(Method::GET, "alpha", "/api/v1/staff/orders")
            .header("Authorization", header);
        let got = answer(request).await;
        problem(&got, 401, header);
        assert_eq!(got.header("www-authenticate"), Some("Bearer"), "{header}");
    }
    let token = shop.token("alpha").await;
    let twice = shop
        .to(Method::GET, "alpha", "/api/v1/staff/orders")
        .header("Authorization", format!("Bearer {token}"))
        .header("Authorization", format!("Bearer {token}"));
    problem(&answer(twice).await, 401, "two tokens");
    for body in [
        json!({}),
        json!({ "email": "a@b", "password": 1 }),
        json!({ "email": "a", "password": "b" }),
    ] {
        let got = answer(shop.to(Method::POST, "alpha", "/api/v1/staff/login").json(&body)).await;
        problem(&got, 422, &body.to_string());
    }
    let body = json!({ "email": "owner@alpha.example", "password": "wrong" });
    let wrong = answer(shop.to(Method::POST, "alpha", "/api/v1/staff/login").json(&body)).await;
    problem(&wrong, 401, "a wrong password");
    let body = json!({ "email": "owner@beta.example", "password": crate::common::PASSWORD });
    let stranger = answer(shop.to(Method::POST, "alpha", "/api/v1/staff/login").json(&body)).await;
    assert_eq!(stranger, wrong, "who works elsewhere is nobody here");
}

async fn changes_that_mean_nothing(shop: Shop) {
    let mug = shop.product("alpha", "mug").await;
    let product = format!("/api/v1/staff/products/{}", mug["id"].as_str().unwrap());
    let variant = format!(
        "/api/v1/staff/variants/{}",
        mug["variants"][0]["id"].as_str().unwrap()
    );
    let before = shop.everything("alpha").await;
    for (path, body) in [
        (&product, json!({ "title": "" })),
        (&product, json!({ "title": "x".repeat(300) })),
        (&product, json!({ "title": "a\u{7}b" })),
        (&product, json!({ "visible": "yes" })),
        (&product, json!({ "store_id": 2 })),
        (&variant, json!({ "stock": -1 })),
        (&variant, json!({ "price_minor": -1 })),
        (&variant, json!({ "price_minor": 100_000_000_001_i64 })),
        (&variant, json!({ "price_minor": 9.99 })),
        (&variant, json!({ "stock": 18_446_744_073_709_551_615_u64 })),
    ] {
        let got = shop.staff(Method::PATCH, "alpha", path, Some(&body)).await;
        problem(&got, 422, &body.to_string());
    }
    assert_eq!(shop.everything("alpha").await, before);
}

async fn pages_are_pages(shop: Shop) {
    for (slug, path, status, words) in [
        ("alpha", "/", 200, "Shirt marker-alpha"),
        (
            "alpha",
            "/?q=shirt&category=&brand=&sort=price_asc&in_stock=1&utm=x",
            200,
            "1 product",
        ),
        ("alpha", "/?q=%3Cscript%3E", 200, "&lt;script&gt;"),
        ("alpha", "/?page=x", 400, "whole number"),
        ("alpha", "/products/shirt", 200, "<p>Soft marker-alpha</p>"),
        ("alpha", "/products/hidden", 404, "Not found"),
        ("alpha", "/products/only-beta", 404, "Not found"),
        ("alpha", "/orders/1", 400, "an id looks like"),
        ("nobody", "/", 404, "No such tenant"),
        ("closed", "/", 403, "suspended"),
    ] {
        let got = shop.get(slug, path).await;
        assert_eq!(got.status, status, "{path}: {got:?}");
        assert!(
            got.header("content-type").unwrap().starts_with("text/html"),
            "{path}: {got:?}"
        );
        assert!(got.header("content-security-policy").is_some(), "{path}");
        assert!(got.body.contains(words), "{path}: {}", got.body);
        assert!(!got.body.contains("<script"), "{path}");
    }
    // The form, as a browser sends it.
    let mug = shop.product("alpha", "mug").await;
    let form = |quantity: &str| {
        let id = mug["variants"][0]["id"].as_str().unwrap();
        format!("variant_id={id}&quantity={quantity}&name=Ann&email=ann%40example.org&address=1+Street")
    };
    let send = |form: String| {
        let request = shop.to(Method::POST, "alpha", "/products/mug/order");
        answer(
            request
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(form),
        )
    };
    let placed = send(form("2")).await;
    assert_eq!(placed.status, 303, "{placed:?}");
    let receipt = shop.get("alpha", placed.header("location").unwrap()).await;
    assert!(
        receipt.body.contains("14.00 EUR") && !receipt.body.contains("ann@example.org"),
        "{receipt:?}"
    );
    assert_eq!(
        shop.get("beta", placed.header("location").unwrap()).await.status,
        404
    );
    for (quantity, status, words) in [
        ("9", 409, "fewer"),
        ("0", 422, "from 1"),
        ("x", 422, "whole number"),
    ] {
        let got = send(form(quantity)).await;
        assert_eq!(got.status, status, "{got:?}");
        assert!(
            got.body.contains(words) && got.body.contains("value=\"Ann\""),
            "{got:?}"
        );
    }
    assert_eq!(shop.product("alpha", "mug").await["variants"][0]["stock"], 3);
}
