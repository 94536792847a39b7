//! The databases that each script starts from.

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tenancy_testkit::pg::PgDatabase;

use super::lane::Lane;
use super::report::FileReport;
use super::script::{self, Item};
use super::{Run, TENANTS, data};

/// Databases with the tables that all scripts start from.
pub(crate) struct Base {
    pub(super) names: Vec<String>,
    pub(super) admin: PgConnectOptions,
    pub(super) app: String,
    /// Kept so that they live as long as this.
    _made: Vec<PgDatabase>,
}

impl Base {
    /// Makes the tables of test_setup.sql; `None` where there is no PostgreSQL.
    pub(crate) async fn make(setup: &str) -> Option<Base> {
        let mut made = Vec::new();
        for _ in 0..=TENANTS {
            made.push(
                PgDatabase::or_skip("PostgreSQL's regression scripts")
                    .await
                    .unwrap()?,
            );
        }
        let urls: Vec<PgConnectOptions> = made.iter().map(|d| d.admin_url().parse().unwrap()).collect();
        let app = made[0].app().to_owned();
        let base = Base {
            names: urls
                .iter()
                .map(|o| o.get_database().unwrap().to_owned())
                .collect(),
            admin: urls[0].clone().disable_statement_logging(),
            app,
            _made: made,
        };
        let mut run = Run::open(&base, &base.names, "test_setup").await;
        let app = &base.app;
        // For exclusion constraints, which get the tenant's column in front too.
        let _ = run
            .shared
            .run("CREATE SCHEMA extensions; CREATE EXTENSION btree_gist SCHEMA extensions")
            .await;
        for sql in [
            format!("GRANT USAGE ON SCHEMA public TO {app}"),
            format!("ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}"),
            format!("ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO {app}"),
        ] {
            run.shared.must(&sql).await;
        }
        for item in script::split(setup) {
            if !["vacuum", "set", "grant"].iter().any(|w| item.head(1) == *w) {
                run.item(&item).await;
            }
        }
        for (n, sql) in data::INDEXES.split(';').enumerate() {
            let text = sql.trim().to_owned();
            run.item(&Item {
                line: n,
                text,
                data: None,
            })
            .await;
        }
        run.shared.must("VACUUM ANALYZE").await;
        for lane in &mut run.private {
            lane.must("VACUUM ANALYZE").await;
        }
        Some(base)
    }

    /// Copies of its databases, for one script.
    pub(crate) async fn run(&self, name: &str, text: &str) -> FileReport {
        let mut admin = Lane::open(&self.admin.clone().database("postgres")).await;
        let mut names = Vec::new();
        for base in &self.names {
            let copy = format!("{base}_{name}");
            admin
                .must(&format!(
                    "CREATE DATABASE {copy} TEMPLATE {base} STRATEGY file_copy"
                ))
                .await;
            names.push(copy);
        }
        let mut run = Run::open(self, &names, name).await;
        for item in script::split(text) {
            run.item(&item).await;
        }
        let wrong = run.differing(None).await;
        for (tenant, table) in wrong {
            let line = format!("end: tenant {}: {table} differs at the end", tenant + 1);
            run.report.different.push(line);
        }
        let report = run.report;
        for lane in run.private.into_iter().chain([run.shared]) {
            drop(lane);
        }
        for copy in names {
            admin
                .must(&format!("DROP DATABASE IF EXISTS {copy} WITH (FORCE)"))
                .await;
        }
        report
    }
}
