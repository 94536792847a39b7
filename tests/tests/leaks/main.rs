//! Leaks that other systems had, each with a control that shows that the other tenant's rows are there to be leaked.
//!
//! `data/leaks.json` is the list. A case is closed when its statement is refused as expected, or when it answers as on a
//! database that never knew the other tenant and leaves that tenant's rows as they were.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod filters;
mod pair;
mod writes;

use serde::Deserialize;

/// An entry of the list.
#[derive(Debug, Deserialize)]
struct Leak {
    id: String,
    title: String,
    test: String,
}

#[test]
fn every_entry_has_its_test() {
    let leaks: Vec<Leak> = serde_json::from_str(include_str!("../../data/leaks.json")).unwrap();
    let tests = [include_str!("filters.rs"), include_str!("writes.rs")].concat();
    assert_eq!(leaks.len(), 23);
    for (n, leak) in leaks.iter().enumerate() {
        assert_eq!(leak.id, format!("L-{:02}", n + 1));
        assert!(!leak.title.is_empty());
        let start = format!("l{:02}_", n + 1);
        assert!(leak.test.starts_with(&start), "{}", leak.test);
        assert!(
            tests.contains(&format!("async fn {}()", leak.test)),
            "{}",
            leak.test
        );
    }
}
