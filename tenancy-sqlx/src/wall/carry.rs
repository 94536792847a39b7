//! [`Wall`]: how the database is told whose turn it is.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use tenancy_core::TenantId;

use super::{SigningKey, migration::text, slice::quoted};

/// How long a connection stays a tenant's for a statement outside of a transaction, in milliseconds: longer than it ever takes
/// to send the statement after it was told. A turn that is over shows nothing, and not that it is over.
const TURN: i64 = 300_000;
/// What `track_activity_query_size` is where nobody changed it, as the server says it and in bytes.
const SHOWS: (&str, usize) = ("1kB", 1024);

/// What stands behind the engine on PostgreSQL, and how it is told whose turn it is.
///
/// [`TenantDb::wall`](crate::TenantDb::wall) takes it. The wall itself is put up by the migration of
/// [`RowSecurity`](super::RowSecurity).
///
/// By default every statement runs in a transaction that is the tenant's from its first round trip to its end, so no
/// connection has a tenant afterwards, and a pooler may hand each transaction to another connection. A transaction takes
/// as many round trips as one without a wall; a statement by itself that reads takes two, one that writes three.
/// [`per_checkout`](Wall::per_checkout) is the other way.
///
/// # What a statement that gets past the engine can do
/// It sees, changes and locks its own tenant's rows, and no other's, with what it is signed for: the connection, and the
/// transaction by the microsecond that it began in. It can end its own turn (`RESET`, `set_config`), and then reaches nothing.
/// To become another tenant it needs a token that the application signed for that tenant in the last ten seconds, and
/// has to be the first statement of its transaction, which is the application's own. `pg_stat_activity` shows
/// the same role's statements on other connections, but not a token: it stands behind as much white space as the server
/// shows. Who can read the network or the server's log of statements can take one from there: use TLS, and keep
/// the log to administrators.
///
/// Where the server hands settings on to others (Citus), use [`unsigned`](Wall::unsigned): a signature holds on the
/// connection that it was made on.
///
/// ```
/// use tenancy_sqlx::{SigningKey, Wall};
///
/// let key = SigningKey::new(1, b"32 random bytes, from a secret store")?;
/// let wall = Wall::signed(key);
/// # let _ = wall;
/// # Ok::<(), tenancy_sqlx::InvalidSigningKey>(())
/// ```
#[derive(Debug, Clone)]
pub struct Wall {
    proof: Proof,
    schema: String,
    per_checkout: bool,
    learned: Arc<Learned>,
}

#[derive(Debug, Clone)]
enum Proof {
    Signed(SigningKey),
    Unsigned,
    /// There is no wall.
    None,
}

/// What is known of the server, by every clone.
#[derive(Debug)]
struct Learned {
    /// How far its clock is before this machine's, in milliseconds.
    ahead: AtomicI64,
    /// How much of a statement it shows, as it says it and in bytes.
    shows: RwLock<(String, usize)>,
    /// Whether it was seen that each connection of the pool is one of the server's.
    undivided: AtomicBool,
}

impl Wall {
    /// The wall of [`RowSecurity`](super::RowSecurity), which believes what this key signed.
    pub fn signed(key: SigningKey) -> Self {
        Self::new(Proof::Signed(key))
    }

    /// The wall of [`RowSecurity::unsigned`](super::RowSecurity::unsigned).
    ///
    /// # Cross-tenant
    /// A statement that gets past the engine and may call `set_config` can name any tenant.
    pub fn unsigned() -> Self {
        Self::new(Proof::Unsigned)
    }

    /// No wall: the database is told nothing, and only the engine keeps tenants apart.
    ///
    /// # Cross-tenant
    /// A mistake in the engine, or a statement that does not go by way of it, reaches every tenant's rows.
    pub fn engine_only() -> Self {
        Self::new(Proof::None)
    }

    fn new(proof: Proof) -> Self {
        Self {
            proof,
            schema: "tenancy".to_owned(),
            per_checkout: false,
            learned: Arc::new(Learned {
                ahead: AtomicI64::new(0),
                shows: RwLock::new((SHOWS.0.to_owned(), SHOWS.1)),
                undivided: AtomicBool::new(false),
            }),
        }
    }

    /// The schema of the functions, as [`RowSecurity::schema`](super::RowSecurity::schema) has it.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Tells a connection its tenant when a statement outside of a transaction takes it from the pool, for some minutes,
    /// and clears it when it goes back. Such a statement takes two round trips then, reading or writing, and what
    /// it wrote stays where its stream is dropped early. Transactions are carried as always.
    ///
    /// It needs a pool of this crate's own ([`TenantDb::connect`](crate::TenantDb::connect)) and no pooler by transaction
    /// between here and the server, where the next statement may meet another connection: both are found out, and refused.
    #[must_use]
    pub fn per_checkout(mut self) -> Self {
        self.per_checkout = true;
        self
    }

    pub(crate) fn stands(&self) -> bool {
        !matches!(self.proof, Proof::None)
    }

    pub(crate) fn is_per_checkout(&self) -> bool {
        self.per_checkout && self.stands()
    }

    /// The text that opens a transaction as this tenant's.
    pub(crate) fn enter(&self, begin: &str, tenant: &TenantId) -> String {
        match self.call("enter", tenant, "") {
            Some(call) => format!("{begin};{call}"),
            None => begin.to_owned(),
        }
    }

    /// The text that makes a connection this tenant's.
    pub(crate) fn enter_session(&self, tenant: &TenantId) -> Option<String> {
        let until = self.server_time().saturating_add(TURN);
        self.call("enter_session", tenant, &format!(", '{until:013}'"))
    }

    /// A call of one of the server's functions, behind as much white space as hides a token.
    fn call(&self, function: &str, tenant: &TenantId, more: &str) -> Option<String> {
        let token = text(&self.token(tenant)?);
        let shown = self.learned.shows.read().unwrap_or_else(PoisonError::into_inner);
        let white = match self.proof {
            Proof::Signed(_) => shown.1,
            Proof::Unsigned | Proof::None => 0,
        };
        let (schema, shows) = (quoted(&self.schema), text(&shown.0));
        Some(format!(
            "{:white$}SELECT {schema}.{function}({token}, {shows}{more})",
            ""
        ))
    }

    /// What the application says of whose turn it is.
    fn token(&self, tenant: &TenantId) -> Option<String> {
        match &self.proof {
            Proof::Signed(key) => Some(key.token(tenant, self.server_time())),
            Proof::Unsigned => Some(tenant.to_string()),
            Proof::None => None,
        }
    }

    fn server_time(&self) -> i64 {
        now().saturating_add(self.learned.ahead.load(Ordering::Relaxed))
    }

    /// Takes note of the server's time, in milliseconds since 1970, and of how much of a statement it shows, as it says it
    /// and in bytes.
    pub(crate) fn learn(&self, time: i64, shows: String, bytes: i64) {
        self.learned
            .ahead
            .store(time.saturating_sub(now()), Ordering::Relaxed);
        let bytes = usize::try_from(bytes).unwrap_or(SHOWS.1);
        *self.learned.shows.write().unwrap_or_else(PoisonError::into_inner) = (shows, bytes);
    }

    pub(crate) fn is_undivided(&self) -> bool {
        self.learned.undivided.load(Ordering::Relaxed)
    }

    pub(crate) fn set_undivided(&self) {
        self.learned.undivided.store(true, Ordering::Relaxed);
    }
}

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall() -> Wall {
        Wall::signed(SigningKey::new(1, &[7; 32]).unwrap())
    }

    #[test]
    fn the_token_stands_behind_as_much_white_space_as_the_server_shows() {
        let wall = wall();
        let tenant = TenantId::bigint(7).unwrap();
        assert!(wall.enter("BEGIN", &tenant).find("SELECT").unwrap() >= 1024);
        wall.learn(now(), "5000B".to_owned(), 5000);
        let begin = wall.enter("BEGIN", &tenant);
        assert!(begin.find("SELECT").unwrap() >= 5000);
        assert!(begin.ends_with(".7', '5000B')"), "{begin}");
    }

    #[test]
    fn tokens_are_of_the_servers_time() {
        let wall = wall();
        let tenant = TenantId::bigint(7).unwrap();
        wall.learn(now() + 3_600_000, "1kB".to_owned(), 1024);
        let token = wall.token(&tenant).unwrap();
        let at: i64 = token.split('.').nth(1).unwrap().parse().unwrap();
        let off = at - now();
        assert!((3_590_000..3_610_000).contains(&off), "{off}");
    }

    #[test]
    fn without_a_wall_nothing_is_told() {
        let tenant = TenantId::bigint(7).unwrap();
        assert_eq!(Wall::engine_only().enter("BEGIN", &tenant), "BEGIN");
        assert_eq!(Wall::engine_only().enter_session(&tenant), None);
        let unsigned = Wall::unsigned().schema("odd\"name").enter("BEGIN", &tenant);
        assert_eq!(unsigned, "BEGIN;SELECT \"odd\"\"name\".enter('7', '1kB')");
    }
}
