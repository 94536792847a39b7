-- Tenants, and the host names of their own.
CREATE TABLE tenancy_tenants (
    id INTEGER NOT NULL PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'active', 'suspended', 'rejected', 'deleted')),
    version INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE tenancy_domains (
    domain TEXT NOT NULL PRIMARY KEY,
    tenant_id INTEGER NOT NULL REFERENCES tenancy_tenants (id)
);

CREATE INDEX tenancy_domains_tenant ON tenancy_domains (tenant_id);
