//! The wall on PostgreSQL, without the engine: what the server lets a role of the application do that runs any SQL it likes.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[path = "wall/forging.rs"]
mod forging;
#[path = "wall/migration.rs"]
mod migration;
#[path = "wall/slices.rs"]
mod slices;
#[path = "wall/world.rs"]
mod world;
