//! The exact text that the engine makes for MySQL, and what it refuses there.

#![cfg(feature = "sql")]
#![allow(clippy::unwrap_used, reason = "tests")]

use expect_test::{Expect, expect};
use tenancy_core::{
    Catalog, KeyType, TenantId,
    sql::{Dialect, Scoper},
};

fn catalog() -> Catalog {
    Catalog::from_toml(
        r#"
        [tenant]
        key = "tenant_id"
        type = "bigint"

        [tables]
        items = { kind = "tenant", columns = ["tenant_id", "id", "sku", "name"], unique = [["tenant_id", "id"], ["tenant_id", "sku"]] }
        orders = { kind = "tenant", columns = ["tenant_id", "id", "item_id", "note"], unique = [["id"]] }
        lines = "tenant"
        brands = "shared"
        tags = { kind = "mixed" }
        secrets = "denied"
        far = { kind = "tenant", schema = "other" }
        "#,
    )
    .unwrap()
}

/// One line a statement: what becomes of it, or why not.
fn check(statements: &[&str], expected: Expect) {
    let scoper = Scoper::new(catalog(), Dialect::Mysql);
    let lines: Vec<String> = statements
        .iter()
        .map(|sql| match scoper.scope(sql) {
            Ok(scoped) => scoped.text().to_owned(),
            Err(refusal) => format!("{}  <  {sql}", refusal.code()),
        })
        .collect();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn reads() {
    check(
        &[
            "SELECT * FROM items",
            "SELECT i.name FROM items i JOIN brands b ON b.id = i.id WHERE i.id = ? LIMIT 2, 3",
            "SELECT * FROM tags",
            "SELECT * FROM `other`.`far`",
            "SELECT * FROM far",
            "SELECT * FROM ITEMS",
            "WITH t AS (SELECT id FROM items) SELECT id FROM t",
        ],
        expect![[r#"
            SELECT * FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items
            SELECT i.name FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) i JOIN `brands` b ON b.id = i.id WHERE i.id = ? LIMIT 2, 3
            SELECT * FROM (SELECT * FROM `tags` WHERE (`tags`.`tenant_id` = :_tq_tenant OR `tags`.`tenant_id` IS NULL)) AS tags
            SELECT * FROM (SELECT * FROM `other`.`far` WHERE `far`.`tenant_id` = :_tq_tenant) AS `far`
            SELECT * FROM (SELECT * FROM `other`.`far` WHERE `far`.`tenant_id` = :_tq_tenant) AS far
            unknown_table  <  SELECT * FROM ITEMS
            WITH _tq1 AS (SELECT id FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = :_tq_tenant) AS items) SELECT id FROM _tq1 AS t"#]],
    );
}

#[test]
fn the_tenant_is_a_literal() {
    let scoped = Scoper::new(catalog(), Dialect::Mysql)
        .scope("SELECT ':_tq_tenant' FROM items WHERE id IN (?, ?)")
        .unwrap();
    assert_eq!((scoped.binds(), scoped.tenant_bind()), (2, None));
    assert!(scoped.has_tenant_literal());
    let text = scoped.text_for(&TenantId::bigint(7).unwrap()).unwrap();
    assert_eq!(
        &*text,
        "SELECT ':_tq_tenant' FROM (SELECT * FROM `items` WHERE `items`.`tenant_id` = 7) AS items WHERE id IN (?, ?)"
    );
    assert!(scoped.text_for(&TenantId::text("acme").unwrap()).is_err());
    let free = Scoper::new(catalog(), Dialect::Mysql)
        .scope("SELECT id FROM brands")
        .unwrap();
    assert!(!free.has_tenant_literal());
}

#[test]
fn a_text_key_is_compared_byte_by_byte() {
    let catalog = Catalog::builder()
        .tenant_key("shop", KeyType::Text)
        .tenant_tables(["orders"])
        .build()
        .unwrap();
    let scoped = Scoper::new(catalog, Dialect::Mysql)
        .scope("SELECT id FROM orders")
        .unwrap();
    let text = scoped.text_for(&TenantId::text("acme").unwrap()).unwrap();
    expect!["SELECT id FROM (SELECT * FROM `orders` WHERE `orders`.`shop` = 'acme' AND `orders`.`shop` = BINARY 'acme') AS orders"].assert_eq(&text);
}
