//! What only SQLite has.

#[derive(Debug, Default)]
pub(crate) struct Sqlite {
    pub(crate) foreign_keys: bool,
    /// Other databases on the connection.
    pub(crate) attached: Vec<String>,
    /// What `temp` holds.
    pub(crate) temporary: Vec<String>,
    /// The tables that ANALYZE keeps its samples in.
    pub(crate) statistics: Vec<String>,
}
