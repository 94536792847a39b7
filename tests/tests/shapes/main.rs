//! The shapes of each server's own grammar, one statement each: accepted, and then it answers on the real server as on a
//! private database, or refused with a code that says what to write.

#![allow(clippy::unwrap_used, clippy::panic)]

mod mariadb;
mod sqlite;

use tenancy_core::{Catalog, TenantId, sql::Scoper};
use tenancy_testkit::{Dialect, StatementCheck, Value};

/// What a server's table of shapes is checked on.
struct Shop {
    dialect: Dialect,
    catalog: &'static str,
    schema: &'static str,
    shared: &'static str,
    tenants: [&'static str; 2],
    /// A piece of text that only the tenant's rows have.
    markers: [&'static str; 2],
}

impl Shop {
    fn catalog(&self) -> Catalog {
        Catalog::from_toml(self.catalog).unwrap()
    }

    /// Runs what is accepted: each has to be equal for both tenants, and to show or change something.
    fn accepts(&self, statements: &[&str]) {
        let ids = [TenantId::bigint(1).unwrap(), TenantId::bigint(2).unwrap()];
        let mut check = StatementCheck::new(self.dialect, self.catalog())
            .schema(self.schema)
            .shared(self.shared);
        for ((id, rows), marker) in ids.iter().zip(self.tenants).zip(self.markers) {
            check = check.tenant(id.clone(), rows).marker(id.clone(), marker);
        }
        for sql in statements {
            // Each placeholder is bound to the same number.
            let binds = sql.matches('?').count();
            check = check.statement(sql, sql, [vec![Value::Int(2); binds]]);
        }
        let report = check.run().unwrap();
        if !report.skipped() {
            report.assert_productive();
        }
    }

    /// What is refused, and with which code.
    fn refuses(&self, statements: &[(&str, &str)]) {
        let scoper = Scoper::new(self.catalog(), self.dialect.into());
        let wrong: Vec<String> = statements
            .iter()
            .filter_map(|(code, sql)| match scoper.scope(sql) {
                Err(refusal) if refusal.code() == *code => None,
                Err(refusal) => Some(format!("{sql}: {refusal}, and not {code}")),
                Ok(scoped) => Some(format!("{sql}: accepted as {}", scoped.text())),
            })
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
