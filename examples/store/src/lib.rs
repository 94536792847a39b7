//! A shop platform on the tenancy crates: one deployment, many stores.
//!
//! | look in | for |
//! |---|---|
//! | [`app`] | the whole service: which routes stand behind the tenancy layer |
//! | `api`, `pages` | the JSON API and the pages |
//! | `admission` | who is admitted to a store |
//! | [`repository`] | all SQL |
//! | [`import`] | Shopify's product CSV |
//! | [`demo`] | the demo stores |
//! | [`cli`], [`serve`] | the commands |
//! | `migrations/`, `tenancy.toml` | the tables, and whose they are |

mod admission;
mod api;
pub mod app;
mod check;
pub mod cli;
pub mod clock;
pub mod demo;
mod extract;
pub mod id;
pub mod import;
pub mod model;
pub mod money;
mod pages;
pub mod problem;
pub mod repository;
pub mod secrets;
pub mod serve;
mod stores;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
