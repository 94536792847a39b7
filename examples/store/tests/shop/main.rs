//! The shop as a whole: over a listening socket, as a program, and its statements and tables by themselves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod bad_input;
mod catalogue;
mod command_line;
mod common;
mod every_route;
mod example;
mod importing;
mod operator;
mod orders;
mod schema;
mod statements;
mod wall;
