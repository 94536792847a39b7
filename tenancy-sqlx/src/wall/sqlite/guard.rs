//! [`Guard`]: what a connection's wall knows, and whose turn it is.

use std::{
    collections::HashMap,
    ffi::CStr,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use tenancy_core::{KeyValue, TenantId};

use super::schema::Schema;

/// What a statement that was let in says when it would write a table whose rows nothing guards yet.
pub(super) const UNGUARDED: &CStr = c"tenancy: unguarded";
/// What it says without a ticket.
const NO_TICKET: &CStr = c"tenancy: no ticket";
/// What a statement says whose execution was given up while it ran. It ends in an error, so that what it wrote is undone:
/// with the tenant gone it would go on and write something else.
const OVER: &CStr = c"tenancy: the turn is over";

/// A tenant's id as SQLite stores it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Id {
    Int(i64),
    Text(Box<str>),
}

impl Id {
    pub(super) fn of(tenant: &TenantId) -> Id {
        match tenant.value() {
            KeyValue::BigInt(value) => Id::Int(value),
            KeyValue::Uuid(_) => Id::Text(tenant.to_string().into()),
            KeyValue::Text(value) => Id::Text(value.into()),
        }
    }

    /// The whole number that a column of another affinity holds.
    pub(super) fn of_float(value: f64) -> Option<Id> {
        let text = format!("{value:.0}");
        let whole: i64 = text.parse().ok()?;
        #[allow(
            clippy::cast_precision_loss,
            reason = "a number that does not come back is none"
        )]
        let back = whole as f64;
        (back.to_bits() == value.to_bits()).then_some(Id::Int(whole))
    }

    /// Whether a column's value is this id, whatever the column's affinity made of it.
    fn is(&self, stored: &Id) -> bool {
        match (self, stored) {
            (Id::Int(one), Id::Int(other)) => one == other,
            (Id::Text(one), Id::Text(other)) => one == other,
            (Id::Int(number), Id::Text(text)) | (Id::Text(text), Id::Int(number)) => {
                number.to_string() == **text
            }
        }
    }
}

/// What a function tells.
pub(super) enum Tells<'a> {
    Nothing,
    Int(i64),
    Text(&'a str),
    Error(&'a CStr),
}

impl Tells<'_> {
    pub(super) fn truth(truth: bool) -> Self {
        Tells::Int(i64::from(truth))
    }
}

/// Whose rows a statement reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    One(Id),
    Many(Vec<Id>),
    All,
}

/// What one execution of one statement may do. It ends with the execution.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) reach: Reach,
    /// The tables that are written, folded.
    pub(super) writes: Vec<String>,
    /// Whether the text may answer a conflict by deleting the other row.
    pub(super) replaces: bool,
    /// The text that is let in, to hold names against.
    pub(super) text: Arc<str>,
    /// Whether it was said once that a table is not guarded.
    pub(super) told: AtomicBool,
    /// Whether the text names tables by the wall's views, and what it writes; found out when it is prepared.
    pub(super) stays: OnceLock<bool>,
}

impl Grant {
    /// Whether the text names what it may. An operator's names the tables themselves.
    pub(super) fn stays_behind_views(&self, schema: &Schema) -> bool {
        self.crosses()
            || *self.stays.get_or_init(|| {
                let is_database = |name: &str| schema.is_database(name);
                let is_bare = |name: &str| schema.bare.contains(name);
                super::tokens::stays_behind_views(&self.text, is_database, is_bare, &self.writes)
            })
    }

    pub(super) fn crosses(&self) -> bool {
        match self.reach {
            Reach::One(_) => false,
            Reach::Many(_) | Reach::All => true,
        }
    }
}

/// The grants that wait for their statements, each under a number that cannot be guessed.
///
/// The number is bound, so it stands in no text and in no log. It is worth something to nobody but the execution that it was
/// made for: it brings that one's own grant, and is gone with it.
#[derive(Debug, Default)]
pub(super) struct Tickets {
    waiting: Mutex<HashMap<i64, Weak<Grant>>>,
    count: AtomicU64,
    /// Its keys are the operating system's random numbers.
    chance: RandomState,
}

impl Tickets {
    pub(super) fn issue(&self, grant: &Arc<Grant>) -> i64 {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let ticket = self.chance.hash_one(count).cast_signed();
            if ticket != 0 && !waiting.contains_key(&ticket) {
                waiting.insert(ticket, Arc::downgrade(grant));
                return ticket;
            }
        }
    }

    pub(super) fn revoke(&self, ticket: i64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(&ticket);
    }

    fn find(&self, ticket: i64) -> Option<Arc<Grant>> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(&ticket).and_then(Weak::upgrade)
    }
}

/// What the wall of one connection knows. SQLite's callbacks ask it.
#[derive(Debug)]
pub(super) struct Guard {
    pub(super) tickets: Arc<Tickets>,
    pub(super) schema: Schema,
    /// Whose turn it is. Dead as soon as the execution is over, and with it every right.
    current: Mutex<Weak<Grant>>,
    /// The wall's own work on the schema goes on.
    open: AtomicBool,
}

impl Guard {
    pub(super) fn new(tickets: Arc<Tickets>, schema: Schema) -> Self {
        Self {
            tickets,
            schema,
            current: Mutex::new(Weak::new()),
            open: AtomicBool::new(false),
        }
    }

    pub(super) fn current(&self) -> Option<Arc<Grant>> {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .upgrade()
    }

    /// Begins the turn that a ticket stands for.
    pub(super) fn enter(&self, ticket: i64) -> Tells<'static> {
        let Some(grant) = self.tickets.find(ticket) else {
            return Tells::Error(NO_TICKET);
        };
        let guarded = grant.writes.iter().all(|table| self.schema.is_guarded(table));
        if !guarded && !grant.told.swap(true, Ordering::Relaxed) {
            return Tells::Error(UNGUARDED);
        }
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&grant);
        Tells::truth(false)
    }

    /// Tells the tenant whose turn it is.
    pub(super) fn slice(&self, tell: impl FnOnce(Tells<'_>)) {
        match self.current().as_deref() {
            Some(Grant {
                reach: Reach::One(id),
                ..
            }) => tell(match id {
                Id::Int(value) => Tells::Int(*value),
                Id::Text(value) => Tells::Text(value),
            }),
            Some(_) => tell(Tells::Nothing),
            None => tell(Tells::Error(OVER)),
        }
    }

    /// Whether a row with this key may be written.
    pub(super) fn reaches(&self, key: Option<&Id>) -> Tells<'static> {
        let Some(grant) = self.current() else {
            return Tells::Error(OVER);
        };
        Tells::truth(match (&grant.reach, key) {
            (Reach::One(id), Some(key)) => id.is(key),
            (Reach::Many(ids), Some(key)) => ids.iter().any(|id| id.is(key)),
            (Reach::One(_) | Reach::Many(_), None) => false,
            (Reach::All, _) => true,
        })
    }

    /// Whether a conflict might be answered by deleting the other row.
    pub(super) fn replaces(&self) -> bool {
        // A turn that is over is one that might do anything.
        self.current().is_none_or(|grant| grant.replaces)
    }

    /// Whether an operator crosses tenants.
    pub(super) fn crosses(&self) -> bool {
        self.current().is_some_and(|grant| grant.crosses())
    }

    /// Lets a test look at the whole.
    #[cfg(test)]
    pub(super) fn set_open(&self, open: bool) {
        self.open.store(open, Ordering::Relaxed);
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Lets everything through until the key is dropped. Who has it holds the lock on the connection.
    pub(super) fn open(&self) -> Opened<'_> {
        self.open.store(true, Ordering::Relaxed);
        Opened(self)
    }
}

/// A guard that stands aside.
pub(super) struct Opened<'a>(&'a Guard);

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.0.open.store(false, Ordering::Relaxed);
    }
}
