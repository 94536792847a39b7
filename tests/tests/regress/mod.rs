//! PostgreSQL's own regression scripts, told to tenants: a private database each, as the script has it, beside one
//! that all share, reached through the engine.

mod base;
mod compared;
mod data;
mod judge;
mod kind;
mod lane;
mod mirror;
pub(crate) mod reasons;
pub(crate) mod report;
pub(crate) mod script;
mod translate;

use std::collections::BTreeSet;

use tenancy_core::sql::{Dialect, Scoper};

pub(crate) use base::Base;
use kind::{Kind, kind};
use lane::Lane;
use mirror::{Others, Shape};
use report::FileReport;
use script::{Item, words};

/// How many tenants there are; the first has the script's own data.
const TENANTS: usize = 2;

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
}
