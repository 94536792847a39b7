
-- The keys that sign whose turn it is. Only the owner, and so the function below, reads them.
CREATE TABLE IF NOT EXISTS {schema}.signing_key (
    id smallint PRIMARY KEY,
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64),
    any_backend boolean NOT NULL DEFAULT false
);
REVOKE ALL ON TABLE {schema}.signing_key FROM PUBLIC, {app}, {operator};
