//! The auditor: each rule finds a hole and stays silent at a near miss, and what it writes mends what it found.
//!
//! The holes are data: `audit/postgres.toml`, `audit/sqlite.toml`, `audit/mariadb.toml`. Each is made in a database of its own, a copy of
//! one that has none.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "audit/cases.rs"]
mod cases;
#[path = "audit/document.rs"]
mod document;
#[path = "audit/mariadb.rs"]
mod mariadb;
#[path = "audit/postgres.rs"]
mod postgres;
#[path = "audit/report.rs"]
mod report;
#[path = "audit/sqlite.rs"]
mod sqlite;
#[path = "audit/store.rs"]
mod store;
