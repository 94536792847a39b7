-- A view looks as the one who asks it, where it is a plain one.
DO $tenancy$
DECLARE
    kind "char" := (SELECT relkind FROM pg_catalog.pg_class WHERE oid = {table_text}::pg_catalog.regclass);
BEGIN
    IF kind = 'm' THEN
        RAISE WARNING '% is a materialized view, which no policy can hold: only the engine stands before it', {table_text};
    ELSIF kind <> 'v' THEN
        RAISE EXCEPTION '% is no view, as the catalogue has it', {table_text};
    ELSIF pg_catalog.current_setting('server_version_num')::integer >= 150000 THEN
        ALTER VIEW {table} SET (security_invoker = true);
    ELSE
        RAISE WARNING '% looks as its owner, and so sees nothing: views that look as the one who asks need PostgreSQL 15', {table_text};
    END IF;
END $tenancy$;
