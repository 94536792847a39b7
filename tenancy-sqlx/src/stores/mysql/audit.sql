-- The audit log: records are added, and neither changed nor removed. TRUNCATE has no trigger: it needs the privilege
-- DROP, which an application's user does not have.
CREATE TABLE tenancy_audit (
    id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at datetime(6) NOT NULL,
    actor varchar(255) NOT NULL,
    tenant varchar(63) CHARACTER SET ascii COLLATE ascii_bin,
    action varchar(255) NOT NULL,
    resource text NOT NULL,
    reason text NOT NULL,
    detail mediumtext NOT NULL,
    INDEX tenancy_audit_tenant (tenant, id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TRIGGER tenancy_audit_no_update BEFORE UPDATE ON tenancy_audit
    FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit log is append-only';

CREATE TRIGGER tenancy_audit_no_delete BEFORE DELETE ON tenancy_audit
    FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'the audit log is append-only';
