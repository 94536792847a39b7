-- The audit log: records are added, and neither changed nor removed.
CREATE TABLE tenancy_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    tenant text,
    action text NOT NULL,
    resource text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL
);

CREATE INDEX tenancy_audit_tenant ON tenancy_audit (tenant, id);

CREATE FUNCTION tenancy_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$;

CREATE TRIGGER tenancy_audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON tenancy_audit
    FOR EACH STATEMENT EXECUTE FUNCTION tenancy_audit_append_only();
