//! Statements in the manner of applications that nobody here wrote, each as on a database of the one tenant.

#![allow(clippy::unwrap_used, clippy::panic)]

use tenancy_core::{
    Catalog, KeyType, Table, TenantId,
    sql::{Rule, Scoper},
};
use tenancy_testkit::{Dialect, EngineOutput, StatementCheck, engine_fn, engine_for_fn};

/// Rides of taxi firms. Words of the grammar as columns are what applications have: `from`, `to`, `end`, `order`.
fn schema(dialect: Dialect) -> String {
    let (open, close, json) = match dialect {
        Dialect::Postgres => ('"', '"', "jsonb"),
        Dialect::Sqlite => ('"', '"', "TEXT"),
        Dialect::Mysql => ('`', '`', "VARCHAR(200)"),
    };
    let quoted = |name: &str| format!("{open}{name}{close}");
    format!(
        "CREATE TABLE drivers (firm_id BIGINT NOT NULL, id BIGINT NOT NULL, name VARCHAR(40), PRIMARY KEY (firm_id, id));
         CREATE TABLE rides (
             firm_id BIGINT NOT NULL, id BIGINT NOT NULL, driver_id BIGINT, {} VARCHAR(40), {} VARCHAR(40), {} BIGINT, {} BIGINT,
             extras {json}, PRIMARY KEY (firm_id, id));",
        quoted("from"),
        quoted("to"),
        quoted("end"),
        quoted("order"),
    )
}

fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("firm_id", KeyType::BigInt)
        .table(
            Table::tenant("drivers")
                .columns(["firm_id", "id", "name"])
                .unique(["firm_id", "id"])
                .primary(["firm_id", "id"]),
        )
        .table(
            Table::tenant("rides")
                .columns([
                    "firm_id",
                    "id",
                    "driver_id",
                    "from",
                    "to",
                    "end",
                    "order",
                    "extras",
                ])
                .unique(["firm_id", "id"])
                .primary(["firm_id", "id"]),
        )
        .build()
        .unwrap()
}

fn rows(firm: i64, word: &str) -> String {
    format!(
        "INSERT INTO drivers VALUES ({firm}, 1, '{word}-ann'), ({firm}, 2, '{word}-bob'), ({firm}, 3, NULL);
         INSERT INTO rides VALUES
             ({firm}, 1, 1, '{word}-port', '{word}-mill', {firm}0, 2, '{{\"bags\": 1}}'),
             ({firm}, 2, 1, '{word}-mill', '{word}-port', {firm}1, 1, '{{\"bags\": {firm}}}'),
             ({firm}, 3, 2, '{word}-mill', NULL, {firm}2, 3, NULL);"
    )
}

fn check(dialect: Dialect, statements: &[&str]) -> StatementCheck {
    let firm = |id| TenantId::bigint(id).unwrap();
    let mut check = StatementCheck::new(dialect, catalog())
        .schema(&schema(dialect))
        .tenant(firm(1), &rows(1, "green"))
        .tenant(firm(2), &rows(2, "blue"))
        .tenant(firm(3), &rows(3, "red"))
        .marker(firm(1), "green")
        .marker(firm(2), "blue")
        .marker(firm(3), "red");
    for statement in statements {
        check = check.statement(statement, statement, [vec![]]);
    }
    check
}

const POSTGRES: &[&str] = &[
    "SELECT r.from, r.to, r.end FROM rides r WHERE r.order > 1 ORDER BY r.order DESC, r.end",
    "SELECT max(r.end) AS last, r.from FROM rides AS r GROUP BY r.from HAVING min(r.order) < 3",
    "SELECT d.name, r.from AS place FROM drivers d LEFT JOIN rides r ON r.driver_id = d.id AND r.order <> 2",
    "UPDATE rides AS r SET \"to\" = r.from WHERE r.end > 10 RETURNING r.id, r.to",
    "UPDATE rides SET extras['bags'] = '4' WHERE id = 1 RETURNING extras",
    "UPDATE rides SET extras['seats']['child'] = to_jsonb(id) WHERE extras IS NOT NULL",
    "DELETE FROM rides AS r USING drivers AS d WHERE d.id = r.driver_id AND r.to IS NULL",
];

const SQLITE: &[&str] = &[
    "SELECT d.name, r.\"from\" FROM drivers d CROSS JOIN rides r ON r.driver_id = d.id",
    "SELECT d.name, r.id AS ride FROM drivers AS d CROSS JOIN (SELECT id, driver_id FROM rides) AS r ON r.driver_id = d.id",
    "SELECT id, name, \"from\" FROM drivers CROSS JOIN rides USING (id) WHERE name IS NOT NULL",
    "SELECT count(*) AS n FROM drivers CROSS JOIN rides",
    "SELECT count(*) AS n FROM drivers a CROSS JOIN drivers b JOIN rides r ON r.id = a.id",
    "SELECT d.name FROM (drivers d) WHERE d.id < 3",
    "SELECT d.name, r.id AS ride FROM ((drivers)) AS d JOIN (rides) AS r ON r.driver_id = d.id",
    "SELECT count(*) AS n FROM (rides) LEFT JOIN (main.drivers) ON drivers.id = rides.driver_id",
    "SELECT d.name, r.id AS ride FROM (drivers AS d) JOIN rides r ON r.driver_id = d.id",
    "SELECT count(*) AS n FROM rides WHERE driver_id IN (SELECT id FROM (drivers) WHERE name IS NOT NULL)",
];

const MYSQL: &[&str] = &[
    "SELECT r.from, r.to, r.end FROM rides r WHERE r.order > 1 ORDER BY r.order DESC, r.end",
    "SELECT max(r.end) AS last, r.from FROM rides AS r GROUP BY r.from HAVING min(r.order) < 3",
    "SELECT d.name, r.from AS place FROM drivers d LEFT JOIN rides r ON r.driver_id = d.id AND r.order <> 2",
    "SELECT d.name, r.from FROM drivers d CROSS JOIN rides r ON r.driver_id = d.id",
    "SELECT d.name FROM (drivers d) WHERE d.id < 3",
    "SELECT d.name, r.id AS ride FROM (drivers AS d) JOIN ((rides AS r)) ON r.driver_id = d.id",
    "SELECT count(*) AS n FROM rides WHERE driver_id IN (SELECT id FROM (drivers) WHERE name IS NOT NULL)",
    "UPDATE drivers SET drivers.name = 'x' WHERE drivers.id = 1",
    "UPDATE rides AS r SET r.end = r.end + 1, r.`to` = 'home' WHERE r.order > 1",
    "UPDATE rides r SET `r`.`order` = 9, driver_id = 2 ORDER BY r.id DESC LIMIT 2",
    "UPDATE rides r SET r.from = (SELECT max(d.name) FROM drivers d WHERE d.id = r.driver_id)",
];

fn answers_alike(dialect: Dialect, statements: &[&str]) {
    check(dialect, statements).run().unwrap().assert_productive();
}

#[test]
fn postgres_answers_alike() {
    answers_alike(Dialect::Postgres, POSTGRES);
}

#[test]
fn sqlite_answers_alike() {
    answers_alike(Dialect::Sqlite, SQLITE);
}

#[test]
fn mysql_answers_alike() {
    answers_alike(Dialect::Mysql, MYSQL);
}

/// The positive control: a text that is sent as it is reads and writes what the others have.
#[test]
fn unscoped_they_do_not() {
    let binds = |sql: &str| EngineOutput {
        text: sql.to_owned(),
        binds: 0,
        tenant_bind: None,
    };
    for (dialect, statements) in [
        (Dialect::Postgres, POSTGRES),
        (Dialect::Sqlite, SQLITE),
        (Dialect::Mysql, MYSQL),
    ] {
        for statement in statements {
            let check = check(dialect, &[statement]);
            let check = match dialect {
                Dialect::Mysql => check.engine(engine_for_fn(move |sql: &str, _: &str| Ok(binds(sql)))),
                Dialect::Postgres | Dialect::Sqlite => {
                    check.engine(engine_fn(move |sql: &str| Ok(binds(sql))))
                }
            };
            match check.run() {
                Err(_) => {}
                Ok(report) => assert!(report.skipped(), "{statement} answers alike without an engine"),
            }
        }
    }
}

/// The same shapes, with what they must not bring in.
#[test]
fn nothing_comes_in_with_them() {
    let refused = [
        (
            Dialect::Postgres,
            "SELECT r.from secrets FROM rides r, secrets",
            Rule::UnknownTable,
        ),
        (
            Dialect::Postgres,
            "SELECT r.id, true AND r. FROM secrets",
            Rule::Name,
        ),
        (Dialect::Postgres, "SELECT true AND FROM secrets", Rule::Name),
        (Dialect::Postgres, "SELECT r . from FROM rides r", Rule::Name),
        (
            Dialect::Postgres,
            "UPDATE rides SET extras[(SELECT 'a' FROM secrets)] = '1'",
            Rule::Syntax,
        ),
        (
            Dialect::Postgres,
            "UPDATE rides SET firm_id['a'] = 2",
            Rule::KeyAssigned,
        ),
        (Dialect::Sqlite, "SELECT r.from FROM rides r", Rule::Name),
        (Dialect::Sqlite, "SELECT * FROM (secrets)", Rule::UnknownTable),
        (
            Dialect::Sqlite,
            "SELECT r.id FROM drivers d JOIN (rides r) ON r.id = d.id",
            Rule::Syntax,
        ),
        (
            Dialect::Sqlite,
            "SELECT * FROM drivers CROSS JOIN secrets ON 1",
            Rule::UnknownTable,
        ),
        (
            Dialect::Sqlite,
            "SELECT * FROM drivers d CROSS JOIN (SELECT * FROM secrets) s USING (id)",
            Rule::UnknownTable,
        ),
        (
            Dialect::Mysql,
            "SELECT * FROM drivers JOIN ((secrets AS s)) ON 1",
            Rule::UnknownTable,
        ),
        (
            Dialect::Mysql,
            "UPDATE rides r SET r.firm_id = 2",
            Rule::KeyAssigned,
        ),
        (
            Dialect::Mysql,
            "UPDATE rides r SET `r`.`FIRM_ID` = 2",
            Rule::KeyAssigned,
        ),
        (Dialect::Mysql, "UPDATE rides r SET rides.id = 2", Rule::Name),
        (Dialect::Mysql, "UPDATE rides r SET R.id = 2", Rule::Name),
        (
            Dialect::Mysql,
            "UPDATE rides r SET r.id = (SELECT id FROM secrets)",
            Rule::UnknownTable,
        ),
    ];
    for (dialect, sql, rule) in refused {
        let refusal = Scoper::new(catalog(), dialect.into()).scope(sql).unwrap_err();
        assert_eq!(refusal.rule(), rule, "{sql}");
    }
}
