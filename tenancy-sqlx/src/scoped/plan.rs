//! From a query to the statement that is sent: the one place where scoped execution meets the engine.

use std::sync::Arc;

use sqlx::{Arguments, AssertSqlSafe, Execute, SqlSafeStr};
use tenancy_core::{CrossTenant, KeyType, TenantContext, TenantId, Tenants, sql::ScopedSql};

use crate::{TenantDatabase, database::Statement, db::Inner, error::Kind};

/// How many characters of a statement go into the audit log.
const NOTED: usize = 2_000;

/// Whose rows a statement may reach.
#[derive(Debug, Clone, Copy)]
pub enum Reach<'a> {
    /// One tenant's.
    One(&'a TenantContext),
    /// Those that a crossing names.
    Across(&'a CrossTenant),
}

/// A statement that may run.
pub(crate) struct Plan<DB: TenantDatabase> {
    pub(crate) statement: Statement<DB>,
    pub(crate) is_write: bool,
    /// It may leave something behind: it writes, or the application's own functions, which it may call, do.
    pub(crate) leaves: bool,
    /// What it reads and writes, and how, for the audit log of a crossing.
    pub(crate) note: String,
}

/// Scopes a query and binds the tenant to it.
pub(crate) fn plan<'q, DB, E>(
    inner: &Inner<DB>,
    reach: Reach<'_>,
    mut query: E,
) -> Result<Plan<DB>, sqlx::Error>
where
    DB: TenantDatabase,
    E: Execute<'q, DB>,
{
    // The order in which sqlx's own executors ask. A statement that the query may hold is not asked for: it was
    // prepared from text that is not scoped.
    let persistent = query.persistent();
    let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?;
    let sql = query.sql();

    let scoped = match reach {
        Reach::One(_) => inner.scoper().scope(sql.as_str()),
        Reach::Across(crossing) => inner.scoper().scope_across(sql.as_str(), crossing),
    }
    .map_err(|refusal| Kind::Refused(refusal).into_sqlx())?;

    // Text without arguments (a bare &str, raw_sql) is prepared all the same: the server then takes one statement
    // only. It is not kept, as sqlx keeps no such text either.
    let persistent = persistent && arguments.is_some();
    let mut arguments = arguments.unwrap_or_default();

    // More values than the text names would shift the tenant's place; on PostgreSQL `select $2` with one value bound
    // would read the tenant's id.
    let (named, bound) = (scoped.binds(), arguments.len());
    if named != bound {
        return Err(Kind::BindCount { named, bound }.into_sqlx());
    }
    bind(inner, reach, &scoped, &mut arguments)?;
    let text = text(reach, &scoped)?;
    let (text, pass) = DB::enter(inner.wall(), reach, &scoped, &mut arguments, text)?;
    // A statement that carries its tenant serves no other, and would push those out that serve all.
    let persistent = persistent && !scoped.has_tenant_literal() && inner.prepares();

    let note = match reach {
        Reach::One(_) => String::new(),
        Reach::Across(_) => note(&scoped, sql.as_str()),
    };
    let sql = AssertSqlSafe(text).into_sql_str();
    Ok(Plan {
        statement: Statement {
            sql,
            arguments: Some(arguments),
            persistent,
            pass,
        },
        is_write: scoped.is_write(),
        leaves: scoped.is_write() || inner.has_own_code(),
        note,
    })
}

/// The text to send. Where the tenant is bound it is one and the same for all; on MySQL the tenant stands in it.
fn text(reach: Reach<'_>, scoped: &ScopedSql) -> Result<Arc<str>, sqlx::Error> {
    let text = match reach {
        Reach::One(ctx) => scoped.text_for(ctx.tenant_id()),
        Reach::Across(crossing) => match crossing.tenants() {
            Tenants::All if scoped.has_tenant_literal() => return Err(Kind::Disagreement.into_sqlx()),
            Tenants::All => Ok(scoped.text_arc()),
            Tenants::Only(tenants) => scoped.text_for_all(tenants),
        },
    };
    text.map_err(|_| Kind::Disagreement.into_sqlx())
}

fn bind<DB: TenantDatabase>(
    inner: &Inner<DB>,
    reach: Reach<'_>,
    scoped: &ScopedSql,
    arguments: &mut DB::Arguments,
) -> Result<(), sqlx::Error> {
    let catalog = inner.catalog().key_type();
    // Also for a statement that touches no tenant's rows: a mistake shows at once, and not with the first join.
    match reach {
        Reach::One(ctx) => fits(catalog, ctx.tenant_id())?,
        Reach::Across(crossing) => match crossing.tenants() {
            Tenants::All => {}
            Tenants::Only(tenants) => tenants.iter().try_for_each(|tenant| fits(catalog, tenant))?,
        },
    }
    let Some(place) = scoped.tenant_bind() else {
        return Ok(());
    };
    if place != arguments.len() + 1 {
        return Err(Kind::Disagreement.into_sqlx());
    }
    match reach {
        Reach::One(ctx) => DB::bind_one(arguments, ctx.tenant_id()),
        Reach::Across(crossing) => match crossing.tenants() {
            Tenants::All => return Err(Kind::Disagreement.into_sqlx()),
            Tenants::Only(tenants) => DB::bind_many(arguments, tenants),
        },
    }
    .map_err(sqlx::Error::Encode)
}

/// An id of another type is never cast: SQLite finds `'1' = 1` false in one column and true in another.
pub(crate) fn fits(catalog: KeyType, tenant: &TenantId) -> Result<(), sqlx::Error> {
    let tenant = tenant.key_type();
    if tenant == catalog {
        Ok(())
    } else {
        Err(Kind::KeyType { catalog, tenant }.into_sqlx())
    }
}

fn note(scoped: &ScopedSql, sql: &str) -> String {
    let reads = scoped.reads().join(" ");
    let writes = scoped.writes().join(" ");
    let text: String = sql.chars().take(NOTED).collect();
    format!("reads: {reads}; writes: {writes}; statement: {text}")
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use std::sync::Arc;

    use sqlx::Sqlite;
    use tenancy_core::{Catalog, Tenant, TenantStatus};

    use super::*;

    #[tokio::test]
    async fn a_text_without_values_is_prepared_all_the_same_and_not_kept() {
        let pool = sqlx::SqlitePool::connect_lazy("sqlite::memory:").unwrap();
        let catalog = Catalog::builder()
            .tenant_key("tenant_id", KeyType::BigInt)
            .tenant_tables(["items"])
            .shared_tables(["products"])
            .build()
            .unwrap();
        let inner = Inner::<Sqlite>::new(pool, false, catalog);
        let id = TenantId::bigint(1).unwrap();
        let tenant = Tenant::builder(id, "a".parse().unwrap())
            .status(TenantStatus::Active)
            .build();
        let ctx = TenantContext::public(&Arc::new(tenant)).unwrap();

        for (sql, binds) in [
            ("SELECT 1", 0),
            ("SELECT * FROM products", 0),
            ("SELECT * FROM items", 1),
        ] {
            let plan = plan(&inner, Reach::One(&ctx), sql).unwrap();
            assert_eq!(
                plan.statement.arguments.map(|arguments| arguments.len()),
                Some(binds),
                "{sql}"
            );
            assert!(!plan.statement.persistent);
        }
    }
}
