//! What is MySQL's and MariaDB's own.

mod calls;
mod expr;
mod hints;
mod lexical;
mod locks;
mod reader;
mod types;

pub(super) use calls::check_calls;
pub(super) use expr::{is_clock, is_dual, is_introduced, is_text_label, is_unit};
pub(super) use lexical::check_lexical;
pub(super) use locks::lock_text;
pub(super) use reader::MySqlReader;
pub(super) use types::is_type_allowed;
