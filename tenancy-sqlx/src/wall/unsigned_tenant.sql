-- Whose rows the transaction may reach, as the setting says it: NULL, and so none, where it says nothing. Whoever can
-- run a statement of their own can set it too.
CREATE OR REPLACE FUNCTION {schema}.current_tenant() RETURNS {type}
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $tenancy$
    SELECT nullif(current_setting('tenancy.slice', true), '')::{type}
$tenancy$;
