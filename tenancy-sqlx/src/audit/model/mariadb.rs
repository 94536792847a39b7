//! What only MariaDB and MySQL have.

#[derive(Debug, Default)]
pub(crate) struct MariaDb {
    /// The database of the connection.
    pub(crate) database: String,
    pub(crate) foreign_keys: bool,
    /// What the application's user may do, by roles too.
    pub(crate) grants: Vec<MariaGrant>,
    pub(crate) routines: Vec<Routine>,
    /// Who of the application may call a routine by a grant on it alone: its kind and name, and the grantee.
    pub(crate) callers: Vec<(String, String, String)>,
    /// Users that the application's may log in as: the one, and the other.
    pub(crate) proxies: Vec<(String, String)>,
    /// Events, with their bodies.
    pub(crate) events: Vec<String>,
}

/// A privilege; without a table it is for the whole schema, without a schema for the server.
#[derive(Debug, Clone)]
pub(crate) struct MariaGrant {
    pub(crate) grantee: String,
    pub(crate) privilege: String,
    pub(crate) grantable: bool,
    pub(crate) schema: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) column: Option<String>,
}

/// A stored function or procedure.
#[derive(Debug, Clone)]
pub(crate) struct Routine {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) definer: bool,
}
