//! Every SQL statement of the shop through the isolation harness, over the shop's own schema: on a database of all stores
//! each answers as on one that holds only one store's rows and the shared ones, and leaves all else as it was.

use store::repository::catalog;
use store::repository::statements::{ACROSS, SCOPED, Statement, master, platform};
use tenancy_core::TenantId;
use tenancy_core::sql::{Rule, Scoper};
use tenancy_testkit::{Dialect, EngineOutput, StatementCheck, Value, engine_fn};

/// Rows of the platform and the master catalogue.
const SHARED: &str = "
    INSERT INTO stores VALUES (1, 'alpha', 'Alpha', 'active', 't'), (2, 'beta', 'Beta', 'active', 't'),
        (3, 'gamma', 'Gamma', 'active', 't');
    INSERT INTO brands VALUES ('b1', 'Acme'), ('b2', 'Bolt');
    INSERT INTO categories VALUES ('c1', 'tops', 'Tops');
    INSERT INTO products VALUES
        ('m1', 'shirt', 'Master shirt', '<p>m</p>', 'b1', 'c1', '[]', '[]', '[\"Size\"]', 'master shirt', 'h', 't'),
        ('m2', 'mug', 'Master mug', '<p>m</p>', 'b2', NULL, '[]', '[]', '[]', 'master mug', 'h', 't'),
        ('m3', 'lamp', 'Master lamp', '<p>m</p>', NULL, 'c1', '[]', '[]', '[]', 'master lamp', 'h', 't');
    INSERT INTO product_variants VALUES
        ('v1', 'm1', 'S', '', '', 'S-1', NULL, 1, 1000, 1500, 0), ('v2', 'm1', 'M', '', '', 'S-2', NULL, 1, 1100, NULL, 1),
        ('v3', 'm3', '', '', '', NULL, NULL, 1, 2000, NULL, 0);
";

/// A store's rows: the same ids in every store, other words, other prices, and one product only some stores have.
fn rows(store: i64) -> String {
    let own = match store {
        1 => "one-secret",
        2 => "two-secret",
        _ => "three-secret",
    };
    let stock = store * 7;
    format!(
        "INSERT INTO store_categories VALUES ({store}, 'sc1', 'tops', 'Tops {own}', 'c1'), ({store}, 'sc2', 'kitchen', 'Kitchen {own}', NULL);
         INSERT INTO store_products VALUES
             ({store}, 'p1', 'shirt', 'm1', 'sc1', NULL, NULL, NULL, NULL, NULL, NULL, NULL, TRUE, NULL, '2026-01-0{store}', 't'),
             ({store}, 'p2', 'cup', NULL, 'sc2', 'Cup {own}', '<p>{own}</p>', 'Brand {own}', '[]', '[]', '[]', 'cup {own}', TRUE, 'h{store}', '2026-01-04', 't'),
             ({store}, 'p3', 'hidden', NULL, NULL, 'Hidden {own}', '', '', '[]', '[]', '[]', 'hidden {own}', FALSE, NULL, '2026-01-05', 't');
         INSERT INTO store_variants VALUES
             ({store}, 's1', 'p1', 'v1', 'S', '', '', 'S-1', NULL, 1, NULL, NULL, {stock}, 0, NULL, 't'),
             ({store}, 's2', 'p1', 'v2', 'M', '', '', 'S-2', '{own}', 1, 90{store}, 1200, 0, 1, NULL, 't'),
             ({store}, 's3', 'p2', NULL, '', '', '', 'C-{store}', NULL, 1, 500, NULL, {store}, 0, 'h{store}', 't'),
             ({store}, 's4', 'p3', NULL, '', '', '', NULL, NULL, 1, 1, NULL, 9, 0, NULL, 't');
         INSERT INTO customers VALUES ({store}, 'cu1', 'ann@example.org', 'Ann {own}', 't'), ({store}, 'cu2', 'bob@{own}.example', 'Bob', 't');
         INSERT INTO orders VALUES
             ({store}, 'o1', 'cu1', 'Ann {own}', 'Street', 'EUR', 100{store}, '2026-02-01'),
             ({store}, 'o2-{store}', 'cu2', 'Bob {own}', 'Street', 'EUR', 200, '2026-02-02');
         INSERT INTO order_items VALUES
             ({store}, 'i1', 'o1', 's1', 0, 'Shirt {own}', 'S', 'S-1', 100{store}, 1),
             ({store}, 'i2', 'o2-{store}', 's3', 0, 'Cup {own}', '', NULL, 100, 2);
         INSERT INTO people VALUES ({store}, 'pe1', 'owner@example.org', 'Owner {own}', 'owner', 'hash {own}', 't');
         INSERT INTO api_tokens VALUES ({store}, 't1', 'pe1', 'same', 't', '2027'), ({store}, 't2', 'pe1', 'of-{store}', 't', '2027'),
             ({store}, 't3', 'pe1', 'old', 't', '2020');"
    )
}

fn text(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| Value::from(*text)).collect()
}

/// What each statement binds. A statement that is not here has no proof, and the test fails.
fn samples(statement: &Statement, on: Dialect) -> Vec<Vec<Value>> {
    let flag = |flag: bool| match on {
        Dialect::Postgres => Value::Bool(flag),
        Dialect::Sqlite | Dialect::Mysql => Value::Int(i64::from(flag)),
    };
    let filter = |hidden: i64, pattern: &str, category: &str, brand: &str, max: i64, stock: i64| {
        vec![
            Value::Int(hidden),
            Value::from(pattern),
            Value::from(category),
            Value::from(brand),
            Value::Int(0),
            Value::Int(max),
            Value::Int(stock),
        ]
    };
    let filters = [
        filter(0, "", "", "", 1_000_000, 0),
        filter(1, "%hidden%", "", "", 1_000_000, 0),
        filter(0, "%secret%", "kitchen", "", 1_000_000, 1),
        filter(0, "", "tops", "Acme", 950, 0),
        filter(0, "", "", "Brand two-secret", 1_000_000, 0),
    ];
    let name = statement
        .name
        .trim_start_matches("store::repository::statements::");
    match name {
        "catalogue::LIST" => {
            let sorts = ["title", "price_asc", "price_desc", "newest", "title"];
            let with = |(filter, sort): (&Vec<Value>, &str)| {
                let rest = [Value::from(sort), Value::Int(10), Value::Int(0)];
                filter.iter().cloned().chain(rest).collect()
            };
            filters.iter().zip(sorts).map(with).collect()
        }
        "catalogue::COUNT" => filters.to_vec(),
        "catalogue::BY_HANDLE" => vec![
            text(&["shirt"]),
            text(&["cup"]),
            text(&["hidden"]),
            text(&["none"]),
        ],
        "catalogue::BY_ID" => vec![text(&["p1"]), text(&["p3"]), text(&["none"])],
        "catalogue::VARIANTS" => vec![text(&["p1"]), text(&["p2"])],
        "catalogue::CATEGORIES" | "catalogue::BRANDS" | "orders::COUNT" => vec![vec![]],
        "orders::TAKE_STOCK" => [
            ("s1", 3),
            ("s1", 10),
            ("s1", 1_000),
            ("s2", 1),
            ("s3", 2),
            ("s4", 1),
            ("none", 1),
        ]
        .map(|(id, n)| vec![Value::from(id), Value::Int(n), Value::from("now")])
        .to_vec(),
        "orders::FOR_SALE" => vec![text(&["s1"]), text(&["s2"]), text(&["s3"]), text(&["s4"])],
        "orders::UPSERT_CUSTOMER" => vec![
            text(&["new", "ann@example.org", "Other", "now"]),
            text(&["new", "bob@two-secret.example", "Other", "now"]),
            text(&["cu1", "new@example.org", "Other", "now"]),
        ],
        "orders::INSERT_ORDER" => ["new", "o1", "o2-2"]
            .map(|id| {
                let mut binds = text(&[id, "cu1", "Ann", "Street", "EUR"]);
                binds.extend([Value::Int(5), Value::from("now")]);
                binds
            })
            .to_vec(),
        "orders::INSERT_LINE" => [("new", "o1"), ("new", "o2-2"), ("i1", "o1")]
            .map(|(id, order)| {
                let mut binds = text(&[id, order, "s1"]);
                binds.push(Value::Int(0));
                binds.extend(text(&["Title", "S", "S-1"]));
                binds.extend([Value::Int(5), Value::Int(1)]);
                binds
            })
            .to_vec(),
        "orders::BY_ID" | "orders::LINES" => vec![text(&["o1"]), text(&["o2-1"]), text(&["o2-2"])],
        "orders::LIST" => vec![
            vec![Value::Int(10), Value::Int(0)],
            vec![Value::Int(1), Value::Int(1)],
        ],
        "people::BY_EMAIL" => vec![text(&["owner@example.org"]), text(&["none"])],
        "people::BY_TOKEN" => ["same", "of-1", "of-2", "old"]
            .map(|hash| text(&[hash, "2026"]))
            .to_vec(),
        "people::INSERT" => vec![
            text(&["new", "new@example.org", "N", "member", "hash", "now"]),
            text(&["new", "owner@example.org", "N", "member", "hash", "now"]),
        ],
        "people::INSERT_TOKEN" => vec![
            text(&["new", "pe1", "of-2", "now", "2027"]),
            text(&["new", "none", "new", "now", "2027"]),
            text(&["new", "pe1", "same", "now", "2027"]),
        ],
        "people::DELETE_TOKEN" => vec![text(&["same"]), text(&["of-2"])],
        "people::DELETE_OLD_TOKENS" => vec![text(&["2026"]), text(&["2028"])],
        "staff::OWN" => vec![text(&["p1"]), text(&["p2"])],
        "staff::UPDATE_PRODUCT" => ["p1", "p2", "none"]
            .map(|id| {
                let mut binds = text(&[id, "Title"]);
                binds.extend([Value::from("<p>x</p>"), Value::from("B"), flag(false)]);
                binds.extend(text(&["text", "now"]));
                binds
            })
            .to_vec(),
        "staff::UPDATE_VARIANT" => vec![
            vec![
                Value::from("s1"),
                Value::Int(4),
                Value::Int(5),
                Value::from("now"),
            ],
            vec![
                Value::from("s3"),
                Value::Int(0),
                Value::Int(1),
                Value::from("now"),
            ],
        ],
        "staff::PRODUCT_OF_VARIANT" => vec![text(&["s1"]), text(&["none"])],
        "staff::MASTER_LIST" => ["", "%mug%"]
            .map(|pattern| vec![Value::from(pattern), Value::Int(10), Value::Int(0)])
            .to_vec(),
        "staff::MASTER_COUNT" => vec![text(&[""]), text(&["%mug%"])],
        "staff::MASTER_BY_ID" | "staff::MASTER_VARIANTS" => vec![text(&["m1"]), text(&["m3"])],
        "staff::TAKE_PRODUCT" => vec![
            text(&["new", "lamp", "m3", "sc1", "now"]),
            text(&["new", "shirt-2", "m1", "sc1", "now"]),
            text(&["new", "cup", "m3", "sc1", "now"]),
        ],
        "staff::TAKE_VARIANT" => ["new", "s1"]
            .map(|id| {
                let mut binds = text(&[id, "p2", "v3", "", "", "x", "SKU", "bar"]);
                binds.extend([Value::Int(1), Value::Int(3), Value::from("now")]);
                binds
            })
            .to_vec(),
        "import::PRODUCT" => vec![text(&["cup"]), text(&["none"])],
        "import::VARIANTS" => vec![text(&["p1"]), text(&["p2"])],
        "import::BY_SKU" => vec![text(&["S-1"]), text(&["C-1"]), text(&["C-2"])],
        "import::UPSERT_CATEGORY" => {
            vec![
                text(&["new", "tops", "Other", "c1"]),
                text(&["new", "garden", "Garden", "c1"]),
            ]
        }
        "import::INSERT_PRODUCT" => ["new", "cup"]
            .map(|handle| {
                let mut binds = text(&[
                    "new", handle, "sc1", "Title", "<p>x</p>", "B", "[]", "[]", "[]", "text",
                ]);
                binds.extend([flag(true), Value::from("hash"), Value::from("now")]);
                binds
            })
            .to_vec(),
        "import::UPDATE_PRODUCT" => ["p1", "p2", "none"]
            .map(|id| {
                let mut binds = text(&[id, "sc2", "Title", "<p>x</p>", "B", "[]", "[]", "[]", "text"]);
                binds.extend([flag(true), Value::from("hash"), Value::from("now")]);
                binds
            })
            .to_vec(),
        "import::INSERT_VARIANT" => [("new", "C-9"), ("new", "S-1"), ("s1", "C-9")]
            .map(|(id, sku)| {
                let mut binds = text(&[id, "p2", "L", "", "", sku, "bar"]);
                binds.extend([1, 500, 600, 7, 1].map(Value::Int));
                binds.extend(text(&["hash", "now"]));
                binds
            })
            .to_vec(),
        "import::UPDATE_VARIANT" => ["s1", "s3", "none"]
            .map(|id| {
                let mut binds = text(&[id, "C-8", "bar"]);
                binds.extend([1, 500, 600, 7].map(Value::Int));
                binds.extend(text(&["hash", "now"]));
                binds
            })
            .to_vec(),
        other => panic!("{other}: say in this test what it binds"),
    }
}

fn check(on: Dialect) -> StatementCheck {
    let schema = match on {
        Dialect::Sqlite => [
            include_str!("../../migrations/sqlite/0001_shop.sql"),
            include_str!("../../migrations/sqlite/0002_audit.sql"),
        ],
        Dialect::Postgres => [
            include_str!("../../migrations/postgres/0001_shop.sql"),
            include_str!("../../migrations/postgres/0002_audit.sql"),
        ],
        Dialect::Mysql => panic!("the store has no schema for MySQL"),
    };
    let mut check = StatementCheck::new(on, catalog().unwrap())
        .schema(schema[0])
        .shared(SHARED);
    for (store, marker) in [(1, "one-secret"), (2, "two-secret"), (3, "three-secret")] {
        let id = TenantId::bigint(store).unwrap();
        check = check.tenant(id.clone(), &rows(store)).marker(id, marker);
    }
    for statement in SCOPED.iter().copied().flatten() {
        check = check.statement(statement.name, statement.sql, samples(statement, on));
    }
    check
}

fn every_statement(on: Dialect) {
    let report = check(on).run().unwrap_or_else(|failure| panic!("{failure}"));
    if !report.skipped() {
        report.assert_productive();
        let statements: usize = SCOPED.iter().map(|list| list.len()).sum();
        assert_eq!(report.lines().len(), statements);
    }
}

#[test]
fn every_statement_on_sqlite() {
    every_statement(Dialect::Sqlite);
}

#[test]
fn every_statement_on_postgres() {
    every_statement(Dialect::Postgres);
}

/// The control: with an engine that lets everything through, the check finds nearly every statement.
#[test]
fn the_check_finds_what_is_not_scoped() {
    let open = engine_fn(|sql: &str| {
        let binds = (1..=20)
            .rev()
            .find(|n| sql.contains(&format!("${n}")))
            .unwrap_or(0);
        Ok(EngineOutput {
            text: sql.to_owned(),
            binds,
            tenant_bind: None,
        })
    });
    let failure = check(Dialect::Sqlite).engine(open).run().unwrap_err().to_string();
    for name in [
        "catalogue::LIST",
        "orders::TAKE_STOCK",
        "orders::LIST",
        "people::BY_TOKEN",
        "import::UPDATE_PRODUCT",
    ] {
        assert!(failure.contains(name), "{name} was not found");
    }
}

/// What the platform runs outside of all stores, no store can run.
#[test]
fn no_store_runs_the_platforms_statements() {
    for dialect in [
        tenancy_core::sql::Dialect::Sqlite,
        tenancy_core::sql::Dialect::Postgres,
    ] {
        let scoper = Scoper::new(catalog().unwrap(), dialect);
        for statement in platform::ALL {
            if statement.sql == platform::INSERT_OWNER {
                continue; // a store may add people, to itself
            }
            let refusal = scoper.scope(statement.sql).unwrap_err();
            assert_eq!(refusal.rule(), Rule::DeniedTable, "{}: {refusal}", statement.name);
        }
        for statement in master::ALL {
            let scoped = scoper.scope(statement.sql);
            assert_eq!(
                scoped.is_ok(),
                statement.sql.starts_with("SELECT"),
                "{}",
                statement.name
            );
        }
        for statement in ACROSS.iter().copied().flatten() {
            scoper
                .scope(statement.sql)
                .unwrap_or_else(|refusal| panic!("{}: {refusal}", statement.name));
        }
    }
}
