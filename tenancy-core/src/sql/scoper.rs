//! [`Scoper`]: the engine's face.

use std::sync::Arc;

use super::{
    Dialect, Refusal, Rule,
    cache::Statements,
    fails,
    faults::{self, Fault},
    literal::{Slots, UnfitTenant},
    mysql,
    names::Tables,
    place::Placer,
    splice::{self, Outcome, Read},
    text::{MAX_PLACEHOLDER, Text},
    verify,
    walk::{DEEPER, Walk},
    words,
};
use crate::{Catalog, CatalogError, CrossTenant, TableKind, TenantId, Tenants};

/// What the statements in the cache may weigh together, in bytes.
const CACHE_BYTES: u64 = 8 << 20;

/// Makes statements mean a tenant's slice. Made once for a catalogue and a dialect, and shared.
///
/// A text that was scoped before costs a look-up, a new one a few parses. The cache is bounded in bytes, for
/// refusals too.
#[derive(Debug)]
pub struct Scoper {
    catalog: Catalog,
    dialect: Dialect,
    tables: Tables,
    /// For statements of one tenant, where they read through views.
    veiled: Option<Tables>,
    /// Whether the tenant is bound before the caller's values.
    first: bool,
    cache: Statements,
}

/// How many tenants a statement reaches, and whether it may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Breadth {
    /// One tenant, reading and writing.
    One,
    /// Some tenants, for a [`CrossTenant`].
    Many {
        /// Whether writes pass.
        writable: bool,
    },
    /// All tenants, for a [`CrossTenant`].
    All {
        /// Whether writes pass.
        writable: bool,
    },
}

impl Breadth {
    fn of(crossing: &CrossTenant) -> Self {
        let writable = !crossing.is_read_only();
        match crossing.tenants() {
            Tenants::Only(_) => Breadth::Many { writable },
            Tenants::All => Breadth::All { writable },
        }
    }

    /// Whether writes pass.
    pub(super) fn is_writable(self) -> bool {
        match self {
            Breadth::One => true,
            Breadth::Many { writable } | Breadth::All { writable } => writable,
        }
    }

    /// Whether it reaches more than one tenant.
    pub(super) fn is_crossing(self) -> bool {
        match self {
            Breadth::One => false,
            Breadth::Many { .. } | Breadth::All { .. } => true,
        }
    }
}

/// What a statement is scoped for; the same text is another statement for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) breadth: Breadth,
    /// How many values the caller binds, where those are more than the text names.
    pub(super) binds: Option<usize>,
}

/// A statement that means a slice, once its tenant is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopedSql {
    pub(super) text: Arc<str>,
    pub(super) binds: usize,
    pub(super) tenant_bind: Option<usize>,
    pub(super) is_write: bool,
    pub(super) reads: Vec<String>,
    pub(super) writes: Vec<String>,
    pub(super) slots: Option<Slots>,
}

impl ScopedSql {
    /// The text to execute.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text to execute, to be shared.
    pub fn text_arc(&self) -> Arc<str> {
        Arc::clone(&self.text)
    }

    /// How many values the caller has to bind: the highest placeholder of the text, or what was said to
    /// [`Scoper::scope_binding`]. An execution that binds another number must be refused.
    pub fn binds(&self) -> usize {
        self.binds
    }

    /// The number of the one extra bind, counted from 1, that takes the tenant; it comes after the caller's, or before them
    /// ([`Scoper::binding_tenant_first`]), which are then numbered from 2 on. `None` where the
    /// statement touches no tenant's rows.
    ///
    /// For a crossing over some tenants it takes them all: an array on PostgreSQL, a JSON array on SQLite. On MySQL
    /// there is none: [`ScopedSql::text_for`] writes the tenant.
    pub fn tenant_bind(&self) -> Option<usize> {
        self.tenant_bind
    }

    /// The text to execute for a tenant: [`ScopedSql::text`], where the tenant is a bind; on MySQL the tenant's literal
    /// stands in it.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, TenantId, sql::{Dialect, Scoper}};
    ///
    /// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
    /// let scoped = Scoper::new(catalog, Dialect::Mysql).scope("SELECT total FROM orders WHERE id = ?")?;
    /// assert_eq!(
    ///     &*scoped.text_for(&TenantId::bigint(7)?)?,
    ///     "SELECT total FROM (SELECT * FROM `orders` WHERE `orders`.`store_id` = 7) AS orders WHERE id = ?",
    /// );
    /// assert!(scoped.text_for(&TenantId::text("acme")?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The id is not of the catalogue's type. On PostgreSQL and SQLite, where it is bound, nothing is looked at.
    pub fn text_for(&self, tenant: &TenantId) -> Result<Arc<str>, UnfitTenant> {
        self.text_for_all(std::slice::from_ref(tenant))
    }

    /// As [`ScopedSql::text_for`], for the tenants that a crossing names.
    ///
    /// # Cross-tenant
    /// The text reads the rows of all of them. It is made of a statement that [`Scoper::scope_across`] has made; one for
    /// a single tenant takes a single tenant.
    ///
    /// # Errors
    /// An id is not of the catalogue's type, or there are several where there has to be one.
    pub fn text_for_all(&self, tenants: &[TenantId]) -> Result<Arc<str>, UnfitTenant> {
        match &self.slots {
            None => Ok(self.text_arc()),
            Some(slots) => slots.fill(&self.text, tenants),
        }
    }

    /// Whether the tenant stands in the text, so that [`ScopedSql::text_for`] has to write it.
    pub fn has_tenant_literal(&self) -> bool {
        self.slots.is_some()
    }

    /// Whether it is an INSERT, UPDATE or DELETE.
    pub fn is_write(&self) -> bool {
        self.is_write
    }

    /// What it takes in memory, in bytes, besides itself.
    pub(super) fn bytes(&self) -> usize {
        let names = self.reads.iter().chain(&self.writes);
        let names: usize = names.map(|name| size_of::<String>() + name.len()).sum();
        self.text.len() + names + self.slots.as_ref().map_or(0, Slots::bytes)
    }

    /// The catalogue's tables that it reads, ordered by name.
    pub fn reads(&self) -> &[String] {
        &self.reads
    }

    /// The catalogue's tables that it writes, ordered by name.
    pub fn writes(&self) -> &[String] {
        &self.writes
    }
}

impl Scoper {
    /// An engine for the tables of `catalog` in `dialect`.
    pub fn new(catalog: Catalog, dialect: Dialect) -> Self {
        let tables = Tables::new(&catalog, dialect);
        Self {
            catalog,
            dialect,
            tables,
            veiled: None,
            first: false,
            cache: Statements::new(CACHE_BYTES),
        }
    }

    /// The same engine, for connections on which a temporary view stands before each table, with the table's own name. On
    /// SQLite a tenant's statements then read `"temp"."orders"` and write `"main"."orders"`, so that what is only read passes
    /// the view as well. A crossing's statements, and the other dialects', name the tables as before.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, sql::{Dialect, Scoper}};
    ///
    /// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
    /// let scoped = Scoper::new(catalog, Dialect::Sqlite).behind_views().scope("SELECT total FROM orders")?;
    /// assert_eq!(scoped.text(), r#"SELECT total FROM "temp"."orders" AS orders WHERE orders."store_id" = ?1"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn behind_views(mut self) -> Self {
        let veiled = Tables::new(&self.catalog, self.dialect).behind_views();
        self.veiled = veiled.has_views().then_some(veiled);
        // What was scoped before names the tables.
        self.cache = Statements::new(CACHE_BYTES);
        self
    }

    /// The same engine, with the tenant as the first bind and the caller's values behind it: for drivers that cannot tell how many
    /// values were bound. One too few is then a value that is missing, and one too many an error of the database's, and
    /// neither comes to stand in the tenant's place.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, sql::{Dialect, Scoper}};
    ///
    /// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
    /// let scoper = Scoper::new(catalog, Dialect::Sqlite).binding_tenant_first();
    /// let scoped = scoper.scope("SELECT total FROM orders WHERE id = ?")?;
    /// assert_eq!(scoped.text(), r#"SELECT total FROM "main"."orders" AS orders WHERE orders."store_id" = ?1 AND (id = ?2)"#);
    /// assert_eq!((scoped.tenant_bind(), scoped.binds()), (Some(1), 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn binding_tenant_first(mut self) -> Self {
        // On MySQL it is no bind.
        self.first = self.dialect != Dialect::Mysql;
        self.cache = Statements::new(CACHE_BYTES);
        self
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The dialect.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The statement, made to mean one tenant's slice.
    ///
    /// # Errors
    /// The statement is refused; the [`Refusal`] says why, where, and what to write instead.
    pub fn scope(&self, sql: &str) -> Result<Arc<ScopedSql>, Refusal> {
        self.scoped(sql, Breadth::One)
    }

    /// The statement, made to mean one tenant's slice, for a caller that binds `binds` values: the tenant's bind is
    /// the one after them. PostgreSQL and SQLite take values that the text does not name.
    ///
    /// ```
    /// use tenancy_core::{Catalog, KeyType, sql::{Dialect, Rule, Scoper}};
    ///
    /// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
    /// let scoper = Scoper::new(catalog, Dialect::Postgres);
    /// assert_eq!(scoper.scope_binding("SELECT id FROM orders WHERE id = $1", 3)?.tenant_bind(), Some(4));
    /// let refusal = scoper.scope_binding("SELECT id FROM orders WHERE id = $2", 1).unwrap_err();
    /// assert_eq!(refusal.rule(), Rule::BindCount);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`Scoper::scope`]; and where the text names more values than are bound.
    pub fn scope_binding(&self, sql: &str, binds: usize) -> Result<Arc<ScopedSql>, Refusal> {
        let scoped = self.scope(sql)?;
        if scoped.binds() == binds {
            return Ok(scoped);
        }
        let takes_more = match self.dialect {
            Dialect::Postgres | Dialect::Sqlite => true,
            Dialect::Mysql => false,
        };
        if scoped.binds() > binds || binds > MAX_PLACEHOLDER || !takes_more {
            return Err(Refusal::new(Rule::BindCount));
        }
        self.asked(
            sql,
            Asked {
                breadth: Breadth::One,
                binds: Some(binds),
            },
        )
    }

    /// The statement, made to mean the slices that a crossing reaches.
    ///
    /// # Cross-tenant
    /// It reads the rows of every tenant that the crossing names, and writes them where the crossing may write.
    /// Who executes it has written the audit record before.
    ///
    /// # Errors
    /// As for [`Scoper::scope`]; writes too, unless the crossing may write.
    pub fn scope_across(&self, sql: &str, crossing: &CrossTenant) -> Result<Arc<ScopedSql>, Refusal> {
        self.scoped(sql, Breadth::of(crossing))
    }

    /// Checks that the body of each view of the catalogue can be scoped. A view whose body cannot is refused where a
    /// statement names it; this says why.
    ///
    /// ```
    /// use tenancy_core::{Catalog, Table, sql::{Dialect, Scoper}};
    ///
    /// let catalog = Catalog::builder().table(Table::view("sizes", "SELECT pg_relation_size('orders')")).build()?;
    /// let error = Scoper::new(catalog, Dialect::Postgres).check_views().unwrap_err();
    /// assert!(error.to_string().contains("sizes"));
    /// # Ok::<(), tenancy_core::CatalogError>(())
    /// ```
    ///
    /// # Errors
    /// The first body that is refused, and its [`Refusal`] in words, whose place is one of the body.
    pub fn check_views(&self) -> Result<(), CatalogError> {
        let placer = Placer::new(self.dialect, self.catalog.key_type(), Breadth::One, 1);
        for table in self.catalog.tables() {
            let TableKind::View { sql } = table.kind() else {
                continue;
            };
            let checked = Text::new("", self.dialect).and_then(|nothing| {
                with_stack(DEEPER, || {
                    Walk::new(&nothing, &self.tables, placer).view_body(sql).map(drop)
                })
            });
            if let Err(refusal) = checked {
                return Err(CatalogError::new(format!("view {:?}: {refusal}", table.name())));
            }
        }
        Ok(())
    }

    /// The bytes that cached statements take now.
    pub fn cache_weight(&self) -> u64 {
        self.cache.weight()
    }

    fn scoped(&self, sql: &str, breadth: Breadth) -> Result<Arc<ScopedSql>, Refusal> {
        self.asked(sql, Asked { breadth, binds: None })
    }

    fn asked(&self, sql: &str, asked: Asked) -> Result<Arc<ScopedSql>, Refusal> {
        if let Some(cached) = self.cache.get(asked, sql) {
            return cached;
        }
        let outcome = self.rewrite(sql, asked).map(Arc::new);
        // A text over the limit is refused by its length alone, and would only fill the cache.
        if !matches!(&outcome, Err(refusal) if refusal.rule() == Rule::TooLong) {
            self.cache.put(asked, sql, &outcome);
        }
        outcome
    }

    fn rewrite(&self, sql: &str, asked: Asked) -> Result<ScopedSql, Refusal> {
        let scoped = self.rewrite_at(sql, asked, self.first)?;
        if self.first && scoped.tenant_bind.is_none() {
            // A number that nothing has is one that PostgreSQL knows no type of.
            return self.rewrite_at(sql, asked, false);
        }
        Ok(scoped)
    }

    fn rewrite_at(&self, sql: &str, asked: Asked, first: bool) -> Result<ScopedSql, Refusal> {
        let text = Text::shifted(sql, self.dialect, usize::from(first))?;
        let deeper = if self.tables.has_bodies() { DEEPER } else { 0 };
        with_stack(text.open + deeper, || self.rewrite_text(&text, asked, first))
            .map_err(|refusal| refusal.map_position(|at| text.source_offset(at)))
    }

    /// The pipeline: parse, walk, splice and prove, verify.
    fn rewrite_text(&self, text: &Text, asked: Asked, first: bool) -> Result<ScopedSql, Refusal> {
        let binds = asked.binds.unwrap_or(text.binds).max(text.binds);
        let tenant = if first { 1 } else { binds + 1 };
        let Read {
            mut statement,
            hidden,
            arbiters,
            words,
        } = splice::parse_read(text, self.dialect)?;
        let placer = Placer::new(self.dialect, self.catalog.key_type(), asked.breadth, tenant)
            .that_may_fail(fails::may_fail(&statement, self.dialect))
            .with_slices_apart(
                self.dialect == Dialect::Mysql
                    && mysql::has_to_stay_apart(&statement, self.tables.has_bodies()),
            );
        let written = if faults::is_on(Fault::BindOffByOne) {
            placer.off_by_one()
        } else {
            placer
        };
        let tables = match (&self.veiled, asked.breadth) {
            (Some(veiled), Breadth::One) => veiled,
            (Some(_), Breadth::Many { .. } | Breadth::All { .. }) | (None, _) => &self.tables,
        };
        // Looked at before the walk changes the tree, told after it: a rule of the walk says more.
        let words = words::check(&statement, &words);
        let mut walk = Walk::new(text, tables, written);
        walk.hide(hidden, arbiters)?;
        walk.whole(&mut statement)?;
        words?;
        let Outcome {
            edits,
            phrases,
            arbiters,
            reads,
            writes,
            uses_tenant,
            is_write,
        } = walk.finish()?;
        let spliced = splice::apply(&text.sql, edits)?;
        let reread = splice::prove(&spliced, &statement, phrases, &arbiters, self.dialect)?;
        verify::check(&reread, &arbiters, tables, &placer)?;
        let many = asked.breadth.is_crossing();
        let slots = Slots::find(&spliced, self.dialect, self.catalog.key_type(), many)?;
        let is_bound = match self.dialect {
            Dialect::Postgres | Dialect::Sqlite => uses_tenant,
            Dialect::Mysql => false,
        };
        Ok(ScopedSql {
            text: spliced.into(),
            binds,
            tenant_bind: is_bound.then_some(tenant),
            is_write,
            reads,
            writes,
            slots,
        })
    }
}

/// Runs `work` on a stack that is deep enough for a tree of `open` levels. Threads of an async runtime have 2 MiB;
/// the walk, and the tree's own comparison and drop, recurse.
fn with_stack<T>(open: usize, work: impl FnOnce() -> T) -> T {
    /// What a level takes at most, measured in an unoptimised build, with a margin.
    const LEVEL: usize = 16 << 10;
    /// What the pipeline needs besides.
    const BASE: usize = 512 << 10;
    let needed = BASE + open * LEVEL;
    stacker::maybe_grow(needed, needed, work)
}
