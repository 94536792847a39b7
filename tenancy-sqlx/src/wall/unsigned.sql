-- Whose rows the transaction may reach, as the setting says it: NULL, and so none, where it says nothing. Whoever can
-- run a statement of their own can set it too.
CREATE OR REPLACE FUNCTION {schema}.current_tenant() RETURNS {type}
LANGUAGE sql STABLE PARALLEL SAFE AS $tenancy$
    -- Without a SET clause and with the operator's schema, so that it becomes a part of the statement that asks.
    SELECT CASE WHEN pg_catalog.current_setting('tenancy.slice', true) OPERATOR(pg_catalog.<>) ''
        THEN pg_catalog.current_setting('tenancy.slice', true)::{type} END
$tenancy$;

-- The same calls as behind signatures, with the tenant's bare id. An assignment costs less than a query does.
CREATE OR REPLACE FUNCTION {schema}.enter(token pg_catalog.text, shows pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE AS $tenancy$
DECLARE
    slice pg_catalog.text;
BEGIN
    IF pg_catalog.now() OPERATOR(pg_catalog.<>) pg_catalog.statement_timestamp() OR NOT ({settings}) THEN
        RAISE EXCEPTION USING ERRCODE = 'TN004', MESSAGE = 'not the first statement of its transaction, or foreign settings';
    END IF;
    slice := pg_catalog.set_config('tenancy.slice', token, true);
END $tenancy$;

CREATE OR REPLACE FUNCTION {schema}.enter_session(token pg_catalog.text, shows pg_catalog.text, until pg_catalog.text)
RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE AS $tenancy$
DECLARE
    slice pg_catalog.text;
BEGIN
    IF pg_catalog.now() OPERATOR(pg_catalog.<>) pg_catalog.statement_timestamp() OR NOT ({settings}) THEN
        RAISE EXCEPTION USING ERRCODE = 'TN004', MESSAGE = 'not the first statement of its transaction, or foreign settings';
    END IF;
    slice := pg_catalog.set_config('tenancy.slice', token, false);
END $tenancy$;
