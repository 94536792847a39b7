//! What a server does for a scoped statement is what it does for one with the predicate written by hand.
//!
//! Each shape is planned both ways on a filled database, and the steps have to be the same ones: kinds of scans and joins, their
//! order, indexes, and the conditions that each step takes. `TENANCY_PLAN_ROWS` and `TENANCY_PLAN_TENANTS` make the database
//! larger; `.ci/full plans` takes a million rows and a thousand tenants.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod known;
mod shapes;
mod world;

use tenancy_core::sql::Scoper;
use tenancy_testkit::Dialect;

use known::{KNOWN, REFUSED};
use shapes::shapes;
use world::{Plan, Planned, World, catalog};

/// Any one of the tenants.
const TENANT: i64 = 7;

#[test]
fn plans_are_those_of_a_hand_written_predicate_on_sqlite() {
    same_plans(Dialect::Sqlite, &[Planned::Custom]);
}

#[test]
fn plans_are_those_of_a_hand_written_predicate_on_postgres() {
    same_plans(Dialect::Postgres, &[Planned::Custom, Planned::Generic]);
}

#[test]
fn plans_are_those_of_a_hand_written_predicate_on_mariadb() {
    same_plans(Dialect::Mysql, &[Planned::Custom]);
}

#[tokio::main(flavor = "current_thread")]
async fn same_plans(server: Dialect, modes: &[Planned]) {
    let Some(mut world) = World::open(server, "plans").await else {
        return;
    };
    let mut wrong = Vec::new();
    for planned in modes {
        for shape in shapes(server) {
            let values = world.values(shape, TENANT);
            let scoped = world
                .scoped(shape, TENANT)
                .unwrap_or_else(|refusal| panic!("{}: {refusal}", shape.name));
            let by_hand = shape.by_hand(server, TENANT);
            let meant = world.plan(&by_hand, &values, *planned).await;
            let made = world.plan(&scoped, &values, *planned).await;
            let known = KNOWN.iter().any(|known| known.is(server, shape.name));
            if (meant == made) == known {
                wrong.push(format!(
                    "{} ({planned:?})\n{by_hand}\n{scoped}\n{}",
                    shape.name,
                    both(&meant, &made)
                ));
            }
            assert_eq!(
                world.run(&by_hand, &values).await,
                world.run(&scoped, &values).await,
                "{}",
                shape.name
            );
            // The control: without the key in the index it is another plan, and that is seen.
            let spoilt = by_hand
                .replace("tid = ", "tid + 0 = ")
                .replace("seller = ", "seller + 0 = ");
            if world.plan(&spoilt, &values, *planned).await == meant {
                wrong.push(format!(
                    "{} ({planned:?}): not seen\n{spoilt}\n{}",
                    shape.name,
                    meant.join("\n")
                ));
            }
        }
    }
    assert!(shapes(server).count() - KNOWN.iter().filter(|known| known.server == server).count() >= 20);
    assert!(
        wrong.is_empty(),
        "{} are not as expected:\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

/// Two plans; where they differ a line is told twice.
fn both(meant: &Plan, made: &Plan) -> String {
    let mut out = String::new();
    for at in 0..meant.len().max(made.len()) {
        let (meant, made) = (meant.get(at), made.get(at));
        for (mark, line) in [("-", meant), ("+", made.filter(|_| made != meant))] {
            let mark = if meant == made { " " } else { mark };
            if let Some(line) = line {
                out.push_str(&format!("    {mark} {line}\n"));
            }
        }
    }
    out
}

#[test]
fn what_cannot_be_asked_is_refused() {
    for (server, sql, code) in REFUSED {
        let refused = Scoper::new(catalog(), (*server).into()).scope(sql).err();
        assert_eq!(refused.map(|refusal| refusal.code()), Some(*code), "{sql}");
    }
}
