    -- What the scoping engine relies on, on a connection that may have been anybody's.
    IF pg_catalog.now() OPERATOR(pg_catalog.<>) pg_catalog.statement_timestamp()
        OR pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.<>) 'on'
        OR pg_catalog.current_setting('client_encoding') OPERATOR(pg_catalog.<>) 'UTF8'
    THEN
        RAISE EXCEPTION USING ERRCODE = 'TN004', MESSAGE = 'not the first statement of its transaction, or foreign settings';
    END IF;
