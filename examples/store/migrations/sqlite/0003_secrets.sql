-- What the platform's own processes share and nobody else reads.
CREATE TABLE platform_secrets (
    name   TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL
);
