-- Partitions and other children of {table} are reached by way of it, and by nobody otherwise.
DO $tenancy$
DECLARE
    child pg_catalog.regclass;
BEGIN
    FOR child IN
        WITH RECURSIVE below (id) AS (
            SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = {table_text}::pg_catalog.regclass
            UNION
            SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN below ON i.inhparent = below.id
        )
        SELECT below.id::pg_catalog.regclass FROM below JOIN pg_catalog.pg_class AS c ON c.oid = below.id
        WHERE c.relkind IN ('r', 'p')
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', child);
        EXECUTE pg_catalog.format('REVOKE ALL ON TABLE %s FROM PUBLIC, {app}', child);
    END LOOP;
END $tenancy$;
