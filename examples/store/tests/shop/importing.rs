//! Importing: what a file becomes in a store, and what it never becomes in another one.

use crate::common::{Shop, catalogue};
use reqwest::Method;
use serde_json::json;
use store::import::{self, Report};

crate::common::on_both!(
    the_same_file_changes_nothing,
    an_import_changes_no_other_store,
    a_bad_line_loses_only_itself,
    a_product_of_the_master_catalogue_keeps_its_master,
    files_that_are_none,
    the_same_file_several_times_at_once,
    real_files,
);

const HEADER: &str =
    "Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price\n";

/// New, changed and unchanged products, then variants.
fn counts(report: &serde_json::Value) -> Vec<i64> {
    ["products", "variants"]
        .iter()
        .flat_map(|kind| {
            ["created", "updated", "unchanged"].map(|count| report[kind][count].as_i64().unwrap())
        })
        .collect()
}

async fn the_same_file_changes_nothing(shop: Shop) {
    // A price is edited and stock is sold in between: the same file still says nothing new.
    let mug = shop.product("alpha", "mug").await;
    let path = format!(
        "/api/v1/staff/variants/{}",
        mug["variants"][0]["id"].as_str().unwrap()
    );
    let change = json!({ "price_minor": 1234 });
    assert_eq!(
        shop.staff(Method::PATCH, "alpha", &path, Some(&change))
            .await
            .status,
        200
    );
    assert_eq!(
        shop.order("alpha", &mug["variants"][0]["id"], 2).await.status,
        201
    );
    let before = shop.everything("alpha").await;
    let again = shop.import("alpha", catalogue("alpha")).await;
    assert_eq!(counts(&again.json()), [0, 0, 4, 0, 0, 6], "{again:?}");
    assert_eq!(shop.everything("alpha").await, before);

    // What the file says anew is done, and nothing else.
    let changed = catalogue("alpha").replace("M-1,5,7.00", "M-1,5,8.00");
    let report = shop.import("alpha", changed).await;
    assert_eq!(counts(&report.json()), [0, 1, 3, 0, 1, 5], "{report:?}");
    let mug = shop.product("alpha", "mug").await;
    assert_eq!(
        (
            mug["variants"][0]["price_minor"].as_i64(),
            mug["variants"][0]["stock"].as_i64()
        ),
        (Some(800), Some(5))
    );
}

async fn an_import_changes_no_other_store(shop: Shop) {
    let before = shop.everything("beta").await;
    assert!(
        before.contains("marker-beta"),
        "the control: there is something to change"
    );
    // The very handles and SKUs of beta, with other words, prices and harmful HTML.
    let file = catalogue("beta")
        .replace("marker-beta", "<script>marker-alpha</script>")
        .replace("10.00", "0.01");
    let report = shop.import("alpha", file).await;
    assert_eq!(report.status, 200, "{report:?}");
    assert_eq!(counts(&report.json())[..2], [1, 3], "{report:?}");
    assert_eq!(shop.everything("beta").await, before);
    // The store's own shirt did change, and what could harm is gone.
    let shirt = shop.product("alpha", "shirt").await;
    assert_eq!(shirt["description_html"], "<p>Soft </p>");
    assert_eq!(shirt["variants"][0]["price_minor"], 1);
}

async fn a_bad_line_loses_only_itself(shop: Shop) {
    let mut file = HEADER.as_bytes().to_vec();
    file.extend(b"good,Good,\"<p>two\nlines</p>\",Size,S,G-1,1,5.00\n"); // 2, 3
    file.extend(b"good,,,,M,G-2,1,-5.00\n"); // 4
    file.extend(b"good,,,,L,G-3,1,6.00\n"); // 5
    file.extend(b"too,few\n"); // 6
    file.extend(b"latin,Caf\xE9,,,,,1,5.00\n"); // 7
    file.extend(b"open,\"Open,,,,,1,5.00\n"); // 8
    file.extend(b"taken,Taken,,,,S-1,1,5.00\n"); // 9: a SKU of the shirt
    file.extend(b"last,Last,,,,,1,5.00"); // 10
    let report = shop.import("alpha", file.clone()).await.json();
    let skipped: Vec<String> = report["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            format!(
                "{} {} {}",
                s["line"],
                s["part"].as_str().unwrap(),
                s["code"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        skipped,
        [
            "4 variant price",
            "6 line columns",
            "7 line not_utf8",
            "8 line lone_quote",
            "9 variant sku_in_use",
            "9 product no_variant",
        ]
    );
    assert_eq!(counts(&report), [2, 0, 0, 3, 0, 0]);
    assert_eq!(
        shop.product("alpha", "good").await["variants"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(shop.get("alpha", "/api/v1/products/taken").await.status, 404);
    // The lines are as bad the second time, the rest is there.
    assert_eq!(
        counts(&shop.import("alpha", file).await.json()),
        [0, 0, 2, 0, 0, 3]
    );
}

async fn a_product_of_the_master_catalogue_keeps_its_master(shop: Shop) {
    let file =
        format!("{HEADER}lamp,Lamp,<p>Of the master</p>,Colour,Red,L-R,0,20.00\nlamp,,,,Blue,L-B,0,22.00\n");
    let master = || import::parse(file.as_bytes()).unwrap();
    let first = import::run_master(&*shop.repository, master(), |_| {})
        .await
        .unwrap();
    assert_eq!((first.products.created, first.variants.created), (1, 2));
    let again = import::run_master(&*shop.repository, master(), |_| {})
        .await
        .unwrap();
    assert_eq!((again.products.unchanged, again.variants.unchanged), (1, 2));

    for slug in ["alpha", "beta"] {
        assert_eq!(
            shop.get(slug, "/api/v1/products/lamp").await.status,
            404,
            "nobody took it yet"
        );
        let list = shop
            .staff(Method::GET, slug, "/api/v1/staff/master-products?q=lamp", None)
            .await
            .json();
        assert_eq!(
            (
                list["total"].as_i64(),
                list["items"][0]["store_product_id"].is_null()
            ),
            (Some(1), true)
        );
        let take = json!({ "master_id": list["items"][0]["id"] });
        let taken = shop
            .staff(Method::POST, slug, "/api/v1/staff/products", Some(&take))
            .await;
        assert_eq!(taken.status, 201, "{taken:?}");
        let twice = shop
            .staff(Method::POST, slug, "/api/v1/staff/products", Some(&take))
            .await;
        assert_eq!(twice.status, 409, "{twice:?}");
    }
    let lamp = shop.product("alpha", "lamp").await;
    assert_eq!(
        (
            lamp["title"].as_str(),
            lamp["variants"][1]["price_minor"].as_i64()
        ),
        (Some("Lamp"), Some(2200))
    );

    // Alpha's own words and prices lie over the master's; beta still shows the master's.
    let own = format!("{HEADER}lamp,Our lamp,<p>Ours</p>,Colour,Red,L-R,4,25.00\n");
    let report = shop.import("alpha", own).await.json();
    assert_eq!(counts(&report), [0, 1, 0, 0, 1, 0]);
    let (alpha, beta) = (
        shop.product("alpha", "lamp").await,
        shop.product("beta", "lamp").await,
    );
    assert_eq!(
        (alpha["title"].as_str(), beta["title"].as_str()),
        (Some("Our lamp"), Some("Lamp"))
    );
    assert_eq!(alpha["variants"][0]["price_minor"], 2500);
    assert_eq!(beta["variants"][0]["price_minor"], 2000);
    assert_eq!(alpha["master_id"], beta["master_id"]);

    // What the operator mends in the master, beta shows and alpha does not.
    let mended = import::parse(file.replace(",Lamp,", ",Lamp II,").as_bytes()).unwrap();
    import::run_master(&*shop.repository, mended, |_| {})
        .await
        .unwrap();
    assert_eq!(shop.product("beta", "lamp").await["title"], "Lamp II");
    assert_eq!(shop.product("alpha", "lamp").await["title"], "Our lamp");
}

async fn the_same_file_several_times_at_once(shop: Shop) {
    let mut file = HEADER.to_owned();
    for n in 0..20 {
        file.push_str(&format!(
            "many-{n},Many {n},,Size,S,MANY-{n}-S,3,5.00\nmany-{n},,,,M,MANY-{n}-M,3,5.00\n"
        ));
    }
    let answers = futures_util::future::join_all((0..4).map(|_| shop.import("alpha", file.clone()))).await;
    let reports: Vec<Vec<i64>> = answers.iter().map(|answer| counts(&answer.json())).collect();
    let sum = |place: usize| reports.iter().map(|report| report[place]).sum::<i64>();
    assert_eq!((sum(0), sum(3)), (20, 40), "each is made once: {reports:?}");
    assert_eq!(
        (sum(2), sum(5)),
        (60, 120),
        "and found there by the others: {reports:?}"
    );
    let list = shop
        .get("alpha", "/api/v1/products?q=many&per_page=100")
        .await
        .json();
    assert_eq!(list["total"], 20);
}

async fn files_that_are_none(shop: Shop) {
    let before = shop.everything("alpha").await;
    for (file, words) in [
        (b"".to_vec(), "empty"),
        (b"\xEF\xBB\xBF\r\n".to_vec(), "empty"),
        (b"\xFF\xFEH\0a\0".to_vec(), "UTF-16"),
        (b"Hand\xFFle,Title\n".to_vec(), "UTF-8"),
        (
            b"Handle,Body (HTML)\na,b\n".to_vec(),
            "\\\"Title\\\", \\\"Variant Price\\\"",
        ),
        (b"Handle;Title;Variant Price\na;A;1\n".to_vec(), "commas"),
        (b"Handle,Title,title,Variant Price\n".to_vec(), "twice"),
        (b"{\"not\": \"csv\"}".to_vec(), "names no column"),
    ] {
        let refused = shop.import("alpha", file.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code().as_str()),
            (422, "bad_file"),
            "{refused:?}"
        );
        assert!(refused.body.contains(words), "{words}: {refused:?}");
    }
    let large = shop.import("alpha", vec![b'x'; 9 * 1024 * 1024]).await;
    assert_eq!(large.status, 413, "{large:?}");
    let request = shop
        .to(Method::POST, "alpha", "/api/v1/staff/import")
        .bearer_auth(shop.token("alpha").await);
    assert_eq!(crate::common::answer(request.json(&json!({}))).await.status, 415);
    assert_eq!(shop.everything("alpha").await, before);
}

/// The files of a folder that `TENANCY_DATA` names.
async fn real_files(shop: Shop) {
    let Some(folder) = std::env::var_os("TENANCY_DATA") else {
        eprintln!("SKIPPED real files: TENANCY_DATA names no folder");
        return;
    };
    let folder = std::path::Path::new(&folder).join("shopify");
    let ctx = shop.ctx("beta").await;
    let before = shop.everything("alpha").await;
    let mut files = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let parsed = import::parse(&bytes).unwrap();
        let (products, variants) = (
            parsed.drafts.len() as u64,
            parsed.drafts.iter().map(|d| d.variants.len() as u64).sum::<u64>(),
        );
        assert!(
            products >= 20 && parsed.skipped.is_empty(),
            "{:?}",
            parsed.skipped
        );
        let run = |catalogue| import::run(&*shop.repository, &ctx, catalogue, |_| {});
        let first: Report = run(parsed).await.unwrap();
        assert_eq!(
            (first.products.created, first.variants.created),
            (products, variants),
            "{first}"
        );
        let again = run(import::parse(&bytes).unwrap()).await.unwrap();
        assert_eq!(
            (again.products.unchanged, again.variants.unchanged),
            (products, variants),
            "{again}"
        );
        files += 1;
    }
    assert!(files >= 3);
    assert_eq!(shop.everything("alpha").await, before);
}
