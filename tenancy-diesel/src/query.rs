//! From a diesel query to scoped text.

use std::sync::Arc;

use diesel::{
    backend::Backend,
    query_builder::{QueryBuilder, QueryFragment},
};
use tenancy_core::sql::{Dialect, ScopedSql, Scoper};

use crate::error::{Error, Kind};

pub(crate) mod sealed {
    use diesel::{QueryResult, backend::Backend, query_builder::AstPass};

    use crate::connection::TenantBind;

    pub trait Sealed: Backend {
        /// Binds the tenant.
        fn push_tenant<'b>(out: &mut AstPass<'_, 'b, Self>, tenant: &'b TenantBind) -> QueryResult<()>
        where
            Self: Sized;
    }

    #[cfg(any(feature = "postgres", feature = "sqlite"))]
    macro_rules! sealed {
        ($backend:ty) => {
            impl Sealed for $backend {
                fn push_tenant<'b>(
                    out: &mut AstPass<'_, 'b, Self>,
                    tenant: &'b TenantBind,
                ) -> QueryResult<()> {
                    match tenant {
                        TenantBind::Int(id) => out.push_bind_param::<diesel::sql_types::BigInt, _>(id),
                        TenantBind::Text(id) => out.push_bind_param::<diesel::sql_types::Text, _>(id),
                    }
                }
            }
        };
    }

    #[cfg(feature = "postgres")]
    sealed!(diesel::pg::Pg);
    #[cfg(feature = "sqlite")]
    sealed!(diesel::sqlite::Sqlite);
}

/// A diesel backend whose queries the engine can scope.
///
/// It cannot be implemented elsewhere: the dialect has to be the one that the engine was proved on.
#[diagnostic::on_unimplemented(
    message = "queries for `{Self}` cannot be scoped",
    note = "switch on the feature of tenancy-diesel that is named after the database"
)]
pub trait ScopedBackend: Backend<QueryBuilder: Default> + Default + sealed::Sealed {
    /// The dialect that the backend renders.
    const DIALECT: Dialect;
}

#[cfg(feature = "postgres")]
impl ScopedBackend for diesel::pg::Pg {
    const DIALECT: Dialect = Dialect::Postgres;
}

#[cfg(feature = "sqlite")]
impl ScopedBackend for diesel::sqlite::Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;
}

/// Renders a query and makes it mean one tenant's slice.
///
/// # Errors
/// The engine refuses the query, the query cannot be rendered, or the engine is one of another dialect.
///
/// ```
/// # #[cfg(feature = "postgres")] {
/// use diesel::{pg::Pg, prelude::*};
/// use tenancy_core::{Catalog, KeyType, sql::{Dialect, Scoper}};
/// use tenancy_diesel::scope_query;
///
/// diesel::table! {
///     orders (id) { id -> BigInt, store_id -> BigInt, total -> BigInt }
/// }
/// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// let scoper = Scoper::new(catalog, Dialect::Postgres);
///
/// let query = orders::table.filter(orders::total.gt(100_i64)).select(orders::id);
/// let scoped = scope_query::<Pg, _>(&scoper, &query)?;
/// assert_eq!((scoped.binds(), scoped.tenant_bind()), (1, Some(2)));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn scope_query<DB, Q>(scoper: &Scoper, query: &Q) -> Result<Arc<ScopedSql>, Error>
where
    DB: ScopedBackend,
    Q: QueryFragment<DB> + ?Sized,
{
    if scoper.dialect() != DB::DIALECT {
        return Err(Error(Kind::Dialect));
    }
    let mut builder = DB::QueryBuilder::default();
    query
        .to_sql(&mut builder, &DB::default())
        .map_err(|error| Error(Kind::Render(error)))?;
    scoper
        .scope(&builder.finish())
        .map_err(|refusal| Error(Kind::Refused(refusal)))
}

#[cfg(test)]
#[cfg(feature = "postgres")]
mod tests {
    use diesel::{pg::Pg, prelude::*};
    use tenancy_core::{
        Catalog, KeyType,
        sql::{Refusal, Rule},
    };

    use super::*;

    diesel::table! {
        orders (id) { id -> BigInt, store_id -> BigInt, item_id -> BigInt, total -> BigInt }
    }
    diesel::table! {
        items (id) { id -> BigInt, store_id -> BigInt, name -> Text }
    }
    diesel::table! {
        people (id) { id -> BigInt }
    }
    diesel::allow_tables_to_appear_in_same_query!(orders, items);

    fn scoper(dialect: Dialect) -> Scoper {
        let catalog = Catalog::builder()
            .tenant_key("store_id", KeyType::BigInt)
            .tenant_tables(["orders", "items"])
            .build()
            .unwrap();
        Scoper::new(catalog, dialect)
    }

    /// Each relation of what diesel renders stands behind the tenant.
    #[test]
    fn what_the_dsl_renders_is_scoped() {
        let scoper = scoper(Dialect::Postgres);
        let check = |scoped: Result<Arc<ScopedSql>, Error>, tables: usize| {
            let scoped = scoped.unwrap();
            let tests = scoped.text().matches("\"store_id\" = CAST($").count();
            assert_eq!(tests, 2 * tables, "{}", scoped.text());
        };
        check(
            scope_query::<Pg, _>(&scoper, &orders::table.select(orders::id)),
            1,
        );
        let join = orders::table.inner_join(items::table.on(items::id.eq(orders::item_id)));
        check(
            scope_query::<Pg, _>(&scoper, &join.select((orders::id, items::name))),
            2,
        );
        let wanted = items::table.filter(items::name.eq("x")).select(items::id);
        check(
            scope_query::<Pg, _>(
                &scoper,
                &orders::table
                    .filter(orders::item_id.eq_any(wanted))
                    .select(orders::id),
            ),
            2,
        );
        let update = diesel::update(orders::table.filter(orders::id.eq(1_i64))).set(orders::total.eq(2_i64));
        check(scope_query::<Pg, _>(&scoper, &update), 1);
        check(scope_query::<Pg, _>(&scoper, &diesel::delete(orders::table)), 1);
    }

    #[test]
    fn what_may_not_be_is_refused() {
        let rule = |error: Error| error.refusal().map(Refusal::rule);
        let postgres = scoper(Dialect::Postgres);
        let moved = diesel::update(orders::table).set(orders::store_id.eq(2_i64));
        assert_eq!(
            scope_query::<Pg, _>(&postgres, &moved).map_err(rule).unwrap_err(),
            Some(Rule::KeyAssigned)
        );
        let unknown = people::table.select(people::id);
        assert_eq!(
            scope_query::<Pg, _>(&postgres, &unknown)
                .map_err(rule)
                .unwrap_err(),
            Some(Rule::UnknownTable)
        );
        let sqlite = scoper(Dialect::Sqlite);
        assert!(scope_query::<Pg, _>(&sqlite, &orders::table.select(orders::id)).is_err());
    }
}
