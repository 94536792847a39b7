
-- The keys that the application signs with, and beside each the server's own, which signs whose turn it is once the
-- application was believed and never leaves the server. Only the owner, and so the functions below, reads them.
CREATE TABLE IF NOT EXISTS {schema}.signing_key (
    id text PRIMARY KEY CHECK (id ~ '^[0-9]{3}$'),
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64),
    turn_inner bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
        || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    turn_outer bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
        || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
REVOKE ALL ON TABLE {schema}.signing_key FROM PUBLIC, {app}, {operator};
-- Nor anybody whom the owner's default privileges gave new tables to.
DO $tenancy$
DECLARE
    reader text;
BEGIN
    FOR reader IN
        SELECT pg_catalog.format('%I', pg_catalog.pg_get_userbyid(a.grantee))
        FROM pg_catalog.pg_class AS c, pg_catalog.aclexplode(c.relacl) AS a
        WHERE c.oid = {key_text}::pg_catalog.regclass AND a.grantee NOT IN (0, c.relowner)
    LOOP
        EXECUTE 'REVOKE ALL ON TABLE {schema}.signing_key FROM ' || reader;
    END LOOP;
END $tenancy$;
