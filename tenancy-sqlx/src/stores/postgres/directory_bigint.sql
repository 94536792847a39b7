-- Tenants, and the host names of their own.
CREATE TABLE tenancy_tenants (
    id bigint NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    status text NOT NULL DEFAULT 'pending'
        CHECK (status IN ('pending', 'active', 'suspended', 'rejected', 'deleted')),
    version bigint NOT NULL DEFAULT 0
);

CREATE TABLE tenancy_domains (
    domain text NOT NULL PRIMARY KEY,
    tenant_id bigint NOT NULL REFERENCES tenancy_tenants (id)
);

CREATE INDEX tenancy_domains_tenant ON tenancy_domains (tenant_id);
