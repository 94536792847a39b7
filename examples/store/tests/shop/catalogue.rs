//! What a store shows: searched, filtered, paged and laid over the master catalogue.

use crate::common::Shop;
use reqwest::Method;
use serde_json::json;

crate::common::on_both!(filters, pages, staff_edit_what_is_shown, roles);

async fn handles(shop: &Shop, query: &str) -> Vec<String> {
    let got = shop.get("alpha", &format!("/api/v1/products?{query}")).await;
    assert_eq!(got.status, 200, "{query}: {got:?}");
    let list = got.json();
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["handle"].as_str().unwrap().to_owned())
        .collect()
}

async fn filters(shop: Shop) {
    for (query, expected) in [
        ("", vec!["mug", "only-alpha", "shirt"]),
        ("q=SOFT", vec!["shirt"]),
        ("q=marker-alpha", vec!["mug", "only-alpha", "shirt"]),
        ("q=marker-beta", vec![]),
        ("q=holds%20tea", vec!["mug"]),
        ("category=kitchen", vec!["mug", "only-alpha"]),
        ("category=Kitchen", vec![]),
        ("brand=Acme", vec!["shirt"]),
        ("brand=Acme&category=kitchen", vec![]),
        ("min_price_minor=1000", vec!["only-alpha", "shirt"]),
        ("max_price_minor=1000", vec!["mug", "shirt"]),
        ("sort=price_asc", vec!["mug", "shirt", "only-alpha"]),
        ("sort=price_desc", vec!["only-alpha", "shirt", "mug"]),
        ("per_page=2", vec!["mug", "only-alpha"]),
        ("per_page=2&page=2", vec!["shirt"]),
        ("per_page=2&page=3", vec![]),
    ] {
        assert_eq!(handles(&shop, query).await, expected, "{query}");
    }
    let mug = shop.product("alpha", "mug").await;
    assert_eq!(
        shop.order("alpha", &mug["variants"][0]["id"], 5).await.status,
        201
    );
    assert_eq!(handles(&shop, "in_stock=true").await, ["only-alpha", "shirt"]);

    let categories = shop.get("alpha", "/api/v1/categories").await.json();
    assert_eq!(
        categories,
        json!([{ "slug": "kitchen", "name": "Kitchen", "products": 2 }, { "slug": "tops", "name": "Tops", "products": 1 }])
    );
    let brands = shop.get("alpha", "/api/v1/brands").await.json();
    assert_eq!(
        brands,
        json!([{ "name": "Acme", "products": 1 }, { "name": "Bolt", "products": 2 }])
    );
}

async fn pages(shop: Shop) {
    let list = shop
        .get("alpha", "/api/v1/products?per_page=2&page=2")
        .await
        .json();
    assert_eq!(
        (
            list["page"].as_i64(),
            list["per_page"].as_i64(),
            list["total"].as_i64()
        ),
        (Some(2), Some(2), Some(3))
    );
    let shirt = &list["items"][0];
    assert_eq!(
        (
            shirt["price_from_minor"].as_i64(),
            shirt["price_to_minor"].as_i64()
        ),
        (Some(1000), Some(1250))
    );
    assert_eq!(
        (shirt["stock"].as_i64(), shirt["category"].as_str()),
        (Some(20), Some("Tops"))
    );
    assert_eq!(shirt["images"][0]["src"], "https://img.example/alpha.jpg");
}

async fn staff_edit_what_is_shown(shop: Shop) {
    let mug = shop.product("alpha", "mug").await;
    let path = format!("/api/v1/staff/products/{}", mug["id"].as_str().unwrap());
    let beta = shop.everything("beta").await;
    let change =
        json!({ "title": "Big Cup", "description_html": "<p onclick=\"x\">New<script>x</script></p>" });
    let changed = shop
        .staff(Method::PATCH, "alpha", &path, Some(&change))
        .await
        .json();
    assert_eq!(
        (changed["title"].as_str(), changed["description_html"].as_str()),
        (Some("Big Cup"), Some("<p>New</p>"))
    );
    assert_eq!(changed["brand"], "Bolt", "what is not named stays");
    assert_eq!(
        handles(&shop, "q=big%20cup").await,
        ["mug"],
        "it is found by its new words"
    );
    assert_eq!(handles(&shop, "q=holds%20tea").await, Vec::<String>::new());

    assert_eq!(
        shop.staff(Method::PATCH, "alpha", &path, Some(&json!({ "visible": false })))
            .await
            .status,
        200
    );
    assert_eq!(shop.get("alpha", "/api/v1/products/mug").await.status, 404);
    assert_eq!(
        shop.staff(Method::GET, "alpha", &path, None).await.json()["visible"],
        false
    );
    assert_eq!(shop.everything("beta").await, beta);
}

async fn roles(shop: Shop) {
    let ctx = shop.ctx("alpha").await;
    let mug = shop.product("alpha", "mug").await;
    let variant = format!(
        "/api/v1/staff/variants/{}",
        mug["variants"][0]["id"].as_str().unwrap()
    );
    for (role, reads, edits, imports) in [
        (tenancy_core::Role::ReadOnly, 200, 403, 403),
        (tenancy_core::Role::Member, 200, 200, 403),
        (tenancy_core::Role::Admin, 200, 200, 200),
    ] {
        let person = store::model::NewPerson {
            email: format!("{role}@alpha.example"),
            name: "P".into(),
            role,
            password_hash: "none".into(),
        };
        let id = shop.repository.add_person(&ctx, &person).await.unwrap();
        let token = format!("token-of-{role}");
        shop.repository.add_token(&ctx, &id, &token, 1).await.unwrap();
        let ask = |method, path: &str| shop.to(method, "alpha", path).bearer_auth(&token);
        let read = crate::common::answer(ask(Method::GET, "/api/v1/staff/orders")).await;
        let edit = crate::common::answer(ask(Method::PATCH, &variant).json(&json!({ "stock": 5 }))).await;
        let file = ask(Method::POST, "/api/v1/staff/import").header("Content-Type", "text/csv");
        let import = crate::common::answer(file.body("Handle,Title,Variant Price\n")).await;
        let got = [&read, &edit, &import].map(|answer| answer.status.as_u16());
        assert_eq!(got, [reads, edits, imports], "{role}");
    }
    // A token that has ended is none.
    let owner = shop
        .repository
        .person_by_email(&ctx, "owner@alpha.example")
        .await
        .unwrap()
        .unwrap();
    shop.repository
        .add_token(&ctx, &owner.id, "ended", -1)
        .await
        .unwrap();
    let ended = shop
        .to(Method::GET, "alpha", "/api/v1/staff/orders")
        .bearer_auth("ended");
    assert_eq!(crate::common::answer(ended).await.status, 401);
}
