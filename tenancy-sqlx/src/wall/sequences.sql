DO $tenancy$
DECLARE
    sequence pg_catalog.regclass;
BEGIN
    FOR sequence IN
        SELECT s.oid::pg_catalog.regclass FROM pg_catalog.pg_depend AS d JOIN pg_catalog.pg_class AS s ON s.oid = d.objid
        WHERE s.relkind = 'S' AND d.deptype IN ('a', 'i') AND d.refobjid = {table_text}::pg_catalog.regclass
    LOOP
        EXECUTE pg_catalog.format('REVOKE ALL ON SEQUENCE %s FROM PUBLIC, {app}', sequence);
        EXECUTE pg_catalog.format('GRANT USAGE ON SEQUENCE %s TO {app}', sequence);
    END LOOP;
END $tenancy$;
