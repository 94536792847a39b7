//! sqlx's `Executor`, for each thing that runs scoped statements.
//!
//! The required methods differ in where the statement runs; what they have in common is that it was planned first,
//! and that none of them prepares or describes one.

use futures_core::{future::BoxFuture, stream::BoxStream};
use sqlx::{Describe, Execute, Executor, SqlStr};

use super::{
    ScopedDb, ScopedSavepoint, ScopedTransaction,
    plan::{Reach, plan},
};
use crate::{TenantDatabase, cross::CrossDb, database::Step, error::Kind};

/// `impl Executor for $target`, given how it fetches. Nothing else differs, and nothing may be forgotten in one of them.
macro_rules! executor {
    ([$($generics:tt)*] $target:ty, |$self:ident, $query:ident| $many:expr, $optional:expr) => {
        impl<'c, $($generics)*> Executor<'c> for $target {
            type Database = DB;

            fn fetch_many<'e, 'q: 'e, E>($self, $query: E) -> BoxStream<'e, Result<Step<DB>, sqlx::Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, DB>,
            {
                $many
            }

            fn fetch_optional<'e, 'q: 'e, E>($self, $query: E) -> BoxFuture<'e, Result<Option<DB::Row>, sqlx::Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, DB>,
            {
                $optional
            }

            fn prepare_with<'e>(
                self,
                _sql: SqlStr,
                _parameters: &'e [DB::TypeInfo],
            ) -> BoxFuture<'e, Result<DB::Statement, sqlx::Error>>
            where
                'c: 'e,
            {
                Box::pin(std::future::ready(Err(Kind::Prepared.into_sqlx())))
            }

            fn describe<'e>(self, _sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, sqlx::Error>>
            where
                'c: 'e,
            {
                Box::pin(std::future::ready(Err(Kind::Prepared.into_sqlx())))
            }
        }
    };
}

executor!(
    [DB: TenantDatabase] &'_ ScopedDb<DB>,
    |self, query| self.inner.fetch_many(plan(&self.inner, Reach::One(&self.ctx), query), self.turn()),
    self.inner.fetch_optional(plan(&self.inner, Reach::One(&self.ctx), query), self.turn())
);

executor!(
    [DB: TenantDatabase] &'_ mut ScopedDb<DB>,
    |self, query| self.inner.fetch_many(plan(&self.inner, Reach::One(&self.ctx), query), self.turn()),
    self.inner.fetch_optional(plan(&self.inner, Reach::One(&self.ctx), query), self.turn())
);

executor!(
    [DB: TenantDatabase] &'c mut ScopedTransaction<DB>,
    |self, query| {
        let (session, ctx) = self.parts();
        let plan = plan(session.inner(), Reach::One(ctx), query);
        session.fetch_many(plan)
    },
    {
        let (session, ctx) = self.parts();
        let plan = plan(session.inner(), Reach::One(ctx), query);
        session.fetch_optional(plan)
    }
);

executor!(
    [DB: TenantDatabase] &'c mut ScopedSavepoint<'_, DB>,
    |self, query| {
        let (session, ctx) = self.parts();
        let plan = plan(session.inner(), Reach::One(ctx), query);
        session.fetch_many(plan)
    },
    {
        let (session, ctx) = self.parts();
        let plan = plan(session.inner(), Reach::One(ctx), query);
        session.fetch_optional(plan)
    }
);

executor!(
    [DB: TenantDatabase] &'_ CrossDb<DB>,
    |self, query| self.fetch_many_recorded(query),
    self.fetch_optional_recorded(query)
);

executor!(
    [DB: TenantDatabase] &'_ mut CrossDb<DB>,
    |self, query| self.fetch_many_recorded(query),
    self.fetch_optional_recorded(query)
);
