//! Runs the entries of `data/escapes` through the engine as tenant 1.
//!
//! An entry is closed when each of its statements is refused, or answers exactly as on a database without tenant 2
//! and leaves that tenant's rows alone.

mod entry;

pub(crate) use entry::{Escape, read};
use tenancy_core::{Catalog, KeyType, Table, TenantId, sql::Scoper};
use tenancy_testkit::probe::{Answer, Database, Fault, same_rows};
use tenancy_testkit::{Dialect, Engine, EngineOutput, Value};

/// The fixtures' tables. The register of tenants is nobody's to read; what is not named is unknown.
pub(crate) fn catalog() -> Catalog {
    Catalog::builder()
        .tenant_key("tenant_id", KeyType::BigInt)
        .table(
            Table::tenant("items")
                .columns(["id", "tenant_id", "sku", "name", "secret", "price", "product_id"])
                .unique(["id"])
                .unique(["sku"])
                .unique(["tenant_id", "name"]),
        )
        .table(
            Table::tenant("orders")
                .columns(["id", "tenant_id", "item_id", "note"])
                .unique(["id"]),
        )
        .tenant_tables(["stext", "sint"])
        .shared_tables(["products"])
        .denied_tables(["tenants"])
        .build()
        .unwrap()
}

pub(crate) fn scoper(dialect: Dialect) -> Scoper {
    Scoper::new(catalog(), dialect.into())
}

/// A database of both tenants and one that never knew tenant 2.
pub(crate) struct Pair {
    pub(crate) dialect: Dialect,
    pub(crate) shared: Database,
    pub(crate) private: Database,
}

/// What came of one entry.
#[derive(Debug, Default)]
pub(crate) struct Came {
    pub(crate) refused: usize,
    pub(crate) same: usize,
    pub(crate) escaped: Vec<String>,
}

impl Pair {
    /// Runs an entry; both databases are as before when it is done.
    pub(crate) async fn run(&mut self, engine: &dyn Engine, entry: &Escape) -> Came {
        let mut came = Came::default();
        let (mut ready, mut accepted) = (false, false);
        let attacker = TenantId::bigint(1).unwrap();
        for sql in &entry.sql {
            if sql == "@other" {
                self.begin(entry, &mut ready).await;
                let row = "INSERT INTO items (tenant_id, sku, name, secret) VALUES (2, 'SKU-2-o', 'T2-o', 'T2-SECRET-o')";
                self.shared.script(row).await.unwrap();
                continue;
            }
            let Ok(output) = engine.scope_for(sql, &attacker) else {
                came.refused += 1;
                continue;
            };
            self.begin(entry, &mut ready).await;
            accepted = true;
            match self.compare(sql, &output).await {
                Ok(()) => came.same += 1,
                Err(difference) => came
                    .escaped
                    .push(format!("{sql}\n    {}\n    {difference}", output.text)),
            }
        }
        if ready {
            assert!(accepted || entry.sql.iter().any(|s| s == "@other"));
            for db in [&mut self.shared, &mut self.private] {
                db.script("ROLLBACK").await.unwrap();
            }
        }
        came
    }

    /// Opens the transactions and sets the entry up in them.
    async fn begin(&mut self, entry: &Escape, ready: &mut bool) {
        if std::mem::replace(ready, true) {
            return;
        }
        for db in [&mut self.shared, &mut self.private] {
            db.script("BEGIN").await.unwrap();
            if self.dialect == Dialect::Postgres {
                // Roles belong to the server: what one of the two transactions does to them keeps the other waiting.
                db.script("SET LOCAL lock_timeout = '300ms'").await.unwrap();
                db.script("GRANT ALL ON ALL TABLES IN SCHEMA public TO app, owner1")
                    .await
                    .unwrap();
            }
            for sql in entry.setup.iter().chain(&entry.before) {
                db.script("SAVEPOINT setting_up").await.unwrap();
                if let Err(e) = db.script(sql).await {
                    // An extension that this server has not: then the entry has nothing to attack.
                    eprintln!(
                        "{}: set-up failed: {}",
                        entry.id,
                        e.text.lines().next().unwrap_or_default()
                    );
                    db.script("ROLLBACK TO setting_up").await.unwrap();
                }
            }
        }
        self.private.script(WITHOUT_TENANT_2).await.unwrap();
        let more = match self.dialect {
            Dialect::Sqlite => "DELETE FROM stext WHERE id <> 1; DELETE FROM sint",
            Dialect::Mysql => "DELETE FROM stext WHERE id <> 1",
            Dialect::Postgres => "SELECT 1",
        };
        self.private.script(more).await.unwrap();
    }

    async fn compare(&mut self, sql: &str, output: &EngineOutput) -> Result<(), String> {
        let before = victim(&mut self.shared).await;
        let mut binds = Vec::new();
        if output.binds > 0 {
            return Err("an escape binds nothing".to_owned());
        }
        if output.tenant_bind.is_some() {
            binds.push(Value::Int(1));
        }
        let seen = attempt(&mut self.shared, &output.text, &binds).await;
        self.private.script("SAVEPOINT own").await.unwrap();
        let own = attempt(&mut self.private, sql, &[]).await;
        if victim(&mut self.shared).await != before {
            return Err("the victim's rows changed".to_owned());
        }
        let shown = format!("{seen:?}");
        if let Some(sign) = ["T2-", "SKU-2", "bob"]
            .iter()
            .find(|sign| shown.contains(**sign) && !sql.contains(**sign))
        {
            return Err(format!("shows the victim's {sign}: {shown}"));
        }
        let Err(difference) = alike(sql, &seen, &own) else {
            return Ok(());
        };
        // A key that was given is replaced, a system column is not there: then the scoped statement at least must not
        // tell a database with tenant 2 from one without.
        self.private.script("ROLLBACK TO SAVEPOINT own").await.unwrap();
        let again = attempt(&mut self.private, &output.text, &binds).await;
        alike(sql, &seen, &again).map_err(|_| difference)
    }
}

fn alike(sql: &str, seen: &Result<Answer, Fault>, own: &Result<Answer, Fault>) -> Result<(), String> {
    match (seen, own) {
        (Ok(a), Ok(b)) => same_rows(a, b, &[]).and_then(|()| same_count(sql, a, b)),
        (Err(a), Err(b)) if a.kind == b.kind => Ok(()),
        (Err(e), _) => Err(format!("fails, without tenant 2 it does not so: {}", e.text)),
        (Ok(_), Err(e)) => Err(format!("passes, without tenant 2 it fails: {}", e.text)),
    }
}

fn same_count(sql: &str, a: &Answer, b: &Answer) -> Result<(), String> {
    let write = ["INSERT", "UPDATE", "DELETE"]
        .iter()
        .any(|verb| sql.to_uppercase().contains(verb));
    if write && a.affected != b.affected {
        Err(format!("affected {} and not {}", a.affected, b.affected))
    } else {
        Ok(())
    }
}

const WITHOUT_TENANT_2: &str = "DELETE FROM orders WHERE tenant_id = 2; \
    DELETE FROM items WHERE tenant_id = 2; DELETE FROM tenants WHERE id = 2";

/// A statement that may fail without ending the transaction.
async fn attempt(db: &mut Database, sql: &str, binds: &[Value]) -> Result<Answer, Fault> {
    if matches!(db, Database::Postgres(_)) {
        // A sequence is not taken back with its transaction.
        db.script("SELECT setval('items_id_seq', 100), setval('orders_id_seq', 100)")
            .await
            .unwrap();
    }
    db.script("SAVEPOINT attempt").await.unwrap();
    let result = db.run(sql, binds).await;
    let end = if result.is_ok() {
        "RELEASE SAVEPOINT attempt"
    } else {
        "ROLLBACK TO attempt"
    };
    db.script(end).await.unwrap();
    result
}

/// All that is the victim's.
async fn victim(db: &mut Database) -> Vec<Vec<Value>> {
    let mut rows = Vec::new();
    for table in ["items", "orders"] {
        let all = format!("SELECT * FROM {table} WHERE tenant_id = 2 ORDER BY id");
        rows.extend(db.run(&all, &[]).await.unwrap().rows);
    }
    rows
}

/// Runs all entries and demands that those escape, and only those, that `known` names with the wall that has to
/// close them. The control is that many of them do show the victim's rows to a connection without an engine.
pub(crate) async fn run_all(pair: &mut Pair, entries: &[Escape], known: &[(&str, &str)], control: usize) {
    let engine = scoper(pair.dialect);
    let (mut escaped, mut refused, mut same) = (Vec::new(), 0, 0);
    for entry in entries {
        let came = pair.run(&engine, entry).await;
        refused += usize::from(came.same == 0 && came.escaped.is_empty());
        same += usize::from(came.same > 0 && came.escaped.is_empty());
        if !came.escaped.is_empty() {
            escaped.push((entry.id.as_str(), came.escaped.join("\n")));
        }
    }
    eprintln!(
        "{} entries: {refused} refused, {same} answered as without tenant 2, {} known",
        entries.len(),
        escaped.len()
    );
    let new: Vec<String> = escaped
        .iter()
        .filter(|(id, _)| !known.iter().any(|(k, _)| k == id))
        .map(|(id, what)| format!("{id}:\n{what}"))
        .collect();
    assert!(new.is_empty(), "escaped:\n{}", new.join("\n"));
    for (id, _) in known {
        assert!(
            escaped.iter().any(|(e, _)| e == id),
            "{id} is closed by now: take it off the list"
        );
    }

    // Positive control: without an engine the victim's rows are there to be had.
    let open = tenancy_testkit::engine_fn(|sql: &str| {
        let reads = ["SELECT", "WITH", "VALUES", "TABLE"]
            .iter()
            .any(|verb| sql.starts_with(verb));
        if !reads || sql.contains("pg_terminate") {
            return Err(tenancy_testkit::EngineRefusal {
                code: "control".to_owned(),
                message: String::new(),
            });
        }
        Ok(EngineOutput {
            text: sql.to_owned(),
            binds: 0,
            tenant_bind: None,
        })
    });
    let mut leaks = 0;
    for entry in entries {
        leaks += usize::from(!pair.run(&open, entry).await.escaped.is_empty());
    }
    assert!(leaks >= control, "only {leaks} entries leak without an engine");
    eprintln!("{leaks} of them leak without an engine");
}
