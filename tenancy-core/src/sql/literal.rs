//! The tenant as a literal in the text, where the server has no bind for it.
//!
//! MySQL counts binds by their order, so that a bind in the middle of the text would number those behind it anew, and a
//! driver's arguments cannot be taken apart. So the statement is kept with a slot, which no user can write, and the
//! tenant's id is put into it for each execution. An id is of a closed alphabet, so that its literal needs no escaping.

use std::{ops::Range, sync::Arc};

use super::{Dialect, Refusal, Rule, text};
use crate::{KeyType, KeyValue, TenantId};

/// Where the tenant goes. The parser reads it as a placeholder; a text that has one already is refused, for `:name` is
/// no placeholder of MySQL's. To the server itself it is a syntax error.
pub(super) const SLOT: &str = ":_tq_tenant";

/// The slots of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slots {
    places: Arc<[Range<usize>]>,
    key_type: KeyType,
    /// Whether each takes a list.
    many: bool,
}

/// The tenants do not fit the statement: their ids are of another type than the catalogue's key, or there are several
/// where there has to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tenant's id is not what this statement takes")]
pub struct UnfitTenant;

impl Slots {
    /// What they take in memory.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.places)
    }

    /// Finds the slots of a text that the engine has proved; `None` where there are none.
    pub(super) fn find(
        sql: &str,
        dialect: Dialect,
        key_type: KeyType,
        many: bool,
    ) -> Result<Option<Self>, Refusal> {
        match dialect {
            Dialect::Postgres | Dialect::Sqlite => return Ok(None),
            Dialect::Mysql => {}
        }
        let places: Arc<[_]> = text::tenant_slots(sql, dialect)?.into();
        let whole = places.iter().all(|place| sql.get(place.clone()) == Some(SLOT));
        if !whole {
            return Err(Refusal::new(Rule::Verification));
        }
        Ok((!places.is_empty()).then_some(Self {
            places,
            key_type,
            many,
        }))
    }

    /// The text with the tenants in its slots.
    pub(super) fn fill(&self, sql: &str, tenants: &[TenantId]) -> Result<Arc<str>, UnfitTenant> {
        let fits = tenants.iter().all(|tenant| tenant.key_type() == self.key_type);
        let counted = if self.many {
            !tenants.is_empty()
        } else {
            tenants.len() == 1
        };
        if !fits || !counted {
            return Err(UnfitTenant);
        }
        let literals: Vec<String> = tenants.iter().map(literal).collect();
        let literals = literals.join(", ");
        let mut out = String::with_capacity(sql.len() + self.places.len() * literals.len());
        let mut done = 0;
        for place in &*self.places {
            out.push_str(sql.get(done..place.start).ok_or(UnfitTenant)?);
            out.push_str(&literals);
            done = place.end;
        }
        out.push_str(sql.get(done..).ok_or(UnfitTenant)?);
        Ok(out.into())
    }
}

fn literal(tenant: &TenantId) -> String {
    match tenant.value() {
        KeyValue::BigInt(number) => number.to_string(),
        // Both are written in letters, digits, - and _ alone.
        KeyValue::Uuid(_) | KeyValue::Text(_) => format!("'{tenant}'"),
    }
}
