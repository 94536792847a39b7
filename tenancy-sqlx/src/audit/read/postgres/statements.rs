//! What is asked of PostgreSQL's catalogues. `$1` are the numbers of the application's role and those that it can become; the search
//! path is empty, so that the server writes every name in full.

/// `$1`: the application's role. It is followed by every role that it is a member of, in whatever way.
pub(super) const ROLES: &str = "
    WITH RECURSIVE app (oid) AS (
        SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1
        UNION SELECT m.roleid FROM pg_catalog.pg_auth_members m JOIN app ON m.member = app.oid
        -- One that neither inherits nor may be set, nor be given on, is worth nothing.
        WHERE m.admin_option OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
            OR coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
    )
    SELECT r.oid::bigint AS id, r.rolname::text AS name, r.rolname = $1 AS own, r.rolsuper AS superuser, r.rolbypassrls AS bypasses,
        r.rolcreaterole AS makes_roles, r.rolcreatedb AS makes_databases, r.rolreplication AS replicates,
        r.rolname ~ '^pg_' AS predefined,
        EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') AS owns_tables,
        ARRAY(SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(m.member)) FROM pg_catalog.pg_auth_members m JOIN app a ON a.oid = m.member
              WHERE m.roleid = r.oid) AS members,
        ARRAY(SELECT p.oid::bigint FROM pg_catalog.pg_roles p WHERE pg_catalog.pg_has_role(r.oid, p.oid, 'USAGE')) AS inherits
    FROM app JOIN pg_catalog.pg_roles r ON r.oid = app.oid ORDER BY own DESC, name";

/// Whoever can act as the application's role, and is held by no policy, or can become one that is not. `$2`: the operators' role.
pub(super) const STRONG_MEMBERS: &str = "
    WITH RECURSIVE edge AS (
        SELECT m.member, m.roleid FROM pg_catalog.pg_auth_members m
        WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) OR coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
    ), member (oid) AS (
        SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1
        UNION SELECT e.member FROM edge e JOIN member ON e.roleid = member.oid
    ), becomes (oid, role) AS (
        SELECT member.oid, e.roleid FROM member JOIN edge e ON e.member = member.oid
        UNION SELECT becomes.oid, e.roleid FROM becomes JOIN edge e ON e.member = becomes.role
    )
    SELECT r.rolname::text FROM member JOIN pg_catalog.pg_roles r ON r.oid = member.oid
    WHERE r.rolname <> $1 AND (r.rolsuper OR r.rolbypassrls OR r.rolcanlogin AND (r.rolcreaterole OR r.rolreplication OR EXISTS (
        SELECT FROM becomes b JOIN pg_catalog.pg_roles p ON p.oid = b.role
        WHERE b.oid = r.oid AND p.rolname <> $1 AND (p.rolname = $2 OR p.rolsuper OR p.rolbypassrls OR p.rolname ~ '^pg_')))) ORDER BY 1";

/// `$1`: the operators' role. Owners of tables that are its members and inherit, and such as no policy holds, forced or not.
pub(super) const INHERITING_OWNERS: &str = "
    SELECT r.rolname::text, r.rolsuper OR r.rolbypassrls FROM pg_catalog.pg_roles r
    WHERE (r.rolsuper OR r.rolbypassrls OR EXISTS (
            SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles o ON o.oid = m.roleid
            WHERE m.member = r.oid AND o.rolname = $1 AND coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit)))
        AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p') AND c.oid >= 16384
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
                AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass))
    ORDER BY 1";

pub(super) const RELATIONS: &str = "
    SELECT c.oid::bigint AS id, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
        c.relispartition AS partition, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
        pg_catalog.pg_get_userbyid(c.relowner)::text AS owner,
        coalesce(pg_catalog.array_to_string(c.reloptions, ',') ~* 'security_invoker=(t|true|on|yes|1)(,|$)', false) AS invoker,
        EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
                AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass) AS extension,
        CASE c.relreplident
            WHEN 'f' THEN ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)
            WHEN 'n' THEN '{}'
            ELSE ARRAY(SELECT a.attname::text FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
                       ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = c.oid
                       AND CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END)
        END AS identity
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind NOT IN ('i', 'I', 't', 'c') AND c.oid >= 16384 AND n.nspname !~ '^pg_(toast|temp)'
    ORDER BY n.nspname <> 'public', n.nspname, c.relname";

/// A domain may be over another one. A NOT NULL that was not checked says nothing of the rows that were there.
pub(super) const COLUMNS: &str = "
    WITH RECURSIVE type (column_type, oid, base, default_expr, not_null) AS (
        SELECT t.oid, t.oid, t.typbasetype, t.typdefault, t.typnotnull FROM pg_catalog.pg_type t
        UNION ALL
        SELECT d.column_type, t.oid, t.typbasetype, coalesce(d.default_expr, t.typdefault), d.not_null OR t.typnotnull
        FROM type d JOIN pg_catalog.pg_type t ON t.oid = d.base
    )
    SELECT a.attrelid::bigint AS relation, a.attname::text AS name, pg_catalog.format_type(t.oid, NULL) AS column_type,
        NOT (t.not_null OR a.attnotnull AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND a.attnum = ANY (k.conkey)
            AND NOT k.convalidated)) AS nullable,
        coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), t.default_expr) AS default_expr,
        a.attgenerated <> '' AS generated, a.attgenerated = 'v' AS computed, d.oid IS NULL AND t.default_expr IS NOT NULL AS of_domain,
        a.attidentity <> '' AS identity,
        (SELECT c.collname::text FROM pg_catalog.pg_collation c WHERE c.oid = a.attcollation AND NOT c.collisdeterministic) AS folding
    FROM pg_catalog.pg_attribute a JOIN type t ON t.column_type = a.atttypid AND t.base = 0
    JOIN pg_catalog.pg_class r ON r.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND r.oid >= 16384 AND n.nspname !~ '^pg_(toast|temp)'
    ORDER BY a.attrelid, a.attnum";

/// Those that a partition has from its parent are the parent's. A BRIN index finds pages and no rows, so no column of it is one that
/// rows are found by. LIKE and its kind, which `_pattern_ops` are for, are not leakproof.
pub(super) const INDEXES: &str = "
    SELECT x.indrelid::bigint AS relation, i.relname::text AS name, x.indisunique AS is_unique, x.indisprimary AS is_primary,
        x.indpred IS NOT NULL AS partial, x.indisvalid AND x.indisready AS valid,
        k.conname::text AS constraint_name, coalesce(k.contype = 'x', false) AS exclusion,
        ARRAY(SELECT (SELECT a.attname::text FROM pg_catalog.pg_attribute a WHERE a.attrelid = x.indrelid AND a.attnum = c.number AND c.number > 0
                      AND h.amname <> 'brin')
              FROM unnest((x.indkey::int2[])[0:x.indnkeyatts - 1]) WITH ORDINALITY AS c (number, place) ORDER BY c.place) AS columns,
        ARRAY(SELECT o.oprname = '=' FROM unnest(k.conexclop) WITH ORDINALITY AS e (operator, place)
              JOIN pg_catalog.pg_operator o ON o.oid = e.operator ORDER BY e.place) AS equal,
        ARRAY(SELECT (c.place - 1)::int4 FROM unnest(x.indclass::oid[]) WITH ORDINALITY AS c (class, place)
              JOIN pg_catalog.pg_opclass o ON o.oid = c.class
              WHERE o.opcname ~ '_pattern_ops$' AND NOT (SELECT bool_and(f.proleakproof) FROM pg_catalog.pg_proc f
                    WHERE f.oid IN ('pg_catalog.textlike(text, text)'::pg_catalog.regprocedure, 'pg_catalog.bpcharlike(character, text)'::pg_catalog.regprocedure))
                OR EXISTS (SELECT FROM pg_catalog.pg_amop m JOIN pg_catalog.pg_operator p ON p.oid = m.amopopr
                            JOIN pg_catalog.pg_proc f ON f.oid = p.oprcode
                            WHERE m.amopfamily = o.opcfamily AND m.amoppurpose = 's' AND NOT f.proleakproof
                            AND (h.amname NOT IN ('btree', 'hash') OR m.amoplefttype = o.opcintype AND m.amoprighttype = o.opcintype))) AS leaky,
        coalesce(pg_catalog.pg_get_constraintdef(k.oid), pg_catalog.pg_get_indexdef(x.indexrelid)) AS definition
    FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_am h ON h.oid = i.relam
    JOIN pg_catalog.pg_namespace n ON n.oid = i.relnamespace
    LEFT JOIN pg_catalog.pg_constraint k ON k.conindid = x.indexrelid AND k.conrelid = x.indrelid AND k.contype IN ('p', 'u', 'x')
    WHERE NOT i.relispartition AND x.indrelid >= 16384 AND n.nspname !~ '^pg_(toast|temp)'
    ORDER BY 1, x.indisprimary DESC, i.relname";

pub(super) const REFERENCES: &str = "
    SELECT f.conrelid::bigint AS relation, f.conname::text AS name, n.nspname::text AS schema, p.relname::text AS parent,
        ARRAY(SELECT a.attname::text FROM unnest(f.conkey) WITH ORDINALITY AS k (number, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.number ORDER BY k.place) AS columns,
        ARRAY(SELECT a.attname::text FROM unnest(f.confkey) WITH ORDINALITY AS k (number, place)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.number ORDER BY k.place) AS parents,
        f.confdeltype::text AS on_delete, f.confupdtype::text AS on_update,
        ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = f.conrelid AND to_jsonb(f) -> 'confdelsetcols' @> to_jsonb(a.attnum)) AS sets,
        f.convalidated AS validated, coalesce((to_jsonb(f) ->> 'conenforced')::boolean, true) AS enforced,
        coalesce((to_jsonb(f) ->> 'conperiod')::boolean, false) AS period
    FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class p ON p.oid = f.confrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
    WHERE f.contype = 'f' AND f.conparentid = 0 ORDER BY 1, f.conname";

pub(super) const VIEW_READS: &str = "
    SELECT DISTINCT r.ev_class::bigint, d.refobjid::bigint FROM pg_catalog.pg_rewrite r
    JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    WHERE d.refobjid <> r.ev_class";

pub(super) const PARENTS: &str = "SELECT inhrelid::bigint, inhparent::bigint FROM pg_catalog.pg_inherits";

pub(super) const TRIGGERS: &str = "
    SELECT t.tgrelid::bigint AS relation, t.tgname::text AS name, p.prosrc AS body, p.oid::pg_catalog.regprocedure::text AS function,
        p.prosecdef AS definer, l.lanname IN ('c', 'internal') AS compiled
    FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE NOT t.tgisinternal AND coalesce((to_jsonb(t) ->> 'tgparentid')::oid, 0) = 0 ORDER BY 1, 2";

pub(super) const DISABLED: &str = "
    SELECT DISTINCT tgrelid::bigint FROM pg_catalog.pg_trigger WHERE tgisinternal AND tgenabled NOT IN ('O', 'A')";

pub(super) const POLICIES: &str = "
    SELECT p.polrelid::bigint AS relation, p.polname::text AS name, p.polpermissive AS permissive, p.polcmd::text AS command,
        ARRAY(SELECT CASE o WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(o)::text END FROM unnest(p.polroles) AS o) AS roles,
        EXISTS (SELECT FROM unnest(p.polroles) AS o WHERE o = 0 OR o = ANY ($1::bigint[]::oid[])) AS for_app, p.polroles::bigint[] AS role_ids,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS using_expr, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS check_expr
    FROM pg_catalog.pg_policy p ORDER BY 1, 2";

/// What an owner has of its own is not among them.
pub(super) const GRANTS: &str = "
    WITH acl AS (
        SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, c.oid::bigint AS relation, c.oid::pg_catalog.regclass::text AS object,
            NULL::text AS column_name, c.relowner AS owner,
            coalesce(c.relacl, pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r'::\"char\" END, c.relowner)) AS acl
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind NOT IN ('i', 'I', 't', 'c') AND c.oid >= 16384 AND n.nspname !~ '^pg_(toast|temp)'
        UNION ALL
        SELECT 'TABLE', c.oid::bigint, c.oid::pg_catalog.regclass::text, a.attname::text, c.relowner, a.attacl
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attacl IS NOT NULL AND c.oid >= 16384
        UNION ALL
        SELECT 'SCHEMA', 0, pg_catalog.quote_ident(n.nspname), NULL, n.nspowner, coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))
        FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_(toast|temp)'
        UNION ALL
        SELECT 'DATABASE', 0, pg_catalog.quote_ident(d.datname), NULL, d.datdba, coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))
        FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
        UNION ALL
        SELECT 'FOREIGN SERVER', 0, pg_catalog.quote_ident(s.srvname), NULL, s.srvowner, coalesce(s.srvacl, pg_catalog.acldefault('S', s.srvowner))
        FROM pg_catalog.pg_foreign_server s
        UNION ALL
        SELECT 'FOREIGN DATA WRAPPER', 0, pg_catalog.quote_ident(w.fdwname), NULL, w.fdwowner, coalesce(w.fdwacl, pg_catalog.acldefault('F', w.fdwowner))
        FROM pg_catalog.pg_foreign_data_wrapper w
        UNION ALL
        SELECT 'LARGE OBJECT', 0, l.oid::text, NULL, l.lomowner, coalesce(l.lomacl, pg_catalog.acldefault('L', l.lomowner))
        FROM pg_catalog.pg_largeobject_metadata l
    )
    SELECT acl.kind, acl.relation, acl.object, acl.column_name,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee,
        a.grantee = 0 AS public, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM acl, pg_catalog.aclexplode(acl.acl) AS a
    WHERE (a.grantee = 0 OR a.grantee = ANY ($1::bigint[]::oid[])) AND a.grantee <> acl.owner
    ORDER BY 1, 3, 4, 5, 7";

/// Rights on tables that neither the application nor an owner has; `grantable` says that no policy holds the role.
pub(super) const OTHERS: &str = "
    SELECT 'TABLE' AS kind, c.oid::bigint AS relation, c.oid::pg_catalog.regclass::text AS object, NULL::text AS column_name,
        pg_catalog.quote_ident(r.rolname) AS grantee, false AS public, a.privilege_type AS privilege,
        r.rolsuper OR r.rolbypassrls AS grantable
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
        LATERAL (SELECT c.relacl AS acl UNION ALL SELECT t.attacl FROM pg_catalog.pg_attribute t WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL) AS l,
        pg_catalog.aclexplode(l.acl) AS a JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
    WHERE c.relkind IN ('r', 'p', 'm') AND c.oid >= 16384
        AND a.grantee <> c.relowner AND NOT a.grantee = ANY ($1::bigint[]::oid[]) ORDER BY 3, 5, 7";

/// From PostgreSQL 15 on.
pub(super) const PARAMETERS: &str = "
    SELECT 'PARAMETER' AS kind, 0::bigint AS relation, p.parname AS object, NULL::text AS column_name,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee,
        a.grantee = 0 AS public, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM pg_catalog.pg_parameter_acl p, pg_catalog.aclexplode(p.paracl) AS a
    WHERE a.grantee = 0 OR a.grantee = ANY ($1::bigint[]::oid[]) ORDER BY 3";

/// What was granted on the server's own tables, columns and functions since it was made.
pub(super) const ESCALATIONS: &str = "
    WITH acl AS (
        SELECT 'TABLE' AS kind, c.oid::pg_catalog.regclass::text AS object, NULL::text AS column_name, c.oid,
            'pg_catalog.pg_class'::pg_catalog.regclass AS class, 0 AS part, c.relacl AS acl, true AS closed
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'pg_catalog' AND c.relacl IS NOT NULL
        UNION ALL
        SELECT 'TABLE', c.oid::pg_catalog.regclass::text, a.attname::text, c.oid, 'pg_catalog.pg_class'::pg_catalog.regclass, a.attnum::integer, a.attacl, true
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'pg_catalog' AND a.attacl IS NOT NULL
        UNION ALL
        SELECT 'FUNCTION', p.oid::pg_catalog.regprocedure::text, NULL, p.oid, 'pg_catalog.pg_proc'::pg_catalog.regclass, 0, p.proacl,
            EXISTS (SELECT FROM pg_catalog.pg_init_privs i WHERE i.objoid = p.oid AND i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'pg_catalog' AND p.proacl IS NOT NULL
    )
    SELECT acl.kind, 0::bigint AS relation, acl.object, acl.column_name,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee,
        a.grantee = 0 AS public, a.privilege_type AS privilege, a.is_grantable AS grantable
    FROM acl, pg_catalog.aclexplode(acl.acl) AS a
    WHERE acl.closed AND (a.grantee = 0 OR a.grantee = ANY ($1::bigint[]::oid[]))
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_init_privs i, pg_catalog.aclexplode(i.initprivs) AS b
                        WHERE i.objoid = acl.oid AND i.classoid = acl.class AND i.objsubid = acl.part
                        AND b.grantee = a.grantee AND b.privilege_type = a.privilege_type)
    ORDER BY 1, 3, 4, 5, 7";

pub(super) const DEFAULTS: &str = "
    SELECT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(d.defaclrole)) AS owner, pg_catalog.quote_ident(n.nspname) AS schema,
        CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'n' THEN 'SCHEMAS'
            ELSE 'LARGE OBJECTS' END AS kind,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee,
        a.grantee = 0 AS public, a.privilege_type AS privilege
    FROM pg_catalog.pg_default_acl d LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace, pg_catalog.aclexplode(d.defaclacl) AS a
    WHERE d.defaclobjtype IN ('r', 'S', 'f', 'n', 'L') AND NOT (d.defaclobjtype = 'f' AND a.grantee = 0) AND a.grantee <> d.defaclrole AND (a.grantee = 0 OR a.grantee = ANY ($1::bigint[]::oid[]))
    ORDER BY 1, 2, 3, 4, 6";

/// `$2`: the application's role. Those that log in as its members bring their own.
pub(super) const ROLE_SETTINGS: &str = "
    WITH RECURSIVE member (oid) AS (
        SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $2
        UNION SELECT m.member FROM pg_catalog.pg_auth_members m JOIN member ON m.roleid = member.oid
    ), login AS (
        SELECT r.oid FROM member JOIN pg_catalog.pg_roles r ON r.oid = member.oid
        WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relowner = r.oid)
    )
    SELECT CASE s.setrole WHEN 0 THEN CASE s.setdatabase WHEN 0 THEN 'ROLE ALL' ELSE 'DATABASE ' || pg_catalog.quote_ident(pg_catalog.current_database()) END
           ELSE 'ROLE ' || pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(s.setrole))
               || CASE s.setdatabase WHEN 0 THEN '' ELSE ' IN DATABASE ' || pg_catalog.quote_ident(pg_catalog.current_database()) END END AS place,
        pg_catalog.split_part(c, '=', 1) AS name, pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1) AS value
    FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) AS c
    WHERE (s.setdatabase = 0 OR s.setdatabase = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))
        AND (s.setrole = 0 OR s.setrole = ANY ($1::bigint[]::oid[]) OR s.setrole IN (SELECT oid FROM login)) ORDER BY 1, 2";

pub(super) const SETTINGS: &str = "
    SELECT name, setting FROM pg_catalog.pg_settings WHERE name IN ('row_security', 'session_replication_role', 'lo_compat_privileges',
        'allow_system_table_mods', 'standard_conforming_strings', 'transform_null_equals', 'server_version_num', 'server_version')";

/// What the application's role owns that is no relation: the server keeps a list of it for DROP OWNED. What belongs to an owned table, its
/// row type and its column's sequence, is the table's.
pub(super) const OWNED: &str = "
    SELECT 0::bigint AS relation, CASE d.classid
            WHEN 'pg_catalog.pg_namespace'::pg_catalog.regclass THEN 'schema ' || i.identity
            WHEN 'pg_catalog.pg_database'::pg_catalog.regclass THEN 'database ' || i.identity
            WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'function ' || i.identity
            WHEN 'pg_catalog.pg_foreign_server'::pg_catalog.regclass THEN 'server ' || i.identity
            WHEN 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass THEN 'statistics ' || i.identity
            ELSE i.type || ' ' || i.identity END AS name, NULL::text AS mend
    FROM pg_catalog.pg_shdepend d, pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) AS i
    WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = ANY ($1::bigint[]::oid[]) AND d.deptype = 'o'
        AND (d.dbid = (SELECT b.oid FROM pg_catalog.pg_database b WHERE b.datname = pg_catalog.current_database())
            OR d.dbid = 0 AND d.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND i.identity = pg_catalog.quote_ident(pg_catalog.current_database())
            OR d.dbid = 0 AND d.classid <> 'pg_catalog.pg_database'::pg_catalog.regclass)
        AND d.classid NOT IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_user_mapping'::pg_catalog.regclass,
            'pg_catalog.pg_default_acl'::pg_catalog.regclass)
        AND i.identity !~ '^pg_(toast|temp)'
    ORDER BY 2";

/// Sequences of columns, which go with their tables.
pub(super) const COLUMN_SEQUENCES: &str = "
    SELECT d.objid::bigint FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = d.objid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND c.relkind = 'S' AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')";
