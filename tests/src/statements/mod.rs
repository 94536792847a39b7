//! The proof over a user's own schema and own statements.

mod kinds;
mod private;

use std::fmt;

use tenancy_core::{Catalog, TenantId};

use crate::db::Database;
use crate::engine::{arguments, stored_tenant, tenant_value};
use crate::oracle::{Judge, Markers, State, Watched, observe, state};
use crate::{Dialect, Engine, Failure, Value};

pub(crate) use private::read_only_shared;

/// Checks statements of an application: through the engine, over a database of all tenants, each must answer as
/// over a database that holds only that tenant's rows and the shared ones, and leave all else as it was.
///
/// ```
/// use tenancy_core::{Catalog, KeyType, Table, TenantId};
/// use tenancy_testkit::{Dialect, StatementCheck, Value};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let catalog = Catalog::builder()
///     .tenant_key("store_id", KeyType::BigInt)
///     .table(Table::tenant("orders").columns(["store_id", "id", "note"]).unique(["store_id", "id"]))
///     .build()?;
/// let report = StatementCheck::new(Dialect::Sqlite, catalog)
///     .schema("CREATE TABLE orders (store_id INTEGER NOT NULL, id INTEGER NOT NULL, note TEXT, PRIMARY KEY (store_id, id))")
///     .tenant(TenantId::bigint(1)?, "INSERT INTO orders VALUES (1, 1, 'green')")
///     .tenant(TenantId::bigint(2)?, "INSERT INTO orders VALUES (2, 1, 'blue secret')")
///     .marker(TenantId::bigint(2)?, "secret")
///     .statement("orders::find", "SELECT note FROM orders WHERE id = ?1", [vec![Value::Int(1)]])
///     .statement("orders::note", "UPDATE orders SET note = ?1 RETURNING id", [vec![Value::from("x")]])
///     .run()?;
/// report.assert_productive();
/// # Ok(())
/// # }
/// ```
///
/// The database makes up some values (ids, times); name them with [`generated`](Self::generated), or they are
/// taken for a difference. A private database is made from the same schema: the key column gets the tenant as its
/// default, and each unique key of the catalogue is also unique without the tenant's.
pub struct StatementCheck {
    dialect: Dialect,
    catalog: Catalog,
    engine: Box<dyn Engine>,
    schema: String,
    shared: String,
    tenants: Vec<(TenantId, String)>,
    markers: Vec<(TenantId, String)>,
    generated: Vec<(String, String)>,
    statements: Vec<Statement>,
}

struct Statement {
    name: String,
    sql: String,
    samples: Vec<Vec<Value>>,
}

impl fmt::Debug for StatementCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatementCheck")
            .field("dialect", &self.dialect)
            .finish_non_exhaustive()
    }
}

impl StatementCheck {
    /// A check with the engine of the product over `catalog`.
    pub fn new(dialect: Dialect, catalog: Catalog) -> Self {
        let engine = Box::new(tenancy_core::sql::Scoper::new(catalog.clone(), dialect.into()));
        StatementCheck {
            dialect,
            catalog,
            engine,
            schema: String::new(),
            shared: String::new(),
            tenants: Vec::new(),
            markers: Vec::new(),
            generated: Vec::new(),
            statements: Vec::new(),
        }
    }

    /// Another engine: to see the check fail.
    #[must_use]
    pub fn engine(mut self, engine: impl Engine + 'static) -> Self {
        self.engine = Box::new(engine);
        self
    }

    /// The statements that make the tables; may be called several times, once a migration.
    #[must_use]
    pub fn schema(mut self, ddl: &str) -> Self {
        self.schema.push_str(ddl);
        self.schema.push_str("\n;\n");
        self
    }

    /// The statements that fill what all tenants share.
    #[must_use]
    pub fn shared(mut self, rows: &str) -> Self {
        self.shared.push_str(rows);
        self.shared.push_str("\n;\n");
        self
    }

    /// A tenant and the statements that insert its rows (they write its key themselves). At least two tenants are
    /// needed, and the check is the sharper the more their ids and values collide.
    #[must_use]
    pub fn tenant(mut self, id: TenantId, rows: &str) -> Self {
        self.tenants.push((id, rows.to_owned()));
        self
    }

    /// A piece of text that only this tenant's rows hold: no other tenant may get it, not in an error either.
    #[must_use]
    pub fn marker(mut self, id: TenantId, text: &str) -> Self {
        self.markers.push((id, text.to_owned()));
        self
    }

    /// A column whose values the database makes up; it is not compared after a write.
    #[must_use]
    pub fn generated(mut self, table: &str, column: &str) -> Self {
        self.generated.push((table.to_owned(), column.to_owned()));
        self
    }

    /// A statement of the application and samples of what it binds (one empty sample when it binds nothing).
    #[must_use]
    pub fn statement(mut self, name: &str, sql: &str, samples: impl IntoIterator<Item = Vec<Value>>) -> Self {
        let samples = samples.into_iter().collect();
        self.statements.push(Statement {
            name: name.to_owned(),
            sql: sql.to_owned(),
            samples,
        });
        self
    }

    /// Runs the check. It blocks, and may be called inside a runtime.
    ///
    /// # Errors
    /// Every statement that was refused, answered differently or touched another tenant, with the difference; or
    /// what is wrong with the fixture. Where PostgreSQL is missing the report [says so](StatementReport::skipped)
    /// (an error when `CI` is set).
    pub fn run(self) -> Result<StatementReport, Failure> {
        crate::block_on(self.check())
    }

    async fn check(self) -> Result<StatementReport, Failure> {
        if self.tenants.len() < 2 {
            return Err(Failure::harness("a check needs at least two tenants"));
        }
        let Some(bench) = crate::bench::Bench::find(self.dialect, "statements").await? else {
            return Ok(StatementReport {
                skipped: true,
                ..StatementReport::default()
            });
        };
        let lines = self
            .statements
            .iter()
            .map(|s| StatementLine::new(&s.name))
            .collect();
        let mut report = StatementReport {
            lines,
            skipped: false,
        };
        let mut wrong: Vec<String> = Vec::new();

        let (mut owner, mut shared) = bench.open().await?;
        let all: Vec<&str> = self.tenants.iter().map(|(_, rows)| rows.as_str()).collect();
        self.fill(owner.as_mut().unwrap_or(&mut shared), &all).await?;
        for (id, rows) in &self.tenants {
            let (mut private, app) = bench.open_private().await?;
            drop(app);
            self.fill(&mut private, &[rows.as_str()]).await?;
            let tenant = tenant_value(id);
            let watch =
                |private| kinds::watched(&self.catalog, self.dialect, &tenant, &self.generated, private);
            let (watched, own_watched) = (watch(false), watch(true));
            let before = state(&mut shared, &watched).await?;
            kinds::party_rows(
                owner.as_mut().unwrap_or(&mut shared),
                &mut private,
                self.dialect,
                &self.catalog,
                &tenant.literal(),
            )
            .await?;
            private::make_private(&mut private, self.dialect, &self.catalog, &tenant).await?;
            let mut tenants = Lanes {
                shared: &mut shared,
                private: &mut private,
                before: &before,
                watched: &watched,
                own_watched: &own_watched,
            };
            for (statement, line) in self.statements.iter().zip(&mut report.lines) {
                for sample in &statement.samples {
                    if let Err(difference) = self.one(&mut tenants, id, statement, sample, line).await? {
                        wrong.push(format!(
                            "{} as tenant {id}, binds {sample:?}: {difference}",
                            statement.name
                        ));
                    }
                }
            }
        }
        if wrong.is_empty() {
            Ok(report)
        } else {
            Err(Failure::statements(wrong))
        }
    }

    async fn fill(&self, db: &mut Database, rows: &[&str]) -> Result<(), Failure> {
        for script in [self.schema.as_str(), self.shared.as_str()].iter().chain(rows) {
            if !script.trim().is_empty() {
                db.script(script)
                    .await
                    .map_err(|e| Failure::harness(&format!("the fixture: {}", e.text)))?;
            }
        }
        Ok(())
    }

    /// One statement with one sample as one tenant: the difference, if there is one.
    async fn one(
        &self,
        lanes: &mut Lanes<'_>,
        id: &TenantId,
        statement: &Statement,
        sample: &[Value],
        line: &mut StatementLine,
    ) -> Result<Result<(), String>, Failure> {
        let output = match self.engine.scope_for(&statement.sql, id) {
            Ok(output) => output,
            Err(refusal) => return Ok(Err(format!("refused ({}): {}", refusal.code, refusal.message))),
        };
        let all = match arguments(&output, sample, id) {
            Ok(all) => all,
            Err(e) => return Ok(Err(e)),
        };
        let write = writes(&statement.sql);
        let tables = write.then_some(lanes.watched);
        let shared = observe(lanes.shared, &output.text, &all, tables).await?;
        let own_tables = write.then_some(lanes.own_watched);
        let private = observe(lanes.private, &statement.sql, sample, own_tables).await?;
        let markers = Markers {
            texts: self
                .markers
                .iter()
                .filter(|(owner, _)| owner != id)
                .map(|(_, m)| m.clone())
                .collect(),
            ints: Vec::new(),
        };
        let generated: Vec<String> = self.generated.iter().map(|(_, c)| c.clone()).collect();
        let subject = stored_tenant(self.dialect, id).canonical();
        let judge = Judge {
            subject,
            markers: &markers,
            before: lanes.before,
            generated: &generated,
        };
        Ok(match judge.compare(&shared, &private, write) {
            Ok(worth) => {
                line.compared += 1;
                line.with_rows += usize::from(worth.rows);
                line.with_changes += usize::from(worth.changed);
                line.failed += usize::from(worth.failed);
                Ok(())
            }
            Err(difference) => Err(format!("{difference}\n    scoped: {}", output.text)),
        })
    }
}

struct Lanes<'a> {
    shared: &'a mut Database,
    private: &'a mut Database,
    before: &'a State,
    watched: &'a [Watched],
    own_watched: &'a [Watched],
}

/// Whether a statement may write: any of the three verbs stands in it as a word.
fn writes(sql: &str) -> bool {
    sql.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| {
        ["insert", "replace", "update", "delete"]
            .iter()
            .any(|verb| word.eq_ignore_ascii_case(verb))
    })
}

/// What a [`StatementCheck`] compared.
#[derive(Debug, Clone, Default)]
pub struct StatementReport {
    lines: Vec<StatementLine>,
    skipped: bool,
}

/// What was compared of one statement, over all tenants and samples.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct StatementLine {
    /// The name it was given.
    pub name: String,
    /// How often it ran on both databases and looked the same.
    pub compared: usize,
    /// How often it returned rows.
    pub with_rows: usize,
    /// How often it changed rows.
    pub with_changes: usize,
    /// How often both databases failed, in the same way.
    pub failed: usize,
}

impl StatementLine {
    fn new(name: &str) -> Self {
        StatementLine {
            name: name.to_owned(),
            ..StatementLine::default()
        }
    }
}

impl StatementReport {
    /// One line a statement, in the order they were given.
    pub fn lines(&self) -> &[StatementLine] {
        &self.lines
    }

    /// Whether nothing ran because the database is not there.
    pub fn skipped(&self) -> bool {
        self.skipped
    }

    /// Fails when a statement neither returned nor changed a row for any tenant: its samples proved nothing.
    pub fn assert_productive(&self) {
        let idle: Vec<&str> = self
            .lines
            .iter()
            .filter(|l| l.with_rows == 0 && l.with_changes == 0)
            .map(|l| l.name.as_str())
            .collect();
        assert!(
            idle.is_empty(),
            "these statements returned and changed nothing, give them better samples: {idle:?}"
        );
    }
}
