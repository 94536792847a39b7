-- Roles. {app} owns nothing and is subject to the policies; the application logs in as it, or as a role that it was
-- granted to. {operator} sees all tenants' rows.
DO $tenancy$
DECLARE
    strong text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {app_text}) THEN
        CREATE ROLE {app} NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {operator_text}) THEN
        CREATE ROLE {operator} NOLOGIN;
    END IF;
    -- What the role is, and what it could become by SET ROLE.
    SELECT r.rolname INTO strong FROM pg_catalog.pg_roles AS r
    WHERE pg_catalog.pg_has_role({app_text}, r.oid, 'MEMBER')
        AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication OR r.rolname = {operator_text}
            OR r.rolname LIKE 'pg\_%' AND r.rolname <> 'pg_database_owner'
            OR r.oid IN (SELECT c.relowner FROM pg_catalog.pg_class AS c WHERE c.oid = ANY (ARRAY[{tables}]::pg_catalog.regclass[])))
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the role % is, or is a member of, %, whom no policy holds', {app_text}, strong
            USING HINT = 'let the application log in as a role that owns nothing and is a member of no such role';
    END IF;
    -- Temporary tables would be found before those of the same name.
    EXECUTE pg_catalog.format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC, {app}', pg_catalog.current_database());
END $tenancy$;
