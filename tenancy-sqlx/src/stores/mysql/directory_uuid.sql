-- Tenants, and the host names of their own.
CREATE TABLE tenancy_tenants (
    id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    slug varchar(63) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
    name varchar(1000) NOT NULL,
    status varchar(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'active', 'suspended', 'rejected', 'deleted')),
    version bigint NOT NULL DEFAULT 0
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;

CREATE TABLE tenancy_domains (
    domain varchar(253) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    tenant_id char(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    INDEX tenancy_domains_tenant (tenant_id),
    FOREIGN KEY (tenant_id) REFERENCES tenancy_tenants (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4;
