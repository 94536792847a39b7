//! What is MySQL's and MariaDB's own.

mod reader;
mod types;

pub(super) use reader::MySqlReader;
pub(super) use types::is_type_allowed;
