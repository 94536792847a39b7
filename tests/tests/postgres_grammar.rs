//! PostgreSQL's own grammar on a real server: each shape through the engine over all tenants' rows, beside a database of one
//! tenant's alone; and what row locks reach.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use sqlx::{AssertSqlSafe, Column, Connection, Executor, Row, ValueRef, postgres::PgConnection};
use tenancy_core::{
    Catalog, KeyType, Table,
    sql::{Dialect, Scoper},
};
use tenancy_testkit::pg::PgDatabase;

/// `hidden` is whether statements do not see the key.
fn catalog(hidden: bool) -> Catalog {
    let columns = |names: &[&str]| {
        let key = (!hidden).then_some("tid").into_iter();
        let all: Vec<String> = key.chain(names.iter().copied()).map(str::to_owned).collect();
        all
    };
    Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(columns(&["id", "name", "qty"]))
                .unique(["tid", "id"])
                .primary(["tid", "id"])
                .constraint("items_pkey", ["tid", "id"]),
        )
        .table(
            Table::tenant("lines")
                .columns(columns(&["id", "name", "qty"]))
                .unique(["tid", "id"])
                .primary(["tid", "id"]),
        )
        .shared_tables(["brands"])
        .allow_operators(["<=>"])
        .build()
        .unwrap()
}

const SCHEMA: &str = "CREATE TABLE brands (id BIGINT PRIMARY KEY, label TEXT);
    CREATE TABLE items (tid BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT, qty BIGINT, PRIMARY KEY (tid, id));
    CREATE TABLE lines (tid BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT, qty BIGINT, PRIMARY KEY (tid, id));
    CREATE UNIQUE INDEX items_lower ON items (tid, lower(name));
    CREATE UNIQUE INDEX lines_part ON lines (tid, qty) WHERE name LIKE 'p%';
    CREATE FUNCTION public.near(bigint, bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT abs($1 - $2) $$;
    CREATE OPERATOR public.<=> (leftarg = bigint, rightarg = bigint, function = public.near);";

/// Statements that answer as on a private database.
const STATEMENTS: [(&str, &str); 52] = [
    (
        "literals of types",
        "SELECT (inet '10.0.0.1' << cidr '10.0.0.0/8')::text, (money '1.5')::numeric::text, extract('year' FROM date '2020-01-01')::text, id \
         FROM items WHERE name > name 'a' AND int8range '[1,9)' @> qty",
    ),
    ("table", "SELECT tableoid::regclass::text, id, name FROM items"),
    (
        "table and all",
        "SELECT tableoid::regclass::text AS t, * FROM items ORDER BY id",
    ),
    (
        "tables",
        "SELECT i.tableoid::regclass::text, l.tableoid::regclass::text, i.*, l.name FROM items i LEFT JOIN lines l ON l.id = i.id",
    ),
    (
        "shared table",
        "SELECT b.tableoid::regclass::text, i.name FROM items i CROSS JOIN brands b",
    ),
    (
        "table of a group",
        "SELECT tableoid::regclass::text, count(*) FROM items GROUP BY tableoid::regclass",
    ),
    (
        "table that was written",
        "UPDATE items SET qty = qty + 1 RETURNING tableoid::regclass::text, *",
    ),
    (
        "table in a condition",
        "SELECT id FROM items WHERE tableoid::regclass::text = 'items'",
    ),
    (
        "type",
        "SELECT pg_typeof(name)::text, pg_typeof(qty + 1)::text FROM items",
    ),
    (
        "sets",
        "SELECT id, name, qty, count(*) FROM items GROUP BY GROUPING SETS ((id, qty), (id))",
    ),
    (
        "rollup behind the key",
        "SELECT id, name, qty, count(*) FROM items GROUP BY id, ROLLUP (qty)",
    ),
    (
        "cube of sets",
        "SELECT id, name, count(*) FROM items GROUP BY GROUPING SETS ((id, name), CUBE (qty)), id",
    ),
    (
        "sets of a left join",
        "SELECT l.id, l.name, i.qty, count(*) FROM items i LEFT JOIN lines l ON l.id = i.id GROUP BY GROUPING SETS ((l.id, i.qty), (l.id))",
    ),
    (
        "all of a group",
        "SELECT items.*, count(*) FROM items GROUP BY items.id",
    ),
    (
        "all of a group in a join",
        "SELECT i.*, max(l.name) FROM items i JOIN lines l ON l.id = i.id GROUP BY i.id",
    ),
    (
        "expression",
        "INSERT INTO items (id, name) VALUES (77, 'PEN') ON CONFLICT (lower(name)) DO UPDATE SET qty = -1 RETURNING id, name, qty",
    ),
    (
        "expression does nothing",
        "INSERT INTO items (id, name) VALUES (77, 'Pen'), (78, 'new') ON CONFLICT (lower(name)) DO NOTHING",
    ),
    (
        "expression of a new row",
        "INSERT INTO items (id, name) VALUES (78, 'New') ON CONFLICT (lower(name)) DO UPDATE SET qty = -1 RETURNING id, qty",
    ),
    (
        "part",
        "INSERT INTO lines (id, name, qty) VALUES (90, 'part', 5) ON CONFLICT (qty) WHERE name LIKE 'p%' DO UPDATE SET name = excluded.name || '!' RETURNING id, name",
    ),
    (
        "collation",
        "INSERT INTO items (id, name) VALUES (1, 'x') ON CONFLICT (id int8_ops) DO UPDATE SET name = excluded.name RETURNING id, name",
    ),
    (
        "rows of a write",
        "WITH gone AS (DELETE FROM lines RETURNING id, name, qty) SELECT * FROM gone",
    ),
    (
        "value",
        "SELECT (VALUES (1)), id FROM items WHERE id = (VALUES (1))",
    ),
    (
        "values joined",
        "SELECT ((SELECT count(*) FROM items) UNION SELECT count(*) FROM items), (((SELECT 3)) INTERSECT SELECT 3)",
    ),
    (
        "constraint",
        "INSERT INTO items (id, name) VALUES (1, 'x'), (78, 'new') ON CONFLICT ON CONSTRAINT items_pkey DO UPDATE SET name = excluded.name || '!' RETURNING id, name, qty",
    ),
    (
        "operator of an extension",
        "SELECT id, qty <=> 4 AS d FROM items WHERE id <=> 2::bigint < 2 ORDER BY qty <=> 9::bigint, id",
    ),
    (
        "value in FROM",
        "SELECT i.id, u, h.half FROM items i, upper('x' || i.name) u, LATERAL div(i.qty, 2) AS h(half)",
    ),
    (
        "text search",
        "SELECT i.id, q::text FROM items i, to_tsquery('simple', 'pen | cap') q WHERE to_tsvector('simple', i.name) @@ q",
    ),
    (
        "names beyond ASCII",
        "WITH größe AS (SELECT id AS länge, qty FROM items) SELECT länge AS \"Länge\", größe.qty ü FROM größe",
    ),
    (
        "nested comments",
        "SELECT id /* a /* b */ ; */ FROM items /* é */ -- /* c",
    ),
    (
        "glued literals",
        "SELECT id FROM items WHERE name like'p%'or name=date'2024-01-01'::text",
    ),
    (
        "symmetric",
        "SELECT id FROM items WHERE id BETWEEN SYMMETRIC 2 AND 1",
    ),
    (
        "asymmetric",
        "SELECT id FROM items WHERE id NOT BETWEEN ASYMMETRIC 2 AND 1",
    ),
    (
        "overriding",
        "INSERT INTO items (id, name) OVERRIDING USER VALUE VALUES (50, 'o') RETURNING id",
    ),
    (
        "records",
        "SELECT x.a, x.b, i.id FROM items i, json_to_recordset('[{\"a\": 1, \"b\": \"z\"}, {\"a\": 2}]') AS x(a bigint, b text) WHERE x.a = i.id",
    ),
    (
        "record of a row",
        "SELECT i.id, x.a FROM items i CROSS JOIN LATERAL jsonb_to_record(jsonb_build_object('a', i.qty)) AS x(a bigint)",
    ),
    (
        "ordinality",
        "SELECT u.a, u.n FROM items i, unnest(ARRAY[i.qty, 1]) WITH ORDINALITY AS u(a, n)",
    ),
    (
        "plain calls",
        "SELECT ceil(qty / 2.0)::text, floor(qty / 2.0)::text, substring(name, 1, 2), substring(name FROM 2), substr(name, 2) FROM items",
    ),
    (
        "more calls",
        "SELECT overlay(name, 'x', 1), overlay(name PLACING 'x' FROM 1), trim(BOTH 'n' FROM name), position('e' IN name), ceiling(1.5)::text FROM items",
    ),
    ("unicode", "SELECT U&'d\\0061t\\+000061 ''s', name FROM items"),
    ("field of a row", "SELECT (i).name, (i).qty + 1 FROM items i"),
    (
        "rows compared",
        "SELECT a.id FROM items a JOIN items b ON a.id = b.id WHERE a.* = b.*",
    ),
    (
        "rows counted",
        "SELECT a.id, count(b.*) FROM items a LEFT JOIN lines b ON a.id = b.id GROUP BY a.id",
    ),
    (
        "rows of values",
        "SELECT v.* FROM items n, LATERAL (VALUES (n.id, n.name)) v",
    ),
    (
        "row that changes",
        "INSERT INTO items AS i (id, name, qty) VALUES (1, 'pear', 9) ON CONFLICT (id) DO UPDATE SET name = excluded.name, qty = excluded.qty WHERE i.* IS DISTINCT FROM excluded.* RETURNING id, name, qty",
    ),
    (
        "qualified operator",
        "SELECT id FROM items WHERE qty OPERATOR(pg_catalog.>) 1",
    ),
    (
        "copy",
        "INSERT INTO lines (id, name, qty) SELECT i.id + 500, 'c' || i.name, i.qty FROM items i",
    ),
    (
        "steps of an aggregate",
        "SELECT float8_accum('{4,140,2900}'::float8[], 100)::text, booland_statefunc(true, id > 0) FROM items",
    ),
    (
        "lock",
        "SELECT id FROM items WHERE qty > 1 ORDER BY id FOR UPDATE",
    ),
    (
        "lock of one",
        "SELECT i.id FROM items i JOIN brands b ON b.id = i.id FOR NO KEY UPDATE OF i SKIP LOCKED",
    ),
    (
        "locks of two",
        "SELECT i.id FROM items i JOIN lines l ON l.id = i.id FOR UPDATE OF i, l",
    ),
    (
        "locks of two, else none",
        "SELECT i.id FROM items i JOIN lines l ON l.id = i.id FOR SHARE OF i, l NOWAIT",
    ),
    (
        "lock of a told table",
        "SELECT tableoid::regclass::text, id FROM items FOR SHARE",
    ),
];

/// Statements that want all columns without a list: with a hidden key their place is certain.
const HIDDEN: [(&str, &str); 10] = [
    (
        "all",
        "INSERT INTO lines SELECT * FROM (SELECT id + 600 AS id, 'c' || name, qty FROM items) v RETURNING *",
    ),
    (
        "all of a table",
        "INSERT INTO lines SELECT items.* FROM items WHERE id NOT IN (SELECT id FROM lines) RETURNING *",
    ),
    (
        "all of a write",
        "WITH gone AS (DELETE FROM items RETURNING *) INSERT INTO lines SELECT * FROM gone WHERE id > 2 RETURNING *",
    ),
    (
        "overriding without columns",
        "INSERT INTO lines OVERRIDING USER VALUE VALUES (902, 'o', 2) RETURNING *",
    ),
    (
        "all of values",
        "INSERT INTO lines SELECT * FROM (VALUES (901, 'v')) AS v RETURNING *",
    ),
    (
        "row",
        "UPDATE items SET qty = 3 WHERE id = 1 RETURNING items::text, (items)::text",
    ),
    (
        "row in front",
        "DELETE FROM items WHERE items IS NOT NULL AND items.* <> (0::bigint, text 'x', 1::bigint) RETURNING id, name",
    ),
    (
        "rows",
        "INSERT INTO items AS i VALUES (1, 'pear', 9) ON CONFLICT (id) DO UPDATE SET name = excluded.*::text WHERE i.* <> excluded.* RETURNING i::text",
    ),
    (
        "row of columns",
        "INSERT INTO items AS i VALUES (1, 'pear', 9) ON CONFLICT (id) DO UPDATE SET (id, name, qty) = row(excluded.*) WHERE i <> (1::bigint, text 'x', 1::bigint) AND excluded = (1::bigint, text 'pear', 9::bigint) RETURNING id, name",
    ),
    (
        "json of a row",
        "UPDATE items SET qty = 4 RETURNING row_to_json(items)::text",
    ),
];

/// The same tables of one tenant alone, without its key.
const PRIVATE: &str = "CREATE SCHEMA alone; SET search_path = alone, public;
    CREATE TABLE brands (id BIGINT PRIMARY KEY, label TEXT);
    CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT, qty BIGINT);
    CREATE TABLE lines (id BIGINT PRIMARY KEY, name TEXT, qty BIGINT);
    CREATE UNIQUE INDEX items_lower ON items (lower(name));
    CREATE UNIQUE INDEX lines_part ON lines (qty) WHERE name LIKE 'p%';
    INSERT INTO brands SELECT * FROM public.brands;
    INSERT INTO items SELECT id, name, qty FROM public.items WHERE tid = 1;
    INSERT INTO lines SELECT id, name, qty FROM public.lines WHERE tid = 1;";

const ROWS: &str = "INSERT INTO brands VALUES (1, 'oak'), (2, 'elm');
    INSERT INTO items VALUES (1, 1, 'pen', 5), (1, 2, 'ink', 3), (1, 3, 'nib', NULL), (2, 1, 'pen', 6), (2, 2, 'secret', 3), (2, 5, 'hidden', 8);
    INSERT INTO lines VALUES (1, 1, 'pin', 5), (1, 2, 'cap', 7), (1, 4, NULL, 6), (2, 1, 'pin', 5), (2, 2, 'secret', 2), (2, 6, 'hidden', 5);";

/// What a statement answers, and what it leaves of each table; then all of it is taken back.
async fn answer(db: &mut PgConnection, path: &str, sql: &str, own: &str) -> Result<Vec<String>, String> {
    db.execute(AssertSqlSafe(format!("SET search_path = {path}, public; BEGIN")))
        .await
        .unwrap();
    let mut answer = rows(db, sql).await;
    if let Ok(told) = &mut answer {
        for table in ["items", "lines"] {
            told.push(table.to_owned());
            let state = format!("SELECT id, name, qty FROM {table}{own}");
            told.extend(rows(db, &state).await.unwrap());
        }
    }
    db.execute("ROLLBACK").await.unwrap();
    answer
}

/// The rows of a statement as texts, in an order of their own.
async fn rows(db: &mut PgConnection, sql: &str) -> Result<Vec<String>, String> {
    let rows = db
        .fetch_all(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())))
        .await
        .map_err(|error| error.to_string())?;
    let mut texts: Vec<String> = rows
        .iter()
        .map(|row| {
            let cells = row.columns().iter().enumerate().map(|(at, column)| {
                let value = row.try_get_raw(at).unwrap();
                let text = (!value.is_null())
                    .then(|| String::from_utf8_lossy(value.as_bytes().unwrap()).into_owned());
                format!("{}={text:?}", column.name())
            });
            cells.collect::<Vec<_>>().join(" ")
        })
        .collect();
    texts.sort();
    Ok(texts)
}

#[test]
fn each_shape_answers_as_on_a_private_database() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let Some(database) = PgDatabase::or_skip("PostgreSQL's grammar").await.unwrap() else {
            return;
        };
        let mut db = connect(database.admin_url()).await;
        for script in [SCHEMA, ROWS, PRIVATE] {
            db.execute(sqlx::raw_sql(script)).await.unwrap();
        }
        let scoper = Scoper::new(catalog(true), Dialect::Postgres);
        let mut wrong = Vec::new();
        for (name, sql) in STATEMENTS.iter().chain(&HIDDEN) {
            let scoped = match scoper.scope(sql) {
                Ok(scoped) => scoped.text().replace("CAST($1 AS bigint)", "1::bigint"),
                Err(refusal) => {
                    wrong.push(format!("{name}: {refusal}"));
                    continue;
                }
            };
            let shared = answer(&mut db, "public", &scoped, " WHERE tid = 1").await;
            let private = answer(&mut db, "alone", sql, "").await;
            // Each has to work on the private side, or it proves nothing.
            if shared != private || private.is_err() {
                wrong.push(format!("{name}: {shared:?}\n  privately {private:?}\n  {scoped}"));
            }
            // The control: without its predicate, or with rows of the other tenant's, a statement answers otherwise.
            let mut open = scoped.replace("\"tid\" = 1::bigint", "\"tid\" > 0");
            if open == scoped {
                open = scoped.replace("1::bigint", "2::bigint");
            }
            if open == scoped || answer(&mut db, "public", &open, " WHERE tid = 1").await == private {
                wrong.push(format!("{name} answers alike without its tenant"));
            }
            let others = rows(&mut db, "SELECT count(*) FROM public.items WHERE tid = 2")
                .await
                .unwrap();
            assert_eq!(others, ["count=Some(\"3\")"], "{name}");
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// Runs a statement for a tenant on a connection, in a transaction that stays open, and says how many rows came.
async fn hold(connection: &mut PgConnection, sql: &str, tenant: i64) -> Result<usize, String> {
    let scoped = Scoper::new(catalog(false), Dialect::Postgres)
        .scope(sql)
        .map_err(|refusal| refusal.to_string())?;
    connection.execute("BEGIN").await.unwrap();
    let query = sqlx::query(AssertSqlSafe(scoped.text().to_owned()));
    let query = match scoped.tenant_bind() {
        Some(_) => query.bind(tenant),
        None => query,
    };
    query
        .fetch_all(connection)
        .await
        .map(|rows| rows.len())
        .map_err(|error| error.to_string())
}

/// What a tenant's lock holds: its own rows that match, and no other tenant's, for which a second connection need not wait.
#[test]
fn a_lock_reaches_the_tenants_own_rows_alone() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let Some(database) = PgDatabase::or_skip("row locks").await.unwrap() else {
            return;
        };
        let mut owner = connect(database.owner_url()).await;
        owner.execute(sqlx::raw_sql(SCHEMA)).await.unwrap();
        let rows = "INSERT INTO items VALUES (1, 1, 'a', 1), (1, 2, 'b', 2), (2, 1, 'c', 1), (2, 2, 'd', 2);
            INSERT INTO lines SELECT * FROM items; INSERT INTO brands VALUES (1, 'oak');";
        owner.execute(sqlx::raw_sql(rows)).await.unwrap();
        for (sql, held, free) in [
            ("SELECT id FROM items FOR UPDATE", 2, 0),
            ("SELECT id FROM items WHERE id = 1 FOR UPDATE", 1, 1),
            ("SELECT id FROM items WHERE name ~ '.' FOR NO KEY UPDATE", 2, 0),
            (
                "SELECT i.id FROM items i JOIN lines l ON l.id = i.id FOR UPDATE OF i, l",
                2,
                0,
            ),
            (
                "SELECT i.id FROM items i JOIN brands b ON b.id = i.id FOR UPDATE OF i",
                1,
                1,
            ),
            ("SELECT tableoid::regclass, id FROM items FOR UPDATE", 2, 0),
            (
                "SELECT id FROM (SELECT * FROM items WHERE qty = 1) x FOR UPDATE",
                1,
                1,
            ),
        ] {
            let (mut one, mut two) = (
                connect(database.owner_url()).await,
                connect(database.owner_url()).await,
            );
            assert_eq!(hold(&mut one, sql, 1).await, Ok(held), "{sql}");
            // The other tenant's rows are all free, and none of them is waited for.
            let others = hold(&mut two, "SELECT id FROM items FOR UPDATE NOWAIT", 2).await;
            assert_eq!(others, Ok(2), "{sql}");
            two.execute("ROLLBACK").await.unwrap();
            // The control: of the tenant's own those are locked that came out.
            let own = hold(&mut two, "SELECT id FROM items FOR UPDATE SKIP LOCKED", 1).await;
            assert_eq!(own, Ok(free), "{sql}");
            two.execute("ROLLBACK").await.unwrap();
            let waits = hold(&mut two, "SELECT id FROM items FOR UPDATE NOWAIT", 1).await;
            assert!(
                waits.is_err_and(|error| error.contains("could not obtain lock")),
                "{sql}"
            );
            two.execute("ROLLBACK").await.unwrap();
            one.execute("ROLLBACK").await.unwrap();
        }
    });
}

/// Functions of the application's own that fit a call better than the server's, in a schema that the search path has first.
#[test]
fn calls_mean_the_servers_own_functions() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let Some(database) = PgDatabase::or_skip("planted functions").await.unwrap() else {
            return;
        };
        let mut admin = connect(database.admin_url()).await;
        admin.execute(sqlx::raw_sql(SCHEMA)).await.unwrap();
        let plant = "CREATE SCHEMA app; SET search_path = app, public;
            CREATE FUNCTION app.ceil(bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'planted' $$;
            CREATE FUNCTION app.floor(bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'planted' $$;
            CREATE FUNCTION app.substring(text, bigint, bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'planted' $$;
            CREATE FUNCTION app.substr(text, bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'planted' $$;
            CREATE FUNCTION app.overlay(text, text, bigint) RETURNS text LANGUAGE sql AS $$ SELECT 'planted' $$;
            CREATE FUNCTION app.unnest(bigint[]) RETURNS SETOF text LANGUAGE sql AS $$ SELECT 'planted' $$;
            INSERT INTO items VALUES (1, 1, 'pencil', 2);";
        admin.execute(sqlx::raw_sql(plant)).await.unwrap();
        let scoper = Scoper::new(catalog(false), Dialect::Postgres);
        for (call, from) in [
            ("ceil(qty)", ""),
            ("floor(qty)", ""),
            ("CEIL (qty)", ""),
            ("substring(name, 1::bigint, 2::bigint)", ""),
            ("substr(name, 2::bigint)", ""),
            ("overlay(name, 'x'::text, 1::bigint)", ""),
            ("u", ", unnest(ARRAY[qty]) u"),
            ("u", " JOIN LATERAL unnest(ARRAY[qty]) AS u ON true"),
            ("u", " JOIN ROWS FROM (unnest(ARRAY[1::bigint])) AS u ON true"),
        ] {
            let sql = format!("SELECT ({call})::text FROM items{from}");
            // The control: as it is written the call means the planted one.
            let planted: Result<String, _> = sqlx::query_scalar(AssertSqlSafe(sql.clone())).fetch_one(&mut admin).await;
            assert_eq!(planted.unwrap(), "planted", "{sql}");
            let scoped = scoper.scope(&sql).unwrap();
            let own: Result<String, _> = sqlx::query_scalar(AssertSqlSafe(scoped.text().to_owned()))
                .bind(1_i64)
                .fetch_one(&mut admin)
                .await;
            // One that takes no number of eight bytes is not found; no other is.
            assert!(own.is_err() || own.is_ok_and(|text| text != "planted"), "{sql}");
        }
        // These are grammar: the server takes its own whatever the search path says.
        let grammar = "SELECT substring(name FROM 1 FOR 2), trim(name), position('e' IN name), overlay(name PLACING 'x' FROM 1)";
        assert!(scoper.scope(&format!("{grammar} FROM items")).is_ok());
    });
}
