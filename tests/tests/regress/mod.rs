//! PostgreSQL's own regression scripts, told to tenants: a private database each, as the script has it, beside one
//! that all share, reached through the engine.

mod data;
mod judge;
mod lane;
mod mirror;
pub(crate) mod reasons;
pub(crate) mod report;
pub(crate) mod script;
mod translate;

use std::collections::BTreeSet;

use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tenancy_core::sql::{Dialect, Scoper};
use tenancy_testkit::pg::PgDatabase;

use judge::Verdict;
use lane::{Answer, Lane, Rows};
use mirror::{Others, Shape};
use report::{Class, FileReport, Refused};
use script::{Item, words};

/// How many tenants there are; the first has the script's own data.
const TENANTS: usize = 2;

/// Databases with the tables that all scripts start from.
pub(crate) struct Base {
    names: Vec<String>,
    admin: PgConnectOptions,
    app: String,
    /// Kept so that they live as long as this.
    _made: Vec<PgDatabase>,
}

/// The databases of one script.
pub(crate) struct Run {
    shared: Lane,
    private: Vec<Lane>,
    app: String,
    shape: Shape,
    others: Others,
    scoper: Scoper,
    /// Tables that no script has made.
    given: BTreeSet<String>,
    /// Whether the script has taken another role.
    foreign_role: bool,
    pub(crate) report: FileReport,
}

/// What is done with a statement.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A query or DML: compared.
    Compared,
    Begin,
    End,
    Savepoint,
    /// A setting, on all databases.
    Setting,
    Role,
    /// Makes or changes what the shared database has to have too.
    Ddl,
    /// For private databases alone; the shared one gets their rows afterwards.
    Private,
    /// For nobody.
    Nothing,
}

fn kind(item: &Item) -> Kind {
    let head = item.head(3);
    let words: Vec<&str> = head.split(' ').collect();
    let (first, second) = (
        words.first().copied().unwrap_or(""),
        words.get(1).copied().unwrap_or(""),
    );
    let third = words.get(2).copied().unwrap_or("");
    match first {
        "select" | "insert" | "update" | "delete" | "values" | "table" | "with" | "merge" | "" => {
            Kind::Compared
        }
        "begin" | "start" => Kind::Begin,
        "commit" | "end" | "abort" => Kind::End,
        "rollback" if second == "to" => Kind::Savepoint,
        "rollback" => Kind::End,
        "savepoint" | "release" => Kind::Savepoint,
        "set" | "reset" if ["role", "session"].contains(&second) => Kind::Role,
        "set" | "reset" | "analyze" | "vacuum" | "reindex" => Kind::Setting,
        "alter" if item.text.to_lowercase().contains("row level security") => Kind::Private,
        // Storage parameters, options of columns, owners.
        "alter" if item.text.to_lowercase().contains(" set (") => Kind::Setting,
        "create" if second == "index" => Kind::Setting,
        "create" | "alter" | "drop" => match second {
            "view" | "materialized" | "rule" | "trigger" | "policy" | "role" | "user" | "recursive" => {
                Kind::Private
            }
            "or" if ["view", "rule", "trigger", "recursive"]
                .iter()
                .any(|w| item.head(4).ends_with(w)) =>
            {
                Kind::Private
            }
            "temp" | "temporary" if third == "view" || item.head(4).ends_with("view") => Kind::Private,
            _ => Kind::Ddl,
        },
        "explain" => Kind::Nothing,
        _ => Kind::Private,
    }
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

impl Run {
    async fn open(base: &Base, names: &[String], name: &str) -> Run {
        let mut lanes = Vec::new();
        for name in names {
            lanes.push(Lane::open(&base.admin.clone().database(name)).await);
        }
        let mut shared = lanes.remove(0);
        let shape = Shape::read(&mut shared).await;
        let scoper = Scoper::new(shape.catalog().unwrap(), Dialect::Postgres);
        let others = Others::read(&mut lanes[0]).await;
        Run {
            shared,
            private: lanes,
            app: base.app.clone(),
            given: shape.tables.keys().cloned().collect(),
            shape,
            others,
            scoper,
            foreign_role: false,
            report: FileReport {
                name: name.to_owned(),
                ..FileReport::default()
            },
        }
    }

    async fn item(&mut self, item: &Item) {
        match kind(item) {
            Kind::Nothing => {}
            Kind::Begin => {
                for lane in self.private.iter_mut().chain([&mut self.shared]) {
                    if lane.run(&item.text).await.is_ok() {
                        lane.in_transaction = true;
                    }
                }
            }
            Kind::End => {
                for lane in self.private.iter_mut().chain([&mut self.shared]) {
                    let _ = lane.run(&item.text).await;
                    lane.in_transaction = item.text.to_lowercase().contains("and chain");
                }
                self.refresh(item).await;
            }
            Kind::Savepoint => {
                for lane in self.private.iter_mut().chain([&mut self.shared]) {
                    if let Err(e) = lane.run(&item.text).await {
                        self.report
                            .unmirrored
                            .push(format!("{}: {}", item.line, e.message));
                    }
                }
                self.refresh(item).await;
            }
            Kind::Role => {
                let head = item.head(3);
                self.foreign_role =
                    !head.starts_with("reset") && !item.text.to_lowercase().contains("default");
                for lane in &mut self.private {
                    let _ = lane.guarded(&[&item.text]).await;
                }
            }
            Kind::Setting => {
                for lane in self.private.iter_mut().chain([&mut self.shared]) {
                    let _ = lane.guarded(&[&item.text]).await;
                }
            }
            _ if self.foreign_role => self.alone(item).await,
            Kind::Private => self.alone(item).await,
            Kind::Ddl => self.ddl(item).await,
            Kind::Compared => self.compared(item).await,
        }
    }

    /// A statement that the shared database does not get, only its effect.
    async fn alone(&mut self, item: &Item) {
        if item.head(1) == "copy" {
            self.copy(item).await;
        } else {
            for lane in &mut self.private {
                let _ = lane.guarded(&[&item.text]).await;
            }
        }
        self.refresh(item).await;
    }

    async fn copy(&mut self, item: &Item) {
        let table = item.head(2).split_off("copy ".len());
        for (n, lane) in self.private.iter_mut().enumerate() {
            let outcome = match (&item.data, data::rows(&table, n + 1)) {
                (Some(data), _) => {
                    let data = if n == 0 {
                        data.clone()
                    } else {
                        translate::changed(data, (item.line, n))
                    };
                    let copied = lane.copy_in(&item.text, data.as_bytes()).await;
                    copied.map(|_| ()).map_err(|e| e.to_string())
                }
                (None, Some(sql)) => lane.guarded(&[&sql]).await.map(|_| ()).map_err(|e| e.message),
                (None, None) => Ok(()),
            };
            if let Err(e) = outcome {
                self.report
                    .unmirrored
                    .push(format!("{}: tenant {}: {e}", item.line, n + 1));
            }
        }
    }

    /// DDL: on all private databases, and in its own form on the shared one.
    async fn ddl(&mut self, item: &Item) {
        let mut named: BTreeSet<String> = words(&item.text).into_iter().map(|w| w.text).collect();
        named.retain(|n| self.shape.tables.contains_key(n));
        let first = self.private[0].guarded(&[&item.text]).await;
        for n in 1..self.private.len() {
            let mut other = self.private[n].guarded(&[&item.text]).await;
            if first.is_ok() && other.is_err() {
                // Another tenant's data does not fit the change: it gets the first one's.
                for table in &named {
                    let (one, rest) = self.private.split_at_mut(1);
                    let _ = self.shape.copy(&mut one[0], &mut rest[n - 1], table).await;
                }
                other = self.private[n].guarded(&[&item.text]).await;
            }
            if let (Ok(_), Err(e)) = (&first, &other) {
                self.report
                    .unmirrored
                    .push(format!("{}: tenant {}: {}", item.line, n + 1, e.message));
            }
        }
        if first.is_err() {
            return;
        }
        let text = translate::shared_ddl(&item.text);
        let in_transaction = self.shared.in_transaction;
        if in_transaction {
            self.shared.must("SAVEPOINT regress_ddl").await;
        }
        self.shape.empty(&mut self.shared, &named).await;
        let mut outcome = if text.is_empty() {
            Ok(())
        } else {
            self.shared.run(&text).await.map(|_| ())
        };
        if outcome.is_ok() {
            outcome = mirror::adopt(&mut self.shared, &mut self.private[0]).await;
        }
        if in_transaction {
            let end = if outcome.is_ok() {
                ""
            } else {
                "ROLLBACK TO SAVEPOINT regress_ddl;"
            };
            self.shared
                .must(&format!("{end} RELEASE SAVEPOINT regress_ddl"))
                .await;
        }
        if let Err(e) = outcome {
            self.report
                .unmirrored
                .push(format!("{}: {}: {}", item.line, e.message, text));
        }
        self.refresh(item).await;
    }

    /// Reads again what there is, and gives the shared database the private ones' rows where they differ.
    async fn refresh(&mut self, item: &Item) {
        if kind(item) != Kind::Compared || words(&item.text).iter().any(|w| w.text == "into") {
            mirror::prune(&mut self.shared, &mut self.private[0]).await;
            self.others = Others::read(&mut self.private[0]).await;
            let shape = Shape::read(&mut self.shared).await;
            if shape != self.shape {
                self.shape = shape;
                match self.shape.catalog() {
                    Ok(catalog) => self.scoper = Scoper::new(catalog, Dialect::Postgres),
                    Err(e) => self.report.unmirrored.push(format!("{}: {e}", item.line)),
                }
            }
        }
        let only = self.concerned(item);
        let wrong = self.differing(Some(&only)).await;
        self.resync(item, &wrong).await;
    }

    /// The tables that a statement may have changed: those that it names, and those that the script has made.
    fn concerned(&self, item: &Item) -> BTreeSet<String> {
        let mut only: BTreeSet<String> = words(&item.text).into_iter().map(|w| w.text).collect();
        only.extend(
            self.shape
                .tables
                .keys()
                .filter(|n| !self.given.contains(*n))
                .cloned(),
        );
        only
    }

    async fn differing(&mut self, only: Option<&BTreeSet<String>>) -> Vec<(usize, String)> {
        self.shape
            .differing(&mut self.shared, &mut self.private, only)
            .await
    }

    async fn resync(&mut self, item: &Item, wrong: &[(usize, String)]) {
        for (n, table) in wrong {
            let done = self
                .shape
                .resync(&mut self.shared, &mut self.private[*n], n + 1, table)
                .await;
            if let Err(e) = done {
                self.report.unmirrored.push(format!("{}: {e}", item.line));
            }
        }
    }

    /// A query or DML: as each tenant, on both sides.
    async fn compared(&mut self, item: &Item) {
        self.report.statements += 1;
        let found = words(&item.text);
        let has = |names: &[&str]| found.iter().any(|w| names.contains(&w.text.as_str()));
        let class = if found.iter().any(|w| self.others.relations.contains(&w.text)) {
            Class::Relations
        } else if found.iter().any(|w| self.others.own.contains(&w.text)) {
            Class::Own
        } else {
            Class::Tables
        };
        let writes = has(&["insert", "update", "delete", "merge"]);
        let counts = writes || has(&["nextval", "currval", "setval"]);
        let hooked = writes && {
            let hooks = mirror::hooked(&mut self.private[0]).await;
            found.iter().any(|w| hooks.contains(&w.text))
        };
        let mut resync = false;
        for n in 0..self.private.len() {
            let text = translate::perturbed(&item.text, item.line, n + 1);
            let scoped = self.scoper.scope(&text);
            let mut seen: Option<(Vec<String>, Answer)> = None;
            if let Ok(scoped) = &scoped
                && !hooked
                && scoped.binds() == 0
            {
                if counts {
                    mirror::same_sequences(&mut self.shared, &mut self.private[n]).await;
                }
                let bind = if scoped.tenant_bind().is_some() {
                    format!("({})", n + 1)
                } else {
                    String::new()
                };
                let steps = vec![
                    format!("SET ROLE {}", self.app),
                    format!("PREPARE regress_scoped AS {}", scoped.text()),
                    format!("EXECUTE regress_scoped{bind}"),
                ];
                let parts: Vec<&str> = steps.iter().map(String::as_str).collect();
                let began = std::time::Instant::now();
                let answer = self.shared.guarded(&parts).await.map(Rows::without_key);
                let took = began.elapsed();
                if took.as_secs() > 0 {
                    self.report
                        .long
                        .push(format!("{}: tenant {}: {took:?}", item.line, n + 1));
                }
                let _ = self.shared.must("RESET ROLE").await;
                let _ = self.shared.guarded(&["DEALLOCATE regress_scoped"]).await;
                seen = Some((steps, answer));
            }
            let own = self.private[n].guarded(&[&text]).await;
            if n == 0 && own.is_ok() {
                *self.report.valid.entry(class).or_default() += 1;
                match &scoped {
                    Ok(_) => *self.report.accepted.entry(class).or_default() += 1,
                    Err(refusal) => self.report.refused.push(Refused {
                        line: item.line,
                        code: refusal.code().to_owned(),
                        class,
                        sql: item.text.clone(),
                        message: refusal.to_string(),
                    }),
                }
            }
            match seen {
                Some((steps, answer)) => self.judge(item, n, &text, steps, &answer, &own, writes).await,
                None => {
                    self.report.hooked += usize::from(hooked);
                    resync |= own.is_ok();
                }
            }
        }
        if resync {
            let made = !writes && found.iter().any(|w| w.text == "into");
            if made {
                self.select_into(item).await;
            }
            self.refresh(item).await;
        } else if writes {
            let only = self.concerned(item);
            let wrong = self.differing(Some(&only)).await;
            for (n, table) in &wrong {
                self.report.different.push(format!(
                    "{}: tenant {}: {table} differs afterwards\n    {}",
                    item.line,
                    n + 1,
                    item.text.replace('\n', "\n    ")
                ));
            }
            self.resync(item, &wrong).await;
        }
    }

    /// `SELECT … INTO t`: a table like the private database's.
    async fn select_into(&mut self, item: &Item) {
        let text = item.text.clone();
        let outcome = self.shared.guarded(&[&text]).await;
        if outcome.is_ok()
            && let Err(e) = mirror::adopt(&mut self.shared, &mut self.private[0]).await
        {
            self.report
                .unmirrored
                .push(format!("{}: {}", item.line, e.message));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what was seen of one statement")]
    async fn judge(
        &mut self,
        item: &Item,
        n: usize,
        text: &str,
        steps: Vec<String>,
        shared: &Answer,
        own: &Answer,
        writes: bool,
    ) {
        let mut verdict = judge::compare(text, shared, own);
        if matches!(verdict, Verdict::Different(_)) && !writes && shared.is_ok() && own.is_ok() {
            let parts: Vec<&str> = steps[1..].iter().map(String::as_str).collect();
            let deallocate = ["DEALLOCATE ALL"];
            let again: Vec<&str> = deallocate.iter().chain(&parts).copied().collect();
            if judge::is_open(
                text,
                (&mut self.shared, &again, shared),
                (&mut self.private[n], text, own),
            )
            .await
            {
                self.report
                    .open
                    .push(format!("{}: {}", item.line, text.replace('\n', "\n    ")));
                verdict = Verdict::Same;
            }
            let _ = self.shared.guarded(&["DEALLOCATE ALL"]).await;
        }
        let told = |how: &str| {
            format!(
                "{}: tenant {}: {how}\n    {}\n    scoped: {}",
                item.line,
                n + 1,
                text.replace('\n', "\n    "),
                steps[1].trim_start_matches("PREPARE regress_scoped AS ")
            )
        };
        match verdict {
            Verdict::Same => {
                self.report.same += 1;
                self.report.with_rows += usize::from(shared.as_ref().is_ok_and(|r| !r.rows.is_empty()));
            }
            Verdict::BothFailed => self.report.both_failed += 1,
            Verdict::Slow => self.report.slow += 1,
            Verdict::OtherError(how) => self.report.other_errors.push(told(&how)),
            Verdict::Different(how) => self.report.different.push(told(&how)),
        }
    }
}
