//! Engines that are wrong in one way each: the product's own, whose text is spoilt afterwards.

use tenancy_core::TenantId;
use tenancy_core::sql::Scoper;
use tenancy_testkit::{Dialect, Engine, EngineOutput, EngineRefusal, NonInterference, Setup};

/// What is done to a scoped statement.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// The statement is given back as it came.
    Unscoped,
    /// A relation's comparison of its key with the tenant also lets greater keys pass.
    Wide(Which),
    /// The text names the bind before the tenant's.
    OffByOne,
    /// The engine says that there is a bind more than there is.
    Miscounted,
}

#[derive(Debug, Clone, Copy)]
enum Which {
    All,
    First,
    AllButFirst,
    InWrites,
}

const FAULTS: [Fault; 7] = [
    Fault::Unscoped,
    Fault::Wide(Which::All),
    Fault::Wide(Which::First),
    Fault::Wide(Which::AllButFirst),
    Fault::Wide(Which::InWrites),
    Fault::OffByOne,
    Fault::Miscounted,
];

fn spoil(fault: Fault, key: &str, dialect: Dialect, sql: &str, out: EngineOutput) -> EngineOutput {
    // On MariaDB the tenant stands in the text, and there is no bind to be wrong.
    let bind = match (out.tenant_bind, dialect) {
        (Some(bind), _) => bind,
        (None, Dialect::Mysql) => 0,
        (None, Dialect::Sqlite | Dialect::Postgres) => return out,
    };
    let quote = if dialect == Dialect::Mysql { '`' } else { '"' };
    // The guard of PostgreSQL says every comparison twice.
    let times = if dialect == Dialect::Postgres { 2 } else { 1 };
    let wide = |which: &dyn Fn(usize) -> bool| {
        let mut text = String::new();
        for (n, piece) in out.text.split(&format!(".{quote}{key}{quote} = ")).enumerate() {
            if n > 0 {
                text.push_str(&format!(
                    ".{quote}{key}{quote} {} ",
                    if which((n - 1) / times) { ">=" } else { "=" }
                ));
            }
            text.push_str(piece);
        }
        EngineOutput { text, ..out.clone() }
    };
    let mark = if dialect == Dialect::Postgres { "$" } else { "?" };
    match fault {
        Fault::Unscoped => EngineOutput {
            text: sql.to_owned(),
            tenant_bind: None,
            ..out
        },
        Fault::Wide(Which::All) => wide(&|_| true),
        Fault::Wide(Which::First) => wide(&|n| n == 0),
        Fault::Wide(Which::AllButFirst) => wide(&|n| n > 0),
        Fault::Wide(Which::InWrites) => {
            let write = ["UPDATE", "DELETE"].iter().any(|verb| sql.starts_with(verb));
            wide(&|_| write)
        }
        Fault::OffByOne if bind > 1 => {
            let text = out
                .text
                .replace(&format!("{mark}{bind}"), &format!("{mark}{}", bind - 1));
            EngineOutput { text, ..out }
        }
        Fault::OffByOne => out,
        Fault::Miscounted => EngineOutput {
            tenant_bind: Some(bind + 1),
            binds: out.binds + 1,
            ..out
        },
    }
}

struct Broken {
    fault: Fault,
    key: String,
    dialect: Dialect,
    scoper: Scoper,
}

impl Engine for Broken {
    fn scope(&self, sql: &str) -> Result<EngineOutput, EngineRefusal> {
        let out = Engine::scope(&self.scoper, sql)?;
        Ok(spoil(self.fault, &self.key, self.dialect, sql, out))
    }

    fn scope_for(&self, sql: &str, tenant: &TenantId) -> Result<EngineOutput, EngineRefusal> {
        let out = self.scoper.scope_for(sql, tenant)?;
        Ok(spoil(self.fault, &self.key, self.dialect, sql, out))
    }
}

fn broken(fault: Fault, setup: &Setup) -> Box<dyn Engine> {
    let dialect = setup.dialect();
    Box::new(Broken {
        fault,
        key: setup.catalog().tenant_key().to_owned(),
        dialect,
        scoper: Scoper::new(setup.catalog().clone(), dialect.into()),
    })
}

/// Runs every fault and demands a violation, made small enough to read.
pub(crate) fn every_fault_is_found(dialect: Dialect) {
    for fault in FAULTS {
        if dialect == Dialect::Mysql && matches!(fault, Fault::OffByOne | Fault::Miscounted) {
            continue;
        }
        let result = NonInterference::new(dialect, move |setup| broken(fault, setup))
            .cases(500)
            .seed(11)
            .shrink_for(std::time::Duration::from_secs(15))
            .run();
        match result {
            Ok(report) if report.skipped() => return,
            Ok(report) => panic!("{fault:?}: not found\n{report}"),
            Err(failure) => {
                let found = failure
                    .counterexample()
                    .unwrap_or_else(|| panic!("{fault:?}: {failure}"));
                eprintln!("{fault:?}: {}\n    {}\n", found.difference, found.statement);
                assert!(
                    found.statement.len() < 400,
                    "{fault:?} was not made small:\n{failure}"
                );
            }
        }
    }
}
