//! What a statement costs: known to the cache, new to it, and parsed by the bare parser for comparison.
//!
//! `cargo bench -p tenancy-core --features sql` prints the times, and at the end how many times as long as the bare parse
//! a new text takes.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark, not part of the crate"
)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use criterion::{BatchSize, Criterion};
use sqlparser::{dialect::PostgreSqlDialect, parser::Parser};
use tenancy_core::{
    Catalog, KeyType, Table,
    sql::{Dialect, Scoper},
};

/// A name, and a statement in which `{n}` stands for a number that makes it new.
const STATEMENTS: &[(&str, &str)] = &[
    (
        "point select",
        "SELECT id, status, total FROM orders WHERE id = $1 AND total > {n}",
    ),
    (
        "insert",
        "INSERT INTO orders (id, customer_id, status, total) VALUES ($1, $2, 'new', {n}) RETURNING id",
    ),
    (
        "update",
        "UPDATE orders SET status = $1, total = total + {n} WHERE id = $2",
    ),
    (
        "join of three",
        "SELECT o.id, c.name, i.quantity, i.price FROM orders o JOIN customers c ON c.id = o.customer_id \
         JOIN order_items i ON i.order_id = o.id WHERE o.status = $1 AND i.price > {n} ORDER BY o.id LIMIT 20",
    ),
    (
        "CTE and EXISTS",
        "WITH recent AS (SELECT id, customer_id, total FROM orders WHERE placed_on > $1) \
         SELECT c.id, c.name, (SELECT sum(r.total) FROM recent r WHERE r.customer_id = c.id) AS spent FROM customers c \
         WHERE EXISTS (SELECT 1 FROM recent r WHERE r.customer_id = c.id AND r.total > {n})",
    ),
    (
        "analytics, 900 bytes",
        "SELECT supplier_country, customer_country, sale_year, sum(volume) AS revenue FROM (SELECT n1.name AS supplier_country, \
         n2.name AS customer_country, extract(year FROM i.shipped_on) AS sale_year, i.price * (1 - i.discount) AS volume \
         FROM suppliers s JOIN order_items i ON s.id = i.supplier_id JOIN orders o ON o.id = i.order_id \
         JOIN customers c ON c.id = o.customer_id JOIN countries n1 ON s.country_id = n1.id \
         JOIN countries n2 ON c.country_id = n2.id WHERE ((n1.name = 'FRANCE' AND n2.name = 'GERMANY') \
         OR (n1.name = 'GERMANY' AND n2.name = 'FRANCE')) AND i.shipped_on BETWEEN date '1995-01-01' AND date '1996-12-31' \
         AND i.quantity < {n} AND o.status IN ('paid', 'sent', 'closed') AND c.segment NOT LIKE '%internal%') AS shipping \
         GROUP BY supplier_country, customer_country, sale_year HAVING sum(volume) > 1000 \
         ORDER BY supplier_country, customer_country, sale_year DESC NULLS LAST LIMIT 100",
    ),
];

fn scoper() -> Scoper {
    let catalog = Catalog::builder()
        .tenant_key("store_id", KeyType::BigInt)
        .tenant_tables(["customers", "order_items", "suppliers"])
        .table(
            Table::tenant("orders")
                .columns(["store_id", "id", "customer_id", "status", "total", "placed_on"])
                .unique(["store_id", "id"]),
        )
        .shared_tables(["countries"])
        .build()
        .unwrap();
    Scoper::new(catalog, Dialect::Postgres)
}

fn bare(sql: &str) {
    let statements = Parser::parse_sql(&PostgreSqlDialect {}, sql).unwrap();
    black_box(statements);
}

fn main() {
    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(2))
        .warm_up_time(Duration::from_millis(500))
        .configure_from_args();
    for (name, statement) in STATEMENTS {
        let mut number = 0_u64;
        let mut fresh = || {
            number += 1;
            statement.replace("{n}", &number.to_string())
        };
        let mut group = criterion.benchmark_group(*name);
        let scoper = scoper();
        let known = fresh();
        scoper.scope(&known).unwrap();
        group.bench_function("hit", |bencher| bencher.iter(|| scoper.scope(black_box(&known))));
        group.bench_function("miss", |bencher| {
            bencher.iter_batched(
                &mut fresh,
                |sql| scoper.scope(&sql).unwrap(),
                BatchSize::SmallInput,
            );
        });
        group.bench_function("bare parse", |bencher| {
            bencher.iter_batched(&mut fresh, |sql| bare(&sql), BatchSize::SmallInput);
        });
        group.finish();
    }
    criterion.final_summary();
    ratios();
}

/// How many times as long as the bare parse a new text takes: the two in turn, so that a busy machine is busy for both.
fn ratios() {
    for (name, statement) in STATEMENTS {
        let scoper = scoper();
        let (mut miss, mut parse) = (Vec::new(), Vec::new());
        for number in 0..2_000 {
            let sql = statement.replace("{n}", &number.to_string());
            miss.push(timed(|| drop(black_box(scoper.scope(&sql).unwrap()))));
            parse.push(timed(|| bare(&sql)));
        }
        let (miss, parse) = (median(miss), median(parse));
        println!(
            "{name:22} miss {:6.1} µs, bare parse {:6.1} µs: {:.1} times",
            miss.as_secs_f64() * 1e6,
            parse.as_secs_f64() * 1e6,
            miss.as_secs_f64() / parse.as_secs_f64()
        );
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
