//! Leaks that other systems had, each with a control that shows that the other tenant's rows are there to be leaked.
//!
//! `data/leaks.json` is the list. A case is closed when its statement is refused as expected, or when it answers as on a
//! database that never knew the other tenant and leaves that tenant's rows as they were.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde::Deserialize;
use tenancy_core::{Catalog, KeyType, Table, sql::Scoper};
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::{Answer, Database, Fault, same_rows};
use tenancy_testkit::{Dialect, Value};

const SCHEMA: &str = "
CREATE TABLE services (id bigint PRIMARY KEY, name text);
CREATE TABLE service_texts (store_id bigint NOT NULL, id bigint, service_id bigint, body text, PRIMARY KEY (store_id, id));
CREATE TABLE orders (store_id bigint NOT NULL, id bigint, service_id bigint, note text, PRIMARY KEY (store_id, id));
CREATE TABLE order_lines (store_id bigint NOT NULL, id bigint, order_id bigint, qty bigint, PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id));
CREATE TABLE settings (store_id bigint NOT NULL, id bigint, name text, value text, PRIMARY KEY (store_id, id),
    UNIQUE (store_id, name));
CREATE TABLE coupons (store_id bigint, code text PRIMARY KEY, off bigint);
CREATE TABLE devices (store_id bigint, name text);
INSERT INTO services VALUES (1, 'wash'), (2, 'mend');
INSERT INTO service_texts VALUES (1, 11, 1, 'T1-wash'), (1, 12, 2, 'T1-mend');
INSERT INTO orders VALUES (1, 1, 1, 'T1-first'), (1, 2, 2, 'T1-second');
INSERT INTO order_lines VALUES (1, 1, 1, 3), (1, 2, 2, 4);
INSERT INTO settings VALUES (1, 1, 'theme', 'T1-dark');
INSERT INTO coupons VALUES (1, 'MINE', 5);
INSERT INTO devices VALUES (1, 'T1-phone');";

/// The other tenant: some keys are its alone, some are both tenants'.
const OTHER: &str = "
INSERT INTO service_texts VALUES (2, 1, 1, 'T2-wash'), (2, 11, 2, 'T2-mend');
INSERT INTO orders VALUES (2, 1, 1, 'T2-first'), (2, 7, 2, 'T2-only');
INSERT INTO order_lines VALUES (2, 1, 1, 500), (2, 7, 7, 700);
INSERT INTO settings VALUES (2, 1, 'theme', 'T2-light'), (2, 2, 'feature', 'T2-on');
INSERT INTO coupons VALUES (2, 'SAVE', 10);
INSERT INTO devices VALUES (2, 'T2-phone');";

/// The tenants' tables of the schema; `devices` is one that the catalogue does not name.
const TABLES: [&str; 6] = [
    "service_texts",
    "orders",
    "order_lines",
    "settings",
    "coupons",
    "devices",
];

fn scoper(dialect: Dialect) -> Scoper {
    let keyed = |name, columns: &[&str]| {
        Table::tenant(name)
            .columns(columns.iter().copied())
            .unique(["store_id", "id"])
    };
    let catalog = Catalog::builder()
        .tenant_key("store_id", KeyType::BigInt)
        .table(keyed("service_texts", &["store_id", "id", "service_id", "body"]))
        .table(keyed("orders", &["store_id", "id", "service_id", "note"]))
        .table(keyed("order_lines", &["store_id", "id", "order_id", "qty"]))
        .table(keyed("settings", &["store_id", "id", "name", "value"]).unique(["store_id", "name"]))
        .table(
            Table::tenant("coupons")
                .columns(["store_id", "code", "off"])
                .unique(["code"]),
        )
        .shared_tables(["services"])
        .build()
        .unwrap();
    Scoper::new(catalog, dialect.into())
}

/// What has to come of a statement.
#[derive(Debug, Clone, Copy)]
enum Closed {
    /// It answers as without the other tenant.
    Same,
    /// It is refused by this rule.
    Refused(&'static str),
}
use Closed::{Refused, Same};

/// A database of both tenants and one that never knew the other, and what keeps their server.
struct Pair {
    dialect: Dialect,
    shared: Database,
    private: Database,
    _kept: Vec<PgDatabase>,
}

async fn pairs() -> Vec<Pair> {
    let sqlite = Pair {
        dialect: Dialect::Sqlite,
        shared: Database::sqlite().await.unwrap(),
        private: Database::sqlite().await.unwrap(),
        _kept: Vec::new(),
    };
    let mut pairs = vec![sqlite];
    if let (Some(one), Some(two)) = (
        PgDatabase::or_skip("leaks").await.unwrap(),
        PgDatabase::or_skip("leaks").await.unwrap(),
    ) {
        pairs.push(Pair {
            dialect: Dialect::Postgres,
            shared: Database::postgres(one.admin_url()).await.unwrap(),
            private: Database::postgres(two.admin_url()).await.unwrap(),
            _kept: vec![one, two],
        });
    }
    for Pair {
        dialect,
        shared,
        private,
        ..
    } in &mut pairs
    {
        if *dialect == Dialect::Sqlite {
            shared.script("PRAGMA foreign_keys = ON").await.unwrap();
            private.script("PRAGMA foreign_keys = ON").await.unwrap();
        }
        shared.script(SCHEMA).await.unwrap();
        shared.script(OTHER).await.unwrap();
        private.script(SCHEMA).await.unwrap();
    }
    pairs
}

/// What a statement did: its answer, and the rows of each tenant afterwards.
struct Did {
    answer: Result<Answer, Fault>,
    own: Vec<Vec<Value>>,
    theirs: Vec<Vec<Value>>,
}

/// Runs a statement and takes it back.
async fn attempt(db: &mut Database, sql: &str, binds: &[Value]) -> Did {
    db.script("BEGIN").await.unwrap();
    db.script("SAVEPOINT attempt").await.unwrap();
    let answer = db.run(sql, binds).await;
    if answer.is_err() {
        db.script("ROLLBACK TO attempt").await.unwrap();
    }
    let (own, theirs) = (rows_of(db, 1).await, rows_of(db, 2).await);
    db.script("ROLLBACK").await.unwrap();
    Did { answer, own, theirs }
}

async fn rows_of(db: &mut Database, tenant: u8) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for table in TABLES {
        let sql = format!("SELECT * FROM {table} WHERE store_id = {tenant} ORDER BY 1, 2");
        rows.extend(db.run(&sql, &[]).await.unwrap().rows);
    }
    rows
}

fn same_answer(a: &Result<Answer, Fault>, b: &Result<Answer, Fault>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => same_rows(a, b, &[]).is_ok() && a.affected == b.affected,
        (Err(a), Err(b)) => a.kind == b.kind,
        _ => false,
    }
}

/// The leak is there without an engine, and closed with it.
async fn check(cases: &[(Closed, &str)]) {
    for mut pair in pairs().await {
        for (closed, sql) in cases {
            pair.control(sql).await;
            pair.closed(*closed, sql).await;
        }
    }
}

impl Pair {
    /// Without an engine the statement shows the other tenant's rows, or changes them.
    async fn control(&mut self, sql: &str) {
        let before = rows_of(&mut self.shared, 2).await;
        let open = attempt(&mut self.shared, sql, &[]).await;
        let alone = attempt(&mut self.private, sql, &[]).await;
        assert!(before.len() > 8, "the other tenant has no rows");
        assert!(
            open.theirs != before || !same_answer(&open.answer, &alone.answer),
            "{:?}: nothing to leak: {sql}",
            self.dialect
        );
    }

    async fn closed(&mut self, closed: Closed, sql: &str) {
        let scoped = scoper(self.dialect)
            .scope(sql)
            .map_err(|refusal| refusal.code().to_owned());
        let Refused(code) = closed else {
            let scoped = scoped.unwrap_or_else(|code| panic!("{:?}: refused, {code}: {sql}", self.dialect));
            return self
                .same(sql, scoped.text(), scoped.tenant_bind().is_some())
                .await;
        };
        assert_eq!(
            scoped.map(|_| ()),
            Err(code.to_owned()),
            "{:?}: {sql}",
            self.dialect
        );
    }

    async fn same(&mut self, sql: &str, text: &str, takes_tenant: bool) {
        let binds = if takes_tenant {
            vec![Value::Int(1)]
        } else {
            Vec::new()
        };
        let before = rows_of(&mut self.shared, 2).await;
        let seen = attempt(&mut self.shared, text, &binds).await;
        let alone = attempt(&mut self.private, text, &binds).await;
        let said = format!("{:?}: {sql}\n{text}\n{:?}", self.dialect, seen.answer);
        assert_eq!(seen.theirs, before, "the other tenant's rows changed: {said}");
        assert_eq!(seen.own, alone.own, "the tenant's rows differ: {said}");
        assert!(
            same_answer(&seen.answer, &alone.answer),
            "without the other it is {:?}: {said}",
            alone.answer
        );
        assert!(
            !format!("{:?}", seen.answer).contains("T2-"),
            "shows the other's rows: {said}"
        );
        if sql.starts_with("SELECT") {
            let meant = attempt(&mut self.private, sql, &[]).await;
            assert!(
                same_answer(&seen.answer, &meant.answer),
                "meant was {:?}: {said}",
                meant.answer
            );
        }
    }
}

#[tokio::test]
async fn l01_a_join_from_a_shared_table() {
    check(&[
        (Same, "SELECT services.name, service_texts.body FROM services INNER JOIN service_texts ON service_texts.service_id = services.id"),
        (Same, "SELECT services.* FROM services JOIN service_texts t ON t.service_id = services.id"),
    ])
    .await;
}

#[tokio::test]
async fn l02_a_write_whose_subquery_has_a_limit() {
    check(&[
        (
            Same,
            "UPDATE orders SET note = 'x' WHERE id IN (SELECT id FROM orders ORDER BY id DESC LIMIT 1)",
        ),
        (
            Same,
            "DELETE FROM order_lines WHERE id IN (SELECT id FROM order_lines ORDER BY qty DESC LIMIT 1)",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l03_a_write_of_everything() {
    check(&[
        (Same, "UPDATE orders SET note = 'x'"),
        (Same, "DELETE FROM order_lines"),
    ])
    .await;
}

#[tokio::test]
async fn l04_a_write_with_a_join() {
    check(&[
        (Same, "UPDATE order_lines SET qty = 0 FROM orders WHERE orders.id = order_lines.order_id"),
        (Same, "UPDATE order_lines SET qty = o.service_id FROM orders o JOIN services s ON s.id = o.service_id WHERE o.id = order_id"),
    ])
    .await;
}

#[tokio::test]
async fn l05_a_join_on_keys_that_both_tenants_have() {
    check(&[
        (Same, "SELECT o.note, l.qty FROM orders o JOIN order_lines l ON l.order_id = o.id"),
        (Same, "SELECT o.note, s.name FROM orders o JOIN service_texts t ON t.service_id = o.service_id JOIN services s ON s.id = t.service_id"),
    ])
    .await;
}

#[tokio::test]
async fn l06_a_new_row_without_its_tenant_and_a_joined_subquery() {
    check(&[
        (Same, "SELECT t.note FROM services s JOIN (SELECT note, service_id FROM orders) t ON t.service_id = s.id"),
        (Same, "INSERT INTO settings (store_id, id, name, value) SELECT 2, o.id + 100, o.note, 'x' FROM orders o"),
    ])
    .await;
}

#[tokio::test]
async fn l07_related_rows_of_a_cascade() {
    check(&[
        (Same, "SELECT * FROM order_lines WHERE order_id IN (1, 7)"),
        (
            Same,
            "DELETE FROM order_lines WHERE order_id IN (SELECT id FROM orders WHERE service_id = 1)",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l08_rows_of_a_derived_entity() {
    check(&[
        (Same, "SELECT id, value FROM settings WHERE name = 'feature'"),
        (
            Same,
            "SELECT s.value FROM settings s JOIN orders base ON base.id = s.id",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l09_whether_a_row_exists() {
    check(&[
        (
            Same,
            "SELECT EXISTS (SELECT 1 FROM orders WHERE note LIKE '%only') AS there",
        ),
        (
            Same,
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM orders WHERE id = 7)",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l10_whether_a_value_is_taken() {
    check(&[
        (Same, "SELECT count(*) FROM settings WHERE name = 'feature'"),
        (
            Same,
            "SELECT count(*) AS aggregate FROM orders WHERE id = 7 AND note LIKE '%only'",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l11_one_row_by_its_key() {
    check(&[
        (Same, "SELECT * FROM orders WHERE id = 7"),
        (Same, "SELECT note FROM orders WHERE id IN (7) LIMIT 1"),
    ])
    .await;
}

#[tokio::test]
async fn l12_a_write_by_key() {
    check(&[
        (Same, "UPDATE orders SET note = 'x' WHERE id = 7"),
        (Same, "DELETE FROM order_lines WHERE id = 7"),
        (Same, "INSERT INTO orders (store_id, id, note) VALUES (2, 7, 'x') ON CONFLICT (store_id, id) DO UPDATE SET note = excluded.note"),
    ])
    .await;
}

#[tokio::test]
async fn l13_rows_of_rows_that_were_read_before() {
    check(&[
        (Same, "SELECT l.order_id, l.qty FROM order_lines l WHERE l.order_id IN (1, 2, 7) ORDER BY l.order_id, l.qty"),
        (Same, "SELECT o.id, (SELECT max(l.qty) FROM order_lines l WHERE l.order_id = o.id) AS most FROM orders o"),
    ])
    .await;
}

#[tokio::test]
async fn l14_an_answer_of_one_bit() {
    check(&[
        (
            Same,
            "SELECT count(*) > 0 FROM orders WHERE NOT (note <> 'T2-only')",
        ),
        (
            Same,
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM settings WHERE value LIKE 'T2%') THEN 1 ELSE 0 END AS there",
        ),
    ])
    .await;
    for pair in pairs().await {
        let refused = scoper(pair.dialect)
            .scope("EXPLAIN SELECT * FROM orders")
            .unwrap_err();
        assert_eq!(refused.code(), "statement_kind");
    }
}

#[tokio::test]
async fn l15_what_hangs_on_a_shared_row() {
    check(&[
        (Same, "SELECT s.id, count(o.id) FROM services s LEFT JOIN orders o ON o.service_id = s.id GROUP BY s.id"),
        (Same, "SELECT s.name, (SELECT max(o.note) FROM orders o WHERE o.service_id = s.id) AS last FROM services s"),
        (Same, "SELECT o.note FROM order_lines l JOIN orders o ON o.id = l.order_id WHERE l.qty > 100"),
    ])
    .await;
}

#[tokio::test]
async fn l16_a_table_that_was_forgotten() {
    check(&[
        (Refused("unknown_table"), "SELECT * FROM devices"),
        (
            Refused("unknown_table"),
            "SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM devices d WHERE d.store_id = 2)",
        ),
        (Refused("unknown_table"), "DELETE FROM devices"),
    ])
    .await;
}

#[tokio::test]
async fn l17_a_statement_written_by_hand() {
    check(&[
        (Same, "SELECT /* tenant filter off */ note -- raw\nFROM orders"),
        (
            Same,
            "SELECT 1 AS one, o.* FROM (SELECT * FROM (SELECT note FROM orders) a) o",
        ),
        (Same, "SELECT note FROM orders WHERE 1 = 2 OR 1 = 1"),
        (Same, "SELECT note FROM orders WHERE store_id = 2 OR store_id = 1"),
    ])
    .await;
}

#[tokio::test]
async fn l18_an_upsert_whose_target_has_no_tenant() {
    let upsert = "INSERT INTO coupons (store_id, code, off) VALUES (1, 'SAVE', 99) ON CONFLICT";
    check(&[
        (
            Refused("conflict_key"),
            &format!("{upsert} (code) DO UPDATE SET off = excluded.off"),
        ),
        (Refused("conflict_key"), &format!("{upsert} DO NOTHING")),
    ])
    .await;
    let own = "INSERT INTO settings (id, name, value) VALUES (9, 'feature', 'mine') ON CONFLICT (name) DO UPDATE SET value = 'x'";
    for mut pair in pairs().await {
        pair.closed(Same, own).await;
    }
}

#[tokio::test]
async fn l19_many_new_rows_at_once() {
    check(&[
        (Same, "INSERT INTO settings (store_id, id, name, value) VALUES (1, 21, 'a', 'x'), (2, 22, 'b', 'y'), (2, 23, 'c', 'z')"),
        (Same, "INSERT INTO orders (store_id, id, note) SELECT 2, id + 50, 'x' FROM services"),
    ])
    .await;
    for mut pair in pairs().await {
        pair.closed(
            Same,
            "INSERT INTO settings (id, name, value) VALUES (21, 'a', 'x'), (22, 'b', 'y')",
        )
        .await;
        pair.closed(
            Same,
            "INSERT INTO orders (store_id, id, note) VALUES (NULL, 60, 'x')",
        )
        .await;
    }
}

#[tokio::test]
async fn l20_a_row_moved_to_another_tenant() {
    check(&[
        (
            Refused("key_assigned"),
            "UPDATE service_texts SET store_id = 2 WHERE id = 12",
        ),
        (
            Refused("key_assigned"),
            "UPDATE service_texts SET body = 'x', store_id = store_id + 1 WHERE id = 12",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l21_a_row_made_for_another_tenant() {
    check(&[
        (
            Same,
            "INSERT INTO orders (store_id, id, note) VALUES (2, 50, 'x')",
        ),
        (
            Refused("key_assigned"),
            "UPDATE service_texts SET (store_id, body) = (2, 'x') WHERE id = 12",
        ),
    ])
    .await;
}

#[tokio::test]
async fn l22_aggregates() {
    check(&[
        (
            Same,
            "SELECT count(*), sum(qty), max(qty), min(qty) FROM order_lines",
        ),
        (
            Same,
            "SELECT service_id, count(*) FROM orders GROUP BY service_id HAVING count(*) > 0",
        ),
        (Same, "SELECT note, count(*) OVER () FROM orders"),
    ])
    .await;
}

/// A foreign key with the tenant's key sees the tenant's rows alone; one without sees all, and is the auditor's to report.
#[tokio::test]
async fn l23_what_row_security_does_not_see() {
    check(&[(
        Same,
        "INSERT INTO order_lines (store_id, id, order_id, qty) VALUES (2, 60, 7, 1)",
    )])
    .await;
    for mut pair in pairs().await {
        if pair.dialect == Dialect::Postgres {
            pair.control("TRUNCATE order_lines").await;
        }
        let rule = if pair.dialect == Dialect::Postgres {
            "statement_kind"
        } else {
            "syntax"
        };
        assert!(
            ["statement_kind", rule].contains(
                &scoper(pair.dialect)
                    .scope("TRUNCATE order_lines")
                    .unwrap_err()
                    .code()
            )
        );
    }
}

/// An entry of the list.
#[derive(Debug, Deserialize)]
struct Leak {
    id: String,
    title: String,
    test: String,
}

#[test]
fn every_entry_has_its_test() {
    let leaks: Vec<Leak> = serde_json::from_str(include_str!("../data/leaks.json")).unwrap();
    assert_eq!(leaks.len(), 23);
    for (n, leak) in leaks.iter().enumerate() {
        assert_eq!(leak.id, format!("L-{:02}", n + 1));
        assert!(!leak.title.is_empty());
        let start = format!("l{:02}_", n + 1);
        assert!(leak.test.starts_with(&start), "{}", leak.test);
        assert!(
            include_str!("leaks.rs").contains(&format!("async fn {}()", leak.test)),
            "{}",
            leak.test
        );
    }
}
