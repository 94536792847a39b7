//! SQLite in this process, as the judge of what a text means to a server.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{null, null_mut};

use libsqlite3_sys as ffi;
use tenancy_core::sql::ScopedSql;

/// Two tenants; what is the second's carries `zz2`, or is a number from 7,200,000,000 on.
const SCHEMA: &str = "
    CREATE TABLE items (tid INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT, price REAL, qty INTEGER,
        PRIMARY KEY (tid, id), UNIQUE (tid, name));
    CREATE TABLE orders (tid INTEGER NOT NULL, id INTEGER NOT NULL, item_id INTEGER, note TEXT, PRIMARY KEY (tid, id));
    CREATE TABLE pages (tid INTEGER, id INTEGER NOT NULL, body TEXT, UNIQUE (tid, id));
    CREATE TABLE brands (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE parcels (tid INTEGER NOT NULL, gid INTEGER NOT NULL UNIQUE, note TEXT);
    CREATE TABLE lines (id INTEGER, parcel INTEGER NOT NULL, text TEXT);
    CREATE TABLE deals (buyer INTEGER NOT NULL, seller INTEGER NOT NULL, quantity INTEGER, status TEXT);
    INSERT INTO parcels VALUES (1, 11, 'p'), (2, 12, 'zz2_p');
    INSERT INTO lines VALUES (1, 11, 'l'), (2, 12, 'zz2_l');
    INSERT INTO deals VALUES (1, 2, 5, 'ours'), (2, 1, 6, 'ours'), (2, 3, 7200000006, 'zz2_d');
    CREATE TABLE secrets (id INTEGER PRIMARY KEY, word TEXT);
    INSERT INTO items VALUES (1, 1, 'a', 1.5, 3), (1, 2, 'b', 2.5, 4),
        (2, 1, 'zz2_a', 7200000001, 7200000002), (2, 3, 'zz2_b', 7200000003, 0);
    INSERT INTO orders VALUES (1, 1, 1, 'x'), (2, 1, 7200000004, 'zz2_x'), (2, 2, 7200000005, 'zz2_y');
    INSERT INTO pages VALUES (NULL, 1, 'all'), (1, 1, 'mine'), (2, 1, 'zz2_p');
    INSERT INTO brands VALUES (1, 'brand');
    INSERT INTO secrets VALUES (1, 'zz2_secret');";

/// What has to be as it was.
const OTHERS: &str = "
    SELECT group_concat(x) FROM (
        SELECT tid || id || quote(name) || quote(price) || quote(qty) AS x FROM items WHERE tid IS NOT 1
        UNION ALL SELECT tid || id || quote(item_id) || quote(note) FROM orders WHERE tid IS NOT 1
        UNION ALL SELECT quote(tid) || id || quote(body) FROM pages WHERE tid IS NOT 1
        UNION ALL SELECT tid || gid || quote(note) FROM parcels WHERE tid IS NOT 1
        UNION ALL SELECT quote(id) || parcel || quote(text) FROM lines WHERE parcel NOT IN (SELECT gid FROM parcels WHERE tid = 1)
        UNION ALL SELECT buyer || seller || quote(quantity) || quote(status) FROM deals WHERE buyer <> 1 AND seller <> 1
        UNION ALL SELECT id || name FROM brands UNION ALL SELECT id || word FROM secrets ORDER BY 1)";

#[derive(Default)]
struct Touched {
    reads: BTreeSet<String>,
    writes: BTreeSet<String>,
    others: BTreeSet<String>,
}

struct Server {
    db: *mut ffi::sqlite3,
    before: String,
}

thread_local! {
    static TOUCHED: RefCell<Touched> = RefCell::default();
    static SERVER: Server = Server::open();
}

impl Server {
    fn open() -> Server {
        let mut db = null_mut();
        // SAFETY: the name is a C string, and the handle is written before it is read.
        let rc = unsafe { ffi::sqlite3_open(c":memory:".as_ptr(), &raw mut db) };
        assert_eq!(rc, ffi::SQLITE_OK);
        let mut server = Server {
            db,
            before: String::new(),
        };
        server.script(SCHEMA);
        server.before = server.one(OTHERS);
        server
    }

    fn script(&self, sql: &str) {
        let sql = CString::new(sql).expect("no zero byte");
        // SAFETY: the handle is open, the text is a C string, and no callback is given.
        let rc = unsafe { ffi::sqlite3_exec(self.db, sql.as_ptr(), None, null_mut(), null_mut()) };
        assert_eq!(rc, ffi::SQLITE_OK, "{}", self.error());
    }

    fn error(&self) -> String {
        // SAFETY: the handle is open; the message is a C string until the next call.
        unsafe { CStr::from_ptr(ffi::sqlite3_errmsg(self.db)) }
            .to_string_lossy()
            .into_owned()
    }

    fn one(&self, sql: &str) -> String {
        let statement = self.prepare(sql).expect("a statement of our own");
        // SAFETY: the statement is prepared and finalised here; text of a column lives until the next step.
        unsafe {
            ffi::sqlite3_step(statement);
            let text = ffi::sqlite3_column_text(statement, 0).cast::<c_char>();
            let text = if text.is_null() {
                String::new()
            } else {
                CStr::from_ptr(text).to_string_lossy().into_owned()
            };
            ffi::sqlite3_finalize(statement);
            text
        }
    }

    /// The statement, which has to be all of the text.
    fn prepare(&self, sql: &str) -> Option<*mut ffi::sqlite3_stmt> {
        let (mut statement, mut tail) = (null_mut(), null());
        let len = c_int::try_from(sql.len()).ok()?;
        // SAFETY: the text is given with its length; both out pointers are ours.
        let rc = unsafe {
            ffi::sqlite3_prepare_v2(
                self.db,
                sql.as_ptr().cast(),
                len,
                &raw mut statement,
                &raw mut tail,
            )
        };
        if rc != ffi::SQLITE_OK || statement.is_null() {
            return None;
        }
        // SAFETY: the tail points into the text.
        let read =
            usize::try_from(unsafe { tail.offset_from(sql.as_ptr().cast()) }).expect("behind its start");
        assert!(
            sql.get(read..).is_some_and(|rest| rest.trim().is_empty()),
            "the server stops before the end: {sql}"
        );
        Some(statement)
    }
}

/// What SQLite asks about each thing that a statement touches.
unsafe extern "C" fn authorize(
    _: *mut c_void,
    action: c_int,
    one: *const c_char,
    _two: *const c_char,
    database: *const c_char,
    _inner: *const c_char,
) -> c_int {
    let text = |p: *const c_char| {
        // SAFETY: SQLite gives C strings or null.
        if p.is_null() {
            String::new()
        } else {
            unsafe { CStr::from_ptr(p) }.to_string_lossy().into_owned()
        }
    };
    TOUCHED.with_borrow_mut(|touched| match action {
        ffi::SQLITE_READ => {
            // Rows of a derived table or a CTE are reported without a database, those of a function with one.
            let table = text(one);
            if !database.is_null() && !["json_each", "json_tree"].contains(&table.as_str()) {
                touched.reads.insert(table);
            }
        }
        ffi::SQLITE_INSERT | ffi::SQLITE_UPDATE | ffi::SQLITE_DELETE => {
            touched.writes.insert(text(one));
        }
        ffi::SQLITE_SELECT | ffi::SQLITE_FUNCTION | ffi::SQLITE_RECURSIVE => {}
        other => {
            touched.others.insert(format!("{other}: {}", text(one)));
        }
    });
    ffi::SQLITE_OK
}

unsafe extern "C" fn give_up(left: *mut c_void) -> c_int {
    // SAFETY: the counter outlives the statement, which is run in this thread.
    let left = unsafe { &mut *left.cast::<u32>() };
    *left = left.saturating_sub(1);
    c_int::from(*left == 0)
}

/// Runs a scoped statement as tenant 1 and looks at what it did.
pub(crate) fn check(scoped: &ScopedSql) {
    SERVER.with(|server| server.check(scoped));
}

impl Server {
    fn check(&self, scoped: &ScopedSql) {
        let text = scoped.text();
        TOUCHED.with_borrow_mut(|t| *t = Touched::default());
        // SAFETY: the callback is a function of this program and takes no context.
        unsafe { ffi::sqlite3_set_authorizer(self.db, Some(authorize), null_mut()) };
        let statement = self.prepare(text);
        // SAFETY: as above; null takes the callback away.
        unsafe { ffi::sqlite3_set_authorizer(self.db, None, null_mut()) };
        // What the server cannot read does no harm.
        let Some(statement) = statement else { return };
        let touched = TOUCHED.take();
        let named = |t: &str| {
            let all = scoped.reads().iter().chain(scoped.writes());
            all.into_iter().any(|n| n == t)
        };
        // A child is read beside its parent, a view through its tables.
        let may_read =
            |t: &String| named(t) || t == "parcels" && named("lines") || t == "items" && named("named");
        assert!(
            touched.reads.iter().all(may_read),
            "reads {:?}: {text}",
            touched.reads
        );
        assert!(
            touched.writes.iter().all(|t| scoped.writes().contains(t)),
            "writes {:?}: {text}",
            touched.writes
        );
        assert!(touched.others.is_empty(), "does {:?}: {text}", touched.others);
        self.script("BEGIN");
        let mut left = 200_u32;
        // SAFETY: the statement is prepared and finalised here; the counter lives longer than the handler.
        let (shown, error) = unsafe {
            let binds = usize::try_from(ffi::sqlite3_bind_parameter_count(statement)).expect("a count");
            let most = scoped.tenant_bind().unwrap_or(scoped.binds());
            assert!(binds <= most, "{binds} binds, {most} were counted: {text}");
            // Values that are another tenant's, so that a bind in the wrong place shows.
            for n in 1..=binds {
                let value = if Some(n) == scoped.tenant_bind() { 1 } else { 2 };
                ffi::sqlite3_bind_int64(statement, c_int::try_from(n).expect("few"), value);
            }
            ffi::sqlite3_progress_handler(self.db, 1_000, Some(give_up), (&raw mut left).cast());
            let mut shown = String::new();
            while ffi::sqlite3_step(statement) == ffi::SQLITE_ROW && shown.len() < 100_000 {
                for n in 0..ffi::sqlite3_column_count(statement) {
                    let cell = ffi::sqlite3_column_text(statement, n).cast::<c_char>();
                    if !cell.is_null() {
                        shown.push_str(&CStr::from_ptr(cell).to_string_lossy());
                        shown.push('\n');
                    }
                }
            }
            let error = self.error();
            ffi::sqlite3_progress_handler(self.db, 0, None, null_mut());
            ffi::sqlite3_finalize(statement);
            (shown, error)
        };
        // The statement may itself write such a value; then it proves nothing.
        if !text.contains("zz2") && !text.contains("72000") {
            assert!(
                !shown.contains("zz2") && !shown.contains("72000"),
                "shows {shown:?}: {text}"
            );
            assert!(
                !error.contains("zz2") && !error.contains("72000"),
                "fails with {error:?}: {text}"
            );
        }
        let after = self.one(OTHERS);
        // SAFETY: the handle is open. A statement may have failed so that the transaction is gone.
        if unsafe { ffi::sqlite3_get_autocommit(self.db) } == 0 {
            self.script("ROLLBACK");
        }
        assert_eq!(after, self.before, "changes another tenant's rows: {text}");
    }
}
