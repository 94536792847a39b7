//! Against the engine alone, as a role that may read and write all rows.

use tenancy_core::sql::Scoper;
use tenancy_core::{Catalog, TenantId};
use tenancy_testkit::maria::MariaDatabase;
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::{Answer, Database, Fault, same_rows};
use tenancy_testkit::{Dialect, Engine, Value};

use crate::{CATALOG, OTHERS, PRIVATE, TABLES};

/// Conditions that fail on a row of tenant 2's, put where a server may look at them first; and rows that are reached past
/// their predicate.
const EVERYWHERE: &[&str] = &[
    "SELECT i.id, o.id FROM items i LEFT JOIN orders o ON o.item_id = i.id",
    "SELECT i.id, d.id FROM items i CROSS JOIN deals d",
    "SELECT i.id FROM items i WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.item_id = i.id AND o.id > 10)",
    "SELECT id FROM items WHERE tid = 2 OR NOT (tid = 1)",
    "SELECT id FROM prices WHERE tid IS NULL OR 1 = 1",
    "SELECT max(id), min(id), count(*) FROM items",
    "SELECT (SELECT max(o.note) FROM orders o WHERE o.id > i.id) FROM items i ORDER BY i.id",
    "SELECT orders.note FROM items AS orders",
    "SELECT items.note FROM orders AS items JOIN items AS orders ON orders.id = items.item_id",
    "SELECT count(*) OVER (), lag(note) OVER (ORDER BY id DESC) FROM items",
    "WITH orders AS (SELECT id FROM items) SELECT count(*) FROM orders",
    "WITH x AS (SELECT * FROM items) SELECT count(*) FROM x a JOIN x b ON a.tid <> b.tid OR 1 = 1",
    "UPDATE items SET n = (SELECT sum(total) FROM orders) WHERE n = 0 OR id > 0",
    "DELETE FROM parts WHERE no = 1",
    "SELECT id FROM items WHERE id IN (SELECT order_id FROM parts) OR EXISTS (SELECT 1 FROM deals WHERE qty = 0)",
];

const POSTGRES: &[&str] = &[
    "SELECT id FROM items WHERE 'x' ~ note",
    "SELECT id, note FROM items GROUP BY id HAVING 'x' ~ note",
    "SELECT id, note, 1 / n FROM items WHERE 1 / n >= 0 GROUP BY id",
    "SELECT i.id FROM items i JOIN orders o ON 1 / o.total >= 0 AND 1 / i.n >= 0",
    "SELECT i.id FROM items i FULL JOIN orders o ON i.id = o.item_id WHERE 1 / i.n >= 0",
    "SELECT order_id FROM parts WHERE 'x' ~ note",
    "SELECT id FROM deals WHERE 'x' ~ note",
    "SELECT id FROM prices WHERE 1 / amount >= 0",
    "SELECT id FROM items WHERE id = 11 AND 1 / n > 0",
    "SELECT id FROM items WHERE tid IN (1, 2) AND 1 / n >= 0",
    "SELECT sum(1 / n) OVER (ORDER BY id) FROM items",
    "SELECT string_agg(note, ',' ORDER BY 1 / n) FROM items",
    "UPDATE items SET sku = 'q' || items.id FROM orders WHERE items.id = orders.item_id AND 1 / (orders.total + items.n * 0) >= 0",
    "DELETE FROM items USING orders WHERE items.id = orders.item_id AND 'x' ~ items.note",
    "MERGE INTO items USING (VALUES (11)) v(x) ON items.id = v.x WHEN MATCHED THEN DELETE",
    "MERGE INTO items USING orders ON items.id = orders.item_id AND 1 / items.n > 9 WHEN MATCHED THEN DELETE",
    "DELETE FROM hid RETURNING to_jsonb(hid)::text",
    "UPDATE hid SET note = hid::text",
];

const SQLITE: &[&str] = &[
    "SELECT id FROM items WHERE json_extract('{}', '$.' || note) IS NULL AND json_extract(note, '$') > 0",
    "SELECT i.id FROM orders o LEFT JOIN items i ON i.id = 11 AND json_extract(i.note, '$') > 0",
    "SELECT id FROM items WHERE note -> '$' IS NOT NULL",
    "SELECT order_id FROM parts WHERE json_extract(note, '$') > 0",
    "SELECT id FROM deals WHERE json_extract(note, '$') > 0",
    "SELECT id FROM items GROUP BY id HAVING json_extract(note, '$') > 0",
    "SELECT count(*) FROM items WHERE rowid > 2",
    "SELECT max(\"rowid\") FROM items",
    "SELECT \"tid\" FROM hid",
    "UPDATE OR REPLACE items SET id = 11 WHERE id = 1",
    "INSERT OR REPLACE INTO items (id, tid) VALUES (11, 1)",
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM main.items WHERE id = 11)",
    "SELECT * FROM 'items'",
    "SELECT * FROM (items JOIN orders)",
    "SELECT o.id FROM items i FULL JOIN orders o USING (id)",
    "WITH items AS (SELECT 1 AS id) SELECT count(*) FROM main.items",
    "WITH items AS (SELECT 11 AS id) DELETE FROM items",
];

const MARIADB: &[&str] = &[
    // A row that a unique key finds is read while the statement is planned, and the conditions are tried on it.
    "SELECT id FROM items WHERE id = 11 AND EXP(710 + n) > 0",
    "SELECT id FROM items WHERE id = 11 AND n - 9223372036854775807 - 5 > 0",
    "SELECT id FROM items WHERE id = 11 AND tid = 1 AND POW(99999, 99999 + n) > 1",
    "SELECT e FROM (SELECT id, EXP(710 + n) AS e FROM items) AS x WHERE id = 11 AND e > 0",
    "SELECT i.id FROM items i WHERE i.id IN (SELECT o.item_id FROM orders o WHERE o.id = 11 AND EXP(710 + o.total) > 0)",
    "SELECT (SELECT id FROM items WHERE id = 11 AND EXP(710 + n) > 0)",
    "INSERT INTO products (id) SELECT id FROM items WHERE id = 11 AND note = 0",
    "INSERT INTO orders (id, tid) SELECT id + 90, 1 FROM items WHERE id = 11 AND note = 0",
    "INSERT INTO orders (id, tid) SELECT id + 90, 1 FROM items WHERE id = 11 AND note",
    "INSERT INTO orders (id, tid) SELECT id + 90, 1 FROM items WHERE (id, note) = (11, 0)",
    "INSERT INTO orders (id, tid) SELECT i.id + 90, 1 FROM items i JOIN (SELECT 11 AS k, 0 AS z) x ON i.id = x.k AND i.note = x.z",
    "INSERT INTO orders (id, tid) SELECT (SELECT id FROM items WHERE id = 11 AND note = 0), 1",
    "UPDATE items i JOIN orders o SET i.n = 5 WHERE i.id = 11 AND i.note = 0",
    "UPDATE items i JOIN orders o ON o.item_id = i.id SET i.n = 5 WHERE i.id = 11 AND EXP(710 + i.n) > 0",
    "UPDATE items i JOIN orders o ON i.id = 11 AND i.note = 0 SET i.n = 5",
    "UPDATE items i JOIN (SELECT 11 AS k, 0 AS z) x ON i.id = x.k AND i.note = x.z SET i.n = 5",
    "DELETE i FROM items i JOIN orders o WHERE i.id = 11 AND EXP(710 + i.n) > 0",
    "SELECT order_id FROM parts WHERE order_id = 11 AND no = 1 AND EXP(710 + CAST(note AS SIGNED)) > 0",
    "SELECT id FROM deals WHERE id = 11 AND EXP(710 + qty) > 0",
    "SELECT id FROM prices WHERE id = 11 AND EXP(710 + amount) > 0",
    "SELECT id FROM items LIMIT 3 ROWS EXAMINED 1000",
    "UPDATE items SET note = 'mine' ORDER BY id DESC LIMIT 1",
    "SELECT items.note FROM (items, orders)",
];

struct Place {
    dialect: Dialect,
    engine: Scoper,
    shared: Database,
    private: Database,
}

impl Place {
    fn of(dialect: Dialect, mut dbs: Vec<Database>) -> Place {
        let (private, shared) = (dbs.pop().unwrap(), dbs.pop().unwrap());
        let engine = Scoper::new(Catalog::from_toml(CATALOG).unwrap(), dialect.into());
        Place {
            dialect,
            engine,
            shared,
            private,
        }
    }

    /// What is wrong with an entry.
    async fn wrong(&mut self, sql: &str) -> Option<String> {
        let (own, _) = attempt(self.dialect, &mut self.private, sql, &[]).await;
        let before = others(&mut self.shared).await;
        let (open, after) = attempt(self.dialect, &mut self.shared, sql, &[]).await;
        if difference(sql, &open, &own).is_none() && after == before {
            return Some("has no control: without the engine nothing is reached".to_owned());
        }
        let Ok(scoped) = self.engine.scope_for(sql, &TenantId::bigint(1).unwrap()) else {
            return None;
        };
        let binds: Vec<Value> = scoped.tenant_bind.map(|_| Value::Int(1)).into_iter().collect();
        let (seen, after) = attempt(self.dialect, &mut self.shared, &scoped.text, &binds).await;
        if after != before {
            return Some(format!("changes rows of tenant 2: {}", scoped.text));
        }
        difference(sql, &seen, &own).map(|how| format!("{how}: {}", scoped.text))
    }
}

async fn others(db: &mut Database) -> Vec<Vec<Value>> {
    db.run(OTHERS, &[])
        .await
        .map_or_else(|_| Vec::new(), |rows| rows.rows)
}

/// Runs a statement in a transaction that is undone; gives its answer, and tenant 2's rows behind it.
async fn attempt(
    dialect: Dialect,
    db: &mut Database,
    sql: &str,
    binds: &[Value],
) -> (Result<Answer, Fault>, Vec<Vec<Value>>) {
    db.script("BEGIN").await.unwrap();
    db.script("SAVEPOINT a").await.unwrap();
    let answer = db.run(sql, binds).await;
    if answer.is_err() && dialect == Dialect::Postgres {
        db.script("ROLLBACK TO SAVEPOINT a").await.unwrap();
    }
    let behind = others(db).await;
    db.script("ROLLBACK").await.unwrap();
    (answer, behind)
}

fn difference(sql: &str, seen: &Result<Answer, Fault>, own: &Result<Answer, Fault>) -> Option<String> {
    // Otherwise it is a number that SQLite still has from before.
    let is_write = ["INSERT", "UPDATE", "DELETE", "MERGE"]
        .iter()
        .any(|verb| sql.starts_with(verb));
    match (seen, own) {
        (Ok(seen), Ok(own)) => same_rows(seen, own, &[]).err().or_else(|| {
            let counts = is_write && seen.affected != own.affected;
            counts.then(|| format!("{} rows and not {}", seen.affected, own.affected))
        }),
        (Err(seen), Err(own)) => (seen.text != own.text).then(|| seen.text.clone()),
        (Err(seen), Ok(_)) => Some(seen.text.clone()),
        (Ok(_), Err(own)) => Some(format!("passes, and privately fails: {}", own.text)),
    }
}

async fn hold(mut place: Place, entries: &[&str]) {
    let mut wrong = Vec::new();
    for sql in EVERYWHERE.iter().chain(entries) {
        if let Some(how) = place.wrong(sql).await {
            wrong.push(format!("{sql}\n    {how}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn postgres_answers_as_without_the_other_tenant() {
    let mut kept = Vec::new();
    let mut dbs = Vec::new();
    for more in ["", PRIVATE] {
        let Some(database) = PgDatabase::or_skip("red team").await.unwrap() else {
            return;
        };
        let mut owner = Database::postgres(database.owner_url()).await.unwrap();
        owner.script(&format!("{TABLES}{more}")).await.unwrap();
        dbs.push(owner);
        kept.push(database);
    }
    hold(Place::of(Dialect::Postgres, dbs), POSTGRES).await;
}

#[tokio::test]
async fn sqlite_answers_as_without_the_other_tenant() {
    let mut dbs = Vec::new();
    for more in ["", PRIVATE] {
        let mut db = Database::sqlite().await.unwrap();
        db.script(&format!("{TABLES}{more}")).await.unwrap();
        dbs.push(db);
    }
    hold(Place::of(Dialect::Sqlite, dbs), SQLITE).await;
}

#[tokio::test]
async fn mariadb_answers_as_without_the_other_tenant() {
    let mut kept = Vec::new();
    let mut dbs = Vec::new();
    for more in ["", PRIVATE] {
        let Some(database) = MariaDatabase::or_skip("red team").await.unwrap() else {
            return;
        };
        let mut owner = Database::mysql(database.owner_url()).await.unwrap();
        owner.script(&format!("{TABLES}{more}")).await.unwrap();
        dbs.push(owner);
        kept.push(database);
    }
    hold(Place::of(Dialect::Mysql, dbs), MARIADB).await;
}

/// From PostgreSQL 18 on they are whole rows of the target, with the key that statements do not see.
#[test]
fn old_and_new_show_no_hidden_key() {
    let engine = Scoper::new(Catalog::from_toml(CATALOG).unwrap(), Dialect::Postgres.into());
    for sql in [
        "DELETE FROM hid RETURNING old",
        "DELETE FROM hid RETURNING old.*",
        "UPDATE hid SET note = 'x' RETURNING to_jsonb(new)",
        "INSERT INTO hid VALUES (9, 'x') RETURNING new::text",
    ] {
        assert_eq!(engine.scope(sql).unwrap_err().code(), "hidden_key", "{sql}");
    }
    // The control: where the key is not hidden they are refused for nothing.
    assert!(engine.scope("DELETE FROM items RETURNING old").is_ok());
}

/// A small text that takes its reader long: what a FROM costs grows with the square of its items.
#[test]
fn a_from_has_an_end() {
    for dialect in [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql] {
        let engine = Scoper::new(Catalog::from_toml(CATALOG).unwrap(), dialect.into());
        let from = |items: usize| format!("SELECT 1 FROM items{}", ", items".repeat(items));
        assert_eq!(engine.scope(&from(20_000)).unwrap_err().code(), "too_long");
        assert!(engine.scope(&from(60)).is_ok());
    }
}
