//! A shop platform on the tenancy crates: one deployment, many stores.
pub mod clock;
pub mod id;
pub mod import;
pub mod model;
pub mod money;
pub mod repository;
pub mod secrets;
