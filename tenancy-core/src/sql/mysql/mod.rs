//! What is MySQL's and MariaDB's own.

mod calls;
mod expr;
mod fails;
mod hints;
mod json_table;
mod lexical;
mod locks;
mod merging;
mod reader;
mod session;
mod targets;
mod types;

pub(super) use calls::check_calls;
pub(super) use expr::{is_clock, is_dual, is_introduced, is_text_label, is_unit};
pub(super) use fails::{joins_find_nothing, may_fail};
pub(super) use json_table::is_column_type;
pub(super) use lexical::check_lexical;
pub(super) use locks::lock_text;
pub(super) use merging::has_to_stay_apart;
pub(super) use reader::MySqlReader;
pub(super) use session::check_session;
pub(super) use types::is_type_allowed;
