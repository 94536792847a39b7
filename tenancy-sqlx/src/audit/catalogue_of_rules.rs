//! Every rule. A new one is an entry here, and a hole and a near miss in `tests/audit`; a test writes `docs/audit.md` from it.

use super::rule::{AuditedProduct, Severity, rules};

rules! {
    // -------------------------------------------------------------------------------------------------- tables
    /// A table that the catalogue does not name.
    TableUnknown = "table_unknown", Warning, [P S M],
        "nobody has said whose its rows are: the engine refuses it, and no wall is built around it",
        "add it to the catalogue with its kind, or as \"denied\"";
    /// A table that the catalogue names and the database does not have.
    TableMissing = "table_missing", Warning, [P S M],
        "the catalogue was written for another schema, so what it says may not be what is there",
        "correct its name or schema in the catalogue, or take it out";
    /// A table where the catalogue has a view, or a view where it has a table.
    KindDiffers = "kind_differs", Error, [P S M],
        "a view's rows are not kept by the rules of a table, and a table that is taken for a view gets no policies",
        "say in the catalogue what it is";
    /// The catalogue lists columns that the table does not have, or not in this order.
    ColumnsDiffer = "columns_differ", Warning, [P S M],
        "an INSERT without a list of columns, and a `*` behind a hidden key, mean the catalogue's list",
        "list the columns in the catalogue as the table has them, or run the migration that the catalogue is ahead of";

    /// A shared table with a column of the tenants' key.
    SharedHasKey = "shared_has_key", Warning, [P S M],
        "it looks as if its rows were tenants', and everybody reads a shared table",
        "say \"tenant\" or \"mixed\" in the catalogue, or give the column another name";

    // ---------------------------------------------------------------------------------------------------- keys
    /// A table of tenants' rows without its key column.
    KeyMissing = "key_missing", Error, [P S M],
        "nothing says whose a row is",
        "add the column, fill it, and make it NOT NULL; only you know whose the rows are that are there";
    /// A key column that can be NULL.
    KeyNullable = "key_nullable", Error, [P S M],
        "a row without a key is nobody's: no tenant sees it, and unique keys and foreign keys do not hold for it",
        "give each row its tenant and make the column NOT NULL";
    /// A key column that cannot be NULL, in a table whose shared rows are those without a key.
    KeyNeverNull = "key_never_null", Warning, [P S M],
        "a mixed table can have no shared rows then: rows meant for all belong to some tenant",
        "make the column nullable, or say \"tenant\" in the catalogue";
    /// A key column of a type that does not hold the tenants' ids as they are.
    KeyType = "key_type", Error, [P S M],
        "ids are converted, cut or rounded on the way, and two tenants may end up with one",
        "make the column of the catalogue's type: bigint, uuid, or text without padding";
    /// A key column whose collation takes different ids for one.
    KeyFolds = "key_folds", Error, [P S M],
        "'shop' and 'Shop' are two tenants to the application and one to the database",
        "compare the column byte by byte: COLLATE \"C\" on PostgreSQL, BINARY on SQLite, a _bin collation on MariaDB";
    /// A key column that gets a value by itself.
    KeyDefault = "key_default", Warning, [P S M],
        "a statement that forgets the tenant should fail, and not give its row to whoever the default names",
        "drop the default; a generated column has to become a plain one";

    // ------------------------------------------------------------------------------------------------ children
    /// A child whose link to its parent no foreign key holds.
    ViaUnlinked = "via_unlinked", Warning, [P S M],
        "rows can hang on parents that do not exist yet, and belong to whoever makes them",
        "add the foreign key";
    /// A child whose link to its parent can be NULL.
    ViaNullable = "via_nullable", Error, [P S M],
        "an insert under a parent that is not the tenant's stores NULL there, and has to fail by it",
        "make the columns NOT NULL";
    /// A child whose link is to columns that are not unique in the whole parent table.
    ViaParentNotUnique = "via_parent_not_unique", Error, [P S M],
        "the child's row belongs to every tenant that has a parent of that number",
        "make the referenced columns unique without the tenant's key, or give the child a key of its own";
    /// A child whose link to its parent no index begins with.
    ViaNoIndex = "via_no_index", Warning, [P S M],
        "each read of a tenant's children reads the children of all",
        "add an index on the link";

    // ------------------------------------------------------------------------------------------------- uniqueness
    /// A unique key of a tenant's table without the tenant's key in it.
    UniqueWithoutKey = "unique_without_key", Warning, [P S M],
        "an insert fails on another tenant's value, which tells that it is taken; and tenants keep each other from using a value",
        "put the tenant's key into it, first";
    /// A unique key over all tenants that children in the catalogue need, or that a child has of its own.
    UniqueByDesign = "unique_by_design", Note, [P S M],
        "an insert that chooses the value fails on another tenant's, which tells that it is taken",
        "let the server or the program draw the value at random";
    /// A unique key that the catalogue's list of this table does not have.
    UniqueUnlisted = "unique_unlisted", Warning, [P S M],
        "the engine lets an upsert through because it knows of no such key, and the database answers with another row's conflict",
        "list it in the catalogue under `unique`";
    /// A unique key that the catalogue lists and the table does not have.
    UniqueMissing = "unique_missing", Warning, [P S M],
        "what the catalogue takes for unique can be there twice; upserts on it fail",
        "create the unique key, or take it out of the catalogue";
    /// A constraint that answers a conflict by removing rows or dropping the statement.
    ConflictClause = "conflict_clause", Error, [S],
        "a plain INSERT of one tenant removes another's row, or silently does nothing",
        "rebuild the table without ON CONFLICT in its constraints";
    /// Numbers that are counted for all tenants together.
    IdCounted = "id_counted", Note, [P S M],
        "from the numbers that it gets a tenant can tell how much the others write",
        "number each tenant's rows apart, or draw ids at random";
    /// Row numbers that are given again after a row is deleted.
    RowidReused = "rowid_reused", Note, [S],
        "a link or cache that still has the number of a deleted row finds another tenant's",
        "say AUTOINCREMENT, or use ids drawn at random";

    // --------------------------------------------------------------------------------------------- foreign keys
    /// A foreign key between tenants' tables that does not compare the tenant.
    FkWithoutKey = "fk_without_key", Error, [P S M],
        "a row can point at another tenant's, whether or not it can be seen: that tells that it exists, and joins and cascades follow it",
        "put the tenant's key into the foreign key, on both sides";
    /// A foreign key without the tenant's key that changes or deletes rows.
    FkActionAcross = "fk_action_across", Error, [P S M],
        "one tenant's delete or update deletes or changes another tenant's rows",
        "put the tenant's key into the foreign key, or let it do nothing (NO ACTION)";
    /// A foreign key that sets the tenant's key when its parent goes.
    FkSetsKey = "fk_sets_key", Error, [P S M],
        "the row loses its tenant: in a mixed table every tenant sees it then, elsewhere the delete fails",
        "name the columns to set (SET NULL (column), PostgreSQL 15), or use NO ACTION";
    /// A foreign key from a shared table to tenants' rows.
    FkFromShared = "fk_from_shared", Error, [P S M],
        "a row that everybody reads tells of a tenant's row, and keeps it from being deleted",
        "take the reference into a table of the tenant's";
    /// A foreign key from a tenant's table to one that the catalogue denies, by more than the key.
    FkToDenied = "fk_to_denied", Note, [P S M],
        "an insert tells whether a row of the denied table exists",
        "let the application check it, or reference the table by the tenant's key alone";
    /// A foreign key that was never checked for the rows that were there.
    FkNotValidated = "fk_not_validated", Warning, [P],
        "old rows may point at another tenant's or at none",
        "validate it";
    /// Constraint triggers of a table that are switched off.
    FkDisabled = "fk_disabled", Warning, [P],
        "its foreign keys hold for nobody",
        "switch them on again, and check the rows that were written meanwhile";
    /// Foreign keys are not checked at all.
    ForeignKeysOff = "foreign_keys_off", Error, [S M],
        "every reference can point at another tenant's row, or at none",
        "switch them on for each connection: PRAGMA foreign_keys = ON, or foreign_key_checks = 1";

    // -------------------------------------------------------------------------------------------------- indexes
    /// A tenants' table that no index reaches by the tenant's key.
    IndexMissing = "index_missing", Warning, [P S M],
        "each statement of one tenant reads the rows of all, in a time that tells how many they are",
        "create an index that begins with the key";
    /// An index of a tenants' table that does not begin with the key.
    IndexNotLeading = "index_not_leading", Note, [P S M],
        "the database meets other tenants' rows on the way, which takes time that tells of them, and can raise their errors",
        "begin it with the key";
    /// An index whose operators row security keeps from being used.
    IndexNotLeakproof = "index_not_leakproof", Note, [P],
        "behind a policy only operators that give nothing away (LEAKPROOF) may look into an index, and these are none",
        "begin it with the key, so that it finds the tenant's rows at least";
    /// An index that the server gave up building.
    IndexInvalid = "index_invalid", Warning, [P],
        "a unique one does not hold, and none is used",
        "build it again";

    // --------------------------------------------------------------------------------------------- row security
    /// A table of the catalogue without row level security.
    RlsOff = "rls_off", Error, [P],
        "the engine is the only wall: whatever gets past it reaches all tenants' rows",
        "run the migration of `tenancy rls`";
    /// Row level security that does not hold for the table's owner.
    RlsNotForced = "rls_not_forced", Error, [P],
        "whatever runs as the owner, definer functions and views among it, reaches all tenants' rows",
        "force it";
    /// A partition or other child of a table without row level security of its own.
    ChildUncovered = "child_uncovered", Error, [P],
        "the parent's policies hold for who comes by way of the parent; named itself, the child shows all its rows",
        "switch row level security on for it, without a policy, and grant nothing on it";
    /// A partition or other child of a table that the application may reach by its own name.
    ChildGranted = "child_granted", Warning, [P],
        "only the engine keeps it from being named",
        "revoke it: statements reach the rows by way of the parent";
    /// A table from whose parent, of which the catalogue does not know or says otherwise, its rows can be read.
    ParentUncovered = "parent_uncovered", Error, [P],
        "a query on a parent returns its children's rows by the parent's policies alone",
        "add the parent to the catalogue with the same kind, or end the inheritance";

    // -------------------------------------------------------------------------------------------------- policies
    /// A command that the catalogue allows to tenants and no policy lets through.
    PolicyMissing = "policy_missing", Warning, [P],
        "the wall is not as the catalogue has it: tenants find their rows gone, and somebody will open it in a hurry",
        "run the migration of `tenancy rls`";
    /// A policy that lets every row through, and that no other one narrows.
    PolicyAlwaysTrue = "policy_always_true", Error, [P],
        "every tenant reads or writes all tenants' rows",
        "drop it, and run the migration of `tenancy rls`";
    /// Policies that are not known to let only the tenant's own rows through.
    PolicyWider = "policy_wider", Error, [P],
        "the condition does not compare the key with the tenant in a way that the auditor can prove, so it may let others' rows through",
        "drop it, and run the migration of `tenancy rls`";
    /// Policies that let a tenant write rows that are not its own.
    PolicyCheckWider = "policy_check_wider", Error, [P],
        "a row can be written for another tenant, moved to it, or made everybody's",
        "drop it, and run the migration of `tenancy rls`";
    /// A policy that says nothing of the rows that are written.
    PolicyWithoutCheck = "policy_without_check", Warning, [P],
        "its USING is taken for what may be written as well: who widens what is read widens what is written",
        "say it WITH CHECK";
    /// A permissive policy of somebody else's beside the wall's.
    PolicyExtra = "policy_extra", Warning, [P],
        "nothing but the wall's restrictive policies holds it, and for roles that they do not name nothing does",
        "drop it";
    /// A policy that lets another role than the application's and the operators' at the rows.
    PolicyOtherRole = "policy_other_role", Warning, [P],
        "the role reads or writes tenants' rows, and the catalogue knows nothing of it",
        "drop it, or make the role a member of the operators'";
    /// A policy that takes the tenant from a setting that any statement can set.
    PolicyForgeable = "policy_forgeable", Note, [P],
        "who can run a statement of their own can name any tenant",
        "run the migration of `tenancy rls`, whose setting is signed";
    /// A policy that asks for the tenant for each row.
    PolicyPerRow = "policy_per_row", Note, [P],
        "a function is called for every row that is looked at",
        "ask in a subquery: (SELECT …)";
    /// The function that tells the tenant is not the one that this version writes.
    WallFunction = "wall_function", Error, [P],
        "all policies believe it",
        "run the migration of `tenancy rls`";
    /// The keys that sign whose turn it is can be read or written.
    SigningKeyReadable = "signing_key_readable", Error, [P],
        "who has a key can be any tenant",
        "revoke it, and install another key";
    /// No key is installed.
    SigningKeyMissing = "signing_key_missing", Note, [P],
        "no signature is right, so no tenant sees a row",
        "install one: tenancy rls --install-key";

    // ---------------------------------------------------------------------------------------------------- views
    /// A view that looks at tenants' rows as its owner.
    ViewAsOwner = "view_as_owner", Error, [P M],
        "the policies and grants that hold are the owner's, not those of who asks",
        "let it look as the one who asks: security_invoker on PostgreSQL 15, SQL SECURITY INVOKER on MariaDB";
    /// A view that the catalogue does not name.
    ViewUnknown = "view_unknown", Warning, [P S M],
        "it is another way to the rows of the tables behind it, of which nobody has said whose they are",
        "add it to the catalogue, with its body or its kind, or as \"denied\"";
    /// A materialized view of tenants' rows.
    MaterializedView = "materialized_view", Error, [P],
        "it is a copy of all tenants' rows, which no policy can hold",
        "revoke it from the application, and read it by a function or view of the operators'";

    // ------------------------------------------------------------------------------------------------- functions
    /// A function that runs as its owner, and that the application may call.
    FunctionDefiner = "function_definer", Error, [P M],
        "what it reads and writes is held by the owner's rights, not by the caller's",
        "let it run as the caller, or revoke it";
    /// A function that runs as its owner, and that everybody may call.
    FunctionPublic = "function_public", Error, [P],
        "PUBLIC has EXECUTE on new functions by default, and the application's role is of the public",
        "revoke it from PUBLIC";
    /// A function that runs as its owner, by whatever names the caller's search path finds.
    FunctionSearchPath = "function_search_path", Warning, [P],
        "the caller puts a table or function of its own in front, and it runs as the owner",
        "set its search_path, with pg_temp as the last";
    /// A function of the application's that is declared LEAKPROOF.
    FunctionLeakproof = "function_leakproof", Error, [P],
        "it runs before the policies and sees every row, and what it tells by errors and messages it tells of all",
        "declare it NOT LEAKPROOF";
    /// A function in a language that reaches the server's own files and processes.
    FunctionUntrusted = "function_untrusted", Error, [P],
        "it runs as the server, whatever its caller may do",
        "revoke it, or write it in a trusted language";
    /// A function of a table's row that statements can call by a dot.
    FunctionOfRow = "function_of_row", Warning, [P],
        "`alias.name` may mean a call of it where the catalogue does not list the table's columns, and it may read others' rows",
        "list the table's columns in the catalogue";
    /// An operator or cast of the application's own for the server's types.
    OperatorOwn = "operator_own", Warning, [P],
        "operators are not pinned to a schema: it may be meant where a statement says = or ||",
        "move it to a schema that is on no search path, or drop it";
    /// A default, check, generated column or index that calls a function of the application's.
    ExpressionCalls = "expression_calls", Warning, [P],
        "it runs at each write without the engine, and can read and write what it likes",
        "make sure that it is immutable and reads nothing, or take it out";

    // ---------------------------------------------------------------------------------------------------- roles
    /// The application's role does not exist.
    RoleMissing = "role_missing", Error, [P M],
        "the application runs as somebody else, of whom nothing was looked at",
        "name the role that it logs in as";
    /// The application's role is a superuser.
    RoleSuperuser = "role_superuser", Error, [P M],
        "no policy and no grant holds it",
        "let the application log in as a role without powers";
    /// The application's role bypasses row level security.
    RoleBypasses = "role_bypasses", Error, [P],
        "no policy holds it",
        "take BYPASSRLS from it";
    /// The application's role may make roles, or give rights on.
    RoleMakesRoles = "role_makes_roles", Error, [P M],
        "it can make itself, or another role, a member of a stronger one",
        "take it away";
    /// The application's role may replicate.
    RoleReplicates = "role_replicates", Error, [P M],
        "it can copy the whole database",
        "take it away";
    /// The application's role may make databases.
    RoleMakesDatabases = "role_makes_databases", Warning, [P],
        "it owns what it makes, and can copy a database that is a template",
        "take it away";
    /// The application's role can become one that no policy holds.
    RoleMember = "role_member", Error, [P],
        "SET ROLE is a statement like any other",
        "end the membership";
    /// The application's role owns what it should only use.
    RoleOwns = "role_owns", Error, [P],
        "an owner can switch row security off, change the table, and grant it on",
        "give it to the role that runs migrations";
    /// A setting that comes with the application's role, or with the database, and changes what statements mean.
    RoleSetting = "role_setting", Warning, [P],
        "it is there on every connection, in front of whatever the application sets",
        "reset it";
    /// A role that no policy holds, and that is a member of the application's.
    RoleStrongLogin = "role_strong_login", Warning, [P],
        "an application that logs in as it is held by nothing",
        "take the power from it, or the membership";
    /// A table's owner has the operators' rights all the time.
    OperatorInherited = "operator_inherited", Note, [P],
        "what runs as the owner sees all tenants' rows without asking for it",
        "let the owner be a member that does not inherit, and says SET ROLE";
    /// The application's user has a privilege on the whole server.
    RoleServerPrivilege = "role_server_privilege", Error, [M],
        "it reaches files, other connections' statements or other databases",
        "revoke it";

    // --------------------------------------------------------------------------------------------------- grants
    /// Everybody has rights on a table.
    GrantPublic = "grant_public", Error, [P],
        "each role of the server has them, those too that no policy was written for",
        "revoke them from PUBLIC";
    /// The application may do to a table what no policy holds: empty it, reference it, put triggers on it.
    GrantBeyondRows = "grant_beyond_rows", Error, [P M],
        "TRUNCATE empties all tenants' rows, REFERENCES tells which exist, a trigger runs as whoever writes next",
        "revoke it";
    /// The application may write a shared table.
    GrantShared = "grant_shared", Error, [P M],
        "one tenant's write is seen by all",
        "revoke it";
    /// The application has rights on a table that the catalogue denies.
    GrantDenied = "grant_denied", Error, [P M],
        "only the engine keeps it from them",
        "revoke it";
    /// The application may write more of a table of several parties than any party may.
    GrantParty = "grant_party", Error, [P M],
        "a policy holds rows and no columns: what a party may change is held by the grant alone",
        "grant what the catalogue says";
    /// The application has a right on the key column by itself.
    GrantColumn = "grant_column", Warning, [P M],
        "the grants of columns stay when those of the table are taken, and nothing has to write the key but an insert",
        "revoke it";
    /// The application may grant its rights on.
    GrantOption = "grant_option", Warning, [P M],
        "it can give them to PUBLIC",
        "revoke the grant option";
    /// The application has rights on a table or view that the catalogue does not know.
    GrantUnknown = "grant_unknown", Warning, [P M],
        "no policy was written for it, and only the engine keeps it from being named",
        "revoke it, and add the table to the catalogue";
    /// The application may write through a view.
    GrantView = "grant_view", Warning, [P M],
        "views are read-only to the engine; a write through one meets other rules than one on the table",
        "revoke it";
    /// Tables that are made later come with rights.
    GrantDefault = "grant_default", Warning, [P],
        "a new table is open before anybody has said whose it is",
        "revoke the default, and let `tenancy rls` grant";
    /// Another role than the application's and the operators' has rights on tenants' rows.
    GrantOtherRole = "grant_other_role", Warning, [P],
        "where no policy holds it, it reaches all tenants' rows; where policies do, the next policy may be for it",
        "revoke it, or let who needs it be an operator";
    /// The application may make objects in a schema.
    GrantSchema = "grant_schema", Error, [P M],
        "a function, operator or table of its own is found in place of another, and run by others",
        "revoke it";
    /// The application may make schemas or temporary tables in the database.
    GrantDatabase = "grant_database", Error, [P M],
        "temporary tables are found before those of the same name, by functions and views too",
        "revoke it";
    /// The application may read or set a sequence.
    GrantSequence = "grant_sequence", Warning, [P],
        "it tells how much all tenants write; who sets it makes other tenants' inserts fail",
        "grant USAGE at most";
    /// The application has a right on the server's own tables or functions that nobody has by default.
    GrantCatalog = "grant_catalog", Error, [P],
        "they read statistics, files, passwords and other connections",
        "revoke it";
    /// The application may use a connection to another server.
    GrantForeignServer = "grant_foreign_server", Warning, [P],
        "with it a statement reaches rows that nothing here holds",
        "revoke it";
    /// The application's user has rights in another database of the server, or in all.
    GrantElsewhere = "grant_elsewhere", Warning, [M],
        "only the engine keeps it from naming their tables",
        "revoke it, and grant table by table";

    // ------------------------------------------------------------------------------------------- triggers and rules
    /// A trigger that reads or writes tables.
    TriggerCrosses = "trigger_crosses", Error, [P S M],
        "it runs unscoped at each write: where it does not compare the tenant, it reaches all tenants' rows",
        "make sure that each of its statements compares the key, or take it out; no SQL can tell what it is for";
    /// A trigger whose function runs as its owner.
    TriggerDefiner = "trigger_definer", Error, [P],
        "it writes and reads with the owner's rights at each write of a tenant",
        "let the function run as the caller";
    /// A rule that rewrites statements.
    RewriteRule = "rewrite_rule", Error, [P],
        "it turns a statement that was scoped into others that were not, which run as the table's owner",
        "drop it";
    /// A trigger on changes of the schema.
    EventTrigger = "event_trigger", Warning, [P],
        "it runs as whoever changes the schema, migrations and operators among them",
        "make sure of its function, or drop it";
    /// An event that the server runs by itself.
    ScheduledEvent = "scheduled_event", Warning, [M],
        "it runs unscoped, with its definer's rights",
        "make sure that each of its statements compares the key, or drop it";

    // ----------------------------------------------------------------------------------------------- replication
    /// A publication that sends tenants' rows without a filter.
    PublicationUnfiltered = "publication_unfiltered", Warning, [P],
        "who subscribes receives all tenants' rows, whatever the policies say",
        "take the table out, or add it with a row filter on the key";
    /// A published table whose deletes do not say whose row it was.
    ReplicaIdentity = "replica_identity", Warning, [P],
        "who receives a DELETE without the key cannot tell whose it is, and tells everybody or nobody",
        "put the key into the replica identity";
    /// Rows that come from another server.
    Subscription = "subscription", Warning, [P],
        "they are written as the subscription's owner, past every policy where that is a superuser",
        "make sure of the source, and let it run as a role that the policies hold";

    // ---------------------------------------------------------------------------------------------------- outside
    /// A table whose rows are elsewhere.
    ForeignTable = "foreign_table", Error, [P],
        "no policy can be put on it; what it shows is held by the other server's rights",
        "revoke it from the application";
    /// An extension that runs SQL, reaches other servers or reads files.
    ExtensionReaches = "extension_reaches", Error, [P],
        "its functions run statements that neither the engine nor the caller's policies see",
        "drop it, or move it to a database without tenants' rows";
    /// An extension of which nothing is known here.
    ExtensionUnknown = "extension_unknown", Warning, [P],
        "its functions may run SQL or reach outside",
        "find out, and revoke EXECUTE on what does";
    /// A table in a storage engine that reaches files, other servers or other tables.
    EngineReaches = "engine_reaches", Error, [M],
        "its rows are held by nothing that is declared here",
        "move the rows into InnoDB";
    /// A table in a storage engine without transactions or foreign keys.
    EngineNotTransactional = "engine_not_transactional", Warning, [M],
        "a statement that fails leaves half of its rows behind, and foreign keys are read and forgotten",
        "move it into InnoDB";
    /// A virtual table.
    VirtualTable = "virtual_table", Warning, [S],
        "its module keeps copies of rows in tables of its own, by rules of its own; ranks and counts are over all tenants",
        "name it and its shadow tables \"denied\" in the catalogue, and read it by the operator alone";
    /// Another database file is attached.
    AttachedDatabase = "attached_database", Warning, [S],
        "nothing of it was looked at",
        "detach it, or audit it by itself";
    /// A temporary table, view or trigger on this connection.
    TempObject = "temp_object", Warning, [S],
        "temporary names are found before the database's own",
        "drop it; the application's connections should start without any";

    // ----------------------------------------------------------------------------------------------------- server
    /// The server is of a version with a known hole in row security.
    ServerVulnerable = "server_vulnerable", Error, [P],
        "it is published how hidden rows can be read",
        "update the server to the newest minor version";
    /// The server is of a version that this auditor does not know.
    ServerUnknown = "server_unknown", Warning, [P S M],
        "there may be kinds of objects and rights that it does not look for",
        "use a version that is known, or a newer auditor";
    /// A setting of the server, database or connection that weakens what is relied on.
    ServerSetting = "server_setting", Warning, [P S M],
        "statements mean something else by it, or are not held as they should be",
        "set it back";
    /// Statistics over several columns, or samples, of all tenants' rows.
    StatisticsSampled = "statistics_sampled", Note, [P S],
        "they hold values of all tenants' rows, which plans tell of",
        "leave them out on tenants' tables, and keep plans from tenants";
    /// The statistics of tenants' tables can be read.
    StatisticsReadable = "statistics_readable", Error, [P],
        "they are samples of all tenants' rows",
        "revoke it";

    // ---------------------------------------------------------------------------------------------------- reading
    /// Something could not be read.
    Unreadable = "unreadable", Warning, [P S M],
        "nobody looked at it: what was not read is not clean",
        "run the audit as a role that may read it";
    /// An object of a kind that the auditor does not know.
    ObjectUnknown = "object_unknown", Warning, [P S M],
        "nobody has said what it can do",
        "look at it, and tell the authors";
}
