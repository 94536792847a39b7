//! A query as the engine scoped it, with its tenant.

use std::sync::Arc;

use diesel::{
    QueryResult,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};
use tenancy_core::{KeyValue, TenantId, sql::ScopedSql};

use crate::query::ScopedBackend;

/// A tenant's id as it is bound.
#[derive(Debug, Clone)]
pub enum TenantBind {
    Int(i64),
    Text(String),
}

impl TenantBind {
    pub(super) fn of(tenant: &TenantId) -> Self {
        match tenant.value() {
            KeyValue::BigInt(value) => TenantBind::Int(value),
            KeyValue::Uuid(_) => TenantBind::Text(tenant.to_string()),
            KeyValue::Text(value) => TenantBind::Text(value.to_owned()),
        }
    }
}

/// A query whose text is the engine's and whose values are its own, behind its tenant.
pub(super) struct Slice<Q> {
    pub(super) query: Q,
    pub(super) scoped: Arc<ScopedSql>,
    pub(super) tenant: TenantBind,
}

impl<Q: Query> Query for Slice<Q> {
    type SqlType = Q::SqlType;
}

/// Its text is not its type's: the driver keeps prepared statements by their text.
impl<Q> QueryId for Slice<Q> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: ScopedBackend, Q: QueryFragment<DB>> QueryFragment<DB> for Slice<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // Only the pass that writes the text remembers this.
        out.skip_from(true);
        if out.should_skip_from() {
            out.skip_from(false);
            out.push_sql(self.scoped.text());
            return Ok(());
        }
        if self.scoped.tenant_bind().is_some() {
            DB::push_tenant(&mut out, &self.tenant)?;
        }
        self.query.walk_ast(out)
    }
}
