//! Every guard of the engine, taken out: a statement that shows what it is for, and what then falls.
//!
//! `tests/guards.md` is written from this table and from what happens when it is run: a guard without which its statement
//! is still refused, and that no other guard of the list stands behind, fails the test.

use std::fmt::Write as _;

use expect_test::expect_file;

use super::{
    Dialect::{self, Mysql, Postgres, Sqlite},
    Rule, Scoper,
    faults::{self, Fault, Place},
};
use crate::Catalog;

const CATALOG: &str = r#"
[tenant]
key = "store_id"
type = "bigint"

[tables]
orders = { kind = "tenant", columns = ["store_id", "id", "total"], unique = [["store_id", "id"]] }
slugs = { kind = "tenant", columns = ["store_id", "slug"], unique = [["slug"]] }
items = { kind = "tenant", columns = ["store_id", "id", "order_id"], unique = [["store_id", "id"]] }
people = { kind = "tenant", columns = ["id", "email"] }
pages = { kind = "mixed", columns = ["store_id", "id", "title"] }
brands = "shared"
secrets = "denied"
order_items = { kind = "via", parent = "parcels", on = { parcel_id = "id" }, columns = ["parcel_id", "quantity"] }
parcels = "tenant"
deals = { kind = "party", columns = ["buyer_id", "seller_id", "quantity", "status"], parties = { buyer_id = { insert = true, update = ["quantity"] }, seller_id = { update = ["status"] } } }
"#;

/// What stands where a guard was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Without {
    /// The statement passes.
    Passes,
    /// Another rule refuses it.
    Refused(Rule),
}

/// A guard, as the mistake that takes it out, and a statement that needs it.
type Guard = (Fault, Dialect, &'static str);

/// Predicates: without one, the statement is let through and reads or writes what is another tenant's.
#[rustfmt::skip]
const PREDICATES: &[Guard] = &[
    (Fault::Drop(Place::Anywhere), Sqlite, "SELECT total FROM orders"),
    (Fault::Drop(Place::Joined), Sqlite, "SELECT 1 FROM brands b JOIN orders o ON true"),
    (Fault::Drop(Place::NullableSide), Sqlite, "SELECT 1 FROM brands b LEFT JOIN orders o ON o.id = 1"),
    (Fault::Drop(Place::JoinCondition), Sqlite, "SELECT 1 FROM brands b JOIN brands c ON EXISTS (SELECT 1 FROM orders)"),
    (Fault::Drop(Place::Derived), Sqlite, "SELECT 1 FROM (SELECT total FROM orders) AS d"),
    (Fault::Drop(Place::Subquery), Sqlite, "SELECT (SELECT max(total) FROM orders)"),
    (Fault::Drop(Place::Cte), Sqlite, "WITH w AS (SELECT total FROM orders) SELECT * FROM w"),
    (Fault::Drop(Place::Arm), Sqlite, "SELECT 1 UNION SELECT total FROM orders"),
    (Fault::Drop(Place::InsertSource), Sqlite, "INSERT INTO items (id) SELECT total FROM orders"),
    (Fault::Drop(Place::UpdateFrom), Sqlite, "UPDATE items SET order_id = o.id FROM orders o WHERE o.id = items.order_id"),
    (Fault::Drop(Place::DeleteUsing), Postgres, "DELETE FROM items USING orders o WHERE o.id = items.order_id"),
    (Fault::Drop(Place::Returning), Sqlite, "UPDATE items SET order_id = 1 RETURNING (SELECT max(total) FROM orders)"),
    (Fault::Drop(Place::UpsertArm), Sqlite, "INSERT INTO items (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET order_id = (SELECT max(total) FROM orders)"),
    (Fault::OpenUpdate, Sqlite, "UPDATE orders SET total = 0"),
    (Fault::OpenDelete, Sqlite, "DELETE FROM orders"),
    (Fault::OpenMerge, Postgres, "MERGE INTO orders o USING brands b ON o.id = b.id WHEN MATCHED THEN DELETE"),
    (Fault::OpenMergeArm, Postgres, "MERGE INTO orders o USING brands b ON o.id = b.id WHEN NOT MATCHED BY SOURCE THEN DELETE"),
    (Fault::Drop(Place::MergeArm), Postgres, "MERGE INTO orders o USING brands b ON o.id = b.id WHEN MATCHED THEN UPDATE SET total = (SELECT max(id) FROM items)"),
    (Fault::KeyNotForced, Postgres, "MERGE INTO orders o USING brands b ON o.id = b.id WHEN NOT MATCHED THEN INSERT (store_id, id) VALUES (2, b.id)"),
    (Fault::OpenUpdate, Mysql, "UPDATE orders o JOIN brands b ON b.id = o.id SET o.total = 0"),
    (Fault::OpenUpdate, Mysql, "UPDATE brands b LEFT JOIN orders o ON o.id = b.id SET o.total = 0"),
    (Fault::OpenDelete, Mysql, "DELETE o FROM orders o JOIN brands b ON b.id = o.id"),
    (Fault::Drop(Place::Anywhere), Mysql, "UPDATE orders o JOIN items i ON i.order_id = o.id SET o.total = 0"),
    (Fault::KeyNotForced, Mysql, "INSERT INTO orders SET store_id = 2, id = 1"),
    (Fault::KeyNotForced, Sqlite, "INSERT INTO orders (store_id, id) VALUES (2, 1)"),
    (Fault::NullableInWhere, Sqlite, "SELECT 1 FROM brands b LEFT JOIN orders o ON o.id = 1"),
    (Fault::WrongOn, Sqlite, "SELECT 1 FROM orders o LEFT JOIN items i ON i.order_id = o.id"),
    (Fault::BelowOr, Sqlite, "SELECT total FROM orders WHERE id = 1"),
    (Fault::WrongName, Sqlite, "SELECT 1 FROM orders o LEFT JOIN items i ON i.order_id = o.id"),
    (Fault::BindOffByOne, Sqlite, "SELECT total FROM orders WHERE id = ?1"),
    (Fault::BareConflictTarget, Sqlite, "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO NOTHING"),
    (Fault::KeyShown, Sqlite, "SELECT * FROM people"),
    (Fault::NoWall, Postgres, "UPDATE order_items SET quantity = 0 WHERE 1 / quantity = 1"),
    (Fault::ParentUnchecked, Sqlite, "INSERT INTO order_items (parcel_id, quantity) VALUES (7, 2)"),
    (Fault::AnyPartyWrites, Sqlite, "UPDATE deals SET quantity = 1"),
    (Fault::OpenChoice, Mysql, "INSERT INTO orders (id) SELECT id FROM pages WHERE 1 / id > 0"),
    (Fault::OpenChoice, Mysql, "INSERT INTO orders (id) SELECT quantity FROM deals WHERE 1 / quantity > 0"),
    (Fault::Merged, Mysql, "SELECT COUNT(o.id) OVER () FROM brands b LEFT JOIN orders o ON o.id = b.id"),
    (Fault::Merged, Mysql, "SELECT 1 FROM orders o WHERE o.id IN (SELECT o.total)"),
];

/// Rewrites: without one, the guard behind it refuses a statement that can be answered.
#[rustfmt::skip]
const REWRITES: &[Guard] = &[
    (Fault::WholeRow, Postgres, "UPDATE people SET email = people::text"),
    (Fault::WholeRow, Postgres, "UPDATE people SET email = 'x' WHERE row(people.*) IS NOT NULL"),
    (Fault::WholeRow, Postgres, "DELETE FROM people RETURNING to_jsonb(people.*)"),
    (Fault::WholeRow, Postgres, "DELETE FROM people WHERE people.* IS NOT NULL"),
];

/// Refusals: with the guard, this very rule refuses the statement.
#[rustfmt::skip]
const REFUSALS: &[Guard] = &[
    (Fault::KeyAssignable, Sqlite, "UPDATE orders SET store_id = 2"),
    (Fault::KeyAssignable, Sqlite, "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET store_id = 2"),
    (Fault::KeyAssignable, Mysql, "UPDATE orders o JOIN brands b ON b.id = o.id SET o.store_id = 2"),
    (Fault::KeyAssignable, Mysql, "INSERT INTO orders (id) VALUES (1) ON DUPLICATE KEY UPDATE store_id = 2"),
    (Fault::Pass(Rule::Lexical), Mysql, "SELECT total FROM orders /*! UNION SELECT 1 */"),
    (Fault::Pass(Rule::Function), Mysql, "SELECT trim (total) FROM orders"),
    (Fault::Pass(Rule::Session), Mysql, "SELECT total FROM orders WHERE id = @id"),
    (Fault::Pass(Rule::ConflictKey), Mysql, "UPDATE IGNORE slugs SET slug = 'a'"),
    (Fault::Pass(Rule::Type), Mysql, "SELECT j.a FROM JSON_TABLE('[1]', '$[*]' COLUMNS (a GEOMETRY PATH '$')) AS j"),
    (Fault::Pass(Rule::ConflictKey), Sqlite, "UPDATE OR REPLACE deals SET quantity = 1"),
    (Fault::Pass(Rule::ConflictKey), Mysql, "INSERT INTO slugs (slug) VALUES ('a') ON DUPLICATE KEY UPDATE slug = 'b'"),
    (Fault::Pass(Rule::ConflictKey), Mysql, "INSERT IGNORE INTO slugs (slug) VALUES ('a')"),
    (Fault::Pass(Rule::Lexical), Sqlite, "SELECT total\u{a0}FROM orders"),
    (Fault::Pass(Rule::Literal), Postgres, "SELECT N'a' FROM orders"),
    (Fault::Pass(Rule::Placeholder), Postgres, "SELECT total FROM orders WHERE id = :id"),
    (Fault::Pass(Rule::Name), Sqlite, "SELECT id AS _tq1 FROM orders"),
    (Fault::Pass(Rule::Name), Postgres, "WITH _tq1 AS (SELECT 1) SELECT * FROM orders"),
    (Fault::Pass(Rule::UnknownTable), Sqlite, "SELECT * FROM other.orders"),
    (Fault::Pass(Rule::DeniedTable), Sqlite, "SELECT * FROM secrets"),
    (Fault::Pass(Rule::DeniedTable), Sqlite, "DELETE FROM secrets"),
    (Fault::Pass(Rule::SharedWrite), Sqlite, "UPDATE brands SET name = 'x'"),
    (Fault::Pass(Rule::SharedWrite), Mysql, "UPDATE brands b JOIN orders o ON o.id = b.id SET b.name = 'x'"),
    (Fault::Pass(Rule::SharedWrite), Postgres, "INSERT INTO brands (id) VALUES (1)"),
    (Fault::Pass(Rule::SystemColumn), Postgres, "SELECT ctid FROM orders"),
    (Fault::Pass(Rule::SystemColumn), Mysql, "SELECT _rowid FROM orders"),
    (Fault::Pass(Rule::SystemColumn), Sqlite, "SELECT rowid FROM orders"),
    (Fault::Pass(Rule::SystemColumn), Sqlite, "UPDATE orders SET rowid = 1"),
    (Fault::Pass(Rule::HiddenKey), Sqlite, "SELECT store_id FROM people"),
    (Fault::Pass(Rule::HiddenKey), Sqlite, "UPDATE people SET email = 'x' WHERE store_id = 2"),
    (Fault::Pass(Rule::HiddenKey), Postgres, "DELETE FROM people RETURNING people.store_id"),
    (Fault::Pass(Rule::HiddenKey), Postgres, "INSERT INTO people (email) VALUES ('x') RETURNING store_id"),
    (Fault::Pass(Rule::Function), Postgres, "SELECT query_to_xml('select 1', true, true, '') FROM orders"),
    (Fault::Pass(Rule::Function), Postgres, "SELECT * FROM pg_ls_dir('.')"),
    (Fault::Pass(Rule::Function), Sqlite, "SELECT load_extension('x')"),
    (Fault::Pass(Rule::Field), Postgres, "SELECT u.item FROM unnest(ARRAY[1, 2]) AS u"),
    (Fault::Pass(Rule::Type), Postgres, "SELECT 'orders'::regclass"),
    (Fault::Pass(Rule::Type), Postgres, "SELECT regclass 'orders'"),
    (Fault::AnyRow, Postgres, "SELECT (o).id FROM orders o, (SELECT 1 AS o) AS d"),
    (Fault::AnyRow, Postgres, "SELECT (total).id FROM orders total"),
    (Fault::Pass(Rule::SystemColumn), Postgres, "SELECT d.tableoid::regclass::text FROM (SELECT 1 AS tableoid) AS d"),
    (Fault::Pass(Rule::SystemColumn), Postgres, "SELECT d.tableoid::regclass::text FROM orders o, LATERAL (SELECT 1 AS a) AS d"),
    (Fault::Pass(Rule::SystemColumn), Postgres, "SELECT tableoid::regclass::text FROM orders o, brands b"),
    (Fault::Pass(Rule::SystemColumn), Postgres, "SELECT tableoid::regclass::text FROM orders o, (SELECT 1 AS tableoid) AS d"),
    (Fault::Pass(Rule::SystemColumn), Postgres, "SELECT id FROM orders WHERE tableoid = 5"),
    (Fault::Pass(Rule::Function), Postgres, "SELECT id FROM orders WHERE pg_typeof(total) = 'regclass'"),
    (Fault::Pass(Rule::Function), Postgres, "SELECT 1 UNION SELECT pg_typeof(total) FROM orders"),
    (Fault::Pass(Rule::Type), Postgres, "SELECT o::record FROM orders o"),
    (Fault::Pass(Rule::HiddenKey), Postgres, "INSERT INTO people (email) VALUES ('x') ON CONFLICT (lower(email), (store_id + 1)) DO NOTHING"),
    (Fault::Pass(Rule::Operator), Sqlite, "SELECT id FROM orders WHERE total MATCH 'x'"),
    (Fault::Pass(Rule::Construct), Postgres, "SELECT * FROM orders TABLESAMPLE SYSTEM (10)"),
    (Fault::Pass(Rule::Arity), Sqlite, "INSERT INTO orders (id, total) VALUES (1)"),
    (Fault::Pass(Rule::ConflictKey), Sqlite, "INSERT INTO slugs (slug) VALUES ('a') ON CONFLICT DO NOTHING"),
    (Fault::Pass(Rule::ConflictKey), Sqlite, "REPLACE INTO slugs (slug) VALUES ('a')"),
    (Fault::Pass(Rule::ConflictTarget), Sqlite, "INSERT INTO orders (id) VALUES (1) ON CONFLICT (total) DO NOTHING"),
    (Fault::Pass(Rule::PartyWrite), Sqlite, "UPDATE deals SET quantity = 1, status = 'x'"),
];

/// Checks of the verifier, each behind the guard that is named first: with both out, the statement passes.
#[rustfmt::skip]
const CHECKS: &[(Fault, Guard)] = &[
    (Fault::Pass(Rule::SystemColumn), (Fault::UncountedNames, Postgres, "SELECT id FROM orders WHERE tableoid = 5")),
    (Fault::Pass(Rule::Function), (Fault::UncountedNames, Postgres, "SELECT id FROM orders WHERE pg_catalog.pg_typeof(total) = 'regclass'")),
    (Fault::Pass(Rule::Type), (Fault::AnyRecord, Postgres, "SELECT o::record FROM orders o")),
    (Fault::Pass(Rule::HiddenKey), (Fault::UnreadArbiters, Postgres, "INSERT INTO people (email) VALUES ('x') ON CONFLICT (lower(email), (store_id + 1)) DO NOTHING")),
];

fn outcome(faults: &[Fault], dialect: Dialect, sql: &str) -> Without {
    let scoper = Scoper::new(Catalog::from_toml(CATALOG).unwrap(), dialect);
    match faults::with(faults, || scoper.scope(sql)) {
        Ok(_) => Without::Passes,
        Err(refusal) => Without::Refused(refusal.rule()),
    }
}

/// A guard's name in the table.
fn named(fault: Fault) -> String {
    match fault {
        Fault::Drop(Place::Anywhere) => "the predicate, wherever".to_owned(),
        Fault::Drop(place) => format!("the predicate, in {place:?}"),
        Fault::Pass(rule) => format!("`{}`", rule.code()),
        other => format!("{other:?}"),
    }
}

fn told(without: Without) -> String {
    match without {
        Without::Passes => "passes".to_owned(),
        Without::Refused(rule) => format!("`{}`", rule.code()),
    }
}

#[test]
fn each_guard_is_needed() {
    let mut wrong = Vec::new();
    for (fault, dialect, sql) in PREDICATES {
        if outcome(&[], *dialect, sql) != Without::Passes {
            wrong.push(format!("{sql}: is refused with all guards in place"));
        }
        let sound = Scoper::new(Catalog::from_toml(CATALOG).unwrap(), *dialect).scope(sql);
        let scoper = Scoper::new(Catalog::from_toml(CATALOG).unwrap(), *dialect);
        let broken = faults::with(&[*fault, Fault::VerifierOff], || scoper.scope(sql));
        match (&sound, &broken) {
            (Ok(sound), Ok(broken)) if sound.text() == broken.text() => {
                wrong.push(format!("{sql}: the same text without {fault:?}"));
            }
            (_, Err(refusal)) => wrong.push(format!("{sql}: without {fault:?} {refusal}")),
            _ => {}
        }
    }
    for (fault, dialect, sql) in REFUSALS {
        let sound = outcome(&[], *dialect, sql);
        let rule = match fault {
            Fault::Pass(rule) => *rule,
            Fault::AnyRow => Rule::Construct,
            _ => Rule::KeyAssigned,
        };
        if sound != Without::Refused(rule) {
            wrong.push(format!("{sql}: {sound:?} and not {rule:?}"));
        }
        if outcome(&[*fault, Fault::VerifierOff], *dialect, sql) == Without::Refused(rule) {
            wrong.push(format!("{sql}: {rule:?} refuses it elsewhere too"));
        }
    }
    for (fault, dialect, sql) in REWRITES {
        let (sound, broken) = (outcome(&[], *dialect, sql), outcome(&[*fault], *dialect, sql));
        if (sound, broken == Without::Passes) != (Without::Passes, false) {
            wrong.push(format!("{sql}: {sound:?}, and without {fault:?} {broken:?}"));
        }
    }
    for (guard, (check, dialect, sql)) in CHECKS {
        let (behind, open) = (
            outcome(&[*guard], *dialect, sql),
            outcome(&[*guard, *check], *dialect, sql),
        );
        if (behind, open) != (Without::Refused(Rule::Verification), Without::Passes) {
            wrong.push(format!(
                "{sql}: {behind:?} without {guard:?}, and {open:?} without {check:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_of_guards_is_up_to_date() {
    expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/guards.md")].assert_eq(&table());
}

fn table() -> String {
    let mut out = String::from(
        "# Guards\n\n\
         Each guard of the engine, a statement that needs it, and what becomes of the statement when the guard is taken out:\n\
         without the verifier, and with it. `passes` means that this guard alone stood there, and that the named test falls;\n\
         a code is the guard behind it. This file is written by `sql::guards` (`UPDATE_EXPECT=1 cargo test -p tenancy-core\n\
         --features sql --lib guards`), which fails where a guard turns out not to be needed. The predicates are also taken\n\
         out one at a time under the harness (`sql::mutants`), which has to see rows that differ.\n\n\
         ## Predicates\n\n\
         The test that falls is `sql::mutants` for those that the harness can make, and `sql::guards` for all.\n\n\
         | guard | dialect | statement | without the verifier | with it |\n|---|---|---|---|---|\n",
    );
    let rows = |out: &mut String, guards: &[Guard]| {
        for (fault, dialect, sql) in guards {
            let bare = told(outcome(&[*fault, Fault::VerifierOff], *dialect, sql));
            let verified = told(outcome(&[*fault], *dialect, sql));
            let sql = sql.replace('|', "\\|").replace('\u{a0}', "U+00A0");
            writeln!(
                out,
                "| {} | {dialect:?} | `{sql}` | {bare} | {verified} |",
                named(*fault)
            )
            .unwrap();
        }
    };
    rows(&mut out, PREDICATES);
    out.push_str(
        "\n## Refusals\n\n\
         The test that falls is `sql::guards`; `refusals_doc` and `engine_refusals` fall for the rules that they show.\n\n\
         | guard | dialect | statement | without the verifier | with it |\n|---|---|---|---|---|\n",
    );
    rows(&mut out, REFUSALS);
    out.push_str(
        "\n## Rewrites\n\n\
         What is put in the place of something that the guard behind it refuses. The test that falls is `sql::guards`.\n\n\
         | rewrite | dialect | statement | without the verifier | with it |\n|---|---|---|---|---|\n",
    );
    rows(&mut out, REWRITES);
    out.push_str(
        "\n## The verifier's checks\n\n\
         What stands behind a guard, for those that look at one thing alone. The test that falls is `sql::guards`.\n\n\
         | check | behind | dialect | statement | without the guard | without both |\n|---|---|---|---|---|---|\n",
    );
    for (guard, (check, dialect, sql)) in CHECKS {
        let behind = told(outcome(&[*guard], *dialect, sql));
        let open = told(outcome(&[*guard, *check], *dialect, sql));
        let (check, guard) = (named(*check), named(*guard));
        writeln!(
            out,
            "| {check} | {guard} | {dialect:?} | `{sql}` | {behind} | {open} |"
        )
        .unwrap();
    }
    out
}
