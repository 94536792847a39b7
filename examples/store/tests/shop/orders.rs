//! Orders: the stock is taken once, whoever asks, however many ask at once.

use crate::common::{Shop, answer, order};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

crate::common::on_both!(
    an_order_takes_stock_and_keeps_the_price,
    all_lines_or_none,
    never_below_zero,
    opposite_orders_do_not_block_each_other,
    what_is_hidden_or_of_another_store_is_not_for_sale,
    numbers_that_cannot_be,
    customers_are_the_stores_own,
);

async fn an_order_takes_stock_and_keeps_the_price(shop: Shop) {
    let shirt = shop.product("alpha", "shirt").await;
    let [s, m] = [&shirt["variants"][0], &shirt["variants"][1]];
    let body = order(&[(&s["id"], 2), (&m["id"], 1), (&s["id"], 1)]);
    let placed = answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(&body)).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    let receipt = placed.json();
    assert_eq!(receipt["total_minor"], 3 * 1000 + 1250);
    assert_eq!(
        receipt["lines"].as_array().unwrap().len(),
        2,
        "one variant is one line"
    );
    assert_eq!(shop.product("alpha", "shirt").await["variants"][0]["stock"], 7);

    // The receipt is where Location says, and does not say whose it is.
    let again = shop.get("alpha", placed.header("location").unwrap()).await;
    assert_eq!(again.json(), receipt);
    assert!(!again.body.contains("ann@example.org"));

    // A price that changes later does not change the order.
    let path = format!("/api/v1/staff/variants/{}", s["id"].as_str().unwrap());
    let changed = shop
        .staff(Method::PATCH, "alpha", &path, Some(&json!({ "price_minor": 1 })))
        .await;
    assert_eq!(
        (changed.status.as_u16(), changed.json()["price_minor"].as_i64()),
        (200, Some(1))
    );
    let path = format!("/api/v1/staff/orders/{}", receipt["id"].as_str().unwrap());
    let kept = shop.staff(Method::GET, "alpha", &path, None).await.json();
    assert_eq!(
        (kept["total_minor"].as_i64(), kept["email"].as_str()),
        (Some(4250), Some("ann@example.org"))
    );

    // Beta's shirt has the same SKU and lost nothing.
    assert_eq!(shop.product("beta", "shirt").await["variants"][0]["stock"], 10);
}

async fn all_lines_or_none(shop: Shop) {
    let shirt = shop.product("alpha", "shirt").await;
    let before = shop.everything("alpha").await;
    let body = order(&[(&shirt["variants"][0]["id"], 1), (&shirt["variants"][2]["id"], 1)]);
    let refused = answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(&body)).await;
    assert_eq!(
        (refused.status.as_u16(), refused.code().as_str()),
        (409, "out_of_stock")
    );
    assert!(refused.body.contains("line 2"), "{refused:?}");
    assert_eq!(shop.everything("alpha").await, before);
}

async fn never_below_zero(shop: Shop) {
    let mug = shop.product("alpha", "mug").await;
    let variant = &mug["variants"][0]["id"];
    let answers = join_all((0..24).map(|_| shop.order("alpha", variant, 1))).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(409)), (5, 19), "{answers:?}");
    let after = shop.product("alpha", "mug").await;
    assert_eq!(after["variants"][0]["stock"], 0);
    let orders = shop
        .staff(Method::GET, "alpha", "/api/v1/staff/orders", None)
        .await
        .json();
    assert_eq!(orders["total"], 5, "as many orders as were taken from the stock");
    assert_eq!(shop.product("beta", "mug").await["variants"][0]["stock"], 5);
}

async fn opposite_orders_do_not_block_each_other(shop: Shop) {
    let shirt = shop.product("alpha", "shirt").await;
    let [s, m] = [
        shirt["variants"][0]["id"].clone(),
        shirt["variants"][1]["id"].clone(),
    ];
    let there = order(&[(&s, 1), (&m, 1)]);
    let back = order(&[(&m, 1), (&s, 1)]);
    let place = |body| answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(body));
    let answers = join_all((0..16).map(|n| place(if n % 2 == 0 { &there } else { &back }))).await;
    let placed = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(placed, 10, "{answers:?}");
    assert!(
        answers
            .iter()
            .all(|answer| matches!(answer.status.as_u16(), 201 | 409))
    );
}

async fn what_is_hidden_or_of_another_store_is_not_for_sale(shop: Shop) {
    let hidden = shop
        .staff(Method::GET, "alpha", "/api/v1/staff/products?q=hidden", None)
        .await
        .json();
    let path = format!(
        "/api/v1/staff/products/{}",
        hidden["items"][0]["id"].as_str().unwrap()
    );
    let hidden = shop.staff(Method::GET, "alpha", &path, None).await.json();
    let of_beta = shop.product("beta", "mug").await;
    let missing = shop.order("alpha", &json!(crate::common::missing_id()), 1).await;
    assert_eq!(missing.status, 422);
    assert_eq!(
        shop.order("alpha", &hidden["variants"][0]["id"], 1).await,
        missing
    );
    assert_eq!(
        shop.order("alpha", &of_beta["variants"][0]["id"], 1).await,
        missing
    );
    // The control: where it is for sale it is sold.
    assert_eq!(
        shop.order("beta", &of_beta["variants"][0]["id"], 1).await.status,
        201
    );
}

async fn numbers_that_cannot_be(shop: Shop) {
    let mug = shop.product("alpha", "mug").await;
    let variant = &mug["variants"][0]["id"];
    for quantity in [0, -1, 1_001, i64::MAX, i64::MIN] {
        assert_eq!(
            shop.order("alpha", variant, quantity).await.status,
            422,
            "{quantity}"
        );
    }
    // Each line is within bounds, the sum is not.
    let body = order(&[(variant, 600), (variant, 600)]);
    assert_eq!(
        answer(shop.to(Method::POST, "alpha", "/api/v1/orders").json(&body))
            .await
            .status,
        422
    );
    for quantity in ["1.5", "1e3", "9223372036854775808", "\"1\"", "null"] {
        let text = format!(
            r#"{{"customer":{{"name":"A","email":"a@b","address":""}},"lines":[{{"variant_id":{variant},"quantity":{quantity}}}]}}"#
        );
        let request = shop
            .to(Method::POST, "alpha", "/api/v1/orders")
            .header("Content-Type", "application/json");
        assert_eq!(answer(request.body(text)).await.status, 422, "{quantity}");
    }
    assert_eq!(shop.product("alpha", "mug").await["variants"][0]["stock"], 5);
}

async fn customers_are_the_stores_own(shop: Shop) {
    for slug in ["alpha", "beta"] {
        let mug = shop.product(slug, "mug").await;
        for name in ["Ann", "Somebody else"] {
            let mut body = order(&[(&mug["variants"][0]["id"], 1)]);
            body["customer"]["name"] = json!(format!("{name} of {slug}"));
            body["customer"]["email"] = json!("Ann@Example.org");
            let placed = answer(shop.to(Method::POST, slug, "/api/v1/orders").json(&body)).await;
            assert_eq!(placed.status, 201, "{placed:?}");
        }
        let orders = shop.staff(Method::GET, slug, "/api/v1/staff/orders", None).await;
        let names: Vec<_> = orders.json()["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o["name"].clone())
            .collect();
        assert_eq!(names.len(), 2);
        assert!(
            names.iter().all(|name| name.as_str().unwrap().ends_with(slug)),
            "{names:?}"
        );
    }
}
