//! What is asked of PostgreSQL's catalogues about what runs, and what leaves the database.

pub(super) const FUNCTIONS: &str = "
    SELECT p.oid::bigint AS id, p.oid::pg_catalog.regprocedure::text AS name, n.nspname::text AS schema, p.prosecdef AS definer,
        p.proleakproof AS leakproof, p.provolatile::text AS volatility, l.lanpltrusted OR l.lanname = 'sql' OR p.prokind = 'a' AS trusted,
        (SELECT pg_catalog.substr(s, 13) FROM unnest(p.proconfig) AS s WHERE s LIKE 'search\\_path=%') AS search_path,
        pg_catalog.pg_get_userbyid(p.proowner)::text AS owner,
        p.prorettype IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype) AS for_triggers,
        EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a
                WHERE a.grantee = 0 OR a.grantee = ANY ($1::bigint[]::oid[])) AS app_may,
        EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) AS a WHERE a.grantee = 0) AS public_may,
        ARRAY(SELECT DISTINCT pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) FROM pg_catalog.aclexplode(p.proacl) AS a
              WHERE a.grantee = ANY ($1::bigint[]::oid[]) AND a.grantee <> p.proowner) AS grantees,
        (SELECT NULLIF(t.typrelid, 0)::bigint FROM pg_catalog.pg_type t WHERE p.pronargs - p.pronargdefaults <= 1 AND t.oid = p.proargtypes[0]) AS row_of,
        EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e'
                AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass) AS extension
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.oid >= 16384 OR p.prosecdef
        -- Those of the server's own that are leakproof from the start compare, hash and cast.
        OR p.proleakproof AND (p.proname !~ '(eq|ne|lt|le|gt|ge|cmp|larger|smaller|_hash)$|^hash|^(bool|bytea|crc32c?|float[48]|int[248]|interval|macaddr8?|md5|name|numeric|sha(224|256|384|512)|starts_with|text|uuid_extract_(timestamp|version)|gen_random_uuid|varchar|xidn?eqint4|(name|text)(eq|ge|gt|le|lt|ne)(name|text))$'
            OR p.proname ~ 'regex|like|file|privilege|^(array|record|jsonb|range|multirange|enum|tsquery|tsvector|numeric|aclitem)_')
    ORDER BY 2";

/// Of the server's own types alone, and of no extension.
pub(super) const OPERATORS: &str = "
    SELECT 0::bigint AS relation, 'operator ' || o.oid::pg_catalog.regoperator::text AS name,
        'DROP OPERATOR ' || pg_catalog.quote_ident(n.nspname) || '.' || o.oprname || ' ('
        || CASE o.oprleft WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprleft, NULL) END || ', '
        || CASE o.oprright WHEN 0 THEN 'NONE' ELSE pg_catalog.format_type(o.oprright, NULL) END || ')' AS mend
    FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
    WHERE o.oid >= 16384 AND o.oprleft < 16384 AND o.oprright < 16384
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = o.oid AND d.deptype = 'e')
    UNION ALL
    SELECT 0::bigint, 'cast from ' || pg_catalog.format_type(c.castsource, NULL) || ' to ' || pg_catalog.format_type(c.casttarget, NULL),
        'DROP CAST (' || pg_catalog.format_type(c.castsource, NULL) || ' AS ' || pg_catalog.format_type(c.casttarget, NULL) || ')'
    FROM pg_catalog.pg_cast c WHERE c.oid >= 16384 AND c.castsource < 16384 AND c.casttarget < 16384
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 2";

pub(super) const CALLS: &str = "
    SELECT DISTINCT f.adrelid::bigint AS relation, 'the default or value of ' || a.attname AS what, d.refobjid::bigint AS function
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_attrdef f ON d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND f.oid = d.objid
    JOIN pg_catalog.pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
    WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid >= 16384
    UNION
    SELECT k.conrelid::bigint, 'the constraint ' || k.conname, d.refobjid::bigint
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
    WHERE k.conrelid <> 0 AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid >= 16384
    UNION
    SELECT a.attrelid::bigint, 'the domain of ' || a.attname, d.refobjid::bigint
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
    JOIN pg_catalog.pg_attribute a ON a.atttypid = k.contypid
    WHERE k.contypid <> 0 AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid >= 16384
    UNION
    SELECT x.indrelid::bigint, 'the index ' || c.relname, d.refobjid::bigint
    FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_index x ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND x.indexrelid = d.objid
    JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid
    WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid >= 16384
    ORDER BY 1, 2";

pub(super) const RULES: &str = "
    SELECT r.ev_class::bigint AS relation, r.rulename::text AS name,
        'DROP RULE ' || pg_catalog.quote_ident(r.rulename) || ' ON ' || r.ev_class::pg_catalog.regclass::text AS mend
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND (c.oid >= 16384 OR r.oid >= 16384) ORDER BY 1, 2";

pub(super) const EVENT_TRIGGERS: &str = "
    SELECT 0::bigint AS relation, e.evtname::text AS name, NULL::text AS mend FROM pg_catalog.pg_event_trigger e ORDER BY 2";

pub(super) const PUBLISHED: &str = "
    SELECT t.pubname::text AS publication, t.schemaname::text AS schema, t.tablename::text AS table_name,
        to_jsonb(t) ->> 'rowfilter' AS filter, p.pubdelete OR p.pubupdate AS deletes,
        EXISTS (SELECT FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE r.prpubid = p.oid AND c.relname = t.tablename AND n.nspname = t.schemaname) AS by_name
    FROM pg_catalog.pg_publication_tables t JOIN pg_catalog.pg_publication p ON p.pubname = t.pubname ORDER BY 1, 2, 3";

pub(super) const SUBSCRIPTIONS: &str = "
    SELECT s.subname::text FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
    WHERE d.datname = pg_catalog.current_database() ORDER BY 1";

pub(super) const EXTENSIONS: &str = "SELECT extname::text FROM pg_catalog.pg_extension ORDER BY 1";

/// Views that call functions which run as their owner. Who may call it is asked of the view's owner.
pub(super) const VIEW_CALLS: &str = "
    SELECT DISTINCT r.ev_class::bigint AS relation, 'calls ' || p.oid::pg_catalog.regprocedure::text AS name, NULL::text AS mend
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_depend d ON d.objid = r.oid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid WHERE p.prosecdef ORDER BY 1, 2";

/// Views of those of the server's own tables that not everybody may read.
pub(super) const VIEWS_OF_CLOSED: &str = "
    SELECT r.ev_class::bigint AS relation, c.relname::text AS name, NULL::text AS mend
    FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c
        -- The server keeps no list of who depends on its own.
        ON c.oid < 16384 AND c.relkind IN ('r', 'v') AND pg_catalog.strpos(r.ev_action::text, ':relid ' || c.oid || ' ') > 0
    WHERE r.ev_class >= 16384 AND c.relname <> 'pg_subscription' AND NOT EXISTS (
            SELECT FROM pg_catalog.aclexplode(c.relacl) AS a WHERE a.grantee = 0 AND a.privilege_type = 'SELECT')
    ORDER BY 1, 2";

pub(super) const STATISTICS: &str = "
    SELECT s.stxrelid::bigint AS relation, s.stxname::text AS name, NULL::text AS mend FROM pg_catalog.pg_statistic_ext s ORDER BY 1, 2";

/// `$1`: the wall's schema.
pub(super) const WALL_FUNCTION: &str = "
    SELECT p.proname || '(' || pg_catalog.replace(pg_catalog.oidvectortypes(p.proargtypes), ', ', ',') || ')' AS signature,
        p.prosrc AS body, p.prosecdef AS definer, p.provolatile::text AS volatility, l.lanname::text AS language,
        coalesce(pg_catalog.array_to_string(p.proconfig, ';'), '') AS settings, pg_catalog.format_type(p.prorettype, NULL) AS result,
        pg_catalog.pg_get_userbyid(p.proowner)::text AS owner
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE n.nspname = $1";

/// `$1`: the wall's schema.
pub(super) const SIGNING_KEY: &str = "
    SELECT pg_catalog.pg_relation_size(c.oid), pg_catalog.pg_get_userbyid(c.relowner)::text
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relname = 'signing_key' AND c.relkind = 'r'";
