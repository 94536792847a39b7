-- The audit log: records are added, and neither changed nor removed.
CREATE TABLE tenancy_audit (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    tenant TEXT,
    action TEXT NOT NULL,
    resource TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX tenancy_audit_tenant ON tenancy_audit (tenant, id);

CREATE TRIGGER tenancy_audit_no_update BEFORE UPDATE ON tenancy_audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;

CREATE TRIGGER tenancy_audit_no_delete BEFORE DELETE ON tenancy_audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is append-only');
END;
