//! What is not let through: each rule with statements that break it, and where they break it.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]

use std::collections::BTreeSet;

use tenancy_core::{
    Catalog, CrossTenant, KeyType, Operator, Party, Table, TenantId, Tenants,
    sql::{
        Dialect::{self, Mysql, Postgres, Sqlite},
        Rule, Scoper,
    },
};

fn scoper(dialect: Dialect) -> Scoper {
    let catalog = Catalog::builder()
        .tenant_key("tid", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["tid", "id", "name", "qty"])
                .unique(["tid", "id"])
                .constraint("items_pkey", ["tid", "id"]),
        )
        .table(
            Table::tenant("notes")
                .columns(["id", "body", "tid"])
                .unique(["id"])
                .constraint("notes_pkey", ["id"]),
        )
        .tenant_tables(["orders"])
        .table(Table::via("lines", "orders", [("order_id", "id")]).unique(["id"]))
        .table(Table::party(
            "deals",
            [Party::new("buyer").updates(["qty"]), Party::new("seller")],
        ))
        .table(Table::view("late", "SELECT id FROM orders"))
        .table(Table::view("broken", "SELECT id FROM people"))
        .table(Table::tenant("hidden").columns(["id", "email"]))
        .table(
            Table::tenant("offices")
                .key_column("büro")
                .columns(["büro", "id"]),
        )
        .table(Table::tenant("halls").key_column("Büro").columns(["id"]))
        .table(Table::shared("legacy").columns(["oid", "name"]))
        .shared_tables(["brands"])
        .denied_tables(["secrets"])
        .build()
        .unwrap();
    Scoper::new(catalog, dialect)
}

const BOTH: &[Dialect] = &[Sqlite, Postgres];

/// Rule, dialects, statement; `^` in the statement is taken out and marks the place that the refusal names.
#[rustfmt::skip]
const CASES: &[(Rule, &[Dialect], &str)] = &[
    (Rule::Empty, BOTH, ""),
    (Rule::Empty, BOTH, " -- nothing\n"),
    (Rule::MultipleStatements, BOTH, "SELECT 1; SELECT 2"),
    (Rule::MultipleStatements, BOTH, "SELECT 1; DELETE FROM items"),
    (Rule::Syntax, BOTH, "SELEC 1"),
    (Rule::Syntax, BOTH, "SELECT ^'open"),
    (Rule::Lexical, BOTH, "SELECT id FROM items\u{a0}x"),
    (Rule::Lexical, BOTH, "SELECT ^id\u{301} FROM items"),
    (Rule::Lexical, &[Postgres], "SELECT id AS ^Öl FROM items"),
    (Rule::Syntax, BOTH, "SELECT id FROM items unıon SELECT 1"),
    (Rule::Name, &[Mysql], "UPDATE items SET ^`name\u{212a}` = 2"),
    (Rule::KeyAssigned, &[Mysql], "UPDATE offices SET ^`BÜRO` = 2"),
    (Rule::KeyAssigned, &[Mysql], "UPDATE offices SET ^BÜRO = 2"),
    (Rule::HiddenKey, &[Mysql], "SELECT ^`BÜRO` FROM halls"),
    (Rule::Operator, &[Postgres], "SELECT id FROM items WHERE name <=> ^'a'"),
    (Rule::Lexical, BOTH, "SELECT id ^– 1 FROM items"),
    (Rule::Literal, BOTH, "SELECT é^'a' FROM items"),
    (Rule::Lexical, BOTH, "SELECT ^'\0' FROM items"),
    (Rule::StatementKind, BOTH, "CREATE TABLE x (id int)"),
    (Rule::StatementKind, BOTH, "DROP TABLE items"),
    (Rule::StatementKind, BOTH, "TRUNCATE items"),
    (Rule::StatementKind, BOTH, "BEGIN"),
    (Rule::StatementKind, BOTH, "COMMIT"),
    (Rule::StatementKind, BOTH, "SAVEPOINT a"),
    (Rule::StatementKind, BOTH, "SET x = 1"),
    (Rule::StatementKind, BOTH, "EXPLAIN SELECT * FROM items"),
    (Rule::StatementKind, &[Postgres], "COPY items TO STDOUT"),
    (Rule::StatementKind, &[Postgres], "LISTEN x"),
    (Rule::StatementKind, &[Postgres], "PREPARE p AS SELECT * FROM items"),
    (Rule::StatementKind, &[Postgres], "LOCK TABLE items"),
    (Rule::StatementKind, &[Sqlite], "ATTACH DATABASE 'x' AS y"),
    (Rule::StatementKind, &[Sqlite], "PRAGMA user_version"),
    (Rule::UnknownTable, BOTH, "SELECT * FROM ^people"),
    (Rule::UnknownTable, BOTH, "SELECT * FROM items WHERE id IN (SELECT id FROM ^people)"),
    (Rule::UnknownTable, BOTH, "SELECT * FROM ^other.items"),
    (Rule::UnknownTable, BOTH, "SELECT * FROM ^temp.items"),
    (Rule::UnknownTable, &[Sqlite], "SELECT * FROM ^ONLY items"),
    (Rule::UnknownTable, &[Postgres], "SELECT * FROM ONLY ^people"),
    (Rule::Function, &[Postgres], "SELECT * FROM ^ONLY (items)"),
    // A word of the grammar that the parser takes for a name hides what the server reads.
    (Rule::Name, &[Postgres], "SELECT name, true AND ^FROM items"),
    (Rule::Name, &[Postgres], "SELECT name, true OR ^FROM items"),
    (Rule::Name, &[Postgres], "SELECT name, 'a' LIKE ^FROM items"),
    (Rule::Name, &[Postgres], "SELECT name, 'a' COLLATE ^FROM items"),
    (Rule::Name, &[Postgres], "SELECT name, true AND ^INTO made FROM items"),
    (Rule::Name, BOTH, "SELECT name, interval ^FROM items, (SELECT 1 AS interval) q"),
    (Rule::Name, &[Sqlite], "SELECT name, 'a' ILIKE ^FROM items"),
    (Rule::Name, &[Sqlite], "SELECT count(*) OVER ^FROM items"),
    (Rule::Verification, BOTH, "SELECT true AS from FROM items"),
    (Rule::Name, &[Postgres], "SELECT id ^desc FROM items"),
    // The parser's own reading of several statements ends at END.
    (Rule::Syntax, BOTH, "SELECT 1 END FROM items"),
    (Rule::Syntax, &[Sqlite], "SELECT * FROM brands END, items"),
    (Rule::Syntax, &[Sqlite], "SELECT 1 END FROM brands; DELETE FROM items"),
    (Rule::Syntax, BOTH, "SELECT 1 END UNION SELECT name FROM items"),
    (Rule::Literal, &[Postgres], "SELECT U&^\"\\0067\".ts_stat FROM unnest(ARRAY['x']) g"),
    (Rule::Literal, &[Postgres], "DELETE FROM items RETURNING u&^\"ct\\0069d\""),
    (Rule::UnknownTable, BOTH, "DELETE FROM ^people"),
    (Rule::UnknownTable, &[Sqlite], "SELECT * FROM ^sqlite_master"),
    (Rule::UnknownTable, &[Sqlite], "SELECT * FROM ^dbstat"),
    (Rule::UnknownTable, &[Postgres], "SELECT * FROM ^pg_stats"),
    (Rule::UnknownTable, &[Postgres], "SELECT * FROM ^pg_catalog.pg_class"),
    (Rule::UnknownTable, &[Postgres], "SELECT * FROM ^\"ITEMS\""),
    (Rule::DeniedTable, BOTH, "SELECT * FROM ^secrets"),
    (Rule::SharedWrite, BOTH, "UPDATE ^brands SET id = 1"),
    (Rule::SharedWrite, BOTH, "INSERT INTO ^brands (id) VALUES (1)"),
    (Rule::SharedWrite, BOTH, "DELETE FROM ^brands"),
    (Rule::Name, BOTH, "SELECT ^other.items.name FROM items"),
    (Rule::Name, BOTH, "SELECT * FROM ^a.b.items"),
    (Rule::Name, BOTH, "SELECT 1 AS ^_tq1"),
    (Rule::Name, BOTH, "SELECT 1 AS ^_TQ9"),
    (Rule::Name, BOTH, "SELECT * FROM ^\"it\"\"ems\""),
    (Rule::Name, BOTH, "SELECT 1 AS ^a234567890123456789012345678901234567890123456789012345678901234"),
    (Rule::Name, &[Sqlite], "SELECT * FROM 'items'"),
    (Rule::Name, BOTH, "UPDATE items SET qty = 1 FROM ^orders AS items"),
    (Rule::SystemColumn, &[Postgres], "SELECT ^ctid FROM items"),
    (Rule::SystemColumn, &[Postgres], "DELETE FROM items WHERE items.^xmin = '1'"),
    (Rule::SystemColumn, &[Postgres], "UPDATE items SET qty = 1 RETURNING ^tableoid"),
    (Rule::Function, &[Postgres], "SELECT ^query_to_xml('select 1', true, true, '')"),
    (Rule::Function, &[Postgres], "SELECT ^set_config('a', 'b', true)"),
    (Rule::Function, &[Postgres], "SELECT ^pg_catalog.pg_sleep(1)"),
    (Rule::Function, &[Postgres], "SELECT ^public.lower('A')"),
    (Rule::Function, &[Postgres], "SELECT ^\"coalesce\"(1)"),
    (Rule::Function, &[Postgres], "SELECT ^current_user"),
    (Rule::Function, &[Postgres], "SELECT ^user"),
    (Rule::Name, &[Postgres], "SELECT ^current_schema"),
    (Rule::Name, &[Postgres], "SELECT ^current_role FROM items"),
    (Rule::Name, &[Postgres], "SELECT ^system_user"),
    (Rule::Function, &[Postgres], "SELECT * FROM ^pg_ls_dir('.')"),
    (Rule::Function, &[Postgres], "SELECT * FROM ONLY(items)"),
    (Rule::Function, &[Sqlite], "SELECT ^load_extension('x')"),
    (Rule::Function, &[Sqlite], "SELECT ^last_insert_rowid()"),
    (Rule::Function, &[Sqlite], "SELECT * FROM ^pragma_table_info('items')"),
    // A name that the server would look up may come from nowhere but the row's own table.
    (Rule::SystemColumn, &[Postgres], "SELECT ^tableoid::regclass FROM (SELECT 'people'::text AS tableoid) x"),
    (Rule::SystemColumn, &[Postgres], "SELECT x.^tableoid::regclass FROM (SELECT 'people'::text AS tableoid) x, items"),
    (Rule::SystemColumn, &[Postgres], "SELECT ^tableoid::regclass::text FROM items, (SELECT 'people'::text) x(tableoid)"),
    (Rule::SystemColumn, &[Postgres], "SELECT x.^tableoid::regclass FROM (SELECT CASE WHEN true THEN 'people' ELSE tableoid::regclass::text END FROM items) x"),
    (Rule::SystemColumn, &[Postgres], "WITH x(tableoid) AS (SELECT 'people') SELECT ^tableoid::regclass FROM x"),
    (Rule::SystemColumn, &[Postgres], "SELECT ^tableoid::regclass FROM json_to_record('{\"tableoid\": \"people\"}') AS x(tableoid text)"),
    (Rule::SystemColumn, &[Postgres], "SELECT u.^tableoid::regclass FROM unnest(ARRAY['people']) AS u(tableoid)"),
    (Rule::SystemColumn, &[Postgres], "SELECT lines.^tableoid::regclass FROM lines"),
    (Rule::SystemColumn, &[Postgres], "SELECT late.^tableoid::regclass FROM late"),
    (Rule::SystemColumn, &[Postgres], "UPDATE items SET qty = 1 FROM orders WHERE orders.^tableoid::regclass::text = 'x'"),
    (Rule::SystemColumn, &[Postgres], "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET name = excluded.^tableoid::regclass::text"),
    (Rule::SystemColumn, &[Postgres], "SELECT ^tableoid FROM items GROUP BY tableoid"),
    (Rule::SystemColumn, &[Postgres], "SELECT ^tableoid::regclass FROM items, hidden"),
    (Rule::SystemColumn, &[Postgres], "SELECT ^tableoid::regclass FROM items JOIN brands ON true"),
    (Rule::HiddenKey, &[Postgres], "SELECT tableoid::regclass, (SELECT to_json(x) FROM (SELECT hidden.*) x) FROM ^hidden"),
    (Rule::HiddenKey, &[Postgres], "SELECT hidden.tableoid::regclass, * FROM ^hidden JOIN items USING (id)"),
    (Rule::HiddenKey, &[Postgres], "SELECT tableoid::regclass, ^hidden FROM hidden"),
    (Rule::SystemColumn, &[Sqlite], "SELECT ^rowid FROM items"),
    (Rule::SystemColumn, &[Sqlite], "SELECT items.^\"_RowId_\" FROM items"),
    (Rule::SystemColumn, &[Sqlite], "INSERT OR REPLACE INTO items (^rowid, id) VALUES (1, 50)"),
    (Rule::SystemColumn, &[Sqlite], "REPLACE INTO items (^oid, id) VALUES (1, 50)"),
    (Rule::SystemColumn, &[Sqlite], "UPDATE OR REPLACE items SET ^OID = 1"),
    (Rule::SystemColumn, &[Sqlite], "UPDATE OR REPLACE items SET ^[rowid] = 1 WHERE id = 0"),
    (Rule::SystemColumn, &[Sqlite], "INSERT INTO items (id) VALUES (1) ON CONFLICT (^rowid) DO NOTHING"),
    (Rule::Field, &[Postgres], "SELECT g.^ts_stat FROM unnest(ARRAY['SELECT to_tsvector(name) FROM items']) g"),
    (Rule::Field, &[Postgres], "SELECT g.^current_setting FROM string_to_table('a', 'b') AS g"),
    (Rule::Field, &[Postgres], "SELECT generate_series.^pg_sleep FROM generate_series(1, 2)"),
    (Rule::Field, &[Postgres], "SELECT g.^pg_sleep FROM generate_series(1, 2) AS g(n)"),
    (Rule::Field, &[Postgres], "SELECT (SELECT g.^f FROM generate_series(1, 2) AS g) FROM generate_series(1, 2) AS g(f)"),
    (Rule::Type, &[Postgres], "SELECT ^'items'::regclass"),
    // With these types the server would look up the names that stand beside them.
    (Rule::Type, &[Postgres], "SELECT id FROM items WHERE ^tableoid::regclass = 'people'"),
    (Rule::Type, &[Postgres], "SELECT coalesce(^tableoid::regclass, 'people') FROM items"),
    (Rule::Type, &[Postgres], "SELECT ^tableoid::regclass FROM items UNION SELECT 'people'"),
    (Rule::Type, &[Postgres], "SELECT * FROM (SELECT ^tableoid::regclass AS r FROM items) x WHERE r = 'people'"),
    (Rule::Type, &[Postgres], "WITH x AS (DELETE FROM items RETURNING ^tableoid::regclass) SELECT * FROM x"),
    (Rule::Type, &[Postgres], "INSERT INTO items (name) SELECT ^tableoid::regclass FROM items"),
    (Rule::Type, &[Postgres], "SELECT * FROM json_to_record('{}') AS x(^a regclass)"),
    (Rule::Type, &[Postgres], "SELECT * FROM json_to_record('{}') AS x(^a people)"),
    (Rule::Function, &[Postgres], "SELECT coalesce(^pg_typeof(1), 'people')"),
    (Rule::Function, &[Postgres], "SELECT id FROM items WHERE ^pg_typeof(name) = 'people'"),
    (Rule::Function, &[Postgres], "SELECT ^pg_typeof(items) FROM items"),
    (Rule::Function, &[Postgres], "SELECT ^app.pg_typeof(1)"),
    (Rule::Type, &[Postgres], "SELECT CAST(^'(1,2)' AS items)"),
    (Rule::Type, &[Postgres], "SELECT regclass ^'items'"),
    (Rule::Operator, &[Postgres], "SELECT 1 OPERATOR(public.+) ^2"),
    (Rule::Operator, &[Sqlite], "SELECT name MATCH ^'x' FROM items"),
    (Rule::Literal, &[Postgres], "SELECT E'a'\n^'b'"),
    (Rule::Literal, &[Postgres], "SELECT ^B'012'"),
    (Rule::Session, &[Mysql], "SELECT ^@name"),
    (Rule::Session, &[Mysql], "SELECT id FROM items WHERE id > ^@@version"),
    (Rule::Session, &[Mysql], "SELECT ^SQL_CALC_FOUND_ROWS id FROM items"),
    (Rule::Session, &[Mysql], "SELECT id FROM items INTO ^OUTFILE 'x'"),
    (Rule::Literal, &[Postgres], "SELECT ^N'a'"),
    (Rule::Placeholder, &[Sqlite], "SELECT ^:name"),
    (Rule::Placeholder, &[Sqlite], "SELECT ^@name"),
    (Rule::Placeholder, &[Sqlite], "SELECT ^?0"),
    (Rule::Placeholder, &[Sqlite], "SELECT ^?99999"),
    (Rule::Placeholder, &[Sqlite], "SELECT a^$1 FROM items"),
    (Rule::Placeholder, &[Postgres], "SELECT ^$0"),
    (Rule::Placeholder, &[Postgres], "SELECT ^$65000"),
    (Rule::Construct, &[Sqlite], "SELECT 1 UNION TABLE items"),
    (Rule::UnknownTable, &[Postgres], "SELECT 1 UNION TABLE ^people"),
    (Rule::Construct, BOTH, "SELECT * INTO x FROM items"),
    (Rule::Construct, &[Postgres], "SELECT * FROM items TABLESAMPLE SYSTEM (10)"),
    (Rule::Construct, &[Postgres], "SELECT (items).nothing FROM items"),
    (Rule::Construct, &[Postgres], "INSERT OR IGNORE INTO items (id) VALUES (1)"),
    (Rule::Construct, &[Sqlite], "INSERT OR ROLLBACK INTO items (id) VALUES (1)"),
    (Rule::RowLock, &[Sqlite], "SELECT * FROM items FOR UPDATE"),
    (Rule::RowLock, &[Postgres], "SELECT * FROM (SELECT * FROM ^brands FOR SHARE) x"),
    (Rule::RowLock, &[Postgres], "SELECT * FROM items, ^brands FOR UPDATE"),
    (Rule::RowLock, &[Postgres], "SELECT * FROM items i JOIN ^brands b ON true FOR UPDATE OF i FOR SHARE OF b"),
    (Rule::RowLock, &[Postgres], "SELECT * FROM items, (SELECT * FROM ^brands) b FOR UPDATE"),
    (Rule::RowLock, &[Postgres], "SELECT * FROM items, (SELECT 1 UNION SELECT 2) b FOR UPDATE"),
    (Rule::RowLock, &[Postgres], "(SELECT * FROM items) FOR UPDATE"),
    (Rule::Name, &[Postgres], "SELECT * FROM items i FOR UPDATE OF ^items"),
    (Rule::ModifyingCte, BOTH, "SELECT * FROM (DELETE FROM items RETURNING *) x"),
    (Rule::KeyAssigned, &[Postgres], "WITH x AS (UPDATE items SET ^tid = 2 RETURNING *) SELECT * FROM x"),
    (Rule::UnknownTable, &[Postgres], "WITH x AS (DELETE FROM ^people RETURNING *) SELECT * FROM x"),
    (Rule::SharedWrite, &[Postgres], "WITH x AS (DELETE FROM ^brands RETURNING *) SELECT * FROM x"),
    (Rule::Merge, &[Sqlite], "MERGE INTO items USING orders ON items.id = orders.id WHEN MATCHED THEN DELETE"),
    (Rule::SharedWrite, &[Postgres], "MERGE INTO ^brands USING orders o ON true WHEN MATCHED THEN DELETE"),
    (Rule::KeyAssigned, &[Postgres], "MERGE INTO items i USING orders o ON i.id = o.id WHEN MATCHED THEN UPDATE SET ^tid = 2"),
    (Rule::Name, &[Postgres], "MERGE INTO items USING ^orders AS items ON true WHEN MATCHED THEN DELETE"),
    (Rule::UnknownTable, &[Postgres], "MERGE INTO items i USING ^people p ON true WHEN MATCHED THEN DELETE"),
    (Rule::ViewBody, BOTH, "SELECT * FROM ^broken"),
    (Rule::ViewWrite, BOTH, "UPDATE ^late SET id = 1"),
    (Rule::PartyWrite, BOTH, "DELETE FROM deals"),
    (Rule::PartyWrite, BOTH, "INSERT INTO ^deals (qty) VALUES (1)"),
    (Rule::ParentKey, BOTH, "INSERT INTO lines (id, order_id) VALUES (1, ^DEFAULT)"),
    (Rule::ParentKey, BOTH, "INSERT INTO lines (id) VALUES (1)"),
    (Rule::HiddenKey, BOTH, "SELECT ^tid FROM hidden"),
    (Rule::HiddenKey, BOTH, "SELECT p.id FROM hidden p JOIN hidden q USING (^tid)"),
    (Rule::HiddenKey, BOTH, "INSERT INTO hidden (id, ^tid) VALUES (1, 2)"),
    (Rule::HiddenKey, BOTH, "DELETE FROM hidden WHERE hidden.^tid = 2"),
    (Rule::KeyAssigned, BOTH, "UPDATE items SET ^tid = 2"),
    (Rule::KeyAssigned, BOTH, "UPDATE items SET (name, ^tid) = ('a', 2)"),
    (Rule::KeyAssigned, BOTH, "UPDATE items SET ^\"tid\" = 2"),
    (Rule::KeyAssigned, BOTH, "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET ^TID = 2"),
    (Rule::ColumnsUnknown, BOTH, "INSERT INTO orders^ VALUES (1)"),
    (Rule::Arity, BOTH, "INSERT INTO items (id, name) VALUES ^(1)"),
    (Rule::Arity, BOTH, "INSERT INTO items (id, name) VALUES (1, 'a'), ^(2)"),
    (Rule::Arity, BOTH, "INSERT INTO items (id, name) ^SELECT 1"),
    (Rule::Arity, BOTH, "INSERT INTO items^ VALUES (1, 2, 3, 4, 5)"),
    (Rule::Arity, &[Sqlite], "INSERT INTO items^ VALUES (1, 2)"),
    (Rule::Arity, BOTH, "INSERT INTO items (tid, id, tid) VALUES (1, 2, 3)"),
    (Rule::InsertWildcard, BOTH, "INSERT INTO items (tid, id) SELECT * FROM orders"),
    (Rule::InsertWildcard, BOTH, "INSERT INTO items SELECT * FROM orders"),
    (Rule::UniqueUnknown, BOTH, "INSERT INTO orders (id) VALUES (1) ON CONFLICT DO NOTHING"),
    (Rule::UniqueUnknown, &[Sqlite], "REPLACE INTO orders (id) VALUES (1)"),
    (Rule::ConflictKey, BOTH, "INSERT INTO notes (id) VALUES (1) ON CONFLICT (^id) DO NOTHING"),
    (Rule::ConflictKey, BOTH, "INSERT INTO notes (id) VALUES (1) ON CONFLICT DO NOTHING"),
    (Rule::ConflictKey, &[Sqlite], "INSERT OR REPLACE INTO notes (id) VALUES (1)"),
    (Rule::ConflictKey, &[Sqlite], "UPDATE OR REPLACE notes SET id = 1"),
    (Rule::ConflictTarget, BOTH, "INSERT INTO items (id) VALUES (1) ON CONFLICT (^name) DO NOTHING"),
    (Rule::ConflictTarget, &[Postgres], "INSERT INTO items (id) VALUES (1) ON CONFLICT ON CONSTRAINT ^x DO NOTHING"),
    (Rule::ConflictTarget, &[Postgres], "INSERT INTO items (id) VALUES (1) ON CONFLICT ON CONSTRAINT ^\"Items_Pkey\" DO NOTHING"),
    (Rule::ConflictKey, &[Postgres], "INSERT INTO notes (id) VALUES (1) ON CONFLICT ON CONSTRAINT ^notes_pkey DO NOTHING"),
    (Rule::Construct, &[Sqlite], "INSERT INTO items (id) VALUES (1) ON CONFLICT ON CONSTRAINT items_pkey DO NOTHING"),
    (Rule::Construct, &[Sqlite], "INSERT INTO items i (id) VALUES (1)"),
    (Rule::ConflictTarget, BOTH, "INSERT INTO items (id) VALUES (1) ON CONFLICT ((SELECT 1)) DO NOTHING"),
    (Rule::ConflictTarget, BOTH, "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) WHERE EXISTS (SELECT 1 FROM people) DO NOTHING"),
    (Rule::ConflictTarget, BOTH, "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) WHERE id IN (SELECT id FROM people) DO UPDATE SET qty = 1"),
    (Rule::ConflictTarget, &[Postgres], "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) WHERE id = ANY (ARRAY(SELECT id FROM people)) DO NOTHING"),
    (Rule::Function, &[Postgres], "INSERT INTO items (id) VALUES (1) ON CONFLICT (lower(name), ^pg_sleep(1)) DO NOTHING"),
    (Rule::Function, &[Postgres], "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) WHERE ^query_to_xml('x', true, true, '') IS NULL DO NOTHING"),
    (Rule::HiddenKey, &[Postgres], "INSERT INTO hidden (id) VALUES (1) ON CONFLICT (lower(^tid::text)) DO NOTHING"),
];

#[test]
fn each_case_is_refused_by_its_rule_where_it_breaks_it() {
    let mut wrong = Vec::new();
    for (rule, dialects, marked) in CASES {
        let sql = marked.replace('^', "");
        for dialect in *dialects {
            let (found, at) = match scoper(*dialect).scope(&sql) {
                Err(refusal) => (refusal.code(), refusal.position()),
                Ok(_) => ("accepted", None),
            };
            let expected = marked.find('^');
            if found != rule.code() || (expected.is_some() && at != expected) {
                wrong.push(format!("{dialect:?} {marked:?}: {found} at {at:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn values_that_the_text_does_not_name_come_before_the_tenant() {
    for dialect in BOTH {
        let scoper = scoper(*dialect);
        let sql = match dialect {
            Postgres => "SELECT id FROM items WHERE id = $2",
            Sqlite => "SELECT id FROM items WHERE id = ?2",
            Mysql => continue,
        };
        let as_named = scoper.scope(sql).unwrap();
        assert_eq!(scoper.scope_binding(sql, 2).unwrap(), as_named);
        let more = scoper.scope_binding(sql, 5).unwrap();
        assert_eq!((more.binds(), more.tenant_bind()), (5, Some(6)));
        assert!(
            more.text().contains(['$', '?']) && more.text().contains('6'),
            "{}",
            more.text()
        );
        // From the cache, and neither instead of the other.
        assert_eq!(scoper.scope_binding(sql, 5).unwrap(), more);
        assert_eq!(scoper.scope(sql).unwrap(), as_named);
        for wrong in [0, 1, 40_000] {
            assert_eq!(
                scoper.scope_binding(sql, wrong).unwrap_err().rule(),
                Rule::BindCount
            );
        }
        let refused = scoper.scope_binding("SELECT id FROM people", 0).unwrap_err();
        assert_eq!(refused.rule(), Rule::UnknownTable);
    }
}

/// A column of such a name is one that the catalogue lists, of the table that it lists it for.
#[test]
fn a_listed_column_may_have_the_name_of_a_row_number() {
    let scoper = scoper(Sqlite);
    assert!(scoper.scope("SELECT oid FROM legacy").is_ok());
    let refused = scoper
        .scope("REPLACE INTO items (oid, id) VALUES (1, 50)")
        .unwrap_err();
    assert_eq!(refused.rule(), Rule::SystemColumn);
}

#[test]
fn a_place_is_one_of_the_text_that_was_given() {
    let sql = "SELECT ?, 'ü', /* ünï */ ? -- x\n FROM people";
    let refusal = scoper(Sqlite).scope(sql).unwrap_err();
    assert_eq!(refusal.position(), sql.find("people"));
    // Where a token was rewritten the place lies in what was written for it, which is longer; and where the parser stops, it
    // counts characters.
    for (sql, place) in [
        ("SELECT id IN main.orders.x", ".x"),
        ("SELECT id - IN main.orders.x", ".x"),
        ("SELECT 'ünü' FROM orders)", ")"),
        ("SELECT 'ünü',\n 'é' , FROM FROM orders", "FROM orders"),
    ] {
        let refusal = scoper(Sqlite).scope(sql).unwrap_err();
        let at = refusal.position();
        assert!(at.is_none() || at <= sql.rfind(place), "{sql}: {refusal:?}");
        assert!(at.is_none_or(|at| sql.is_char_boundary(at)), "{sql}");
    }
    let sql = "UPDATE orders, items SET total = 1 WHERE @x = 1";
    let refusal = scoper(Mysql).scope(sql).unwrap_err();
    assert_eq!(refusal.position(), sql.find('@'));
    let sql = "SELECT 'ünü', id FROM orders WHERE 'é' = = 1";
    let refusal = scoper(Sqlite).scope(sql).unwrap_err();
    assert_eq!(
        (refusal.rule(), refusal.position()),
        (Rule::Syntax, sql.rfind("= 1"))
    );
}

#[test]
fn every_rule_has_a_case_and_a_code_of_its_own() {
    let elsewhere = [
        Rule::TooLong,     // engine_limits
        Rule::TooDeep,     // engine_limits
        Rule::ReadOnly,    // crossings, below
        Rule::CrossInsert, // crossings, below
        Rule::BindCount,   // values_that_the_text_does_not_name
    ];
    let shown: BTreeSet<Rule> = CASES.iter().map(|(rule, ..)| *rule).chain(elsewhere).collect();
    assert_eq!(shown, Rule::ALL.iter().copied().collect());
    let codes: BTreeSet<&str> = Rule::ALL.iter().map(|rule| rule.code()).collect();
    assert_eq!(codes.len(), Rule::ALL.len());
}

#[test]
fn a_refusal_repeats_nothing_of_the_text() {
    let secret = "zz_other_tenant";
    let refusal = scoper(Sqlite)
        .scope(&format!("SELECT '{secret}' FROM {secret}"))
        .unwrap_err();
    assert!(!refusal.to_string().contains(secret));
    let refusal = scoper(Sqlite)
        .scope(&format!("SELECT {secret} {secret} {secret}"))
        .unwrap_err();
    assert!(!refusal.to_string().contains(secret));
}

#[test]
fn crossings_read_and_write_only_as_they_say() {
    let operator = Operator::new("olga").unwrap();
    let some = Tenants::Only(vec![TenantId::bigint(1).unwrap()]);
    let read = CrossTenant::read(&operator, Tenants::All, "a test").unwrap();
    let write = CrossTenant::write(&operator, some.clone(), "a test").unwrap();
    let write_all = CrossTenant::write(&operator, Tenants::All, "a test").unwrap();
    let read_some = CrossTenant::read(&operator, some, "a test").unwrap();
    for dialect in BOTH {
        let scoper = scoper(*dialect);
        let rule = |sql, crossing| {
            scoper
                .scope_across(sql, crossing)
                .err()
                .map(|refusal| refusal.rule())
        };
        assert_eq!(rule("UPDATE items SET qty = 1", &read), Some(Rule::ReadOnly));
        assert_eq!(rule("UPDATE brands SET id = 1", &read_some), Some(Rule::ReadOnly));
        assert_eq!(
            rule("INSERT INTO items (id) VALUES (1)", &write),
            Some(Rule::CrossInsert)
        );
        assert_eq!(
            rule("UPDATE items SET tid = 1", &write_all),
            Some(Rule::KeyAssigned)
        );
        assert_eq!(rule("SELECT * FROM secrets", &write_all), Some(Rule::DeniedTable));
        assert_eq!(rule("SELECT * FROM people", &write_all), Some(Rule::UnknownTable));
        assert_eq!(rule("UPDATE brands SET id = 1", &write), None);
        // What one breadth may is not what another one may, though the text is the same.
        assert_eq!(rule("UPDATE items SET qty = 1", &write), None);
        assert!(scoper.scope("UPDATE brands SET id = 1").is_err());
        let all = scoper.scope_across("SELECT * FROM items", &read).unwrap();
        let some = scoper.scope_across("SELECT * FROM items", &read_some).unwrap();
        let one = scoper.scope("SELECT * FROM items").unwrap();
        assert_eq!(
            (all.tenant_bind(), some.tenant_bind(), one.tenant_bind()),
            (None, Some(1), Some(1))
        );
        assert_ne!(some.text(), one.text());
    }
}
