//! Children, parties and hidden keys on real servers: what the made-up statements do not ask for.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use tenancy_core::{
    Catalog, KeyType, Party, Table, TenantId,
    sql::{Dialect, Scoper},
};
use tenancy_core::{CrossTenant, Operator, Tenants};
use tenancy_testkit::{StatementCheck, Value, maria::MariaDatabase, probe::Database};

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .tenant_tables(["orders"])
        .table(
            Table::via("items", "orders", [("order_id", "id")])
                .columns(["order_id", "no", "note"])
                .unique(["order_id", "no"]),
        )
        .table(Table::party(
            "deals",
            [
                Party::new("buyer").inserts().updates(["qty"]),
                Party::new("seller").deletes(),
            ],
        ))
        .build()
        .unwrap()
}

const SCHEMA: &str = "CREATE TABLE orders (id BIGINT PRIMARY KEY, tid BIGINT NOT NULL);
    CREATE TABLE items (order_id BIGINT NOT NULL, no BIGINT NOT NULL, note TEXT, UNIQUE (order_id, no));
    CREATE TABLE deals (id BIGINT PRIMARY KEY, buyer BIGINT NOT NULL, seller BIGINT, qty BIGINT);
    CREATE INDEX deals_buyer ON deals (buyer);
    CREATE INDEX deals_seller ON deals (seller);
    INSERT INTO orders VALUES (1, 1), (2, 2);
    INSERT INTO items VALUES (1, 1, '{\"a\": 1}'), (2, 1, 'no json'), (2, 2, 'no json');
    INSERT INTO deals VALUES (1, 1, 2, 5), (2, 2, 1, 5), (3, 2, 3, 5), (4, 3, NULL, 5);";

/// Runs a statement as tenant 1.
async fn run(db: &mut Database, dialect: Dialect, sql: &str) -> Result<Vec<Vec<Value>>, String> {
    let scoped = Scoper::new(catalog(), dialect)
        .scope(sql)
        .map_err(|refusal| refusal.to_string())?;
    let binds = match scoped.tenant_bind() {
        Some(_) => vec![Value::Int(1)],
        None => Vec::new(),
    };
    let answer = db.run(scoped.text(), &binds).await.map_err(|fault| fault.kind)?;
    Ok(answer.rows)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

async fn sqlite() -> Database {
    let mut db = Database::sqlite().await.unwrap();
    db.script(SCHEMA).await.unwrap();
    db
}

#[test]
fn a_condition_that_fails_on_anothers_row_is_not_looked_at_there() {
    block_on(async {
        let mut db = sqlite().await;
        // The control: the others' rows are there, and the condition fails on them.
        let control = "SELECT no FROM items WHERE json_extract(note, '$.a') = 1";
        assert!(db.run(control, &[]).await.is_err());
        for sql in [
            control,
            "SELECT i.no FROM orders o JOIN items i ON i.order_id = o.id AND json_extract(i.note, '$.a') = 1",
            "UPDATE items SET no = 1 WHERE json_extract(note, '$.a') = 1 RETURNING no",
            "DELETE FROM items WHERE json_extract(note, '$.a') = 1 RETURNING no",
        ] {
            let rows = run(&mut db, Dialect::Sqlite, sql).await;
            assert_eq!(rows, Ok(vec![vec![Value::Int(1)]]), "{sql}");
        }
    });
}

/// MariaDB puts a test that is no single comparison behind the statement's own conditions where it merges a slice, and an error
/// of theirs quotes the row.
#[test]
fn mariadb_looks_at_no_condition_in_anothers_row() {
    block_on(async {
        let Some(place) = MariaDatabase::or_skip("conditions that fail").await.unwrap() else {
            return;
        };
        let mut db = Database::mysql(place.owner_url()).await.unwrap();
        db.script(
            "CREATE TABLE deals (id BIGINT PRIMARY KEY, buyer BIGINT NOT NULL, seller BIGINT, note VARCHAR(40));
             CREATE TABLE pages (id BIGINT PRIMARY KEY, tid BIGINT, note VARCHAR(40));
             CREATE TABLE orders (id BIGINT PRIMARY KEY, tid BIGINT NOT NULL, note VARCHAR(40));
             INSERT INTO deals VALUES (1, 1, 2, '5'), (2, 2, 1, '6'), (3, 2, 3, 'theirs'), (4, 3, 3, 'theirs');
             INSERT INTO pages VALUES (1, 1, '5'), (2, NULL, '6'), (3, 3, 'theirs');
             INSERT INTO orders VALUES (1, 1, '5'), (2, 2, '6'), (3, 3, 'theirs');",
        )
        .await
        .unwrap();
        let catalog = Catalog::builder()
            .tenant_key("tid", KeyType::BigInt)
            .tenant_tables(["orders"])
            .table(Table::mixed("pages"))
            .table(Table::party(
                "deals",
                [
                    Party::new("buyer").inserts().updates(["note"]).deletes(),
                    Party::new("seller").updates(["note"]).deletes(),
                ],
            ))
            .build()
            .unwrap();
        let scoper = Scoper::new(catalog, Dialect::Mysql);
        let ids = |ids: &[i64]| {
            ids.iter()
                .flat_map(|id| TenantId::bigint(*id))
                .collect::<Vec<_>>()
        };
        let one = ids(&[1]);
        for sql in [
            "INSERT INTO orders (id, note) SELECT d.id + 10, d.note FROM deals d WHERE CAST(d.note AS SIGNED) > 1",
            "INSERT INTO orders (id, note) SELECT p.id + 20, p.note FROM pages p WHERE CAST(p.note AS SIGNED) > 1",
            "UPDATE deals SET note = '7' WHERE CAST(note AS SIGNED) > 1",
            "UPDATE pages SET note = '7' WHERE CAST(note AS SIGNED) > 1",
        ] {
            // The control: it fails on the others' rows.
            let open = db.run(sql, &[]).await;
            assert!(open.is_err(), "{sql}");
            let text = scoper.scope(sql).unwrap().text_for_all(&one).unwrap();
            let scoped = db.run(&text, &[]).await;
            assert!(
                scoped.is_ok(),
                "{sql}: {:?}",
                scoped.err().map(|fault| fault.text)
            );
        }
        // Of several tenants, those of no other are looked at either.
        let operator = Operator::new("olga").unwrap();
        let some = Tenants::Only(ids(&[1, 2]));
        let crossing = CrossTenant::write(&operator, some, "a test").unwrap();
        let sql = "UPDATE pages SET note = (SELECT MAX(o.id) FROM orders o WHERE CAST(o.note AS SIGNED) > 1)";
        let scoped = scoper.scope_across(sql, &crossing).unwrap();
        assert!(db.run(sql, &[]).await.is_err());
        let text = scoped.text_for_all(&ids(&[1, 2])).unwrap();
        let answer = db.run(&text, &[]).await;
        assert!(
            answer.is_ok(),
            "{text}: {:?}",
            answer.err().map(|fault| fault.text)
        );
    });
}

/// SQLite 3.51 finds no row in an EXISTS over `(a = 1 OR a IS NULL) AND b <= c`, which is what a mixed table's rows would be.
#[test]
fn sqlite_finds_a_mixed_tables_rows_in_an_exists() {
    block_on(async {
        let mut db = Database::sqlite().await.unwrap();
        db.script(
            "CREATE TABLE brands (id BIGINT PRIMARY KEY);
             CREATE TABLE pages (id BIGINT NOT NULL, n BIGINT, tid BIGINT, UNIQUE (tid, id));
             INSERT INTO brands VALUES (1), (2);
             INSERT INTO pages VALUES (8, 4, NULL), (8, NULL, 1), (1, 3, 1), (3, 4, 2), (3, 7, 1);",
        )
        .await
        .unwrap();
        let catalog = Catalog::builder()
            .tenant_key("tid", KeyType::BigInt)
            .table(Table::mixed("pages"))
            .shared_tables(["brands"])
            .build()
            .unwrap();
        let scoper = Scoper::new(catalog, Dialect::Sqlite);
        let sql = "SELECT b.id FROM brands b WHERE EXISTS (SELECT * FROM pages p WHERE p.n <= p.id)";
        let scoped = scoper.scope(sql).unwrap();
        let answer = db.run(scoped.text(), &[Value::Int(1)]).await.unwrap();
        assert_eq!(answer.rows.len(), 2, "{}", scoped.text());
    });
}

#[test]
fn anothers_parent_and_a_missing_one_look_alike() {
    block_on(async {
        let mut db = sqlite().await;
        for sql in [
            "INSERT INTO items (order_id, no) VALUES (@, 9)",
            "INSERT INTO items (order_id, no) SELECT @, 9 FROM orders",
            "INSERT INTO items (order_id, no) SELECT (SELECT max(id) FROM orders) + @ - 1, 9 FROM orders",
            "INSERT INTO items (no, order_id) VALUES (1, 1) ON CONFLICT (order_id, no) DO UPDATE SET order_id = @",
            "UPDATE items SET order_id = @",
            "UPDATE items SET order_id = (SELECT @)",
        ] {
            let theirs = run(&mut db, Dialect::Sqlite, &sql.replace('@', "2")).await;
            let nobodys = run(&mut db, Dialect::Sqlite, &sql.replace('@', "3")).await;
            assert_eq!(theirs, Err("NotNullViolation".to_owned()), "{sql}");
            assert_eq!(theirs, nobodys, "{sql}");
            // The control: with a parent of its own it passes.
            let own = run(&mut db, Dialect::Sqlite, &sql.replace('@', "1")).await;
            assert_eq!(own, Ok(Vec::new()), "{sql}");
            db.script("DELETE FROM items WHERE no = 9").await.unwrap();
        }
    });
}

#[test]
fn each_party_is_found_by_its_index() {
    block_on(async {
        let mut db = sqlite().await;
        let plan = |sql: &str| {
            let scoped = Scoper::new(catalog(), Dialect::Sqlite).scope(sql).unwrap();
            format!("EXPLAIN QUERY PLAN {}", scoped.text())
        };
        let explain = plan("SELECT id FROM deals");
        let answer = db.run(&explain, &[Value::Int(1)]).await.unwrap();
        let shown = format!("{:?}", answer.rows);
        assert!(shown.contains("MULTI-INDEX OR"), "{shown}");
        assert!(
            shown.contains("deals_buyer") && shown.contains("deals_seller"),
            "{shown}"
        );
    });
}

#[test]
fn a_migrated_child_answers_as_before() {
    block_on(async {
        let mut db = sqlite().await;
        let before = run(&mut db, Dialect::Sqlite, "SELECT no, note FROM items")
            .await
            .unwrap();
        let migration = catalog().key_migration("items", Dialect::Sqlite).unwrap();
        db.script(&migration).await.unwrap();
        let catalog = Catalog::builder()
            .tenant_key("tid", KeyType::BigInt)
            .tenant_tables(["orders", "items"])
            .build()
            .unwrap();
        let scoper = Scoper::new(catalog, Dialect::Sqlite);
        let read = scoper.scope("SELECT no, note FROM items").unwrap();
        let after = db.run(read.text(), &[Value::Int(1)]).await.unwrap();
        assert_eq!(after.rows, before);
        let insert = |order: i64| {
            let sql = format!("INSERT INTO items (order_id, no) VALUES ({order}, 7)");
            scoper.scope(&sql).unwrap().text().to_owned()
        };
        assert!(db.run(&insert(2), &[Value::Int(1)]).await.is_err());
        assert!(db.run(&insert(1), &[Value::Int(1)]).await.is_ok());
    });
}

#[test]
fn an_applications_own_children_and_parties_are_checked() {
    let schema = SCHEMA.split("INSERT INTO").next().unwrap();
    let tenant = |id| TenantId::bigint(id).unwrap();
    let check = StatementCheck::new(tenancy_testkit::Dialect::Sqlite, catalog())
        .schema(schema)
        .tenant(
            tenant(1),
            "INSERT INTO orders VALUES (1, 1); INSERT INTO items VALUES (1, 1, 'a');
             INSERT INTO deals VALUES (1, 1, 2, 5);",
        )
        .tenant(
            tenant(2),
            "INSERT INTO orders VALUES (2, 2); INSERT INTO items VALUES (2, 1, 'b'), (2, 2, 'c');
             INSERT INTO deals VALUES (2, 2, 1, 5), (3, 2, 3, 5);",
        )
        .statement("items", "SELECT order_id, no, note FROM items", [vec![]])
        .statement("note", "UPDATE items SET note = 'x' RETURNING no", [vec![]])
        .statement(
            "item",
            "INSERT INTO items (order_id, no) SELECT id, ? FROM orders",
            [vec![Value::Int(7)]],
        )
        .statement("deals", "SELECT * FROM deals", [vec![]])
        .statement(
            "quantity",
            "UPDATE deals SET qty = qty + 1 WHERE qty > 0",
            [vec![]],
        )
        .statement("done", "DELETE FROM deals", [vec![]])
        .statement(
            "deal",
            "INSERT INTO deals (id, seller, qty) VALUES (9, 3, ?)",
            [vec![Value::Int(7)]],
        );
    let report = check.run().unwrap();
    report.assert_productive();
}
