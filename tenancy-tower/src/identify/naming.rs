//! How a header's value or a path segment names a tenant.

use tenancy_core::{KeyType, Lookup, TenantId};

/// The kind of name that a source reads. Each has one written form: nothing is folded, trimmed or decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    Slug,
    Id(KeyType),
    AnyId,
}

impl Naming {
    pub(crate) fn read(self, value: &str) -> Option<Lookup> {
        match self {
            Naming::Slug => value.parse().ok().map(Lookup::Slug),
            Naming::Id(key_type) => TenantId::parse(key_type, value).ok().map(Lookup::Id),
            Naming::AnyId => value.parse().ok().map(Lookup::Id),
        }
    }
}
