-- All names below stand with their schema, so that no search_path matters: a SET clause would cost as much as the rest.

-- What the server signs a turn with (HMAC-SHA-256, over two blocks that are random each).
CREATE OR REPLACE FUNCTION {schema}.seal(turn pg_catalog.text) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $tenancy$
DECLARE
    inner_block pg_catalog.bytea;
    outer_block pg_catalog.bytea;
BEGIN
    SELECT k.inner_pad, k.outer_pad INTO STRICT inner_block, outer_block FROM {schema}.turn_key AS k;
    RETURN pg_catalog.encode(pg_catalog.sha256(outer_block OPERATOR(pg_catalog.||) pg_catalog.sha256(
        inner_block OPERATOR(pg_catalog.||) pg_catalog.convert_to(turn, 'UTF8'))), 'hex');
END $tenancy$;

-- The tenant that a token of the application names: mac.key.from.until.tenant, the times in milliseconds since 1970.
-- Nothing is read from it before its signature was found to be right. It has to come first in its transaction, so that no
-- later statement can bring one, and to stand where pg_stat_activity no longer shows the text.
CREATE OR REPLACE FUNCTION {schema}.admitted(token pg_catalog.text, hidden pg_catalog.int4) RETURNS pg_catalog.text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED AS $tenancy$
DECLARE
    signed pg_catalog.text := pg_catalog.substr(token, 66);
    inner_block pg_catalog.bytea;
    outer_block pg_catalog.bytea;
    here pg_catalog.int8 := pg_catalog.floor(pg_catalog.date_part('epoch', pg_catalog.now()) OPERATOR(pg_catalog.*) 1000);
BEGIN
{clean}
    IF hidden OPERATOR(pg_catalog.<) pg_catalog.pg_size_bytes(pg_catalog.current_setting('track_activity_query_size')) THEN
        RAISE EXCEPTION USING ERRCODE = 'TN003', MESSAGE = 'pg_stat_activity would show the token';
    END IF;
    SELECT k.inner_pad, k.outer_pad INTO inner_block, outer_block FROM {schema}.signing_key AS k
    WHERE k.id::pg_catalog.text OPERATOR(pg_catalog.=) pg_catalog.split_part(signed, '.', 1);
    -- Compared by their hashes, so that the time that it takes tells nothing of how much of them is right.
    IF NOT FOUND OR pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.substr(token, 1, 65), 'UTF8')) OPERATOR(pg_catalog.<>)
        pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat(pg_catalog.encode(pg_catalog.sha256(
            outer_block OPERATOR(pg_catalog.||) pg_catalog.sha256(inner_block OPERATOR(pg_catalog.||)
                pg_catalog.convert_to(signed, 'UTF8'))), 'hex'), '.'), 'UTF8'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'TN001', MESSAGE = 'the tenant is not signed with a key of this database';
    END IF;
    IF here OPERATOR(pg_catalog.<) pg_catalog.split_part(signed, '.', 2)::pg_catalog.int8
        OR here OPERATOR(pg_catalog.>) pg_catalog.split_part(signed, '.', 3)::pg_catalog.int8
    THEN
        RAISE EXCEPTION USING ERRCODE = 'TN002', MESSAGE = 'the tenant is signed for another time';
    END IF;
    RETURN pg_catalog.regexp_replace(signed, '^([^.]*\.){3}', '');
END $tenancy$;

-- Makes this transaction the tenant's, which a token of the application names.
CREATE OR REPLACE FUNCTION {schema}.enter(token pg_catalog.text, hidden pg_catalog.int4) RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $tenancy$
DECLARE
    tenant pg_catalog.text;
BEGIN
    tenant := {schema}.admitted(token, hidden);
    PERFORM pg_catalog.set_config('tenancy.slice', pg_catalog.concat({schema}.seal(pg_catalog.concat_ws('.', 't',
        pg_catalog.pg_backend_pid(), (pg_catalog.date_part('epoch', pg_catalog.now()) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8,
        tenant)), 't', tenant), true);
END $tenancy$;

-- Makes this connection the tenant's for as many milliseconds, for statements that stand in no transaction.
CREATE OR REPLACE FUNCTION {schema}.enter_session(token pg_catalog.text, hidden pg_catalog.int4, lasts pg_catalog.int4) RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $tenancy$
DECLARE
    tenant pg_catalog.text;
    until pg_catalog.text := (pg_catalog.date_part('epoch', pg_catalog.now()) OPERATOR(pg_catalog.*) 1000)::pg_catalog.int8
        OPERATOR(pg_catalog.+) lasts;
BEGIN
    tenant := {schema}.admitted(token, hidden);
    PERFORM pg_catalog.set_config('tenancy.slice', pg_catalog.concat({schema}.seal(pg_catalog.concat_ws('.', 's',
        pg_catalog.pg_backend_pid(), until, tenant)), 's', until, '.', tenant), false);
END $tenancy$;

-- Whose rows may be reached: NULL, and so none, unless enter() said so in this very transaction, or enter_session() on this
-- very connection and not too long ago. It is asked once a statement.
CREATE OR REPLACE FUNCTION {schema}.current_tenant() RETURNS {type}
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $tenancy$
DECLARE
    slice pg_catalog.text := pg_catalog.current_setting('tenancy.slice', true);
    said pg_catalog.text := pg_catalog.substr(slice, 66);
    turn pg_catalog.text;
BEGIN
    IF slice IS NULL OR slice OPERATOR(pg_catalog.=) '' THEN
        RETURN NULL;
    END IF;
    turn := CASE pg_catalog.substr(slice, 65, 1)
        WHEN 't' THEN pg_catalog.concat_ws('.', 't', pg_catalog.pg_backend_pid(),
            (pg_catalog.date_part('epoch', pg_catalog.now()) OPERATOR(pg_catalog.*) 1000000)::pg_catalog.int8, said)
        WHEN 's' THEN pg_catalog.concat_ws('.', 's', pg_catalog.pg_backend_pid(), said)
    END;
    -- Compared by their hashes, as above.
    IF turn IS NULL OR pg_catalog.sha256(pg_catalog.convert_to({schema}.seal(turn), 'UTF8')) OPERATOR(pg_catalog.<>)
        pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.substr(slice, 1, 64), 'UTF8'))
    THEN
        RETURN NULL;
    END IF;
    IF pg_catalog.substr(slice, 65, 1) OPERATOR(pg_catalog.=) 't' THEN
        RETURN said;
    END IF;
    IF pg_catalog.date_part('epoch', pg_catalog.now()) OPERATOR(pg_catalog.*) 1000
        OPERATOR(pg_catalog.>) pg_catalog.split_part(said, '.', 1)::pg_catalog.int8
    THEN
        RETURN NULL;
    END IF;
    RETURN pg_catalog.regexp_replace(said, '^[^.]*\.', '');
END $tenancy$;
