//! The operator: makes stores, and looks over all of them only after it is written down.

use crate::common::{Answer, OPERATOR, Shop, answer};
use reqwest::Method;
use serde_json::{Value, json};

crate::common::on_both!(
    a_store_is_made_and_its_owner_logs_in,
    stores_that_cannot_be_made,
    sales_of_all_stores
);

async fn ask(shop: &Shop, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = shop.request(method, "localhost", path).bearer_auth(OPERATOR);
    answer(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

fn store(slug: &str) -> Value {
    json!({
        "slug": slug, "name": "New",
        "owner": { "name": "Nora", "email": "nora@new.example", "password": "long enough" },
    })
}

async fn a_store_is_made_and_its_owner_logs_in(shop: Shop) {
    assert_eq!(shop.get("gamma", "/api/v1/store").await.status, 404);
    let made = ask(
        &shop,
        Method::POST,
        "/api/v1/operator/stores",
        Some(&store("gamma")),
    )
    .await;
    assert_eq!(
        (made.status.as_u16(), made.json()["status"].as_str()),
        (201, Some("active")),
        "{made:?}"
    );
    // At once, though it was remembered as unknown.
    assert_eq!(shop.get("gamma", "/api/v1/store").await.status, 200);

    let login = |slug: &'static str, password: &'static str| {
        let body = json!({ "email": "Nora@new.example", "password": password });
        answer(shop.to(Method::POST, slug, "/api/v1/staff/login").json(&body))
    };
    let wrong = login("gamma", "long enouhg").await;
    assert_eq!(wrong.status, 401);
    assert_eq!(
        login("alpha", "long enough").await,
        wrong,
        "who works elsewhere is nobody here"
    );
    let right = login("gamma", "long enough").await;
    let token = right.json()["token"].as_str().unwrap().to_owned();
    let me = |slug: &'static str| answer(shop.to(Method::GET, slug, "/api/v1/staff/me").bearer_auth(&token));
    assert_eq!(me("gamma").await.json()["role"], "owner");
    assert_eq!(me("alpha").await.status, 401);
    let out = answer(
        shop.to(Method::POST, "gamma", "/api/v1/staff/logout")
            .bearer_auth(&token),
    )
    .await;
    assert_eq!(
        (out.status.as_u16(), me("gamma").await.status.as_u16()),
        (204, 401)
    );

    let stores = ask(&shop, Method::GET, "/api/v1/operator/stores", None)
        .await
        .json();
    let stores: Vec<String> = stores
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            format!(
                "{} {}",
                s["slug"].as_str().unwrap(),
                s["status"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        stores,
        [
            "alpha active",
            "beta active",
            "closed suspended",
            "waiting pending",
            "gamma active"
        ]
    );
}

async fn stores_that_cannot_be_made(shop: Shop) {
    let taken = ask(
        &shop,
        Method::POST,
        "/api/v1/operator/stores",
        Some(&store("alpha")),
    )
    .await;
    assert_eq!(taken.status, 409, "{taken:?}");
    for slug in [
        "",
        "Alpha",
        "-a",
        "a-",
        "a.b",
        "xn--a",
        "www",
        "api",
        &"a".repeat(64),
    ] {
        let refused = ask(&shop, Method::POST, "/api/v1/operator/stores", Some(&store(slug))).await;
        assert_eq!(refused.status, 422, "{slug}: {refused:?}");
    }
    for (field, value) in [("email", "nobody"), ("password", "short"), ("name", "a\u{0}b")] {
        let mut body = store("delta");
        body["owner"][field] = json!(value);
        let refused = ask(&shop, Method::POST, "/api/v1/operator/stores", Some(&body)).await;
        assert_eq!(refused.status, 422, "{field}: {refused:?}");
    }
    let stores = ask(&shop, Method::GET, "/api/v1/operator/stores", None)
        .await
        .json();
    assert_eq!(stores.as_array().unwrap().len(), 4, "none was made in part");
}

async fn sales_of_all_stores(shop: Shop) {
    for (slug, quantity) in [("alpha", 2), ("beta", 3)] {
        let mug = shop.product(slug, "mug").await;
        assert_eq!(
            shop.order(slug, &mug["variants"][0]["id"], quantity).await.status,
            201
        );
    }
    let path = "/api/v1/operator/reports/sales?reason=monthly%20report";
    let report = ask(&shop, Method::GET, path, None).await.json();
    assert_eq!(
        report["stores"],
        json!([
            { "store": "alpha", "orders": 1, "total_minor": 1400 },
            { "store": "beta", "orders": 1, "total_minor": 2100 },
        ])
    );
    let log = audit(&shop).await;
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(
        log[0].contains("operator") && log[0].contains("crossing.read") && log[0].contains("monthly report")
    );

    let old = ask(
        &shop,
        Method::GET,
        &format!("{path}&to=2001-01-01&from=2000-01-01"),
        None,
    )
    .await
    .json();
    assert_eq!(old["stores"], json!([]));
    for query in [
        "",
        "?reason=",
        "?reason=x",
        "?reason=monthly&from=yesterday",
        "?reason=monthly&until=2001-01-01",
    ] {
        let refused = ask(
            &shop,
            Method::GET,
            &format!("/api/v1/operator/reports/sales{query}"),
            None,
        )
        .await;
        assert_eq!(refused.status, 400, "{query}: {refused:?}");
    }
    assert_eq!(audit(&shop).await.len(), 2, "what was refused looked at nothing");

    // Without a record nothing is read.
    forget_audit(&shop).await;
    let refused = ask(&shop, Method::GET, path, None).await;
    assert_eq!(refused.status, 500, "{refused:?}");
    assert!(!refused.body.contains("1400"));
}

/// The audit log, past the shop.
async fn audit(shop: &Shop) -> Vec<String> {
    const ROWS: &str = "SELECT actor || ' ' || action || ' ' || reason FROM tenancy_audit ORDER BY id";
    if shop.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&shop.url).await.unwrap();
        sqlx::query_scalar(ROWS).fetch_all(&pool).await.unwrap()
    } else {
        let pool = sqlx::PgPool::connect(&shop.url).await.unwrap();
        sqlx::query_scalar(ROWS).fetch_all(&pool).await.unwrap()
    }
}

async fn forget_audit(shop: &Shop) {
    const DROP: &str = "DROP TABLE tenancy_audit";
    if shop.url.starts_with("sqlite") {
        sqlx::query(DROP)
            .execute(&sqlx::SqlitePool::connect(&shop.url).await.unwrap())
            .await
            .unwrap();
    } else {
        sqlx::query(DROP)
            .execute(&sqlx::PgPool::connect(&shop.url).await.unwrap())
            .await
            .unwrap();
    }
}
