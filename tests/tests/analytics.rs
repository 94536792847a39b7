//! Analytics over the store's schema, in the manner of TPC-H (`h…`) and TPC-DS (`d…`): each query, told as one store,
//! answers as on a database that this store has to itself. The queries are files in `tests/data/analytics`; one that
//! only some servers can read says so in its name.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write as _;
use std::path::Path;

use tenancy_core::{Catalog, TenantId};
use tenancy_testkit::{Dialect, EngineOutput, StatementCheck, engine_fn};

const STORES: i64 = 3;

fn queries(dialect: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/analytics");
    let mut all = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // `name.server.sql` is for that server alone.
        if name.rsplit_once('.').is_none_or(|(_, only)| only == dialect) {
            all.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    all.sort();
    all
}

/// A number by chance that is always the same.
fn chance(seed: i64, below: i64) -> i64 {
    let mixed = (seed + 17)
        .wrapping_mul(0x5851_F42D_4C95_7F2D)
        .wrapping_add(0x1405_7B7E);
    ((mixed >> 24) ^ (mixed >> 7)).rem_euclid(below)
}

fn insert(out: &mut String, table: &str, rows: &[String]) {
    let _ = writeln!(out, "INSERT INTO {table} VALUES\n  ({});", rows.join("),\n  ("));
}

fn shared() -> String {
    let mut out = String::new();
    let at = "2024-01-01T00:00:00.000Z";
    let rows = |n: i64, row: &dyn Fn(i64) -> String| (1..=n).map(row).collect::<Vec<_>>();
    insert(
        &mut out,
        "stores",
        &rows(STORES, &|n| format!("{n}, 's{n}', 'Store {n}', 'active', '{at}'")),
    );
    insert(&mut out, "brands", &rows(4, &|n| format!("'b{n}', 'Brand {n}'")));
    insert(
        &mut out,
        "categories",
        &rows(3, &|n| format!("'k{n}', 'c-{n}', 'Category {n}'")),
    );
    insert(
        &mut out,
        "products",
        &rows(14, &|n| {
            let (brand, category) = (1 + n % 4, 1 + n % 3);
            format!(
                "'p{n}', 'product-{n}', 'Product {n}', '<p>{n}</p>', 'b{brand}', 'k{category}', '[\"t{}\", \"t{}\"]', '[]', \
                 '[\"Size\"]', 'product {n}', 'h{n}', '{at}'",
                n % 3,
                3 + n % 2
            )
        }),
    );
    let variants = (1..=28).map(|n| {
        let (product, size) = (1 + (n - 1) / 2, ["S", "M"][usize::try_from(n % 2).unwrap()]);
        format!(
            "'v{n}', 'p{product}', '{size}', '', '', 'sku-{n}', NULL, {}, {}, NULL, {n}",
            n * 10,
            300 + n * 55
        )
    });
    insert(&mut out, "product_variants", &variants.collect::<Vec<_>>());
    out
}

/// One store's rows. Ids are the same in every store; the numbers are not.
fn store(s: i64) -> String {
    let mut out = String::new();
    let at = "2024-01-01T00:00:00.000Z";
    let c = |salt: i64, below: i64| chance(s * 1_000_003 + salt, below);
    let rows = (1..=3).map(|n| format!("{s}, 'sk{n}', 'sc-{n}', 'Shelf {n}', 'k{n}'"));
    insert(&mut out, "store_categories", &rows.collect::<Vec<_>>());
    let own = format!("'Own of {s}', '<p></p>', 'House', '[]', '[]', '[]', 'own'");
    let rows = (1..=10).map(|n| {
        let (product, text) = match n {
            10 => ("NULL".to_owned(), own.clone()),
            _ => (
                format!("'p{}'", n + s),
                "NULL, NULL, NULL, NULL, NULL, NULL, NULL".to_owned(),
            ),
        };
        format!(
            "{s}, 'sp{n}', 'handle-{n}', {product}, 'sk{}', {text}, TRUE, NULL, '{at}', '{at}'",
            1 + c(n, 3)
        )
    });
    insert(&mut out, "store_products", &rows.collect::<Vec<_>>());
    let rows = (1..=24).map(|n| {
        let size = ["S", "M", "L"][usize::try_from(n % 3).unwrap()];
        let price = if c(n * 7, 10) == 0 { "NULL".to_owned() } else { (400 + c(n * 11, 5_000)).to_string() };
        format!(
            "{s}, 'sv{n}', 'sp{}', 'v{}', '{size}', '{n}', '', 'sku-{s}-{n}', NULL, 100, {price}, NULL, {}, {n}, NULL, '{at}'",
            1 + (n - 1) % 10,
            1 + c(n * 5, 28),
            c(n * 13, 12)
        )
    });
    insert(&mut out, "store_variants", &rows.collect::<Vec<_>>());
    let names = [
        "ada", "bob", "cleo", "dan", "eva", "fay", "gus", "hal", "ida", "jan", "kim", "leo",
    ];
    let rows = names
        .iter()
        .enumerate()
        .map(|(n, name)| format!("{s}, 'c{n}', '{name}@store{s}.example', '{name} {s}', '{at}'"));
    insert(&mut out, "customers", &rows.collect::<Vec<_>>());
    let rows = (0..4).map(|n| {
        format!(
            "{s}, 'h{n}', '{}@store{s}.example', 'n', 'admin', 'x', '{at}'",
            names[n * 2]
        )
    });
    insert(&mut out, "people", &rows.collect::<Vec<_>>());
    let (mut orders, mut items) = (Vec::new(), Vec::new());
    let mut item = 0;
    for n in 1..=(30 + s) {
        let mut total = 0;
        for position in 0..=c(n * 17, 4) {
            item += 1;
            let (variant, price, quantity) = (
                1 + c(item * 19, 20),
                400 + c(item * 23, 4_000),
                1 + c(item * 29, 5),
            );
            total += price * quantity;
            items.push(format!(
                "{s}, 'i{item}', 'o{n}', 'sv{variant}', {position}, 'Title {}', '', 'sku-{variant}', {price}, {quantity}",
                variant % 6
            ));
        }
        let currency = if c(n * 31, 4) == 0 { "USD" } else { "EUR" };
        orders.push(format!(
            "{s}, 'o{n}', 'c{}', 'n', 'a', '{currency}', {total}, '2024-{:02}-{:02}T10:00:00.000Z'",
            c(n * 37, 10),
            1 + c(n * 41, 12),
            1 + c(n * 43, 28)
        ));
    }
    insert(&mut out, "orders", &orders);
    insert(&mut out, "order_items", &items);
    out
}

fn check(dialect: Dialect, name: &str) -> StatementCheck {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/store");
    let catalog = std::fs::read_to_string(example.join("tenancy.toml")).unwrap();
    let schema = std::fs::read_to_string(example.join(format!("migrations/{name}/0001_shop.sql"))).unwrap();
    let mut check = StatementCheck::new(dialect, Catalog::from_toml(&catalog).unwrap())
        .schema(&schema)
        .shared(&shared());
    for s in 1..=STORES {
        let id = TenantId::bigint(s).unwrap();
        check = check
            .tenant(id.clone(), &store(s))
            .marker(id, &format!("store{s}.example"));
    }
    for (query, sql) in queries(name) {
        check = check.statement(&query, &sql, [Vec::new()]);
    }
    check
}

fn answers_as_privately(dialect: Dialect, name: &str) {
    assert!(queries(name).len() >= 40, "{}", queries(name).len());
    let report = check(dialect, name).run().unwrap();
    report.assert_productive();
}

#[test]
fn analytics_answer_as_privately_on_sqlite() {
    answers_as_privately(Dialect::Sqlite, "sqlite");
}

#[test]
fn analytics_answer_as_privately_on_postgres() {
    answers_as_privately(Dialect::Postgres, "postgres");
}

#[test]
fn analytics_over_all_stores_are_seen() {
    let unscoped = engine_fn(|sql: &str| {
        Ok(EngineOutput {
            text: sql.to_owned(),
            binds: 0,
            tenant_bind: None,
        })
    });
    let failure = check(Dialect::Sqlite, "sqlite")
        .engine(unscoped)
        .run()
        .unwrap_err();
    let wrong = failure
        .to_string()
        .lines()
        .filter(|l| l.contains("as tenant"))
        .count();
    assert!(wrong > 100, "{wrong} wrong: {failure}");
}
