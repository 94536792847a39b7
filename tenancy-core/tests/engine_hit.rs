//! A text that was scoped before costs a look-up, and no allocation.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests, which the lint does not know for tests"
)]
#![allow(unsafe_code, reason = "an allocator cannot be counted without one")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use tenancy_core::{
    Catalog, KeyType,
    sql::{Dialect, Scoper},
};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts what this thread asks for.
struct Counting;

// SAFETY: it only passes on what it is asked.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

#[test]
fn a_hit_allocates_nothing() {
    let catalog = Catalog::builder()
        .tenant_key("store_id", KeyType::BigInt)
        .tenant_tables(["orders"])
        .build()
        .unwrap();
    for (dialect, bind) in [
        (Dialect::Postgres, "$1"),
        (Dialect::Sqlite, "?"),
        (Dialect::Mysql, "?"),
    ] {
        let scoper = Scoper::new(catalog.clone(), dialect);
        let accepted = format!("SELECT total FROM orders WHERE id = {bind} AND total > 100");
        let (refused, empty) = ("SELECT * FROM people", "");
        let texts = [accepted.as_str(), refused, empty];
        let miss = allocations(|| texts.iter().for_each(|text| drop(scoper.scope(text))));
        // The count counts.
        assert!(miss > 10, "{miss}");
        let hit = allocations(|| texts.iter().for_each(|text| drop(scoper.scope(text))));
        assert_eq!(hit, 0, "{dialect:?}");
        let bound = allocations(|| drop(scoper.scope_binding(&accepted, 1)));
        assert_eq!(bound, 0, "{dialect:?}");
    }
}
