//! The calls into SQLite's own library, and the only `unsafe` of this crate.
//!
//! sqlx has no way to set an authorizer or to define a function, so both are set through the connection's raw handle.
//! What they decide is decided in safe code, by the [`Guard`] that they are given; nothing here knows a rule.
//!
//! What has to hold, and why it does:
//! - **One thread at a time.** A [`Raw`] borrows sqlx's lock on the connection, and sqlx's worker runs nothing while that
//!   is held. SQLite calls back only from inside of a call on the same connection.
//! - **The guard outlives its use.** Each function that is defined owns a count of the guard's `Arc`, which SQLite gives
//!   back to [`forget`] when the function is replaced or the connection is gone. The authorizer borrows the guard, and is
//!   taken off before the functions are replaced; a connection that closes prepares no statement any more.
//! - **No panic crosses into C.** Each callback catches what unwinds, and then denies.

#![allow(
    unsafe_code,
    reason = "SQLite's authorizer and functions; see the module's words"
)]

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
    sync::Arc,
};

use libsqlite3_sys as ffi;
use sqlx::sqlite::LockedSqliteHandle;

use super::{
    guard::{Guard, Id, Tells},
    rules::{Action, Ask},
};

/// What SQLite said instead of doing what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{message} (code {code})")]
pub(crate) struct Fault {
    code: c_int,
    message: String,
}

/// A connection, for as long as sqlx has it locked.
pub(super) struct Raw<'a> {
    db: NonNull<ffi::sqlite3>,
    lock: PhantomData<&'a mut ()>,
}

impl<'a> Raw<'a> {
    pub(super) fn of(lock: &'a mut LockedSqliteHandle<'_>) -> Raw<'a> {
        Raw {
            db: lock.as_raw_handle(),
            lock: PhantomData,
        }
    }

    fn succeeded(&self, code: c_int) -> Result<(), Fault> {
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.fault(code))
        }
    }

    fn fault(&self, code: c_int) -> Fault {
        // SAFETY: the handle is open and ours alone, and the message is copied before anything else is called.
        let message = unsafe { text(ffi::sqlite3_errmsg(self.db.as_ptr())) };
        Fault {
            code,
            message: message.unwrap_or_default().to_owned(),
        }
    }

    /// What the connection is known by while it is open.
    pub(super) fn address(&self) -> usize {
        self.db.as_ptr() as usize
    }

    /// Runs statements.
    pub(super) fn run(&self, sql: &str) -> Result<(), Fault> {
        let sql = CString::new(sql).map_err(|_| Fault::of(ffi::SQLITE_MISUSE))?;
        // SAFETY: the handle is open and ours alone, the text ends in NUL, and nothing is called back or handed out.
        let code = unsafe {
            ffi::sqlite3_exec(
                self.db.as_ptr(),
                sql.as_ptr(),
                None,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        self.succeeded(code)
    }

    /// The rows of one statement, each column as text.
    pub(super) fn rows(&self, sql: &str) -> Result<Vec<Vec<Option<String>>>, Fault> {
        let sql = CString::new(sql).map_err(|_| Fault::of(ffi::SQLITE_MISUSE))?;
        let mut statement = ptr::null_mut();
        // SAFETY: the handle is open and ours alone, the text ends in NUL, and there is a place for the statement.
        self.succeeded(unsafe {
            ffi::sqlite3_prepare_v2(
                self.db.as_ptr(),
                sql.as_ptr(),
                -1,
                &raw mut statement,
                ptr::null_mut(),
            )
        })?;
        let statement = Statement(statement);
        let mut rows = Vec::new();
        loop {
            // SAFETY: the statement was prepared above and is finalized by its drop.
            match unsafe { ffi::sqlite3_step(statement.0) } {
                ffi::SQLITE_ROW => rows.push(statement.row()),
                ffi::SQLITE_DONE => return Ok(rows),
                code => return Err(self.fault(code)),
            }
        }
    }

    /// Defines the functions of the wall's views and triggers, which ask `guard`.
    pub(super) fn define(&self, guard: &Arc<Guard>) -> Result<(), Fault> {
        // Not for schemas: a view or trigger of the application's own cannot call them. Those that are asked for each
        // row tell the same for as long as a statement runs.
        let steady = ffi::SQLITE_UTF8 | ffi::SQLITE_DIRECTONLY | ffi::SQLITE_DETERMINISTIC;
        self.function(c"tenancy_slice", 0, steady, slice, guard)?;
        self.function(c"tenancy_reaches", 1, steady, reaches, guard)?;
        self.function(c"tenancy_replaces", 0, steady, replaces, guard)?;
        self.function(c"tenancy_crosses", 0, steady, crosses, guard)
    }

    /// Defines the function that begins a turn: last, for without it no statement gets in.
    pub(super) fn define_entrance(&self, guard: &Arc<Guard>) -> Result<(), Fault> {
        let once = ffi::SQLITE_UTF8 | ffi::SQLITE_DIRECTONLY;
        self.function(c"tenancy_enter", 1, once, enter, guard)
    }

    fn function(
        &self,
        name: &CStr,
        arguments: c_int,
        flags: c_int,
        call: Call,
        guard: &Arc<Guard>,
    ) -> Result<(), Fault> {
        let owned = Arc::into_raw(Arc::clone(guard)).cast_mut().cast::<c_void>();
        // SAFETY: the handle is open and ours alone; `owned` is a count of an Arc that SQLite gives to `forget` exactly
        // once, also where this call fails.
        self.succeeded(unsafe {
            ffi::sqlite3_create_function_v2(
                self.db.as_ptr(),
                name.as_ptr(),
                arguments,
                flags,
                owned,
                Some(call),
                None,
                None,
                Some(forget),
            )
        })
    }

    /// Asks `guard` about each thing that a statement would do, when it is prepared. The functions have to be defined
    /// with the same guard: they keep it alive.
    pub(super) fn watch(&self, guard: &Arc<Guard>) -> Result<(), Fault> {
        let borrowed = Arc::as_ptr(guard).cast_mut().cast::<c_void>();
        // SAFETY: the handle is open and ours alone. The guard lives as long as the functions that `define` made, and they
        // are replaced behind an `unwatch` only.
        self.succeeded(unsafe { ffi::sqlite3_set_authorizer(self.db.as_ptr(), Some(authorize), borrowed) })
    }

    /// Takes the authorizer off.
    pub(super) fn unwatch(&self) -> Result<(), Fault> {
        // SAFETY: the handle is open and ours alone.
        self.succeeded(unsafe { ffi::sqlite3_set_authorizer(self.db.as_ptr(), None, ptr::null_mut()) })
    }
}

impl Fault {
    fn of(code: c_int) -> Self {
        Self {
            code,
            message: String::new(),
        }
    }
}

/// A prepared statement, finalized when it is dropped.
struct Statement(*mut ffi::sqlite3_stmt);

impl Statement {
    fn row(&self) -> Vec<Option<String>> {
        // SAFETY: the statement is alive and has just given a row.
        let columns = unsafe { ffi::sqlite3_column_count(self.0) };
        (0..columns)
            // SAFETY: likewise; the column is one of the row's, and its text is copied before anything else is called.
            .map(|column| unsafe { text(ffi::sqlite3_column_text(self.0, column).cast()) }.map(str::to_owned))
            .collect()
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: the statement was prepared by `rows`, and is finalized here only. NULL, for an empty text, does no harm.
        unsafe { ffi::sqlite3_finalize(self.0) };
    }
}

/// The text at `from`, if there is one that is UTF-8.
///
/// # Safety
/// `from` is NULL or ends in NUL, and stays as it is for as long as the text is used.
unsafe fn text<'a>(from: *const c_char) -> Option<&'a str> {
    if from.is_null() {
        return None;
    }
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(from) }.to_str().ok()
}

/// A function as SQLite calls it.
type Call = unsafe extern "C" fn(*mut ffi::sqlite3_context, c_int, *mut *mut ffi::sqlite3_value);

/// Gives a function's count of the guard back.
unsafe extern "C" fn forget(owned: *mut c_void) {
    let _ = catch_unwind(|| {
        // SAFETY: `owned` is what `function` gave to SQLite, which gives it back once.
        drop(unsafe { Arc::from_raw(owned.cast_const().cast::<Guard>()) });
    });
}

/// Says what a statement may do.
unsafe extern "C" fn authorize(
    guard: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    schema: *const c_char,
    inside: *const c_char,
) -> c_int {
    let allowed = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: `watch` gave a guard that is alive as long as it is set; the texts are NULL or end in NUL, and are
        // SQLite's own until this returns.
        let (guard, [first, second, schema, inside]) = unsafe {
            (
                guard.cast_const().cast::<Guard>().as_ref(),
                [first, second, schema, inside].map(|place| (place.is_null(), text(place))),
            )
        };
        // A name that is no UTF-8 is no name that a rule knows.
        let readable = [first, second, schema, inside]
            .iter()
            .all(|(null, text)| *null || text.is_some());
        guard.is_some_and(|guard| {
            readable
                && guard.allows(&Ask {
                    action: Action::of(action),
                    first: first.1,
                    second: second.1,
                    schema: schema.1,
                    inside: inside.1,
                })
        })
    }));
    match allowed {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) | Err(_) => ffi::SQLITE_DENY,
    }
}

/// What a call of a function has at hand.
struct Called<'a> {
    context: *mut ffi::sqlite3_context,
    argument: Option<NonNull<ffi::sqlite3_value>>,
    guard: &'a Guard,
}

/// Runs the body of a function.
///
/// # Safety
/// SQLite is calling a function that [`Raw::function`] defined, with these very values.
unsafe fn answer(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
    body: impl FnOnce(&Called<'_>),
) {
    let ran = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the user data is the guard that `function` gave, and there are `count` values.
        let (guard, argument) = unsafe {
            let guard = ffi::sqlite3_user_data(context).cast_const().cast::<Guard>();
            let argument = if count > 0 { NonNull::new(*values) } else { None };
            (guard.as_ref(), argument)
        };
        if let Some(guard) = guard {
            body(&Called {
                context,
                argument,
                guard,
            });
        }
    }));
    if ran.is_err() {
        // SAFETY: the context is the call's own.
        unsafe { ffi::sqlite3_result_error_code(context, ffi::SQLITE_INTERNAL) };
    }
}

impl Called<'_> {
    fn tell(&self, value: &Tells<'_>) {
        // SAFETY: the context is the call's own; the texts are copied by SQLite before it returns.
        unsafe {
            match value {
                Tells::Nothing => ffi::sqlite3_result_null(self.context),
                Tells::Int(value) => ffi::sqlite3_result_int64(self.context, *value),
                Tells::Text(value) => match c_int::try_from(value.len()) {
                    Ok(length) => ffi::sqlite3_result_text(
                        self.context,
                        value.as_ptr().cast(),
                        length,
                        ffi::SQLITE_TRANSIENT(),
                    ),
                    Err(_) => ffi::sqlite3_result_error_toobig(self.context),
                },
                Tells::Error(message) => {
                    ffi::sqlite3_result_error(self.context, message.as_ptr(), -1);
                }
            }
        }
    }

    fn id(&self) -> Option<Id> {
        let value = self.argument?.as_ptr();
        // SAFETY: the value is the call's own, and its text is copied before anything else is asked of it.
        unsafe {
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Some(Id::Int(ffi::sqlite3_value_int64(value))),
                ffi::SQLITE_FLOAT => Id::of_float(ffi::sqlite3_value_double(value)),
                ffi::SQLITE_TEXT => {
                    text(ffi::sqlite3_value_text(value).cast()).map(|text| Id::Text(text.into()))
                }
                _ => None,
            }
        }
    }

    /// Makes the connection forget the last row that was inserted on it.
    fn forget_row(&self) {
        // SAFETY: the context is the call's own, and its connection the one that makes it.
        unsafe { ffi::sqlite3_set_last_insert_rowid(ffi::sqlite3_context_db_handle(self.context), 0) };
    }
}

unsafe extern "C" fn enter(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let body = |called: &Called<'_>| {
        let ticket = match called.id() {
            Some(Id::Int(ticket)) => ticket,
            Some(Id::Text(_)) | None => 0,
        };
        let told = called.guard.enter(ticket);
        if !matches!(told, Tells::Error(_)) {
            called.forget_row();
        }
        called.tell(&told);
    };
    // SAFETY: SQLite calls, with its own values.
    unsafe { answer(context, count, values, body) }
}

unsafe extern "C" fn slice(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite calls, with its own values.
    unsafe {
        answer(context, count, values, |called| {
            called.guard.slice(|told| called.tell(&told));
        });
    }
}

unsafe extern "C" fn reaches(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let body = |called: &Called<'_>| called.tell(&called.guard.reaches(called.id().as_ref()));
    // SAFETY: SQLite calls, with its own values.
    unsafe { answer(context, count, values, body) }
}

unsafe extern "C" fn replaces(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let body = |called: &Called<'_>| called.tell(&Tells::truth(called.guard.replaces()));
    // SAFETY: SQLite calls, with its own values.
    unsafe { answer(context, count, values, body) }
}

unsafe extern "C" fn crosses(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    let body = |called: &Called<'_>| called.tell(&Tells::truth(called.guard.crosses()));
    // SAFETY: SQLite calls, with its own values.
    unsafe { answer(context, count, values, body) }
}
