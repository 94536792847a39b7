-- Whose rows the transaction may reach, as the setting says it: NULL, and so none, where it says nothing. Whoever can
-- run a statement of their own can set it too.
CREATE OR REPLACE FUNCTION {schema}.current_tenant() RETURNS {type}
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $tenancy$
    SELECT nullif(current_setting('tenancy.slice', true), '')::{type}
$tenancy$;

-- The same calls as behind signatures, with the tenant's bare id.
CREATE OR REPLACE FUNCTION {schema}.enter(token pg_catalog.text, shows pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE AS $tenancy$
BEGIN
    IF pg_catalog.now() OPERATOR(pg_catalog.<>) pg_catalog.statement_timestamp() OR NOT ({settings}) THEN
        RAISE EXCEPTION USING ERRCODE = 'TN004', MESSAGE = 'not the first statement of its transaction, or foreign settings';
    END IF;
    PERFORM pg_catalog.set_config('tenancy.slice', token, true);
END $tenancy$;

CREATE OR REPLACE FUNCTION {schema}.enter_session(token pg_catalog.text, shows pg_catalog.text, until pg_catalog.text)
RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE AS $tenancy$
BEGIN
    IF pg_catalog.now() OPERATOR(pg_catalog.<>) pg_catalog.statement_timestamp() OR NOT ({settings}) THEN
        RAISE EXCEPTION USING ERRCODE = 'TN004', MESSAGE = 'not the first statement of its transaction, or foreign settings';
    END IF;
    PERFORM pg_catalog.set_config('tenancy.slice', token, false);
END $tenancy$;
