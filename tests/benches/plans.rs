//! How long a scoped statement takes on a server, by the side of the one with the predicate written by hand.
//!
//! `cargo bench -p tenancy-testkit --bench plans` fills a database on each server (`TENANCY_PLAN_ROWS`, `TENANCY_PLAN_TENANTS`)
//! and prints a table: for each shape of query whether the plan is the same one, both medians, and how many times as long the
//! scoped one took. `-- sqlite`, `-- postgres` or `-- mariadb` takes that server alone. The two run in turn, each time for
//! another tenant, so that a busy machine is busy for both: the ratios are what to read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    missing_docs,
    reason = "a benchmark, not part of the crate"
)]

#[path = "../tests/plans/shapes.rs"]
mod shapes;
mod times;
#[path = "../tests/plans/world/mod.rs"]
mod world;

use std::time::{Duration, Instant};

use tenancy_testkit::Dialect;

use shapes::{Shape, shapes};
use times::median;
use world::{Planned, World};

/// How often each side runs: as often as fits into this time, within these bounds.
const TIME: Duration = Duration::from_secs(2);
const RUNS: std::ops::Range<usize> = 5..400;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for (name, server) in [
        ("sqlite", Dialect::Sqlite),
        ("postgres", Dialect::Postgres),
        ("mariadb", Dialect::Mysql),
    ] {
        if !asked.is_empty() && !asked.iter().any(|asked| asked == name) {
            continue;
        }
        let Some(mut world) = World::open(server, "the benchmark of plans").await else {
            continue;
        };
        println!(
            "\n{name}, {} rows, {} tenants\n{:22} {:>9} {:>12} {:>12} {:>6}",
            world.size.rows, world.size.tenants, "shape", "same plan", "by hand, µs", "scoped, µs", "ratio"
        );
        let mut ratios = Vec::new();
        for shape in shapes(server) {
            ratios.push(compared(&mut world, shape).await);
        }
        ratios.sort_by(f64::total_cmp);
        println!("median of the ratios {:.2}", ratios[ratios.len() / 2]);
    }
}

/// Prints a shape's line; gives the ratio.
async fn compared(world: &mut World, shape: &Shape) -> f64 {
    let server = world.server();
    let values = world.values(shape, 1);
    let scoped = world.scoped(shape, 1).unwrap();
    let by_hand = shape.by_hand(server, 1);
    let mut same = true;
    for planned in [Planned::Custom, Planned::Generic] {
        let meant = world.plan(&by_hand, &values, planned).await;
        same &= meant == world.plan(&scoped, &values, planned).await;
    }

    let (mut hand_times, mut scoped_times) = (Vec::new(), Vec::new());
    let started = Instant::now();
    while hand_times.len() < RUNS.start || hand_times.len() < RUNS.end && started.elapsed() < TIME {
        // Both sides once each, in turn first, for a tenant that nobody asked for a while.
        let run = hand_times.len();
        let tenant = 1 + (i64::try_from(run).unwrap() * 37) % world.size.tenants;
        let values = world.values(shape, tenant);
        let scoped = world.scoped(shape, tenant).unwrap();
        let by_hand = shape.by_hand(server, tenant);
        if run.is_multiple_of(2) {
            hand_times.push(timed(world, &by_hand, &values).await);
            scoped_times.push(timed(world, &scoped, &values).await);
        } else {
            scoped_times.push(timed(world, &scoped, &values).await);
            hand_times.push(timed(world, &by_hand, &values).await);
        }
    }
    let (by_hand, scoped) = (median(hand_times), median(scoped_times));
    let ratio = scoped / by_hand;
    println!(
        "{:22} {:>9} {by_hand:>12.0} {scoped:>12.0} {ratio:>6.2}",
        shape.name,
        if same { "yes" } else { "no" }
    );
    ratio
}

async fn timed(world: &mut World, text: &str, values: &[i64]) -> Duration {
    let started = Instant::now();
    world.run(text, values).await;
    started.elapsed()
}
