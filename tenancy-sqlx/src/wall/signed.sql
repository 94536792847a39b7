-- What is below runs in each transaction, so each is one query: its plan is kept, and what it costs is to start it. All
-- names stand with their schema, so that no search_path matters; a SET clause would cost as much as the rest.

-- Makes this transaction the tenant's, which a token of the application names: mac.time.key.tenant, the mac (HMAC-SHA-256)
-- in 64 digits, the time in milliseconds since 1970 in 13, and the key's number in 3. It has to come first in its
-- transaction, so that no later statement can bring a token, and to stand where pg_stat_activity no longer shows the text.
--
-- The server then signs for itself: this connection, this transaction by the microsecond that it began in, and the tenant.
CREATE OR REPLACE FUNCTION {schema}.enter(token pg_catalog.text, shows pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $tenancy$
DECLARE
    slice pg_catalog.text;
BEGIN
    SELECT pg_catalog.set_config('tenancy.slice', pg_catalog.concat(
        {seal_transaction},
        't', pg_catalog.substr(token, 80)), true)
    INTO slice
    FROM {schema}.signing_key AS k
    WHERE {admitted};
    IF slice IS NULL THEN
        PERFORM {schema}.refuse(token, shows);
    END IF;
END $tenancy$;

-- Makes this connection the tenant's until a time, in milliseconds since 1970 and 13 digits, for statements that stand in
-- no transaction.
CREATE OR REPLACE FUNCTION {schema}.enter_session(token pg_catalog.text, shows pg_catalog.text, until pg_catalog.text)
RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $tenancy$
DECLARE
    slice pg_catalog.text;
BEGIN
    SELECT pg_catalog.set_config('tenancy.slice', pg_catalog.concat(
        {seal_session},
        's', until, '.', pg_catalog.substr(token, 80)), false)
    INTO slice
    FROM {schema}.signing_key AS k
    WHERE {admitted} AND pg_catalog.length(until) OPERATOR(pg_catalog.=) 13;
    IF slice IS NULL THEN
        PERFORM {schema}.refuse(token, shows);
    END IF;
END $tenancy$;

-- Says why.
CREATE OR REPLACE FUNCTION {schema}.refuse(token pg_catalog.text, shows pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE plpgsql STABLE AS $tenancy$
BEGIN
    IF pg_catalog.now() OPERATOR(pg_catalog.<>) pg_catalog.statement_timestamp() OR NOT ({settings} AND {untouched}) THEN
        RAISE EXCEPTION USING ERRCODE = 'TN004', MESSAGE = 'not the first statement of its transaction, or foreign settings or statements';
    ELSIF pg_catalog.current_setting('track_activity_query_size') OPERATOR(pg_catalog.<>) shows THEN
        RAISE EXCEPTION USING ERRCODE = 'TN003', MESSAGE = 'pg_stat_activity may show the token';
    ELSIF EXISTS (SELECT FROM {schema}.signing_key AS k WHERE {signed}) THEN
        RAISE EXCEPTION USING ERRCODE = 'TN002', MESSAGE = 'the tenant is signed for another time';
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'TN001', MESSAGE = 'the tenant is not signed with a key of this database';
END $tenancy$;

-- Whose rows may be reached: NULL, and so none, unless enter() said so in this very transaction, or enter_session() on this
-- very connection and not too long ago. It is asked once a statement.
CREATE OR REPLACE FUNCTION {schema}.current_tenant() RETURNS {type}
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $tenancy$
DECLARE
    slice pg_catalog.text := pg_catalog.current_setting('tenancy.slice', true);
    tenant pg_catalog.text;
BEGIN
    IF pg_catalog.substr(slice, 65, 1) OPERATOR(pg_catalog.=) 't' THEN
        SELECT pg_catalog.substr(slice, 70) INTO tenant FROM {schema}.signing_key AS k
        WHERE k.id OPERATOR(pg_catalog.=) pg_catalog.substr(slice, 66, 3)
            AND {transaction_holds};
    ELSIF pg_catalog.substr(slice, 65, 1) OPERATOR(pg_catalog.=) 's' THEN
        SELECT pg_catalog.substr(slice, 84) INTO tenant FROM {schema}.signing_key AS k
        WHERE k.id OPERATOR(pg_catalog.=) pg_catalog.substr(slice, 80, 3)
            AND {session_holds} AND {lasts};
    END IF;
    RETURN tenant;
END $tenancy$;
