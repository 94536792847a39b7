-- Whose rows the transaction may reach: NULL, and so none, unless the setting says so with a signature that holds here and
-- now. It is asked once a statement. Nothing is read from the token before its signature was found to be right.
CREATE OR REPLACE FUNCTION {schema}.current_tenant() RETURNS {type}
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $tenancy$
DECLARE
    token text := current_setting('tenancy.slice', true);
    signed text;
    signing record;
BEGIN
    IF token IS NULL OR token = '' THEN
        RETURN NULL;
    END IF;
    -- mac.key.backend.from.until.tenant
    signed := substr(token, 66);
    SELECT inner_pad, outer_pad, any_backend INTO signing FROM {schema}.signing_key WHERE id::text = split_part(signed, '.', 1);
    -- Compared by their hashes, so that the time that it takes tells nothing of how much of them is right.
    IF NOT FOUND OR sha256(convert_to(substr(token, 1, 65), 'UTF8')) IS DISTINCT FROM sha256(convert_to(
        encode(sha256(signing.outer_pad || sha256(signing.inner_pad || convert_to(signed, 'UTF8'))), 'hex') || '.', 'UTF8'))
    THEN
        RETURN NULL;
    END IF;
    IF NOT (signing.any_backend OR split_part(signed, '.', 2) = pg_backend_pid()::text)
        OR extract(epoch FROM now()) * 1000 NOT BETWEEN split_part(signed, '.', 3)::bigint AND split_part(signed, '.', 4)::bigint
    THEN
        RETURN NULL;
    END IF;
    RETURN regexp_replace(signed, '^([^.]*\.){4}', '')::{type};
END $tenancy$;
