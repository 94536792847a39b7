//! A bounded cache in front of a directory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use moka::{Expiry, future::Cache};

use super::{Directory, DirectoryError, Lookup};
use crate::{Tenant, TenantId};

/// Any [`Directory`] behind a bounded cache.
///
/// Simultaneous look-ups of one tenant ask the directory once. Unknown tenants are remembered too, for a shorter
/// time, so that a flood of unknown names does not reach the directory; errors are not remembered. Both live in
/// one cache of bounded size.
///
/// A change of a tenant takes effect when its entry ends, or at once after
/// [`invalidate`](CachedDirectory::invalidate): who suspends a tenant calls it in every process.
///
/// ```
/// use std::time::Duration;
/// use tenancy_core::{CachedDirectory, MemoryDirectory};
///
/// let directory = CachedDirectory::new(MemoryDirectory::new())
///     .capacity(50_000)
///     .time_to_live(Duration::from_secs(30));
/// # drop(directory);
/// ```
#[derive(Debug, Clone)]
pub struct CachedDirectory<D> {
    inner: D,
    entries: Cache<Lookup, Option<Arc<Tenant>>>,
    limits: Limits,
}

#[derive(Debug, Clone, Copy)]
struct Limits {
    capacity: u64,
    known: Duration,
    unknown: Duration,
}

impl Expiry<Lookup, Option<Arc<Tenant>>> for Limits {
    fn expire_after_create(&self, _: &Lookup, found: &Option<Arc<Tenant>>, _: Instant) -> Option<Duration> {
        Some(if found.is_some() { self.known } else { self.unknown })
    }
}

impl Limits {
    fn cache(self) -> Cache<Lookup, Option<Arc<Tenant>>> {
        Cache::builder()
            .max_capacity(self.capacity)
            .expire_after(self)
            .support_invalidation_closures()
            .build()
    }
}

impl<D: Directory> CachedDirectory<D> {
    /// A cache of 10,000 entries that live 60 seconds, and 5 where the tenant is unknown.
    pub fn new(inner: D) -> Self {
        let limits = Limits {
            capacity: 10_000,
            known: Duration::from_secs(60),
            unknown: Duration::from_secs(5),
        };
        Self {
            inner,
            entries: limits.cache(),
            limits,
        }
    }

    /// Sets how many entries are kept at most. What was cached so far is forgotten.
    pub fn capacity(self, entries: u64) -> Self {
        self.with(|limits| limits.capacity = entries)
    }

    /// Sets how long a known tenant is remembered. What was cached so far is forgotten.
    pub fn time_to_live(self, time: Duration) -> Self {
        self.with(|limits| limits.known = time)
    }

    /// Sets how long an unknown tenant is remembered as unknown. What was cached so far is forgotten.
    pub fn time_to_live_unknown(self, time: Duration) -> Self {
        self.with(|limits| limits.unknown = time)
    }

    fn with(self, change: impl FnOnce(&mut Limits)) -> Self {
        let Self {
            inner,
            entries: _,
            mut limits,
        } = self;
        change(&mut limits);
        Self {
            inner,
            entries: limits.cache(),
            limits,
        }
    }

    /// Forgets all that is cached of a tenant, and all that is remembered as unknown (one of those may be a new
    /// name of this tenant).
    pub fn invalidate(&self, tenant: &TenantId) {
        let tenant = tenant.clone();
        let stale = move |_: &Lookup, found: &Option<Arc<Tenant>>| {
            found.as_ref().is_none_or(|found| *found.id() == tenant)
        };
        // The only error is a cache built without invalidation closures; then everything goes.
        if self.entries.invalidate_entries_if(stale).is_err() {
            self.entries.invalidate_all();
        }
    }

    /// Forgets all that is cached.
    pub fn invalidate_all(&self) {
        self.entries.invalidate_all();
    }
}

#[async_trait]
impl<D: Directory> Directory for CachedDirectory<D> {
    async fn find(&self, by: &Lookup) -> Result<Option<Arc<Tenant>>, DirectoryError> {
        let found = self.entries.try_get_with_by_ref(by, self.inner.find(by)).await;
        found.map_err(|error| DirectoryError::clone(&error))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{MemoryDirectory, TenantStatus};

    /// Counts how often it is asked.
    #[derive(Debug, Default)]
    struct Counting {
        inner: MemoryDirectory,
        asked: AtomicUsize,
        failing: std::sync::atomic::AtomicBool,
    }

    #[async_trait]
    impl Directory for Counting {
        async fn find(&self, by: &Lookup) -> Result<Option<Arc<Tenant>>, DirectoryError> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            if self.failing.load(Ordering::SeqCst) {
                return Err(DirectoryError::new("down"));
            }
            self.inner.find(by).await
        }
    }

    fn tenant(status: TenantStatus) -> Tenant {
        Tenant::builder(TenantId::bigint(1).unwrap(), "a".parse().unwrap())
            .status(status)
            .build()
    }

    fn by_slug(slug: &str) -> Lookup {
        Lookup::Slug(slug.parse().unwrap())
    }

    #[tokio::test]
    async fn a_change_takes_effect_on_invalidation() {
        let inner = Arc::new(Counting::default());
        inner.inner.insert(tenant(TenantStatus::Active));
        let directory = CachedDirectory::new(Arc::clone(&inner));
        for _ in 0..3 {
            assert!(directory.find(&by_slug("a")).await.unwrap().is_some());
        }
        assert_eq!(inner.asked.load(Ordering::SeqCst), 1);

        inner.inner.insert(tenant(TenantStatus::Suspended));
        let cached = directory.find(&by_slug("a")).await.unwrap().unwrap();
        assert_eq!(cached.status(), TenantStatus::Active);
        directory.invalidate(cached.id());
        let fresh = directory.find(&by_slug("a")).await.unwrap().unwrap();
        assert_eq!(fresh.status(), TenantStatus::Suspended);
    }

    #[tokio::test]
    async fn an_unknown_name_is_remembered_until_a_tenant_takes_it() {
        let inner = Arc::new(Counting::default());
        let directory = CachedDirectory::new(Arc::clone(&inner));
        for _ in 0..3 {
            assert!(directory.find(&by_slug("a")).await.unwrap().is_none());
        }
        assert_eq!(inner.asked.load(Ordering::SeqCst), 1);
        inner.inner.insert(tenant(TenantStatus::Active));
        directory.invalidate(&TenantId::bigint(1).unwrap());
        assert!(directory.find(&by_slug("a")).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn simultaneous_lookups_ask_once_and_errors_are_not_kept() {
        let inner = Arc::new(Counting::default());
        inner.inner.insert(tenant(TenantStatus::Active));
        inner.failing.store(true, Ordering::SeqCst);
        let directory = CachedDirectory::new(Arc::clone(&inner));
        assert!(directory.find(&by_slug("a")).await.is_err());
        inner.failing.store(false, Ordering::SeqCst);
        let slug = by_slug("a");
        let (left, right) = tokio::join!(directory.find(&slug), directory.find(&slug));
        assert!(left.unwrap().is_some() && right.unwrap().is_some());
        assert_eq!(inner.asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn the_cache_is_bounded() {
        let directory = CachedDirectory::new(Counting::default()).capacity(10);
        for n in 0..500 {
            directory.find(&by_slug(&format!("s{n}"))).await.unwrap();
        }
        directory.entries.run_pending_tasks().await;
        assert!(directory.entries.entry_count() <= 10);
    }
}
