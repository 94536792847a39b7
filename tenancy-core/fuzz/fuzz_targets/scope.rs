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
    Catalog, TenantId,
    sql::{Dialect, Scoper},
};

const CATALOG: &str = include_str!("../src/catalog.toml");

fn scoper(dialect: Dialect) -> &'static Scoper {
    static SCOPERS: OnceLock<[Scoper; 3]> = OnceLock::new();
    let all = SCOPERS.get_or_init(|| {
        [Dialect::Postgres, Dialect::Sqlite, Dialect::Mysql].map(|dialect| {
            Scoper::new(
                Catalog::from_toml(CATALOG).expect("the catalogue is right"),
                dialect,
            )
        })
    });
    let at = all.iter().position(|s| s.dialect() == dialect);
    at.map(|at| &all[at]).expect("one for each")
}

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let Ok(sql) = std::str::from_utf8(rest) else {
        return;
    };
    let dialect = match first % 6 {
        0 => Dialect::Postgres,
        2 => Dialect::Mysql,
        _ => Dialect::Sqlite,
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
    if scoped.has_tenant_literal() {
        let tenant = TenantId::bigint(1).expect("a tenant");
        let text = scoped.text_for(&tenant).expect("an id of its type");
        assert!(!text.contains("_tq_tenant"), "a tenant is left out: {text}");
    } else if let Some(bind) = scoped.tenant_bind() {
        assert_eq!(bind, scoped.binds() + 1, "{}", scoped.text());
    } else {
        assert!(
            scoped
                .reads()
                .iter()
                .chain(scoped.writes())
                .all(|t| t == "brands"),
            "no tenant is bound: {}",
            scoped.text()
        );
    }
    if dialect == Dialect::Sqlite {
        server::check(&scoped);
    }
});
