//! The engine under test, as plain types: so that an engine can test itself, broken on purpose.

use tenancy_core::{KeyValue, TenantId};

use crate::Value;

/// The databases that the harness speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite, in memory.
    Sqlite,
    /// PostgreSQL, found by [`pg`](crate::pg).
    Postgres,
    /// MySQL, as MariaDB speaks it, found by [`maria`](crate::maria).
    Mysql,
}

impl From<Dialect> for tenancy_core::sql::Dialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Sqlite => tenancy_core::sql::Dialect::Sqlite,
            Dialect::Postgres => tenancy_core::sql::Dialect::Postgres,
            Dialect::Mysql => tenancy_core::sql::Dialect::Mysql,
        }
    }
}

/// A statement that an engine let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOutput {
    /// The text to run.
    pub text: String,
    /// How many values the caller binds.
    pub binds: usize,
    /// The number (from 1) of the extra bind that carries the tenant; `None` when nothing of a tenant is touched.
    pub tenant_bind: Option<usize>,
}

/// A statement that an engine did not let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineRefusal {
    /// The stable code by which refusals are counted.
    pub code: String,
    /// What a reader is told.
    pub message: String,
}

/// Anything that turns a statement into the same statement over one tenant's slice.
///
/// Implemented for [`tenancy_core::sql::Scoper`]; [`engine_fn`] makes one from a closure.
pub trait Engine: Send + Sync {
    /// Scopes `sql`.
    ///
    /// # Errors
    /// A refusal: the statement may not run.
    fn scope(&self, sql: &str) -> Result<EngineOutput, EngineRefusal>;

    /// Scopes `sql` for one tenant: where the tenant is no bind (MySQL), it stands in the text. Whatever is run comes
    /// from here.
    ///
    /// # Errors
    /// As [`scope`](Engine::scope).
    fn scope_for(&self, sql: &str, _tenant: &TenantId) -> Result<EngineOutput, EngineRefusal> {
        self.scope(sql)
    }
}

impl Engine for tenancy_core::sql::Scoper {
    fn scope(&self, sql: &str) -> Result<EngineOutput, EngineRefusal> {
        match tenancy_core::sql::Scoper::scope(self, sql) {
            Ok(scoped) => Ok(EngineOutput {
                text: scoped.text().to_owned(),
                binds: scoped.binds(),
                tenant_bind: scoped.tenant_bind(),
            }),
            Err(refusal) => Err(EngineRefusal {
                code: refusal.code().to_owned(),
                message: refusal.to_string(),
            }),
        }
    }

    fn scope_for(&self, sql: &str, tenant: &TenantId) -> Result<EngineOutput, EngineRefusal> {
        let refused = |code: &str, message: String| EngineRefusal {
            code: code.to_owned(),
            message,
        };
        let scoped =
            tenancy_core::sql::Scoper::scope(self, sql).map_err(|e| refused(e.code(), e.to_string()))?;
        let text = scoped
            .text_for(tenant)
            .map_err(|e| refused("unfit_tenant", e.to_string()))?;
        Ok(EngineOutput {
            text: text.as_ref().to_owned(),
            binds: scoped.binds(),
            tenant_bind: scoped.tenant_bind(),
        })
    }
}

impl<E: Engine + ?Sized> Engine for Box<E> {
    fn scope(&self, sql: &str) -> Result<EngineOutput, EngineRefusal> {
        (**self).scope(sql)
    }

    fn scope_for(&self, sql: &str, tenant: &TenantId) -> Result<EngineOutput, EngineRefusal> {
        (**self).scope_for(sql, tenant)
    }
}

impl<E: Engine + ?Sized> Engine for std::sync::Arc<E> {
    fn scope(&self, sql: &str) -> Result<EngineOutput, EngineRefusal> {
        (**self).scope(sql)
    }

    fn scope_for(&self, sql: &str, tenant: &TenantId) -> Result<EngineOutput, EngineRefusal> {
        (**self).scope_for(sql, tenant)
    }
}

/// An engine made from a closure.
///
/// ```
/// use tenancy_testkit::{Engine, EngineOutput, engine_fn};
///
/// let lets_all_through = engine_fn(|sql: &str| {
///     Ok(EngineOutput { text: sql.to_owned(), binds: 0, tenant_bind: None })
/// });
/// assert_eq!(lets_all_through.scope("SELECT 1").unwrap().text, "SELECT 1");
/// ```
pub fn engine_fn<F>(f: F) -> impl Engine
where
    F: Fn(&str) -> Result<EngineOutput, EngineRefusal> + Send + Sync,
{
    struct Closure<F>(F);
    impl<F: Fn(&str) -> Result<EngineOutput, EngineRefusal> + Send + Sync> Engine for Closure<F> {
        fn scope(&self, sql: &str) -> Result<EngineOutput, EngineRefusal> {
            (self.0)(sql)
        }
    }
    Closure(f)
}

/// An engine made from a closure that is also told the tenant, as its id is written.
///
/// ```
/// use tenancy_core::TenantId;
/// use tenancy_testkit::{Engine, EngineOutput, engine_for_fn};
///
/// let by_hand = engine_for_fn(|sql: &str, tenant: &str| {
///     let text = sql.replace("FROM orders", &format!("FROM (SELECT * FROM orders WHERE store_id = {tenant}) o"));
///     Ok(EngineOutput { text, binds: 0, tenant_bind: None })
/// });
/// let scoped = by_hand.scope_for("SELECT 1 FROM orders", &TenantId::bigint(7).unwrap()).unwrap();
/// assert!(scoped.text.ends_with("store_id = 7) o"));
/// ```
pub fn engine_for_fn<F>(f: F) -> impl Engine
where
    F: Fn(&str, &str) -> Result<EngineOutput, EngineRefusal> + Send + Sync,
{
    struct Closure<F>(F);
    impl<F: Fn(&str, &str) -> Result<EngineOutput, EngineRefusal> + Send + Sync> Engine for Closure<F> {
        fn scope(&self, _sql: &str) -> Result<EngineOutput, EngineRefusal> {
            Err(EngineRefusal {
                code: "no_tenant".to_owned(),
                message: "this engine has to be told the tenant".to_owned(),
            })
        }

        fn scope_for(&self, sql: &str, tenant: &TenantId) -> Result<EngineOutput, EngineRefusal> {
            (self.0)(sql, &tenant.to_string())
        }
    }
    Closure(f)
}

/// The value that an adapter binds for `tenant`.
pub(crate) fn tenant_value(tenant: &TenantId) -> Value {
    match tenant.value() {
        KeyValue::BigInt(v) => Value::Int(v),
        KeyValue::Uuid(v) => Value::Uuid(v),
        KeyValue::Text(v) => Value::Text(v.to_owned()),
    }
}

/// `tenant` as it is read back from a row.
pub(crate) fn stored_tenant(dialect: Dialect, tenant: &TenantId) -> Value {
    match (dialect, tenant_value(tenant)) {
        (Dialect::Mysql, Value::Uuid(_)) => Value::Text(tenant.to_string()),
        (_, value) => value,
    }
}

/// The arguments of a scoped statement, put together as an adapter would: the caller's, then the tenant.
///
/// # Errors
/// When the engine counts other binds than the statement has, or puts the tenant anywhere but last.
pub(crate) fn arguments(
    output: &EngineOutput,
    own: &[Value],
    tenant: &TenantId,
) -> Result<Vec<Value>, String> {
    if output.binds != own.len() {
        return Err(format!(
            "the engine counts {} binds, the statement has {}",
            output.binds,
            own.len()
        ));
    }
    let mut all = own.to_vec();
    match output.tenant_bind {
        None => {}
        Some(n) if n == own.len() + 1 => all.push(tenant_value(tenant)),
        Some(n) => return Err(format!("the tenant bind is number {n} and not {}", own.len() + 1)),
    }
    Ok(all)
}
