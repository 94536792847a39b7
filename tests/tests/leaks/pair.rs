//! Two databases, one of which never knew the other tenant, and what closes a case.

use tenancy_core::{Catalog, KeyType, Table, TenantId, sql::Scoper};
use tenancy_testkit::maria::MariaDatabase;
use tenancy_testkit::pg::PgDatabase;
use tenancy_testkit::probe::{Answer, Database, Fault, same_rows};
use tenancy_testkit::{Dialect, Value};

const SCHEMA: &str = "
CREATE TABLE services (id bigint PRIMARY KEY, name text);
CREATE TABLE service_texts (store_id bigint NOT NULL, id bigint, service_id bigint, body text, PRIMARY KEY (store_id, id));
CREATE TABLE orders (store_id bigint NOT NULL, id bigint, service_id bigint, note text, PRIMARY KEY (store_id, id));
CREATE TABLE order_lines (store_id bigint NOT NULL, id bigint, order_id bigint, qty bigint, PRIMARY KEY (store_id, id),
    FOREIGN KEY (store_id, order_id) REFERENCES orders (store_id, id));
CREATE TABLE settings (store_id bigint NOT NULL, id bigint, name varchar(40), value text, PRIMARY KEY (store_id, id),
    UNIQUE (store_id, name));
CREATE TABLE coupons (store_id bigint, code varchar(40) PRIMARY KEY, off bigint);
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

pub(crate) fn scoper(dialect: Dialect) -> Scoper {
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
pub(crate) enum Closed {
    /// It answers as without the other tenant.
    Same,
    /// It is refused by this rule.
    Refused(&'static str),
}
pub(crate) use Closed::{Refused, Same};

/// A database of both tenants and one that never knew the other, and what keeps their server.
pub(crate) struct Pair {
    pub(crate) dialect: Dialect,
    shared: Database,
    private: Database,
    _kept: (Vec<PgDatabase>, Vec<MariaDatabase>),
}

pub(crate) async fn pairs() -> Vec<Pair> {
    let sqlite = Pair {
        dialect: Dialect::Sqlite,
        shared: Database::sqlite().await.unwrap(),
        private: Database::sqlite().await.unwrap(),
        _kept: (Vec::new(), Vec::new()),
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
            _kept: (vec![one, two], Vec::new()),
        });
    }
    if let (Some(one), Some(two)) = (
        MariaDatabase::or_skip("leaks").await.unwrap(),
        MariaDatabase::or_skip("leaks").await.unwrap(),
    ) {
        pairs.push(Pair {
            dialect: Dialect::Mysql,
            shared: Database::mysql(one.owner_url()).await.unwrap(),
            private: Database::mysql(two.owner_url()).await.unwrap(),
            _kept: (Vec::new(), vec![one, two]),
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
pub(crate) async fn check(cases: &[(Closed, &str)]) {
    for mut pair in pairs().await {
        let dialect = pair.dialect;
        for (closed, sql) in cases.iter().filter(|(_, sql)| speaks(dialect, sql)) {
            pair.control(sql).await;
            pair.closed(*closed, sql).await;
        }
    }
}

/// Whether the dialect has such a statement: MariaDB has no ON CONFLICT, no FROM in UPDATE, no LIMIT in IN, no lists in SET.
pub(crate) fn speaks(dialect: Dialect, sql: &str) -> bool {
    let foreign = [
        "ON CONFLICT",
        "SET (",
        " LIMIT 1)",
        "SET qty = 0 FROM",
        "SET qty = o.",
    ];
    dialect != Dialect::Mysql || !foreign.iter().any(|part| sql.contains(part))
}

impl Pair {
    /// Without an engine the statement shows the other tenant's rows, or changes them.
    pub(crate) async fn control(&mut self, sql: &str) {
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

    pub(crate) async fn closed(&mut self, closed: Closed, sql: &str) {
        let scoped = scoper(self.dialect)
            .scope(sql)
            .map_err(|refusal| refusal.code().to_owned());
        let Refused(code) = closed else {
            let scoped = scoped.unwrap_or_else(|code| panic!("{:?}: refused, {code}: {sql}", self.dialect));
            let text = scoped.text_for(&TenantId::bigint(1).unwrap()).unwrap();
            return self.same(sql, &text, scoped.tenant_bind().is_some()).await;
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
