//! The tables of built-in functions against the servers that are here.
//!
//! A built-in that the table does not know turns these tests red: somebody reads what it does, and puts it under the
//! heading of its class. What the server itself says of a function must not contradict its class.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "mysql")]
mod mariadb;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::collections::BTreeMap;

/// What a table says of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    class: &'static str,
    place: &'static str,
    args: Option<usize>,
    about: &'static str,
}

impl Entry {
    fn is_harmless(self) -> bool {
        ["pure", "clock"].contains(&self.class)
    }
}

/// Reads a table anew, not with the engine's own reader.
fn table(text: &'static str) -> BTreeMap<&'static str, Entry> {
    let mut table = BTreeMap::new();
    let mut heading = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(line) = line.strip_prefix("== ") {
            let (kind, about) = line.split_once(": ").unwrap();
            let (class, place) = kind.split_once(' ').unwrap_or((kind, ""));
            heading = Some((class, place, about));
            continue;
        }
        for word in line.split_whitespace() {
            let (class, place, about) = heading.unwrap();
            let (name, args) = word
                .split_once('/')
                .map_or((word, None), |(name, args)| (name, Some(args.parse().unwrap())));
            table.insert(
                name,
                Entry {
                    class,
                    place,
                    args,
                    about,
                },
            );
        }
    }
    table
}

/// Fails with the names that the table does not have.
fn check_known<'n>(table: &BTreeMap<&'static str, Entry>, names: impl IntoIterator<Item = &'n str>) {
    let unknown: Vec<_> = names
        .into_iter()
        .filter(|name| !table.contains_key(name))
        .collect();
    assert!(
        unknown.is_empty(),
        "read what these do, and put them under the heading of their class: {}",
        unknown.join(" ")
    );
}
