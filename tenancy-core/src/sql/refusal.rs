//! [`Refusal`]: why a statement was not let through.
//!
//! A new rule is a line here and one in `EXAMPLES` of `tests/refusals_doc.rs`, whose test writes `docs/refusals.md`.

use std::fmt;

/// Why a statement is not let through: a [`Rule`], and where in the text it was met.
///
/// It names no tenant, no row and no value, so it may be shown to the developer who wrote the statement.
///
/// ```
/// use tenancy_core::{Catalog, KeyType, sql::{Dialect, Rule, Scoper}};
///
/// let catalog = Catalog::builder().tenant_key("store_id", KeyType::BigInt).tenant_tables(["orders"]).build()?;
/// let refusal = Scoper::new(catalog, Dialect::Sqlite).scope("SELECT * FROM people").unwrap_err();
/// assert_eq!(refusal.rule(), Rule::UnknownTable);
/// assert_eq!(refusal.code(), "unknown_table");
/// assert_eq!(refusal.position(), Some(14));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    rule: Rule,
    at: Option<usize>,
}

impl Refusal {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, at: None }
    }

    pub(super) fn at(rule: Rule, at: usize) -> Self {
        Self { rule, at: Some(at) }
    }

    pub(super) fn map_position(mut self, map: impl FnOnce(usize) -> usize) -> Self {
        self.at = self.at.map(map);
        self
    }

    /// The rule that the statement breaks.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The rule's stable code, such as `unknown_table`.
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// Where in the text it was met, in bytes from its start, if one place is to blame.
    pub fn position(&self) -> Option<usize> {
        self.at
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} at byte {at}: {}", self.code(), self.rule.advice()),
            None => write!(f, "{}: {}", self.code(), self.rule.advice()),
        }
    }
}

impl std::error::Error for Refusal {}

/// Declares [`Rule`] with each rule's stable code and advice beside it.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal, $advice:literal;)+) => {
        /// What a scoped statement may not do, each with a stable code.
        ///
        /// The list is exhaustive: a new rule is a new major version, so that a `match` on it stays complete.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Rule {
            /// Every rule.
            pub const ALL: &[Rule] = &[$(Rule::$name),+];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Rule::$name => $code),+ }
            }

            /// What the statement does that it may not, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Rule::$name => concat!($($doc),+).trim_ascii()),+ }
            }

            /// What to do instead, in a sentence for the developer.
            pub fn advice(self) -> &'static str {
                match self { $(Rule::$name => $advice),+ }
            }
        }
    };
}

rules! {
    /// The text is longer than a mebibyte, or has too many tokens.
    TooLong = "too_long", "the statement is too long; bind long lists as one array or JSON value";
    /// The text nests too deeply, or chains too many operators.
    TooDeep = "too_deep", "the statement nests too deeply; split it, or bind a list instead of chaining OR";
    /// Characters outside of literals and quoted names that parser and server could read differently.
    Lexical = "lexical", "outside of string literals, quoted names and comments only ASCII without control characters and the letters of names are accepted; put a name with capitals beyond ASCII into quotes";
    /// The parser cannot read it.
    Syntax = "syntax", "the statement cannot be read in this dialect; correct it, or write it in a plainer form";
    /// There is no statement in the text.
    Empty = "empty", "there is no statement in the text; send one";
    /// There is more than one statement in the text.
    MultipleStatements = "multiple_statements", "send one statement at a time";
    /// Neither a query nor an INSERT, UPDATE or DELETE.
    StatementKind = "statement_kind", "only SELECT, VALUES, INSERT, UPDATE and DELETE are for tenants; use the scoped transaction's methods for BEGIN, COMMIT and savepoints, and a migration for DDL";
    /// A table that the catalogue does not name.
    UnknownTable = "unknown_table", "the catalogue does not name this table; add it with its kind";
    /// A table that the catalogue denies.
    DeniedTable = "denied_table", "the catalogue denies this table to tenants; do it as the operator, outside of a tenant's scope";
    /// A write to a shared table.
    SharedWrite = "shared_write", "shared tables are read-only for tenants; an operator writes them through a crossing";
    /// A view whose body cannot be scoped.
    ViewBody = "view_body", "the body that the catalogue has of this view is refused itself; Scoper::check_views says why";
    /// A write to a view.
    ViewWrite = "view_write", "views are read-only; write the tables behind it";
    /// A write of a party table's row, or of its columns, that no party may make.
    PartyWrite = "party_write", "the catalogue lets no party of this table make this change; see what each may insert, update and delete there, and change columns of different parties in statements of their own";
    /// A foreign key to the parent that a child belongs to, in a form that cannot be checked.
    ParentKey = "parent_key", "give each column of the foreign key to the parent a value in every row: bind it, or select it from the parent";
    /// A write by a crossing that may only read.
    ReadOnly = "read_only", "this crossing is read-only; make one for writing";
    /// An INSERT that reaches several tenants.
    CrossInsert = "cross_insert", "a crossing over some tenants inserts into none; insert through the tenant's own scoped handle";
    /// A name in a form that could mean another relation.
    Name = "name", "write names plainly: at most 63 bytes, not starting with _tq, tables with at most their own schema and columns with at most their table";
    /// A system column, such as `ctid`.
    SystemColumn = "system_column", "system columns are not part of a tenant's slice; use a key of your own, and tableoid::regclass::text of a table in FROM for the partition that a row stands in";
    /// A function that is not on the allow list.
    Function = "function", "this function is not on the dialect's list of allowed functions; compute the value in the application and bind it";
    /// A field of a function in FROM that it is not known to have, and that could be a call.
    Field = "field", "name the columns of a function in FROM in its alias, as in unnest(…) AS u(item), and use those";
    /// A type that is not on the allow list.
    Type = "type", "this type is not on the dialect's list of allowed types; casts to types that name relations or roles are refused, but for tableoid::regclass::text";
    /// An operator that is not on the allow list.
    Operator = "operator", "this operator is not on the list of allowed operators; the catalogue can allow one of an extension on PostgreSQL";
    /// A literal in a form that is not accepted.
    Literal = "literal", "write the literal in plain single quotes, or bind it";
    /// A placeholder that is not `?`, `?N` or `$N`.
    Placeholder = "placeholder", "use numbered placeholders: ? or ?N on SQLite, $N on PostgreSQL, from 1 on; on MySQL a plain ?";
    /// The text names more placeholders than values are bound, or more are bound than the server takes.
    BindCount = "bind_count", "bind a value for each placeholder, and no value that the statement does not need";
    /// Something that the connection would keep for a later statement, or has kept from an earlier one.
    Session = "session", "variables, found-row counts and files belong to the connection, which serves one tenant after the other: bind the value, read the result as rows, and count with SELECT count(*)";
    /// Syntax that no rule of the engine covers.
    Construct = "construct", "this construct is not supported in scoped statements";
    /// `FOR UPDATE`, `FOR SHARE` and the like.
    RowLock = "row_lock", "a row lock reaches only the tenant's own rows: name tables of its own in OF, or leave shared ones out; on SQLite make the change in one conditional UPDATE";
    /// A write inside of a query, other than in a WITH of PostgreSQL.
    ModifyingCte = "modifying_cte", "a write can stand in a WITH on PostgreSQL, and nowhere else in a query; send the statements one after the other in a transaction";
    /// A MERGE into a table that is not the tenant's own by a key, or on a server other than PostgreSQL.
    Merge = "merge", "MERGE is for PostgreSQL, and for tables with a key of their own; use UPDATE and INSERT, or an upsert";
    /// An assignment to the key column.
    KeyAssigned = "key_assigned", "the key column cannot be assigned: no statement moves a row to another tenant";
    /// The key column of a table whose catalogue entry lists its columns without it.
    HiddenKey = "hidden_key", "there is no such column for a statement: the catalogue lists the table's columns without the key; leave it out, or list it there";
    /// The columns are needed and the catalogue does not list them.
    ColumnsUnknown = "columns_unknown", "name the columns of the INSERT, write each assigned column with its table, or list the table's columns in the catalogue";
    /// An INSERT whose values do not match its columns.
    Arity = "arity", "the number of values differs from the number of columns; give each column that is named one value";
    /// A wildcard where the place of the key must be known.
    InsertWildcard = "insert_wildcard", "name the columns in the SELECT of this INSERT instead of *";
    /// An upsert on a table whose unique keys are not in the catalogue.
    UniqueUnknown = "unique_unknown", "name the columns of a unique key in ON CONFLICT, or list the table's unique keys in the catalogue";
    /// An upsert on a unique key that does not contain the tenant's key.
    ConflictKey = "conflict_key", "this conflict could be with another tenant's row: the unique key has to contain the tenant's key column";
    /// An upsert on columns that are no unique key of the table, or on a constraint that the catalogue does not list.
    ConflictTarget = "conflict_target", "name the columns of one of the table's unique keys in ON CONFLICT, or list the constraint and its columns in the catalogue: constraints = { orders_pkey = [\"store_id\", \"id\"] }";
    /// The result did not read back as it was meant.
    Verification = "verification", "the rewritten statement could not be proved right; write it more plainly";
}
