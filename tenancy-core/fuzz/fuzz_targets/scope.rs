//! Any text into the engine: no panic; and what it lets through on SQLite is run, on a database of two tenants, by a
//! server in this process that tells which tables it reads and writes.
//!
//! The first byte says which dialect. On SQLite a statement that was let through must touch nothing that it was not
//! said to touch, must bind what it was said to bind, must show no row of the other tenant, and must leave those as
//! they were, all of which the server itself says.

#![no_main]

#[path = "../src/server.rs"]
mod server;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use tenancy_core::{
    Catalog,
    sql::{Dialect, Scoper},
};

const CATALOG: &str = include_str!("../src/catalog.toml");

fn scoper(dialect: Dialect) -> &'static Scoper {
    static SCOPERS: OnceLock<[Scoper; 2]> = OnceLock::new();
    let all = SCOPERS.get_or_init(|| {
        [Dialect::Postgres, Dialect::Sqlite].map(|dialect| {
            Scoper::new(
                Catalog::from_toml(CATALOG).expect("the catalogue is right"),
                dialect,
            )
        })
    });
    let at = usize::from(dialect == Dialect::Sqlite);
    &all[at]
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let Ok(sql) = std::str::from_utf8(rest) else {
        return;
    };
    let dialect = if first % 4 == 0 {
        Dialect::Postgres
    } else {
        Dialect::Sqlite
    };
    let scoped = match scoper(dialect).scope(sql) {
        Ok(scoped) => scoped,
        Err(refusal) => {
            // A position that no editor could show would be of no use.
            if let Some(at) = refusal.position() {
                assert!(
                    at <= sql.len() && sql.is_char_boundary(at),
                    "position {at} of {sql:?}"
                );
            }
            return;
        }
    };
    let names_tenants = scoped.text().contains("items") || scoped.text().contains("orders");
    if let Some(bind) = scoped.tenant_bind() {
        assert_eq!(bind, scoped.binds() + 1, "{}", scoped.text());
    } else {
        assert!(
            scoped
                .reads()
                .iter()
                .chain(scoped.writes())
                .all(|t| t == "brands"),
            "no tenant is bound: {} ({names_tenants})",
            scoped.text()
        );
    }
    if dialect == Dialect::Sqlite {
        server::check(&scoped);
    }
});
